"""Findings as JSON: the trace a card carries, and what ``osteohooks evaluate`` prints for every rule asked."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fhir_mappers.record.answer import Evidence, Missing
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Exact, Quantity
from hooks.evaluate import Finding
from hooks.texts import Speaker

_PLACES = Decimal("0.0001")
_PLAIN_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,17})?")


def as_json(finding: Finding, speaker: Speaker, *, whole: bool = False) -> dict[str, Any]:
    """One finding with its figures, evidence and gaps.

    Empty members are left out, as CDS Hooks wants on the wire; ``whole`` keeps them, for programs that read a file.
    ``policy`` is there only where a site changed something in the rule.
    """
    verdict = finding.verdict
    row: dict[str, Any] = {
        "rule": finding.rule.id,
        "status": finding.status,
        "outcome": verdict.outcome.value,
        "severity": finding.severity.value if finding.speaks else None,
        "case": verdict.case if finding.speaks else None,
        "edition": finding.edition,
        "summary": speaker.summary(finding) if finding.speaks else speaker.title(finding.rule),
        "because": finding.because,
        "draft": finding.draft.source.resource if finding.draft else None,
        "figures": {name: plain(value) for name, value in verdict.figures.items() if value not in (None, Names(()))},
        "evidence": [evidence_json(proof) for proof in verdict.evidence],
        "missing": [missing_json(gap) for gap in verdict.missing],
        "awaited": [evidence_json(proof) for proof in finding.awaited],
        "lines": [{"subject": line.subject, "light": line.light.value} for line in verdict.lines],
        "source": _source(finding, speaker),
    }
    if told := [d.as_json() for d in finding.rule.departures if d.concerns(finding.edition, verdict.case)]:
        row["policy"] = told
    return row if whole else {key: value for key, value in row.items() if value not in (None, [], {}, "")}


def _source(finding: Finding, speaker: Speaker) -> str | None:
    return speaker.source(finding) if finding.edition in finding.rule.sources else None


def evidence_json(proof: Evidence) -> dict[str, Any]:
    """One fact: where it stands, as sent, converted, when, and how it reached us."""
    row = {
        "resource": proof.resource,
        "what": proof.what,
        "code": proof.code,
        "value": _number(proof.value),
        "unit": proof.unit,
        "converted": plain(proof.converted) if proof.converted is not None else None,
        "date": proof.date.text if proof.date is not None else None,
        "origin": proof.origin,
        "note": proof.note,
    }
    return {key: value for key, value in row.items() if value or isinstance(value, Decimal)}


def _number(sent: str | None) -> Decimal | str | None:
    """A plain number as a number with the digits that were sent; anything else as the text it is."""
    return Decimal(sent) if sent is not None and _PLAIN_NUMBER.fullmatch(sent) else sent


def missing_json(gap: Missing) -> dict[str, Any]:
    """One gap: what, why, and the nearest value there was."""
    row = {"what": gap.what, "why": gap.why}
    return {**row, "last": evidence_json(gap.last)} if gap.last is not None else row


def plain(value: Any) -> Any:
    """A figure as JSON: quantities with unit, dates as text, names as keys."""
    if isinstance(value, Quantity):
        return {"value": value.value, "unit": value.unit}
    if isinstance(value, Clearance):
        return _clearance(value)
    if isinstance(value, PartialDate):
        return value.text
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Names):
        return list(value.keys)
    if isinstance(value, Evidence):
        return evidence_json(value)
    return value if isinstance(value, (int, Decimal, Mapping)) else str(value)


def _clearance(clearance: Clearance) -> dict[str, Any]:
    if clearance.span is None:
        return {"unit": "mL/min", "missing": [m.what for m in clearance.missing]}
    low, high = _decimal(clearance.span.low), _decimal(clearance.span.high)
    bounds = {"value": low} if clearance.span.is_exact else {"low": low, "high": high}
    about = {"unit": "mL/min", "formula": "Cockcroft-Gault, smaller of the two published forms", "sex": clearance.sex}
    age = {"age": int(clearance.age.high)} if clearance.age is not None and clearance.age.is_exact else {}
    return {**bounds, **{name: value for name, value in about.items() if value is not None}, **age}


def _decimal(value: Exact) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_PLACES, ROUND_HALF_UP)
