"""Forms that were filled in, and a rule asked by itself.

Items are ``"mirels_site mirels_trochanteric, mirels_size_fraction 0.5 1, pedicle_involved true"``: the concept, then a
value as in ``planned.value_of``; an item without a value was left open.
"""

from typing import Any

from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Verdict
from hooks.registry import CHECKS
from tests.support.bedside import RULES, Bedside, concept
from tests.support.chart import ago
from tests.support.planned import value_of

MIRELS = {
    "mirels_site": "mirels_lower_limb",
    "mirels_size_fraction": "0.5 1",
    "mirels_lesion_type": "lesion_mixed",
    "mirels_pain": "mirels_pain_mild",
}
SINS = {
    "sins_location": "vertebra_t5",
    "sins_pain": "sins_pain_none",
    "sins_lesion": "lesion_blastic",
    "sins_alignment": "alignment_normal",
    "sins_collapse": "collapse_none",
    "sins_posterior": "posterior_none",
}
MIRELS_LADDER = {
    "7": "",
    "8": "mirels_lesion_type lesion_lytic",
    "9": "mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate",
    "open": "mirels_lesion_type lesion_lytic, mirels_pain ?",
}
"""Changes to the items of MIRELS that give these totals."""
_FOUR = "sins_alignment alignment_subluxation, sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral"
SINS_LADDER = {
    "6": "sins_pain sins_pain_mechanical, sins_alignment alignment_deformity",
    "7": "sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral",
    "12": f"{_FOUR}, sins_lesion lesion_mixed",
    "13": f"{_FOUR}, sins_lesion lesion_lytic",
    "open": f"{_FOUR}, sins_collapse ?",
}
"""Changes to the items of SINS that give these totals."""
_BY_ID = {check.id: check for check in CHECKS}


def assessed(patient: Bedside, items: str, days: int = 2, **extra: Any) -> Bedside:
    """A form completed so many days ago."""
    told = [text.strip().partition(" ") for text in items.split(",") if text.strip()]
    rows: dict[str, list[dict[str, Any]]] = {}
    for what, _, said in told:
        link = concept(what)["coding"][0]["code"]
        rows.setdefault(link, []).extend([_answer(said)] if said else [])
    items_sent = [{"linkId": link, "answer": answers} for link, answers in rows.items()]
    row = {"status": "completed", "authored": ago(days), "item": items_sent}
    return patient.add("questionnaireResponses", "QuestionnaireResponse", row | extra)


def items(defaults: dict[str, str], changes: str = "") -> str:
    """The items of a form with some of them told otherwise: ``"mirels_site ?, mirels_pain mirels_pain_mild"`` (``?``
    leaves one open).
    """
    told = dict(defaults)
    for text in filter(None, (part.strip() for part in changes.split(","))):
        what, _, said = text.partition(" ")
        told[what] = said
    return ", ".join(f"{what} {said}".strip() for what, said in told.items() if said != "?")


def verdict(record: PatientRecord, rule: str, edition: str = "aura-2026") -> Verdict:
    """What one rule answers, asked once (about the first draft it is for, where it is asked of drafts)."""
    check = _BY_ID[rule]
    drafts = [draft for draft in record.drafts if check.about is not None and check.about(draft)]
    found = check.judge(record, RULES[rule].numbers[edition], *drafts[:1])
    assert isinstance(found, Verdict)
    return found


def _answer(said: str) -> dict[str, Any]:
    value = value_of(said)
    coded = value.pop("valueCodeableConcept", None)
    return value if coded is None else {"valueCoding": coded["coding"][0]}
