"""One rule asked about one patient told in words: charts as in ``charted``, and orders with their details.

On file, besides the words of ``charted``: ``metastasis site_spine`` (a bone metastasis there), ``maybe lung_cancer`` (a
provisional diagnosis), ``scan bone_ct site_femur 60`` (a procedure at a site), ``report bone_ct 60``, ``concludes
isolated_bone_uptake 30`` (a report's conclusion), ``says flare_markers markers_alp_rise 5``, ``text board_pain 5``,
``line 2026-01`` (start of the systemic line), ``plan analgesic_plan``, ``takes morphine``, ``without procedures`` (not sent).

An order: ``bone_scan for reason_staging at site_femur on -30: pet_field pet_whole_body, mri_extent unknown``, several
with ``;``; ``visit`` before it makes it an appointment, ``stop osimertinib for stop_progression`` ends a drug.
"""

from collections.abc import Callable
from typing import Any

from hooks.evaluate import Finding, Guideline, evaluate
from hooks.registry import CHECKS
from tests.support.bedside import RULES, Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago, care_plan, reported
from tests.support.charted import chart
from tests.support.planned import planned

CHECK = {check.id: check for check in CHECKS}


def ask(rule: str, facts: str = "", orders: str = "", moment: str = "order-sign", edition: str = "aura-2026") -> str:
    """``satisfied``, ``not-applicable``, ``info due``, or ``needs-data x,y``."""
    return said(finding(rule, facts, orders, moment, edition))


def finding(
    rule: str, facts: str = "", orders: str = "", moment: str = "order-sign", edition: str = "aura-2026"
) -> Finding:
    """The first finding of the rule alone."""
    record = patient(facts, orders, moment).record()
    found = evaluate((CHECK[rule],), record, Guideline(RULES, edition))
    assert not found.broken, found.broken
    return found.all[0]


def said(found: Finding) -> str:
    """A finding in the words of the tables."""
    if not found.speaks:
        return found.verdict.outcome.value
    if found.status == "needs-data":
        return f"needs-data {','.join(gap.what for gap in found.verdict.missing)}"
    return f"{found.severity.value} {found.verdict.case}"


def patient(facts: str, orders: str = "", moment: str = "order-sign") -> Bedside:
    """The patient, with the orders of the session."""
    bedside = Bedside(moment=moment)
    for fact in filter(None, (part.strip() for part in facts.split(","))):
        verb, *words = fact.split(" ")
        if verb in _VERBS:
            _VERBS[verb](bedside, words)
        else:
            chart(fact, bedside)
    for order in filter(None, (part.strip() for part in orders.split(";"))):
        _order(bedside, order)
    return bedside


def _order(bedside: Bedside, text: str) -> None:
    head, _, details = text.partition(":")
    words, told = head.split(" "), dict[str, str]()
    for word in ("for", "at", "on"):
        if word in words:
            place = words.index(word)
            told[word] = words[place + 1]
            del words[place : place + 2]
    reason = [concept(told["for"])] if "for" in told else []
    if words[0] == "stop":
        bedside.drafts_order(words[1], status="stopped", **({"statusReason": reason[0]} if reason else {}))
    elif words[0] == "visit":
        proposed(bedside, words[1], f"{ago(told['on'])}T09:00:00+02:00")
    else:
        extra: dict[str, Any] = {"reasonCode": reason} if reason else {}
        site = told.get("at", "").replace("+", ", ")
        planned(bedside, words[0], site=site, on=ago(told["on"]) if "on" in told else "", details=details, **extra)


def _says(bedside: Bedside, words: list[str]) -> None:
    bedside.observed(words[0], f"{' '.join(words[1:-1])} @ {ago(words[-1])}")


def _text(bedside: Bedside, words: list[str]) -> None:
    row = {"status": "final", "code": concept(words[0]), "effectiveDateTime": ago(words[1])}
    bedside.add("observations", "Observation", row | {"valueString": " ".join(words[2:]) or "as told"})


def _named(drug: str) -> dict[str, Any]:
    """By its name, as many records tell it."""
    return {"medicationCodeableConcept": {"text": drug}}


def _line(bedside: Bedside, words: list[str]) -> None:
    row = {"status": "final", "code": concept("systemic_line_start"), "effectiveDateTime": ago(1)}
    bedside.add("observations", "Observation", row | {"valueDateTime": ago(words[0])})


_VERBS: dict[str, Callable[[Bedside, list[str]], Any]] = {
    "metastasis": lambda b, w: b.ill("bone_metastasis", bodySite=[concept(w[0])]),
    "maybe": lambda b, w: b.ill(w[0], verificationStatus={"coding": [{"code": "provisional"}]}),
    "scan": lambda b, w: b.done(w[0], ago(w[2]), bodySite=[concept(w[1])]),
    "report": lambda b, w: reported(b, w[0], ago(w[1])),
    "concludes": lambda b, w: reported(b, "bone_scan", ago(w[1]), conclusionCode=[concept(w[0])]),
    "says": _says,
    "text": _text,
    "line": _line,
    "takes": lambda b, w: b.add("medicationStatements", "MedicationStatement", {"status": "active"} | _named(w[0])),
    "plan": lambda b, w: care_plan(b, w[0]),
    "without": lambda b, w: b.without(*w),
}
