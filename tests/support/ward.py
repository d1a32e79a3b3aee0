"""A ward full of varied patients: every chart with every order, for tests that must reach every branch of a check."""

from collections.abc import Callable

from fhir_mappers.record.patient_record import PatientRecord
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, care_plan, dispensed, lung_patient, reported, stops
from tests.support.renal import clearing
from tests.support.specials import SPECIALS

Chart = Callable[[], Bedside]


def _bare() -> Bedside:
    return Bedside()


def _nothing_fetched() -> Bedside:
    patient = Bedside()
    return patient.without(*patient.resources, "patient")


def _untreated() -> Bedside:
    return clearing("45", bedside=lung_patient()).observed("life_expectancy", f"9 mo @ {ago(5)}")


def _fracture() -> Bedside:
    return lung_patient().ill("pathological_fracture_neoplastic", ago(20))


def _irradiated() -> Bedside:
    return lung_patient().done("radiotherapy", ago(20), bodySite=[concept("site_femur")])


def _on_zoledronate() -> Bedside:
    patient = clearing("45", bedside=lung_patient()).ordered("zometa", ago(400), "4 mg")
    patient.observed("creatinine_serum", f"70 umol/L @ {ago(401)}").observed("body_weight", f"70 kg @ {ago(401)}")
    patient.given("zometa", ago(400), "4 mg").given("zometa", ago(28), "4 mg")
    return patient.observed("disease_extent", f"multimetastatic @ {ago(9)}").observed(
        "oncological_response", f"good-partial-response @ {ago(9)}"
    )


def _on_denosumab() -> Bedside:
    patient = lung_patient().ordered("xgeva", ago(300), "120 mg").given("xgeva", ago(60), "120 mg")
    return booked(patient, "denosumab_injection_visit", ago(-30))


def _on_time() -> Bedside:
    return lung_patient().ordered("xgeva", ago(300), "120 mg").given("xgeva", ago(20), "120 mg")


def _bridged() -> Bedside:
    return clearing("80", bedside=_on_denosumab()).ordered("zometa", ago(2), "4 mg")


def _bridge_impossible() -> Bedside:
    return clearing("20", bedside=_on_denosumab())


def _denosumab_elsewhere() -> Bedside:
    return lung_patient().ordered("xgeva", ago(300), "120 mg")


def _denosumab_stated() -> Bedside:
    patient = lung_patient().stated("xgeva", ago(100), effectivePeriod={"start": ago(400), "end": ago(100)})
    return patient.stated("alendronate", ago(20))


def _denosumab_ended() -> Bedside:
    patient = clearing("80", bedside=lung_patient()).ordered("xgeva", ago(600), status="completed")
    return patient.given("xgeva", ago(200), "120 mg")


def _dispensed() -> Bedside:
    return dispensed(Bedside().ill("multiple_myeloma"), "xgeva", ago(40))


def _crisis() -> Bedside:
    patient = lung_patient().observed("calcium_total", f"3.40 mmol/L @ {ago(2)}")
    return patient.observed("albumin_serum", f"30 g/L @ {ago(2)}").observed(
        "creatinine_serum", f"300 umol/L @ {ago(2)}"
    )


def _treated_crisis() -> Bedside:
    patient = clearing("45", bedside=lung_patient()).observed("calcium_total", f"3.40 mmol/L @ {ago(2)}")
    return patient.observed("albumin_serum", f"30 g/L @ {ago(2)}").given("zometa", ago(60), "3.3 mg")


def _corrected_calcium() -> Bedside:
    return lung_patient().observed("calcium_corrected_albumin", f"2.90 mmol/L @ {ago(2)}")


def _kidney_failure() -> Bedside:
    return clearing("20", bedside=lung_patient()).ordered("zometa", ago(90))


def _dialysis() -> Bedside:
    patient = clearing("60", bedside=lung_patient()).done("dialysis_session", ago(3))
    return patient.observed("creatinine_serum_dialysis", f"500 umol/L @ {ago(3)}")


def _without_creatinine() -> Bedside:
    patient = lung_patient().observed("body_weight", f"60 kg @ {ago(2)}")
    return patient.observed("egfr_ckdepi_2021", f"22 mL/min/{{1.73_m2}} @ {ago(2)}")


def _stated_weight() -> Bedside:
    patient = lung_patient().observed("creatinine_serum", f"90 umol/L @ {ago(2)}")
    return patient.observed("body_weight_stated", f"70 kg @ {ago(2)}").person(sex="other")


def _mouth() -> Bedside:
    patient = lung_patient().done("dental_examination", ago(30)).done("tooth_extraction", ago(25))
    patient.observed("dental_examination_outcome", f"dental-treatment-needed @ {ago(30)}")
    return patient.observed("dental_clearance_after_extraction", f"true @ {ago(2)}")


def _fresh_extraction() -> Bedside:
    return lung_patient().done("tooth_extraction", ago(9))


def _healthy_mouth() -> Bedside:
    patient = lung_patient().done("dental_examination", ago(30))
    reported(patient, "dental_panoramic_xray", ago(30))
    return patient.observed("vitamin_d_25oh_total", f"35 ng/mL @ {ago(30)}")


def _jaw_risk() -> Bedside:
    patient = lung_patient().ordered("prednisone", ago(30)).given("bevacizumab", ago(30))
    return patient.done("radiotherapy", ago(90), bodySite=[concept("site_head_neck")])


def _comfort() -> Bedside:
    return care_plan(lung_patient().given("xgeva", ago(28)), "comfort_care_only")


def _short_life() -> Bedside:
    patient = lung_patient().given("xgeva", ago(28)).observed("survival_estimate", f"2 mo @ {ago(3)}")
    return patient.ordered("pembrolizumab", ago(30))


def _declined() -> Bedside:
    return lung_patient().observed("antiresorptive_declined", f"true @ {ago(30)}")


def _few_metastases() -> Bedside:
    return clearing("70", bedside=lung_patient()).observed("disease_extent", f"oligometastatic @ {ago(30)}")


def _pregnant() -> Bedside:
    return lung_patient().person(sex="female", born="1990-01-01").observed("pregnancy_status", f"true @ {ago(9)}")


def _allergic() -> Bedside:
    patient = lung_patient().given("zometa", ago(200), "4 mg")
    reaction = [{"manifestation": [concept("reaction_fever")], "onset": ago(199)}]
    row = {"code": {"text": "Zometa"}, "clinicalStatus": {"coding": [{"code": "active"}]}, "reaction": reaction}
    return patient.add("allergies", "AllergyIntolerance", row)


def _first_dose_recorded() -> Bedside:
    patient = _on_zoledronate().observed("creatinine_clearance_at_first_dose", f"38 mL/min @ {ago(400)}")
    return patient.observed("crcl_cockcroft_gault", f"39 mL/min @ {ago(400)}")


def _liver() -> Bedside:
    return lung_patient().ill("severe_hepatic_disease").ordered("paracetamol", ago(3))


CHARTS: tuple[Chart, ...] = (
    *(_bare, _nothing_fetched, _untreated, _fracture, _irradiated, _on_zoledronate, _on_denosumab),
    *(
        _on_time,
        _bridged,
        _bridge_impossible,
        _fresh_extraction,
        _denosumab_elsewhere,
        _denosumab_stated,
        _denosumab_ended,
        _dispensed,
        _crisis,
        _treated_crisis,
    ),
    *(
        _corrected_calcium,
        _kidney_failure,
        _dialysis,
        _without_creatinine,
        _stated_weight,
        _mouth,
        _healthy_mouth,
        _jaw_risk,
        _comfort,
    ),
    *(_short_life, _declined, _few_metastases, _pregnant, _allergic, _first_dose_recorded, _liver),
)
ORDERS: dict[str, Callable[[Bedside], Bedside]] = {
    "no order": lambda patient: patient,
    "zometa": lambda patient: patient.drafts_order("zometa", "4 mg", every="28 d", over="15 min", route="route_iv"),
    "urgent zometa": lambda patient: patient.drafts_order(
        "zometa", "4 mg", every="84 d", priority="stat", reason="emergency_hypercalcaemia"
    ),
    "wrong zometa": lambda patient: patient.drafts_order("zometa", "8 mg", every="14 d"),
    "xgeva": lambda patient: patient.drafts_order("xgeva", "60 mg", every="84 d", route="route_sc"),
    "right xgeva": lambda patient: patient.drafts_order("xgeva", "120 mg", every="28 d"),
    "osteoporosis": lambda patient: patient.drafts_order("aclasta", "5 mg").drafts_order("prolia", "60 mg"),
    "not told": lambda patient: patient.drafts_order("zoledronic acid").drafts_order("denosumab"),
    "stop xgeva": lambda patient: stops(patient, "xgeva"),
}


def records() -> dict[str, PatientRecord]:
    """Every chart with every order, by name; and the special patients."""
    ward = {
        f"{chart.__name__.strip('_')}, {order}": drafted(chart()).record()
        for chart in CHARTS
        for order, drafted in ORDERS.items()
    }
    return ward | {name: bedside().record() for name, bedside in SPECIALS.items()}
