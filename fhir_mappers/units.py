"""Laboratory, body and dose units: one house unit per concept, converted once, by exact factors from a table.

Never a UCUM parser: it would read the French ``G/L`` as gauss per litre and turn mL/min/{1.73_m2} into mL/min. The
table is ``valuesets/units.csv``: factors as exact text, plausible limits (errors lie outside, not disease), sources.
"""

import re
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Literal

from fhir_mappers.terminology import read_table

Reason = Literal["unit-missing", "unit-unknown", "implausible", "not-a-number"]

_LITRE = re.compile(r"(?<![A-Za-z_\[])([munpfdc]?)l(?![A-Za-z_\]])")
_AROUND_SLASH = re.compile(r"\s*/\s*")
_DIMENSIONLESS = re.compile(r"1|\{[^{}]*\}")
_MICRO = str.maketrans({"\u00b5": "u", "\u03bc": "u"})
_LARGEST_POWER, _MOST_DIGITS, _ROUNDED_DIGITS, _EXACT_DIGITS = 30, 100, 28, 300
_LONGEST_MEMORISED = 96  # characters of number, unit and code
_MINUTES = MappingProxyType(
    {
        "s": Fraction(1, 60),
        "min": Fraction(1),
        "h": Fraction(60),
        "d": Fraction(1440),
        "wk": Fraction(7 * 1440),
        "mo": Fraction(30 * 1440),
        "a": Fraction(365 * 1440),
    }
)


@dataclass(frozen=True, slots=True)
class Converted:
    """A value in the house unit of its concept: exact when the decimal is finite, else rounded to 28 digits."""

    value: Decimal
    unit: str
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value cannot be used. ``seen`` quotes what was sent: fit for a card, never for a log."""

    reason: Reason
    seen: str


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One spelling of a unit for one concept: multiply by ``factor`` to reach ``canonical``, the unit of the limits."""

    unit: str
    factor: Fraction
    canonical: str
    low: Fraction
    high: Fraction


UnitTable = MappingProxyType[str, MappingProxyType[str, UnitRow]]
_NO_UNIT = UnitRow("", Fraction(1), "1", Fraction(0), Fraction(10**_LARGEST_POWER))


def convert(
    concept: str, value: Decimal, unit: str | None, code: str | None, *, check_range: bool = True
) -> Converted | Refusal:
    """Bring a value to the house unit of its concept; a value that cannot be trusted is refused with the reason.

    Args:
        concept: a concept of ``valuesets``; one without unit rows takes only values without a unit.
        value: as sent.
        unit: the printed unit (``Quantity.unit``).
        code: the UCUM code (``Quantity.code``); it decides, but a printed unit that contradicts it is refused.
        check_range: False for an order, where 40 mg must be read in order to be warned about.
    """
    text = str(value)
    if len(text) + len(unit or "") + len(code or "") > _LONGEST_MEMORISED:
        return _convert(concept, text, unit, code, check_range)
    return _converted(concept, text, unit, code, check_range)


@lru_cache(maxsize=16384)
def _converted(concept: str, text: str, unit: str | None, code: str | None, check_range: bool) -> Converted | Refusal:
    """The same few numbers come back in every history: each is converted once, by its text, as 7.10 is not 7.1."""
    return _convert(concept, text, unit, code, check_range)


def _convert(concept: str, text: str, unit: str | None, code: str | None, check_range: bool) -> Converted | Refusal:
    value = Decimal(text)
    if not value.is_finite():
        return Refusal("not-a-number", text[:40])
    row = _row(concept, normalise(unit or ""), normalise(code or ""))
    if row is None:
        is_told = (unit or "").strip() or (code or "").strip()
        return Refusal("unit-unknown" if is_told else "unit-missing", _both(unit, code))
    seen = f"{text[:40]} {_both(unit, code)}".rstrip()
    if value < 0 or not _is_moderate(value):
        return Refusal("implausible", seen)
    exact = Fraction(value) * row.factor
    if check_range and not row.low <= exact <= row.high:
        return Refusal("implausible", seen)
    return Converted(_plain(value) if row.factor == 1 else _decimal(exact), row.canonical, row.factor)


def duration(value: Decimal, unit: str | None) -> Decimal | None:
    """A FHIR duration (s, min, h, d, wk, mo = 30 d, a = 365 d) in minutes; None when it cannot be read."""
    return _time(value, unit, 1)


def days(value: Decimal, unit: str | None) -> Decimal | None:
    """A FHIR duration (s, min, h, d, wk, mo = 30 d, a = 365 d) in days; None when it cannot be read."""
    return _time(value, unit, 1440)


def canonical_unit(concept: str) -> str | None:
    """The house unit of a concept, None when the table has no rows for it."""
    rows = unit_table().get(concept)
    return next(iter(rows.values())).canonical if rows else None


def normalise(unit: str) -> str:
    """The spelling under which a unit is looked up.

    Three things only, none of which can turn one unit of the table into another (a test tries them all): blanks at the
    ends and around ``/`` go and others become one; both micro signs become ``u``; a litre ``l`` becomes ``L``, so that
    ``mg/dl`` is ``mg/dL``. No other letter changes case: ``Mg`` is not ``mg``, ``G/L`` is not ``g/L``.
    """
    text = _AROUND_SLASH.sub("/", " ".join(unit.translate(_MICRO).split()))
    return _LITRE.sub(r"\1L", text)


@cache
def unit_table() -> UnitTable:
    """Concept → normalised spelling → row, read once from ``valuesets/units.csv``."""
    table: dict[str, dict[str, UnitRow]] = {}
    for concept, unit, _, factor, canonical, low, high, *_ in read_table("units"):
        row = UnitRow(unit, Fraction(factor), canonical, Fraction(low), Fraction(high))
        first = table.setdefault(concept, {}).setdefault(normalise(unit), row)
        if (first.factor, first.canonical) != (row.factor, row.canonical):
            raise ValueError(f"units.csv: {concept} {unit!r} and {first.unit!r} are one spelling with two factors")
    return MappingProxyType({concept: MappingProxyType(rows) for concept, rows in table.items()})


def _row(concept: str, printed: str, coded: str) -> UnitRow | None:
    """The row both texts agree on; None when neither is known here, or when one contradicts the other."""
    rows = unit_table().get(concept)
    if rows is None:
        return _NO_UNIT if all(not t or _DIMENSIONLESS.fullmatch(t) for t in (printed, coded)) else None
    if not printed or not coded:
        return rows.get(coded or printed)
    by_code, by_text = rows.get(coded), rows.get(printed)
    if by_code and by_text:
        return by_code if by_code.factor == by_text.factor else None
    chosen, stranger = (by_code, printed) if by_code else (by_text, coded)
    return None if chosen is None or _contradicts(stranger, chosen) else chosen


def _contradicts(stranger: str, row: UnitRow) -> bool:
    """Whether a text unknown for this concept is the unit of another, or divides by more: mg/kg is not mg."""
    is_indexed = "1.73" in stranger.replace(",", ".") and "1.73" not in row.canonical
    return is_indexed or stranger in _all_spellings() or stranger.count("/") > row.unit.count("/")


@cache
def _all_spellings() -> frozenset[str]:
    return frozenset(spelling for rows in unit_table().values() for spelling in rows)


def _both(unit: str | None, code: str | None) -> str:
    """What was sent as unit, and the code too where it says something else."""
    texts = dict.fromkeys(text.strip()[:40] for text in (unit, code) if text and text.strip())
    return " / ".join(texts)


def _time(value: Decimal, unit: str | None, minutes: int) -> Decimal | None:
    """The duration in units of so many minutes."""
    text = str(value)
    is_short = len(text) + len(unit or "") <= _LONGEST_MEMORISED
    return (_counted if is_short else _counted.__wrapped__)(text, unit, minutes)


@lru_cache(maxsize=4096)
def _counted(text: str, unit: str | None, minutes: int) -> Decimal | None:
    value = Decimal(text)
    factor = _MINUTES.get((unit or "").strip())
    if factor is None or not value.is_finite() or value < 0 or not _is_moderate(value):
        return None
    return _decimal(Fraction(value) * factor / minutes)


def _is_moderate(value: Decimal) -> bool:
    """Whether exact arithmetic is cheap: 1e999999999 as a fraction would fill the memory."""
    return value == 0 or (abs(value.adjusted()) <= _LARGEST_POWER and len(value.as_tuple().digits) <= _MOST_DIGITS)


def _plain(value: Decimal) -> Decimal:
    """The same number with the decimals it was sent with, and without an exponent (5E+2 is 500)."""
    return Decimal(0) if value == 0 else value if f"{value:f}" == str(value) else Decimal(f"{value:f}")


def _decimal(exact: Fraction) -> Decimal:
    """The fraction as a decimal: exactly when it ends, else to 28 significant digits."""
    numerator, denominator = Decimal(exact.numerator), Decimal(exact.denominator)
    try:
        return _plain(Context(prec=_EXACT_DIGITS, traps=[Inexact]).divide(numerator, denominator))
    except Inexact:
        return Context(prec=_ROUNDED_DIGITS).divide(numerator, denominator)
