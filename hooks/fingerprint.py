"""The fingerprint of a finding: digests of the facts it rests on, equal tomorrow when nothing but the day has changed.

Its head: rule, edition, case, severity, and of the order it is about the drug. Its facts, each a digest of its own:
every piece of evidence (resource, value, date), what is missing and why, notes, figures. Not in it: elapsed times,
computed days, age, the order of anything, how a fact reached us, and which order it is (`hooks.quiet.Trace` says that).
"""

import json
import re
from collections.abc import Iterable
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
_HEAD, _FACT = 16, 6  # bytes; two facts of one finding are told apart, not two of all that were ever seen

_canonical = json.JSONEncoder(sort_keys=True).encode


def fingerprint(finding: Finding, key: bytes = b"") -> str:
    """Hexadecimal digits: the head, a colon, the facts. ``key`` (at most 64 bytes, a secret of the installation) keeps
    anyone from guessing the values back by trying them all.
    """
    verdict, fixed = finding.verdict, _fixed(finding)
    about = [finding.rule.id, finding.edition, finding.status, verdict.case, finding.severity.value]
    head = _digest([about, _order(finding, fixed)], key)
    facts = [*_counted(verdict.evidence), *map(_gap, verdict.missing), *(["note", note] for note in verdict.notes)]
    for name, value in verdict.figures.items():
        facts += _figures(name, value, fixed)
    return f"{head}:{''.join(sorted({_digest([head, fact], key, _FACT) for fact in facts}))}"


def nothing_new(then: str, now: str) -> bool:
    """Whether a finding says no more than it did: the same head, and no fact that was not there. A result that has
    since become too old to count is gone, but nothing new.
    """
    (head, _, known), (same, _, facts) = then.partition(":"), now.partition(":")
    return head == same and set(_split(facts)) <= set(_split(known))


def order_key(draft: DraftOrder, key: bytes = b"") -> str | None:
    """A digest of the reference of an order; None when the EHR gave it no id and it is known by its place only."""
    reference = draft.source.resource
    return _digest(reference, key) if _REFERENCE.fullmatch(reference) else None


def _digest(value: Any, key: bytes, size: int = _HEAD) -> str:
    return blake2b(_canonical(value).encode(), digest_size=size, key=key).hexdigest()


def _split(facts: str) -> list[str]:
    width = 2 * _FACT
    return [facts[at : at + width] for at in range(0, len(facts), width)]


def _counted(evidence: Iterable[Evidence]) -> list[Any]:
    """Facts; of several that look alike, for want of an id, each its number."""
    seen: dict[str, int] = {}
    found = []
    for proof in evidence:
        fact = _proof(proof)
        looks = str(fact)
        seen[looks] = seen.get(looks, 0) + 1
        found.append([*fact, seen[looks]])
    return found


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


def _figures(name: str, value: Any, fixed: tuple[Any, ...]) -> list[Any]:
    """A figure as facts. What is not known is none, nor a flag that is off, nor what moves with the day; a clearance is
    what it was computed from: its value moves with each birthday.
    """
    if value is None or value is False or _moves(value, fixed):
        return []
    if isinstance(value, Clearance):
        sex = [[name, value.sex]] if value.sex is not None else []
        return [*_counted(value.evidence), *map(_gap, value.missing), *sex]
    return [[name, _figure(value)]]


def _figure(value: Any) -> Any:
    if isinstance(value, Quantity):
        return [_number(value.value), value.unit]
    if isinstance(value, PartialDate):
        return value.text
    if isinstance(value, Names):
        return sorted(value.keys)
    if isinstance(value, Evidence):
        return _proof(value)
    return _gap(value) if isinstance(value, Missing) else str(value)


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
