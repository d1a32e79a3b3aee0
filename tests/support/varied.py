"""Varied patients for Hypothesis: any mixture of diseases, results, treatments and drafts, and ways to change them."""

import copy
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hooks.evaluate import Finding
from tests.support.bedside import TODAY, UCUM, Bedside, concept
from tests.support.booking import requested
from tests.support.chart import booked, dispensed, stops

MOMENTS = (
    "order-sign",
    "order-select",
    "patient-view",
    "encounter-discharge",
    "appointment-book",
    "medication-refill",
)
EDGES = (0, 2, 7, 8, 20, 28, 30, 31, 35, 60, 90, 91, 120, 180, 181, 200, 366, 740)
AHEAD = tuple(range(1, 61))
DISEASES = (
    *("lung_cancer", "bone_metastasis", "multiple_myeloma", "hypercalcaemia", "dialysis_dependence"),
    *("pathological_fracture_neoplastic", "spinal_cord_compression", "onj_drug_induced", "comfort_care_only"),
    *("exposed_jaw_bone", "smoking_current", "osteomalacia"),
)
ACTS = ("dental_examination", "dental_panoramic_xray", "tooth_extraction", "bone_radiotherapy", "bone_reevaluation")
DRUGS = ("zometa", "xgeva", "prolia", "aclasta", "pamidronate", "zoledronic acid", "denosumab", "cisplatin",
         "pemetrexed", "osimertinib", "pembrolizumab", "bevacizumab", "prednisone", "cholecalciferol")  # fmt: skip
ANSWERS = {
    "dental_examination_outcome": ("dental-treatment-needed", "dental-cleared"),
    "dental_clearance_after_extraction": ("true", "false"),
    "disease_extent": ("oligometastatic", "multimetastatic"),
    "life_expectancy": ("2 mo", "12 mo"),
    "antiresorptive_declined": ("true",),
    "exposed_bone_days": ("40 d", "70 d"),
    "craniofacial_radiotherapy": ("true", "false"),
    "dietary_calcium_intake": ("600 mg/d", "1200 mg/d"),
    "calcium_ionised": ("0.95 mmol/L", "1.20 mmol/L", "1.40 mmol/L"),
    "egfr_ckdepi_2021": ("22 mL/min/{1.73_m2}",),
}
ASKED = ("vitamin_d_25oh_total", "oral_surgery_referral")
DRAFTS: tuple[tuple[str, str | None, dict[str, Any]], ...] = (
    ("zometa", "4 mg", {"over": "15 min", "every": "28 d"}),
    ("zometa", "3.5 mg", {}),
    ("xgeva", "120 mg", {"every": "28 d", "route": "route_sc"}),
    ("xgeva", "120 mg", {"every": "84 d", "priority": "stat", "reason": "hypercalcaemia"}),
    ("zoledronic acid", None, {}),
    ("aclasta", "5 mg", {}),
    ("prolia", "60 mg", {}),
    ("cisplatin", None, {}),
    ("osimertinib", None, {}),
    ("pembrolizumab", None, {"starts": "2026-06-10"}),
    ("cholecalciferol", "50000 [iU]", {"every": "7 d", "count": 8}),
    ("calcium carbonate", "1250 mg", {"every": "1 d"}),
)
SERVICES = ("tooth_extraction", "ctx_serum", "vitamin_d_25oh_total", "rheumatology_oncology_referral")
# Values that another unit writes without rounding: tenths of a mg/dL of creatinine (x 88.4), hundredths of a mmol/L of
# calcium (x 4.008 in mg/dL).
CREATININE = st.integers(5, 60).map(lambda tenths: Decimal(tenths) * Decimal("8.84"))
CALCIUM = st.integers(170, 380).map(lambda hundredths: Decimal(hundredths) / 100)
OTHER_UNITS = {
    "umol/L": ("mg/dL", Decimal("0.1") / Decimal("8.84")),
    "kg": ("g", Decimal(1000)),
    "mmol/L": ("mg/dL", Decimal("4.008")),
    "g/L": ("g/dL", Decimal("0.1")),
    "nmol/L": ("pmol/L", Decimal(1000)),
    "ng/mL": ("ug/L", Decimal(1)),
}


@st.composite
def patients(draw: st.DrawFn, days: tuple[int, ...] = EDGES, ahead: tuple[int, ...] = AHEAD) -> Bedside:
    """A patient at one of the six hooks, every fact so many days ago; drafts only where orders are written."""
    bedside, day = Bedside(moment=draw(st.sampled_from(MOMENTS))), st.sampled_from(days)
    bedside.person(born=f"{draw(st.integers(1935, 2009))}-01-15", sex=draw(st.sampled_from(("male", "female"))))
    for disease in draw(st.lists(st.sampled_from(DISEASES), unique=True, max_size=4)):
        bedside.ill(disease, _day(draw(day)))
    _results(draw, bedside, day)
    _treatments(draw, bedside, day)
    for act in draw(st.lists(st.sampled_from(ACTS), max_size=3)):
        bedside.done(act, _day(draw(day)))
    if draw(st.booleans()):
        booked(bedside, "dental_visit", _day(-draw(st.sampled_from(ahead))))
    for what in draw(st.lists(st.sampled_from(ASKED), max_size=1)):
        row = {"status": "active", "intent": "order", "code": concept(what), "authoredOn": _day(draw(day))}
        bedside.add("serviceRequests", "ServiceRequest", row)
    _drafts(draw, bedside)
    return bedside


def _drafts(draw: st.DrawFn, bedside: Bedside) -> None:
    if bedside.moment in ("order-sign", "order-select", "medication-refill"):
        for product, dose, extra in draw(st.lists(st.sampled_from(DRAFTS), max_size=3)):
            bedside.drafts_order(product, dose, **extra)
        if draw(st.booleans()):
            stops(bedside, draw(st.sampled_from(("xgeva", "zometa"))))
    if bedside.moment in ("order-sign", "order-select", "appointment-book"):
        for what in draw(st.lists(st.sampled_from(SERVICES), max_size=1)):
            requested(bedside, what)


def _results(draw: st.DrawFn, bedside: Bedside, day: st.SearchStrategy[int]) -> None:
    wanted = {
        "creatinine_serum": (CREATININE, "umol/L"),
        "body_weight": (st.integers(40, 130).map(Decimal), "kg"),
        "calcium_total": (CALCIUM, "mmol/L"),
        "albumin_serum": (st.integers(20, 50).map(Decimal), "g/L"),
        "vitamin_d_25oh_total": (st.integers(10, 500).map(Decimal), draw(st.sampled_from(("nmol/L", "ng/mL")))),
    }
    for what, (values, unit) in wanted.items():
        for _ in range(draw(st.integers(0, 2))):
            status = draw(st.sampled_from(("final", "final", "final", "preliminary")))
            bedside.observed(what, f"{draw(values)} {unit} @ {_day(draw(day))}", status=status)
    for what in draw(st.lists(st.sampled_from(tuple(ANSWERS)), unique=True, max_size=3)):
        bedside.observed(what, f"{draw(st.sampled_from(ANSWERS[what]))} @ {_day(draw(day))}")


def _treatments(draw: st.DrawFn, bedside: Bedside, days: st.SearchStrategy[int]) -> None:
    for drug in draw(st.lists(st.sampled_from(DRUGS), max_size=4)):
        day = _day(draw(days))
        match draw(st.sampled_from(("given", "ordered", "stated", "dispensed"))):
            case "given":
                bedside.given(drug, day, status=draw(st.sampled_from(("completed", "completed", "not-done"))))
            case "ordered":
                bedside.ordered(drug, day, status=draw(st.sampled_from(("active", "active", "completed", "stopped"))))
            case "stated":
                bedside.stated(drug, day)
            case _:
                dispensed(bedside, drug, day)


def _day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def changed(bedside: Bedside) -> Bedside:
    """A copy to change."""
    parts = copy.deepcopy((bedside.patient, bedside.resources, bedside.drafts, bedside.not_fetched))
    patient, resources, drafts, not_fetched = parts
    return Bedside(bedside.today, patient, resources, drafts, not_fetched, bedside.moment, iter(range(9000, 9999)))


def in_other_units(bedside: Bedside) -> Bedside:
    """The same results of creatinine, weight, calcium, albumin and vitamin D in another unit of the same kind."""
    other = changed(bedside)
    for result in other.resources["observations"]:
        sent = result.get("valueQuantity", {})
        if sent.get("unit") in OTHER_UNITS:
            unit, factor = OTHER_UNITS[sent["unit"]]
            value = (sent["value"] * factor).quantize(Decimal("0.00001"))
            result["valueQuantity"] = {"value": value, "unit": unit, "system": UCUM, "code": unit}
    return other


def mark_wrong(resource: dict[str, Any]) -> None:
    """Entered in error, in the way of its type."""
    if resource["resourceType"] in ("Condition", "AllergyIntolerance"):
        resource["verificationStatus"] = {"coding": [{"code": "entered-in-error"}]}
    else:
        resource["status"] = "entered-in-error"


def resources(bedside: Bedside) -> Iterator[tuple[list[dict[str, Any]], int]]:
    """Every resource of the patient as a list and a place in it; drafts too."""
    for rows in (*bedside.resources.values(), bedside.drafts):
        for index in range(len(rows)):
            yield rows, index


def told(bedside: Bedside, edition: str, *, with_evidence: bool = False) -> dict[tuple[str, str], Any]:
    """What every rule says about the patient, by rule and draft."""
    return {_key(finding): _said(finding, with_evidence) for finding in bedside.findings(edition).all}


def _key(finding: Finding) -> tuple[str, str]:
    return finding.rule.id, finding.draft.source.resource if finding.draft else ""


def _said(finding: Finding, with_evidence: bool) -> tuple[Any, ...]:
    verdict = finding.verdict
    said = (verdict.outcome.value, finding.because)
    if finding.speaks:
        said += (finding.severity.value, verdict.case, frozenset((m.what, m.why) for m in verdict.missing))
    return (*said, frozenset(e.resource for e in verdict.evidence)) if with_evidence else said
