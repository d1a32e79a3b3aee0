"""The fingerprint of a finding: a digest of the facts it rests on, equal tomorrow when nothing but the day has changed.

In it: rule, edition, case, severity, notes, every piece of evidence (resource, value, date), what is missing and why,
the figures, and of the order it is about the drug. Not in it: elapsed times, computed days, age, the order of anything,
how a fact reached us, and which order it is (`hooks.quiet.Trace` says that).
"""

import json
import re
from dataclasses import fields
from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from fhir_mappers.record.answer import Evidence, Missing
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Names
from fhir_mappers.record.quantity import Quantity
from hooks.evaluate import Finding

CALENDAR = frozenset({"d", "wk", "mo", "a", "h"})
_REFERENCE = re.compile(r"[A-Za-z]+/[A-Za-z0-9\-.]{1,64}")
_DRAFTED = "context"  # where an order being written comes from, as against the record
_SIZE = 16


def fingerprint(finding: Finding, key: bytes = b"") -> str:
    """32 hexadecimal digits. ``key`` (at most 64 bytes, a secret of the installation) keeps anyone from guessing the
    values back by trying them all.
    """
    verdict, fixed = finding.verdict, _fixed(finding)
    facts = [
        [finding.rule.id, finding.edition, finding.status, verdict.case, finding.severity.value],
        sorted(verdict.notes),
        _ordered(_proof(proof) for proof in verdict.evidence),
        _ordered(_gap(gap) for gap in verdict.missing),
        {name: _figure(value, fixed) for name, value in sorted(verdict.figures.items())},
        _order(finding, fixed),
    ]
    return _digest(json.dumps(facts, sort_keys=True), key)


def order_key(draft: DraftOrder, key: bytes = b"") -> str | None:
    """A digest of the reference of an order; None when the EHR gave it no id and it is known by its place only."""
    reference = draft.source.resource
    return _digest(reference, key) if _REFERENCE.fullmatch(reference) else None


def _digest(text: str, key: bytes) -> str:
    return blake2b(text.encode(), digest_size=_SIZE, key=key).hexdigest()


def _fixed(finding: Finding) -> tuple[Any, ...]:
    """The lengths of time that do not move with the day: the order's own interval, and the numbers of the guideline."""
    numbers = finding.rule.numbers.get(finding.edition)
    limits = [getattr(numbers, one.name) for one in fields(numbers)] if numbers is not None else []
    return (*limits, finding.draft.interval if finding.draft is not None else None)


def _order(finding: Finding, fixed: tuple[Any, ...]) -> list[Any] | None:
    """Of the order: the drug, whether it is stopped, and its planned day where elapsed time was reckoned up to it."""
    draft = finding.draft
    if draft is None:
        return None
    reckoned = any(_moves(value, fixed) for value in finding.verdict.figures.values())
    planned = draft.planned.text if reckoned and draft.planned is not None else None
    return [draft.kind, sorted(draft.concepts), draft.stops, planned]


def _proof(proof: Evidence) -> list[Any]:
    """A fact without how it reached us. A draft has no name here and no date: some EHRs give it both anew each time."""
    drafted = proof.origin == _DRAFTED
    place = proof.resource if _REFERENCE.fullmatch(proof.resource) and not drafted else None
    bound = (proof.value or "")[:1] if (proof.value or "").startswith(("<", ">")) else ""
    value = [bound, _figure(proof.converted)] if proof.converted is not None else [proof.value, proof.unit]
    day = proof.date.text if proof.date is not None and not drafted else None
    return [place, proof.what, value, day, proof.note]


def _gap(gap: Missing) -> list[Any]:
    return [gap.what, gap.why, _proof(gap.last) if gap.last is not None else None]


def _figure(value: Any, fixed: tuple[Any, ...] = ()) -> Any:
    if _moves(value, fixed):
        return None
    if isinstance(value, Quantity):
        return [_number(value.value), value.unit]
    if isinstance(value, PartialDate):
        return value.text
    if isinstance(value, Clearance):  # by what it was computed from: the value moves with each birthday
        return [value.sex, _ordered(map(_proof, value.evidence)), _ordered(map(_gap, value.missing))]
    if isinstance(value, Names):
        return sorted(value.keys)
    if isinstance(value, Evidence):
        return _proof(value)
    if isinstance(value, Missing):
        return _gap(value)
    return value if value is None or isinstance(value, bool | int) else str(value)


def _moves(value: Any, fixed: tuple[Any, ...]) -> bool:
    """Whether a figure changes because a day passes: a length of time counted by us (the very ones that are ``fixed``
    were not), or a day reckoned by us (those of the record are partial dates).
    """
    if isinstance(value, Quantity) and value.unit in CALENDAR:
        return not any(value is one for one in fixed)
    return isinstance(value, date)


def _number(value: Decimal) -> str:
    """``63.0`` and ``63`` are one number."""
    return format(value.normalize(), "f")


def _ordered(rows: Any) -> list[Any]:
    return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))
