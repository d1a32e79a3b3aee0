"""Patients before a cementoplasty or an operation of the bone: what the checks of these acts must reach."""

from collections.abc import Callable

from tests.support.acts import CLEAN, act, ahead, details, takes
from tests.support.bedside import Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago, asked_for, booked, lung_patient
from tests.support.renal import clearing

FEMUR = {"bodySite": [concept("site_femur")]}


def _allergic(patient: Bedside, *to: str) -> Bedside:
    for what in to:
        row = {"code": concept(what), "clinicalStatus": {"coding": [{"code": "active"}]}}
        patient.add("allergies", "AllergyIntolerance", row)
    return patient


def _counts(patient: Bedside, platelets: str, prothrombin: str, neutrophils: str) -> Bedside:
    patient.observed("platelets", f"{platelets} 10*9/L @ {ago(1)}")
    patient.observed("prothrombin_percent", f"{prothrombin} % @ {ago(1)}")
    return patient.observed("neutrophil_count", f"{neutrophils} 10*9/L @ {ago(1)}")


def _against() -> Bedside:
    """Everything speaks against this cementoplasty."""
    patient = _counts(lung_patient().ill("systemic_infection"), "40", "40", "0.5")
    for drug in ("apixaban", "warfarin", "enoxaparin", "clopidogrel"):
        takes(patient, drug, "active")
    patient.ordered("aspirin", ago(90), "300 mg", every="1 d").observed("pain_score", f"2 {{score}} @ {ago(2)}")
    told = {"asymptomatic_stable_fracture": True, "pain_mechanism": "pain_diffuse", "canal_extension": True}
    more = {"radiculopathy": True, "osteosynthesis_candidate": True, "mechanical_aim": False}
    _allergic(patient, "cement_allergy", "beta_lactam_allergy")
    return act(patient, "cementoplasty", "3", **details(**told, **more), **FEMUR)


def _for() -> Bedside:
    """Nothing does: everything is answered, stopped in time, ordered."""
    patient = _counts(clearing("80", bedside=lung_patient()), "200", "90", "3.0")
    for drug, told in (("apixaban", "until -2"), ("warfarin", "until -1"), ("enoxaparin", "until 2"),
                       ("clopidogrel", "until -4"), ("dabigatran", "until -9")):  # fmt: skip
        takes(patient, drug, told)
    patient.ordered("aspirin", ago(90), "75 mg", every="1 d").observed("pain_score", f"2 {{score}} @ {ago(2)}")
    for item, said in (("mechanical_aim", "true"), ("pain_matches_imaging", "true"), ("opioid_intolerance", "true"),
                       ("surgery_or_reirradiation_impossible", "false"), ("osteosynthesis_candidate", "false"),
                       ("fit_for_surgery", "true")):  # fmt: skip
        patient.observed(item, f"{said} @ {ago(2)}")
    asked_for(patient, "antibiotic_prophylaxis", ago(1))
    return act(patient, "cementoplasty", "3", **CLEAN, **FEMUR)


def _from_a_form() -> Bedside:
    """Answers in the chart instead of the order."""
    patient = clearing("40", bedside=lung_patient()).observed("inr", f"1.1 {{INR}} @ {ago(1)}")
    for item in ("asymptomatic_stable_fracture", "posterior_wall_involvement", "radiculopathy", "canal_extension"):
        patient.observed(item, f"false @ {ago(2)}")
    patient.observed("joint_opening", f"false @ {ago(2)}").observed("pain_mechanism", f"pain-diffuse @ {ago(2)}")
    for item in ("systemic_infection", "puncture_site_infection", "fit_for_surgery", "osteosynthesis_candidate"):
        patient.observed(item, f"true @ {ago(2)}")
    patient.observed("pain_score", f"2 {{score}} @ {ago(2)}")
    takes(patient, "dabigatran", "until 1").given("aspirin", ago(1), "500 mg")
    return act(patient, "vertebroplasty", "3")


def _drug_before_a_booking() -> Bedside:
    patient = booked(lung_patient(), "cementoplasty", ahead(9))
    for drug in ("apixaban", "warfarin", "clopidogrel"):
        patient.drafts_order(drug)
    return patient.drafts_order("aspirin", "500 mg", every="1 d")


def _visit(what: str, *, clear: bool) -> Bedside:
    patient = _counts(lung_patient(), "200" if clear else "40", "90", "3.0" if clear else "0.5")
    patient.moment = "appointment-book"
    return proposed(patient if clear else patient.given("bevacizumab", ago(10)), what, ahead(3))


def _operated(*, settled: bool) -> Bedside:
    patient = lung_patient().done("bone_metastasis_surgery", ago(16))
    booked(patient, "spine_surgery", ahead(40))
    patient.observed("crp", f"80 mg/L @ {ago(2)}")
    for item in ("wound_healed", "surgeon_agreement") if settled else ():
        patient.observed(item, f"true @ {ago(1)}")
    return act(patient.drafts_order("vinorelbine"), "bone_radiotherapy", "0")


def _operated_on(operation: str) -> Bedside:
    return act(lung_patient().done(operation, ago(9)), "bone_radiotherapy", "0")


def _indicated() -> Bedside:
    patient = lung_patient().observed("pain_score", f"8 {{score}} @ {ago(2)}")
    for item, said in (("pain_matches_imaging", "true"), ("opioid_intolerance", "false")):
        patient.observed(item, f"{said} @ {ago(2)}")
    patient.moment = "app"
    return patient


def _broken(*, referred: bool) -> Bedside:
    patient = lung_patient().ill("pathological_fracture_neoplastic", ago(5), **FEMUR)
    patient.observed("unfit_for_anaesthesia", f"false @ {ago(2)}")
    patient.moment = "patient-view"
    return asked_for(patient, "orthopaedic_referral", ago(2)) if referred else patient


def _form(site: str, pain: str, survival: str) -> Bedside:
    patient = lung_patient().observed("lesion_site", f"{site} @ {ago(3)}")
    patient.observed("mirels_site", f"mirels-lower-limb @ {ago(3)}").observed("mirels_total", f"9 @ {ago(3)}")
    patient.observed("pain_mechanism", f"{pain} @ {ago(3)}").observed("pain_score", f"8 {{score}} @ {ago(3)}")
    patient.observed("survival_estimate", f"{survival} @ {ago(3)}").observed("acetabulum_stable", f"true @ {ago(3)}")
    for item in ("failed_medical_treatment", "failed_radiotherapy", "failed_cementoplasty", "fit_for_surgery"):
        patient.observed(item, f"{'true' if pain == 'pain-mechanical' else 'false'} @ {ago(3)}")
    patient.moment = "app"
    return patient


INTERVENTIONS: dict[str, Callable[[], Bedside]] = {
    "everything against cement": _against,
    "nothing against cement": _for,
    "cement, answers in the chart": _from_a_form,
    "drugs before booked cement": _drug_before_a_booking,
    "surgery booked, low counts": lambda: _visit("bone_metastasis_surgery", clear=False),
    "surgery booked, good counts": lambda: _visit("bone_metastasis_surgery", clear=True),
    "operated, not healed": lambda: _operated(settled=False),
    "operated and healed": lambda: _operated(settled=True),
    "preventive fixation": lambda: _operated_on("prophylactic_fixation"),
    "spine operated": lambda: _operated_on("spine_surgery"),
    "pain explained by imaging": _indicated,
    "limb broken": lambda: _broken(referred=False),
    "limb broken, referred": lambda: _broken(referred=True),
    "form, femur": lambda: _form("site-femur", "pain-mechanical", "8 mo"),
    "form, femur, calm": lambda: _form("site-femoral-head-neck", "pain-nocturnal", "8 mo"),
    "form, acetabulum": lambda: _form("site-acetabulum", "pain-nocturnal", "2 mo"),
}
