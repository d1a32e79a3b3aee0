"""Varied patients for Hypothesis: any mixture of diseases, results, treatments and drafts, and ways to change them."""

import copy
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from hooks.evaluate import Finding
from tests.support.bedside import TODAY, UCUM, Bedside
from tests.support.chart import booked, dispensed, stops

MOMENTS = (
    "order-sign",
    "order-select",
    "patient-view",
    "encounter-discharge",
    "appointment-book",
    "medication-refill",
)
DAYS = st.sampled_from((0, 2, 7, 8, 20, 28, 30, 31, 35, 60, 90, 91, 120, 180, 181, 200, 366, 740))
DISEASES = (
    *("lung_cancer", "bone_metastasis", "multiple_myeloma", "hypercalcaemia", "dialysis_dependence"),
    *("pathological_fracture_neoplastic", "spinal_cord_compression", "onj_drug_induced", "comfort_care_only"),
)
ACTS = ("dental_examination", "dental_panoramic_xray", "tooth_extraction", "bone_radiotherapy")
DRUGS = ("zometa", "xgeva", "prolia", "aclasta", "pamidronate", "zoledronic acid", "denosumab", "cisplatin",
         "pemetrexed", "osimertinib", "pembrolizumab", "bevacizumab", "prednisone")  # fmt: skip
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
)
# Values that another unit writes without rounding: tenths of a mg/dL of creatinine (x 88.4), hundredths of a mmol/L of
# calcium (x 4.008 in mg/dL).
CREATININE = st.integers(5, 60).map(lambda tenths: Decimal(tenths) * Decimal("8.84"))
CALCIUM = st.integers(170, 380).map(lambda hundredths: Decimal(hundredths) / 100)
OTHER_UNITS = {
    "umol/L": ("mg/dL", Decimal("0.1") / Decimal("8.84")),
    "kg": ("g", Decimal(1000)),
    "mmol/L": ("mg/dL", Decimal("4.008")),
    "g/L": ("g/dL", Decimal("0.1")),
}


@st.composite
def patients(draw: st.DrawFn) -> Bedside:
    """A patient at one of the six hooks; drafts only where orders are written."""
    bedside = Bedside(moment=draw(st.sampled_from(MOMENTS)))
    bedside.person(born=f"{draw(st.integers(1935, 2009))}-01-15", sex=draw(st.sampled_from(("male", "female"))))
    for disease in draw(st.lists(st.sampled_from(DISEASES), unique=True, max_size=4)):
        bedside.ill(disease, _day(draw(DAYS)))
    _results(draw, bedside)
    _treatments(draw, bedside)
    for act in draw(st.lists(st.sampled_from(ACTS), max_size=3)):
        bedside.done(act, _day(draw(DAYS)))
    if bedside.moment in ("order-sign", "order-select", "medication-refill"):
        for product, dose, extra in draw(st.lists(st.sampled_from(DRAFTS), max_size=3)):
            bedside.drafts_order(product, dose, **extra)
        if draw(st.booleans()):
            stops(bedside, draw(st.sampled_from(("xgeva", "zometa"))))
    return bedside


def _results(draw: st.DrawFn, bedside: Bedside) -> None:
    wanted = {
        "creatinine_serum": (CREATININE, "umol/L"),
        "body_weight": (st.integers(40, 130).map(Decimal), "kg"),
        "calcium_total": (CALCIUM, "mmol/L"),
        "albumin_serum": (st.integers(20, 50).map(Decimal), "g/L"),
        "vitamin_d_25oh_total": (st.integers(10, 400).map(Decimal), "nmol/L"),
    }
    for what, (values, unit) in wanted.items():
        for _ in range(draw(st.integers(0, 2))):
            status = draw(st.sampled_from(("final", "final", "final", "preliminary")))
            bedside.observed(what, f"{draw(values)} {unit} @ {_day(draw(DAYS))}", status=status)
    if draw(st.booleans()):
        bedside.observed("dental_examination_outcome", f"dental-treatment-needed @ {_day(draw(DAYS))}")


def _treatments(draw: st.DrawFn, bedside: Bedside) -> None:
    for drug in draw(st.lists(st.sampled_from(DRUGS), max_size=4)):
        day = _day(draw(DAYS))
        match draw(st.sampled_from(("given", "ordered", "stated", "dispensed"))):
            case "given":
                bedside.given(drug, day, status=draw(st.sampled_from(("completed", "completed", "not-done"))))
            case "ordered":
                bedside.ordered(drug, day, status=draw(st.sampled_from(("active", "active", "completed", "stopped"))))
            case "stated":
                bedside.stated(drug, day)
            case _:
                dispensed(bedside, drug, day)
    if draw(st.booleans()):
        booked(bedside, "dental_visit", _day(-draw(st.integers(1, 60))))


def _day(ago: int) -> str:
    return (TODAY - timedelta(days=ago)).isoformat()


def changed(bedside: Bedside) -> Bedside:
    """A copy to change."""
    parts = copy.deepcopy((bedside.patient, bedside.resources, bedside.drafts, bedside.not_fetched))
    patient, resources, drafts, not_fetched = parts
    return Bedside(bedside.today, patient, resources, drafts, not_fetched, bedside.moment, iter(range(9000, 9999)))


def in_other_units(bedside: Bedside) -> Bedside:
    """The same results of creatinine, weight, calcium and albumin in another unit."""
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
