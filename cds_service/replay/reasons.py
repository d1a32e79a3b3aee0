"""Why a rule says something else on the other side: what differs in the rule itself, number by number."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from pathlib import Path

from cds_service.pipeline import Parts
from cds_service.replay.words import Words
from fhir_mappers.record.quantity import Quantity

_PLAIN = (Quantity, Decimal, int, str)


@dataclass(frozen=True, slots=True)
class Half:
    """One side: how it is called, its findings and calls, and its tables (None: another version of the software)."""

    label: str
    findings: Path
    calls: Path
    parts: Parts | None = None
    edition: str = ""


def unasked(rule: str, half: Half, words: Words) -> str | None:
    """Why a side does not ask the rule at all."""
    if half.parts is None:
        return None
    known = half.parts.rules.get(rule)
    if known is None or half.edition not in known.sources:
        return words("not-in", edition=half.edition)
    return words("retired") if known.retired is not None else None


def numbers(rule: str, before: Half, after: Half, words: Words) -> list[str]:
    """The numbers and severities of the rule that are not the same on both sides."""
    if before.parts is None or after.parts is None:
        return []
    one, other = before.parts.rules.get(rule), after.parts.rules.get(rule)
    if one is None or other is None:
        return []
    was, now = _flat(one.numbers.get(before.edition)), _flat(other.numbers.get(after.edition))
    told = [_step(name, was[name], now[name], words) for name in was if name in now and was[name] != now[name]]
    cases = sorted(
        case for case in {*one.severity, *other.severity} if one.severity_of(case) != other.severity_of(case)
    )
    return told + [f"{case}: {one.severity_of(case).value} → {other.severity_of(case).value}" for case in cases]


def _step(name: str, was: object, now: object, words: Words) -> str:
    if isinstance(was, _PLAIN) and isinstance(now, _PLAIN):
        return f"{name} {was} → {now}"
    return words("number-differs", name=name)


def _flat(held: object, prefix: str = "") -> Mapping[str, object]:
    """The numbers of a mould by name, those inside others with a dot."""
    if not is_dataclass(held) or isinstance(held, (Quantity, type)):
        return {}
    found: dict[str, object] = {}
    for field in fields(held):
        value, name = getattr(held, field.name), f"{prefix}{field.name}"
        found |= _flat(value, f"{name}.") or {name: value}
    return found
