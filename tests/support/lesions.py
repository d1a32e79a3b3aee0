"""Patients with a lesion of a limb or of the spine: forms filled in, deficits, acts planned, for the ward."""

from collections.abc import Callable

from tests.support.assessed import MIRELS, SINS, assessed, items
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, lung_patient, reported
from tests.support.planned import planned

HIGH = "mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_functional"
UNSTABLE = "sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral, sins_alignment alignment_subluxation"
CANDIDATE = {
    "survival_estimate": "12 mo",
    "karnofsky_performance": "80 %",
    "severe_immunosuppression": "false",
    "spine_segments_involved": "2",
    "visceral_or_brain_dissemination": "false",
}
DYING = "survival_estimate 2 mo, spine_segments_involved 3, severe_immunosuppression true"
EXAMINED = "motor_deficit false, sensory_deficit false, sphincter_deficit false, pyramidal_signs false"
TOKUHASHI = "tokuhashi_general 2, tokuhashi_extraspinal 2, tokuhashi_vertebrae 2, tokuhashi_visceral 2"
FEW = "oligo_sites 2, oligo_lesions 2, oligo_max_size 3 cm, primary_controlled true, extra_osseous_disease_stable true"
COUNTED = "oligo_count_bone 2, oligo_count_lung 1, oligo_count_liver 0, oligo_count_nodal_echelons 1"
_ORDERED_STATUS = {"status": "active", "intent": "order"}


def _form(told: str, moment: str = "app") -> Bedside:
    return assessed(_at(moment), told)


def _at(moment: str) -> Bedside:
    patient = lung_patient()
    patient.moment = moment
    return patient


def _asked(patient: Bedside, what: str) -> Bedside:
    row = {**_ORDERED_STATUS, "code": concept(what), "authoredOn": ago(1)}
    return patient.add("serviceRequests", "ServiceRequest", row)


def _limb(changes: str = "", *, order: str = "", more: str = "") -> Bedside:
    patient = _form(f"{items(MIRELS, changes)}{more}", "order-sign" if order else "app")
    patient.observed("survival_estimate", f"12 mo @ {ago(5)}")
    return planned(patient, order, site="site_femur") if order else patient


def _cortex(axial: str, length: str, around: str) -> Bedside:
    told = f", cortical_axial_percent {axial} %, cortical_axial_length {length} mm, cortical_circumference {around} %"
    return _limb(HIGH, more=told)


def _fixed() -> Bedside:
    patient = _limb(HIGH, order="bone_radiotherapy").done("prophylactic_fixation", ago(20))
    return reported(patient, "bone_ct", ago(9))


def _spine(changes: str = "", *, order: bool = False, more: str = "") -> Bedside:
    patient = _form(f"{items(SINS, changes)}{more}", "order-sign" if order else "app")
    return planned(patient, "bone_radiotherapy", site="vertebra_t5") if order else patient


def _seen() -> Bedside:
    return booked(_spine(UNSTABLE, order=True), "neurosurgery_consultation", ago(-2))


def _vertebra(share: str, *, pillars: str = "true") -> Bedside:
    told = f", vertebral_body_involvement {share} %, vertebral_body_involved true, pedicle_involved {pillars}"
    return _spine(more=f"{told}, transverse_or_posterior_involved {pillars}")


def _cord(*steps: str) -> Bedside:
    patient = _at("patient-view").ill("spinal_cord_compression", ago(2))
    patient.observed("sphincter_deficit", f"true @ {ago(2)}").observed("mri_extent", f"mri-whole-spine @ {ago(1)}")
    told_on = {"status": "final", "effectiveDateTime": ago(2), "valueDateTime": ago(3)}
    patient.add("observations", "Observation", {"code": concept("deficit_onset"), **told_on})
    patient.observed("decompression_decision", f"decompression-pending @ {ago(1)}")
    patient.observed("mri_contraindicated", f"false @ {ago(90)}")
    for step in steps:
        _asked(patient, step)
    return patient


def _graded(grade: str) -> Bedside:
    return _form(f"{EXAMINED}, frankel_grade {grade}", "patient-view")


def _request(told: str) -> Bedside:
    return planned(_form(told, "order-select"), "bone_tumour_board_request", site="vertebra_t5")


def _operation(changes: str = "", *, irradiated: str = "") -> Bedside:
    patient = _form(items(CANDIDATE, changes), "order-select")
    if irradiated:
        patient.done("bone_radiotherapy", ago(400), bodySite=[concept(irradiated)])
    return planned(patient, "spine_surgery", site="vertebra_t5")


def _operated() -> Bedside:
    patient = _at("encounter-discharge").done("bone_radiotherapy", ago(400), bodySite=[concept("vertebra_t5")])
    return patient.done("spine_surgery", ago(9), bodySite=[concept("vertebra_t5")])


def _few(order: str = "bone_stereotactic_radiotherapy", *imaged: str) -> Bedside:
    patient = _at("order-sign").observed("disease_extent", f"oligometastatic @ {ago(9)}")
    for what in imaged:
        reported(patient, what, ago(9))
    return planned(patient, order, site="vertebra_t5")


def _category(setting: str, lesions: int, more: str = "") -> Bedside:
    return _form(f"oligo_setting {setting}, oligo_lesions {lesions}{more}")


def _criteria(survival: str) -> Bedside:
    whole = {**CANDIDATE, **SINS, "frankel_grade": "frankel_e", "actionable_mutation": "true"}
    return _form(items(whole, f"visceral_or_brain_dissemination true, survival_estimate {survival}"))


LESIONS: dict[str, Callable[[], Bedside]] = {
    "limb at seven": _limb,
    "limb at eight": lambda: _limb("mirels_lesion_type lesion_lytic"),
    "limb at eight, board asked": lambda: _asked(_limb("mirels_lesion_type lesion_lytic"), "bone_tumour_board_request"),
    "limb at ten": lambda: _limb(HIGH),
    "limb at ten, irradiated": lambda: _limb(HIGH, order="bone_radiotherapy"),
    "limb fixed, irradiated": _fixed,
    "limb, total told": lambda: _at("app").observed("mirels_total", f"9 @ {ago(3)}"),
    "cortex destroyed": lambda: _cortex("40", "40", "60"),
    "cortex kept": lambda: _cortex("10", "10", "10"),
    "spine stable": _spine,
    "spine unstable": lambda: _spine(UNSTABLE),
    "spine unstable, irradiated": lambda: _spine(UNSTABLE, order=True),
    "spine unstable, surgeon booked": _seen,
    "spine, total told": lambda: _at("app").observed("sins_total", f"13 @ {ago(3)}"),
    "vertebra destroyed": lambda: _vertebra("60"),
    "vertebra without a score": lambda: _form("vertebral_level vertebra_l3, vertebral_body_involvement 40 %"),
    "vertebra kept": lambda: _vertebra("10", pillars="false"),
    "cord": _cord,
    "cord imaged and seen": lambda: _cord("mri_whole_spine", "neurosurgery_consultation"),
    "cord, imaged in parts": lambda: _cord("mri_spine", "neurosurgery_consultation"),
    "cauda equina": lambda: _at("patient-view").ill("cauda_equina_syndrome", ago(2)),
    "grade C": lambda: _graded("frankel_c"),
    "grade E": lambda: _graded("frankel_e"),
    "request without examination": lambda: _request("frankel_grade frankel_c"),
    "request without a grade": lambda: _request(f"{EXAMINED}, motor_deficit true, pain_mechanism pain_mechanical"),
    "request without a site": lambda: planned(_at("order-select"), "bone_tumour_board_request"),
    "request complete": lambda: _request(f"{EXAMINED}, pain_mechanism pain_mechanical"),
    "operation": _operation,
    "operation of the unfit": lambda: _operation("karnofsky_performance 30 %"),
    "operation after radiotherapy": lambda: _operation(irradiated="vertebra_t5"),
    "operation of the dying": lambda: _operation(DYING),
    "operation done": _operated,
    **{f"operation decided, {lives}": lambda lives=lives: _criteria(lives) for lives in ("2 mo", "9 mo", "24 mo")},  # type: ignore[misc]  # bound now
    "few metastases, ablation": _few,
    "few metastases, known": lambda: _few("bone_stereotactic_radiotherapy", "fdg_pet", "bone_tumour_board_report"),
    "few metastases, intent told": lambda: _few("bone_radiotherapy").observed(
        "rt_intent", f"intent-ablative @ {ago(3)}"
    ),
    "few metastases, scanned": lambda: _few("bone_stereotactic_radiotherapy", "ct_thorax_abdomen_pelvis", "bone_scan"),
    "few metastases": lambda: _form(FEW),
    "many metastases": lambda: _form(FEW.replace("oligo_lesions 2", "oligo_lesions 6")),
    "metastases counted": lambda: _form(COUNTED),
    "with the primary": lambda: _category("setting_de_novo", 5),
    "progression": lambda: _category("setting_progression_on_stable_disseminated", 4),
    "residual": lambda: _category("setting_residual_after_systemic", 5),
    "residual, few": lambda: _category("setting_residual_after_systemic", 4),
    "late relapse": lambda: _category("setting_relapse", 5, ", months_from_primary 6 mo, primary_controlled true"),
    "early relapse": lambda: _category("setting_relapse", 5, ", months_from_primary 5 mo, primary_controlled true"),
    "obsolete score": lambda: _form(f"{TOKUHASHI}, tokuhashi_primary 0, tokuhashi_neurology 2"),
    "obsolete score, primary": lambda: _form(f"{TOKUHASHI}, tokuhashi_primary 5, tokuhashi_neurology 2"),
}
