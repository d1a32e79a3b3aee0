"""Patients at radiotherapy: each rule of the chapter speaks for one of them and is silent for another."""

from collections.abc import Callable

from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, lung_patient
from tests.support.planned import planned

STEREOTACTIC = "bone_stereotactic_radiotherapy"
CONVENTIONAL = "bone_radiotherapy"
SITUATIONS = (
    *("rt_cord_compression true", "rt_complicated_lesion true", "rt_fracture_risk true", "rt_post_operative true"),
    *("rt_neuropathic_pain true", "rt_reirradiation true", "rt_intent intent_preventive", "rt_poor_prognosis true"),
)
ANSWERS = {
    **{"rt_total_dose": "30 Gy", "rt_fractions": "10 1", "dose_per_fraction": "3 Gy", "rt_intent": "intent_palliative"},
    **{
        "rt_cord_compression": "false",
        "rt_epiduritis": "false",
        "rt_fracture_risk": "false",
        "rt_vertebra_count": "1 1",
    },
    **{"rt_post_operative": "false", "rt_neuropathic_pain": "false", "rt_complicated_lesion": "false"},
    **{"rt_reirradiation": "false", "rt_poor_prognosis": "false", "mirels_total": "5 1", "survival_estimate": "12 mo"},
    **{"prognosis": "prognosis_poor", "life_expectancy": "12 mo", "rt_technique": "technique_conventional"},
    **{"prior_rt_dose_summary": "true", "prior_rt_total_dose": "30 Gy", "sins_total": "4 1"},
    **{"bilsky_grade": "bilsky_0", "mscc_symptomatic": "false", "mscc_operated": "true", "lesion_site": "site_femur"},
    **{"vertebral_level": "vertebra_t6", "canal_narrowing": "10 %", "tumour_cord_distance": "9 mm"},
    **{"mri_contraindicated": "false", "cord_dmax": "9 Gy", "cumulative_cord_eqd2": "50 Gy", "sbrt_cord_eqd2": "20 Gy"},
    **{"alpha_beta_used": "2 Gy", "reirradiation_interval": "9 mo", "oligo_sites": "1 1", "oligo_lesions": "2 1"},
    **{"oligo_max_size": "2 cm", "primary_controlled": "true", "karnofsky": "80 {score}", "adjacent_vertebrae": "1 1"},
    **{"karnofsky_performance": "80 %", "pain_score": "5 {score}", "analgesic_step": "2 1", "lesion_size": "3 cm"},
    **{"lesion_symptomatic": "false", "cortical_fraction": "0.4 1", "posterior_arch_involved": "false"},
    **{"weight_bearing_lytic": "true", "lesion_type": "lesion_mixed", "vertebral_body_involvement": "10 %"},
}


def answered(patient: Bedside, **other: str) -> Bedside:
    """Everything the forms of the chapter ask, yesterday; ``other`` answers instead."""
    for what, fact in (ANSWERS | other).items():
        if fact:
            patient.observed(what, f"{fact} @ {ago(1)}")
    since = {"status": "final", "code": concept("analgesic_step_since"), "effectiveDateTime": ago(1)}
    return patient.add("observations", "Observation", since | {"valueDateTime": ago(5)})


def _drugs(what: str, *, ordered: bool) -> Bedside:
    """Every kind of drug around an irradiation, ordered or given."""
    patient = lung_patient()
    for drug in ("gemcitabine", "cisplatin", "crizotinib", "irinotecan", "topotecan", "doxorubicin"):
        patient = patient.ordered(drug, ago(20)) if ordered else patient.given(drug, ago(2))
    return planned(patient, what, site="vertebra_t6", on=ago(0))


def _washing_out(days: int) -> Bedside:
    patient = lung_patient()
    for drug in ("gemcitabine", "irinotecan", "daunorubicin", "doxorubicin"):
        patient.given(drug, ago(days))
    return planned(patient, CONVENTIONAL, site="site_femur")


def _drug_drafted() -> Bedside:
    """Radiotherapy booked, asked for, under way and over, and drugs drafted around it."""
    patient = lung_patient().done(CONVENTIONAL, ago(9))
    patient.done(CONVENTIONAL, None, status="in-progress", performedPeriod={"start": ago(3)})
    booked(patient, CONVENTIONAL, ago(-4))
    patient.add(
        "serviceRequests", "ServiceRequest", {"status": "active", "code": concept(CONVENTIONAL), "authoredOn": ago(2)}
    )
    for drug in ("gemcitabine", "irinotecan", "doxorubicin", "pemetrexed"):
        patient.drafts_order(drug)
    return patient


def _scheduled(site: str, schedule: str, says: str, what: str = CONVENTIONAL) -> Bedside:
    dose, count = schedule.split()
    details = f"rt_total_dose {dose} Gy, rt_fractions {count}" + (f", {says}" if says else "")
    return planned(lung_patient(), what, site=site, details=details)


def _in_the_app(**other: str) -> Bedside:
    patient = answered(lung_patient(), **other)
    patient.moment = "app"
    patient.done(CONVENTIONAL, ago(90), bodySite=[concept("site_rib")])
    return patient


def _by_form(what: str, **other: str) -> Bedside:
    """An order that tells nothing, beside a form that tells everything."""
    patient = answered(lung_patient(), **other).ordered("prednisone", ago(5)).done("surgical_opinion", ago(5))
    return planned(patient.done("mri_spine", ago(5)), what, site="vertebra_t6")


def _again(site: str, what: str) -> Bedside:
    patient = lung_patient().done("radiotherapy", ago(400), bodySite=[concept(site)])
    return planned(patient, what, site=site, details="rt_total_dose 30 Gy, rt_fractions 10")


def _forbidden() -> Bedside:
    """Every contraindication of stereotactic radiotherapy of the spine."""
    other = {"sins_total": "14 1", "mscc_symptomatic": "true", "bilsky_grade": "bilsky_3", "life_expectancy": ""}
    patient = _by_form(STEREOTACTIC, survival_estimate="2 mo", **other)
    return patient.done("metabolic_radiotherapy", ago(9)).done("radiotherapy", ago(9))


def _interval_unknown() -> Bedside:
    patient = answered(lung_patient(), reirradiation_interval="", rt_reirradiation="true")
    return planned(patient.done("radiotherapy", ago(100)), STEREOTACTIC)


def _all_done() -> Bedside:
    """One fraction for a femur, everything it needs done before."""
    patient = lung_patient().done("surgical_opinion", ago(5)).drafts_order("dexamethasone")
    planned(patient, CONVENTIONAL, site="site_femur", details="rt_total_dose 8 Gy, rt_fractions 1")
    says = "rt_total_dose 30 Gy, rt_fractions 10, rt_fracture_risk true"
    return planned(patient, CONVENTIONAL, site="site_femur", details=says)


def _operated(*, irradiated: bool) -> Bedside:
    patient = lung_patient().done("bone_metastasis_surgery", ago(9), bodySite=[concept("site_femur")])
    patient.moment = "encounter-discharge"
    return patient.done(CONVENTIONAL, ago(2)) if irradiated else patient


IRRADIATED: dict[str, Callable[[], Bedside]] = {
    "drugs running at radiotherapy": lambda: _drugs(CONVENTIONAL, ordered=True),
    "drugs given before radiotherapy": lambda: _drugs(CONVENTIONAL, ordered=False),
    "drugs running at stereotactic radiotherapy": lambda: _drugs(STEREOTACTIC, ordered=True),
    "drugs three days before": lambda: _washing_out(3),
    "drugs ten days before": lambda: _washing_out(10),
    "drugs long before": lambda: _washing_out(60),
    "drugs drafted around radiotherapy": _drug_drafted,
    **{f"one fraction, {says}": lambda says=says: _scheduled("vertebra_t6", "8 1", says) for says in SITUATIONS},  # type: ignore[misc]  # bound now
    "one fraction": lambda: _scheduled("vertebra_t6", "8 1", ""),
    "odd schedule": lambda: _scheduled("site_femur", "24 3", ""),
    "odd schedule after surgery": lambda: _scheduled("site_femur", "24 6", "rt_post_operative true"),
    "standard schedule": lambda: _scheduled("site_femur", "30 10", ""),
    "stereotactic, one fraction": lambda: _scheduled(
        "vertebra_t6", "30 1", "cord_dmax 15 Gy, bilsky_grade bilsky_2", STEREOTACTIC
    ),
    "stereotactic, three fractions": lambda: _scheduled("vertebra_t6", "27 3", "cord_dmax 15 Gy", STEREOTACTIC),
    "order told by a form": lambda: _by_form(CONVENTIONAL),
    "order told by a form, irradiated": lambda: _by_form(CONVENTIONAL, rt_reirradiation="true"),
    "preventive order told by a form": lambda: _by_form(CONVENTIONAL, rt_intent="intent_preventive"),
    "stereotactic told by a form": lambda: _by_form(STEREOTACTIC),
    "stereotactic told by a form, dose unknown": lambda: _by_form(STEREOTACTIC, rt_total_dose=""),
    "stereotactic again told by a form": lambda: _by_form(STEREOTACTIC, rt_reirradiation="true"),
    "stereotactic again, too much": lambda: _by_form(
        STEREOTACTIC, rt_reirradiation="true", cumulative_cord_eqd2="72 Gy"
    ),
    "stereotactic, site of a form": lambda: planned(answered(lung_patient()), STEREOTACTIC),
    "dose per fraction of a form": lambda: _by_form(CONVENTIONAL, rt_total_dose=""),
    "femur again": lambda: _again("site_femur", CONVENTIONAL),
    "spine again": lambda: _again("vertebra_t6", STEREOTACTIC),
    "stereotactic forbidden": _forbidden,
    "stereotactic again, ratio": lambda: _by_form(STEREOTACTIC, rt_reirradiation="true", cumulative_cord_eqd2="30 Gy"),
    "stereotactic again, interval unknown": _interval_unknown,
    "one fraction of a form": lambda: _by_form(CONVENTIONAL, rt_fractions="1 1"),
    "one fraction of a form by its dose": lambda: _by_form(CONVENTIONAL, rt_fractions="1 1", rt_total_dose=""),
    "preventive by its dose": lambda: _by_form(CONVENTIONAL, rt_intent="intent_preventive", rt_total_dose=""),
    "standard for a cord compression": lambda: _scheduled("vertebra_t6", "30 10", "rt_cord_compression true"),
    "standard after surgery": lambda: _scheduled("site_femur", "30 10", "rt_post_operative true"),
    "standard again": lambda: _scheduled("site_femur", "20 5", "rt_reirradiation true"),
    "all done before": _all_done,
    "app": _in_the_app,
    "app, CT done": lambda: _in_the_app().done("bone_ct", ago(5)),
    "app, at risk": lambda: _in_the_app(mirels_total="9 1", sins_total="9 1", canal_narrowing="30 %"),
    "app, stereotactic": lambda: _in_the_app(rt_technique="technique_stereotactic", lesion_type="lesion_lytic"),
    "app, stereotactic of the neck": lambda: _in_the_app(
        rt_technique="technique_stereotactic", vertebral_level="vertebra_c3"
    ),
    "app, not eligible": lambda: _in_the_app(oligo_sites="4 1"),
    "app, no pain told": lambda: _in_the_app(pain_score=""),
    "operated": lambda: _operated(irradiated=False),
    "operated and irradiated": lambda: _operated(irradiated=True),
}
