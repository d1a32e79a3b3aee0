"""Patients who reach what the ward (every chart with every order) does not: one fact and one order that meet."""

from collections.abc import Callable

from tests.support import specials_imaging
from tests.support.bedside import Bedside, concept
from tests.support.booking import proposed, requested
from tests.support.chart import ago, booked, lung_patient, reported, stops
from tests.support.interventions import INTERVENTIONS
from tests.support.irradiated import IRRADIATED
from tests.support.lesions import LESIONS
from tests.support.renal import clearing
from tests.support.vitamins import calcium, level

ANSWERS = ("new_skeletal_event", "fracture_risk_high", "ctx_rising", "hypocalcaemia_under_treatment")
CHEMOTHERAPY = (
    "cisplatin",
    "carboplatin",
    "oxaliplatin",
    "pemetrexed",
    "osimertinib",
    "egfr inhibitor",
    "selpercatinib",
)


def _kidneys(crcl: str) -> Bedside:
    """A kidney, and every drug that asks about it."""
    patient = clearing(crcl, bedside=lung_patient()).given("cisplatin", ago(10)).drafts_order("zometa", "4 mg")
    for drug in CHEMOTHERAPY:
        patient.drafts_order(drug)
    return patient


def _immunotherapy(*, begun: bool) -> Bedside:
    patient = lung_patient().ordered("nivolumab", ago(3)).drafts_order("xgeva", "120 mg")
    return patient.given("nivolumab", ago(3)) if begun else patient


def _supplements(total: str) -> Bedside:
    """A calcium in the blood, and every supplement drafted."""
    patient = calcium(lung_patient(), total).drafts_order("cholecalciferol", "50000 [iU]")
    patient.drafts_order("ergocalciferol", "50000 [iU]", every="7 d").drafts_order(
        "ergocalciferol", "800 [iU]", every="1 d"
    )
    patient.observed("dietary_calcium_intake", f"900 mg/d @ {ago(9)}").ordered("calcium carbonate", ago(9), "500 mg")
    patient.observed("calcium_ionised", f"1.35 mmol/L @ {ago(300)}").given("xgeva", ago(20))
    return patient.drafts_order("calcium carbonate", "5 g", every="1 d").drafts_order("calcium carbonate", "500 mg")


def _calcium_tablets(dose: str) -> Bedside:
    patient = (
        lung_patient().given("xgeva", ago(20), "120 mg").observed("dietary_calcium_intake", f"300 mg/d @ {ago(9)}")
    )
    patient.observed("supplement_elemental_calcium", f"0 mg/d @ {ago(9)}")
    return patient.drafts_order("calcium carbonate", dose, every="1 d") if dose else patient


def _eats_little() -> Bedside:
    patient = _calcium_tablets("").drafts_order("xgeva", "120 mg", every="28 d")
    return calcium(level(patient, "35 ng/mL"), "2.30")


def _on_vitamin_d() -> Bedside:
    return lung_patient().ordered("cholecalciferol", ago(40)).given("zometa", ago(28)).drafts_order("zometa", "4 mg")


def _toxic() -> Bedside:
    patient = level(lung_patient().ordered("cholecalciferol", ago(9)), "160 ng/mL")
    patient.moment = "patient-view"
    return patient


def _jaw(*, referred: bool) -> Bedside:
    patient = lung_patient().ill("onj_drug_induced", ago(60))
    patient.moment = "patient-view"
    return booked(patient, "oral_surgery_referral", ago(-7)) if referred else patient


def _exposed_bone() -> Bedside:
    patient = lung_patient().ill("exposed_jaw_bone", ago(100)).given("xgeva", ago(90), "120 mg")
    patient.done("radiotherapy", ago(900), bodySite=[concept("site_femur")])
    patient.observed("craniofacial_radiotherapy", f"false @ {ago(9)}")
    return patient.observed("exposed_bone_days", f"90 d @ {ago(5)}")


def _exposed_bone_dated() -> Bedside:
    told_on = {"status": "final", "effectiveDateTime": ago(1), "valueDateTime": ago(57)}
    patient = lung_patient().ill("exposed_jaw_bone", ago(100)).given("xgeva", ago(90), "120 mg")
    patient.observed("craniofacial_radiotherapy", f"false @ {ago(9)}")
    return patient.add("observations", "Observation", {"code": concept("exposed_bone_care_start"), **told_on})


def _extraction_asked(*, treated: bool) -> Bedside:
    patient = requested(Bedside(), "tooth_extraction")
    return patient.given("xgeva", ago(28)) if treated else patient


def _smoker() -> Bedside:
    return lung_patient().observed("smoking_status", f"smoking-current @ {ago(20)}").drafts_order("zometa", "4 mg")


def _examined() -> Bedside:
    patient = lung_patient().given("xgeva", ago(20), "120 mg").done("dental_examination", ago(30))
    return patient.drafts_order("xgeva", "120 mg")


def _two_years(*, reviewed: bool) -> Bedside:
    """Two years of zoledronic acid in oligometastatic disease, and the checklist filled in."""
    patient = lung_patient().given("zometa", ago(800), "4 mg").given("zometa", ago(28), "4 mg")
    patient.observed("disease_extent", f"oligometastatic @ {ago(9)}")
    patient.moment = "patient-view"
    for item in ANSWERS:
        patient.observed(item, f"true @ {ago(20)}")
    return reported(patient, "bone_tumour_board_report", ago(9)) if reviewed else patient


def _long_enough() -> Bedside:
    return stops(lung_patient().given("zometa", ago(800), "4 mg").given("zometa", ago(28), "4 mg"), "zometa")


def _blood_sample(hour: str) -> Bedside:
    patient = proposed(Bedside(moment="appointment-book"), "ctx_serum", f"2026-06-10T{hour}:00:00+02:00")
    return patient.observed("fasting_sample", f"true @ {ago(0)}")


def _leaves(drug: str) -> Bedside:
    patient = lung_patient().ordered(drug, ago(3))
    patient.moment = "encounter-discharge"
    return patient


def _opened() -> Bedside:
    patient = level(lung_patient().given("zometa", ago(28), "4 mg"), "15 ng/mL")
    patient.moment = "patient-view"
    return patient


SPECIALS: dict[str, Callable[[], Bedside]] = {
    **IRRADIATED,
    **{f"kidneys at {crcl}": lambda crcl=crcl: _kidneys(crcl) for crcl in ("25", "45", "80")},  # type: ignore[misc]  # bound now
    "immunotherapy to come": lambda: _immunotherapy(begun=False),
    "immunotherapy begun": lambda: _immunotherapy(begun=True),
    "supplements, calcium high": lambda: _supplements("2.80"),
    "supplements, calcium normal": lambda: _supplements("2.30"),
    "no calcium tablets": _eats_little,
    "too many calcium tablets": lambda: _calcium_tablets("5 g"),
    "one calcium tablet": lambda: _calcium_tablets("500 mg"),
    "calcium low": lambda: calcium(lung_patient(), "1.80").drafts_order("xgeva", "120 mg"),
    "calcium low, tablets": lambda: calcium(_calcium_tablets("500 mg"), "1.80"),
    "vitamin D toxic": _toxic,
    "vitamin D low": lambda: level(lung_patient(), "15 ng/mL").drafts_order("zometa", "4 mg"),
    "vitamin D running": _on_vitamin_d,
    "jaw to refer": lambda: _jaw(referred=False),
    "jaw referred": lambda: _jaw(referred=True),
    "exposed bone counted": _exposed_bone,
    "exposed bone dated": _exposed_bone_dated,
    "extraction under treatment": lambda: _extraction_asked(treated=True),
    "extraction": lambda: _extraction_asked(treated=False),
    "smoker": _smoker,
    "mouth examined": _examined,
    "two years": lambda: _two_years(reviewed=False),
    "two years, reviewed": lambda: _two_years(reviewed=True),
    "stopped after two years": _long_enough,
    "leaves on zoledronic acid": lambda: _leaves("zometa"),
    "leaves on denosumab": lambda: _leaves("xgeva"),
    "leaves on denosumab, calcium high": lambda: calcium(_leaves("xgeva"), "2.80"),
    "chart opened on treatment": _opened,
    "sample at two": lambda: _blood_sample("14"),
    "sample at eight": lambda: _blood_sample("08"),
    **LESIONS,
    **specials_imaging.specials(),
    **INTERVENTIONS,
}
