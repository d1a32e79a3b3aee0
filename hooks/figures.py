"""Figures in the reader's language: numbers, units, dates, clearances, lists. Values of the record leave escaped."""

import html
import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal

from fhir_mappers.record.answer import Evidence, Missing
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Literal, Names
from fhir_mappers.record.quantity import Exact, Quantity, Span, exact

_HARMLESS = re.compile(r"(?:[0-9A-Za-z/,%-]|(?<=[0-9])\.)*")  # most are: a number, a reference, a code
# Markdown's own characters, and what makes a bare address a link: ``@``, the colon of ``://``, the point of ``www.``
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+!|~@]|:(?=//)|(?<=[wW]{3})\.)")
# White space, control characters, and the invisible ones that change the direction of writing
_BREAKS = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_DOSES, _PLAIN = ("mg", "[iU]"), re.compile(r"\d+(\.\d+)?(E[+-]?\d+)?")
_TENTH = Decimal("0.1")
_MOST_PLACES = 12
_GROUPED = 10_000  # 50,000 IU: from here on zeros are easily miscounted
_LEAST_PLACES = {"mmol/L": 2}  # calcium is compared and shown to two decimals: 2.20, not 2.2 (catalogue P11)


class Figures:
    """Formats every kind of figure for one language.

    ``shared`` is the shared text table; ``cut_offs`` are the clearances (mL/min) near which two decimals are shown.
    """

    def __init__(self, language: str, shared: Mapping[str, Any], cut_offs: Sequence[Quantity] = ()) -> None:
        self.language = language
        self.colon, self.semicolon = (" :", " ;") if language == "fr" else (":", ";")
        words, names = shared["words"], shared["names"]
        self._units = shared["units"]
        self._words: Mapping[str, str] = {key: row[language] for key, row in words.items()}
        self._names: Mapping[str, str] = {key: row[language] for key, row in names.items()}
        self._cut_offs = tuple(exact(q.value) for q in cut_offs)

    def show(self, value: Any, form: str = "") -> str:
        """One figure as text; ``form`` is ``short`` or empty."""
        if isinstance(value, Quantity):
            return self.quantity(value)
        if isinstance(value, Clearance):
            return self._clearance(value, form)
        if isinstance(value, PartialDate):
            return self.day(value)
        if isinstance(value, date):
            return _day(value, self.language)
        if isinstance(value, Names):
            return self.join([self.name(key) for key in value.keys])
        if isinstance(value, Evidence):
            return self._result(value)
        return escape(value.text if isinstance(value, Literal) else str(value))

    def word(self, key: str, **figures: Any) -> str:
        """A shared sentence (``words.<key>``) with its figures."""
        return self._words[key].format(**{name: self.show(value) for name, value in figures.items()})

    def name(self, key: str) -> str:
        """The name of a thing: a concept, an input, a step."""
        return self._names.get(key) or key.replace("_", " ")

    def number(self, value: Decimal, least: int = 0) -> str:
        """A decimal in the language's writing, with the digits it has: no trailing zeros beyond ``least`` decimals."""
        digits = value.normalize()
        return _number(digits, max(least, -int(digits.as_tuple().exponent)), self.language)

    def quantity(self, quantity: Quantity) -> str:
        """A number with its unit; doses never end in ``.0`` (they are misread tenfold)."""
        unit, number = self._units.get(quantity.unit), self._number_of(quantity)
        if unit is None:
            return f"{number} {escape(quantity.unit)}"
        forms = unit[self.language]
        plural = abs(quantity.value) >= 2 if self.language == "fr" else abs(quantity.value) != 1
        return f"{number} {forms[-1] if plural else forms[0]}".rstrip()  # a count has no unit

    def day(self, when: PartialDate) -> str:
        """A date in words; a partial one keeps its precision."""
        if when.is_day:
            return _day(when.first, self.language)
        return when.text[:7]

    def join(self, items: Sequence[str]) -> str:
        """``a, b and c``."""
        if len(items) < 2:
            return "".join(items)
        return f"{', '.join(items[:-1])} {self.word('and')} {items[-1]}"

    def clearance_value(self, clearance: Clearance) -> str:
        """One decimal; two within 0.1 of a cut-off, and more when needed to tell it from the cut-off."""
        if clearance.span is None:
            return self.word("unknown")
        low, high = self._rounded(clearance.span.low), self._rounded(clearance.span.high)
        return f"{low} mL/min" if low == high else self.word("between", low=low, high=high)

    def missing(self, missing: Sequence[Missing], form: str = "") -> str:
        """What is missing, with the reason and the nearest value there was; ``short`` gives the names only."""
        named = {m.what: m for m in missing}
        if form == "short":
            return ", ".join(self.name(what) for what in named)
        return self.join([self._gap(m) for m in named.values()])

    def _number_of(self, quantity: Quantity) -> str:
        return self.number(quantity.value, _LEAST_PLACES.get(quantity.unit, 0))

    def _gap(self, gap: Missing) -> str:
        last = gap.last if gap.last is not None and gap.last.value is not None else None
        nearest = f"{self.semicolon} {self._result(last)}" if last is not None else ""
        return f"{self.name(gap.what)} ({self.word(f'missing-{gap.why}')}{nearest})"

    def _clearance(self, clearance: Clearance, form: str) -> str:
        value = self.clearance_value(clearance)
        if form == "short" or clearance.span is None or clearance.creatinine is None:
            return value
        parts = [self.word(f"sex-{clearance.sex or 'unknown'}")]
        if clearance.age is not None:
            parts[0] += f", {self._span(clearance.age)}"
        for result in (clearance.weight, clearance.creatinine):
            if result is not None:
                parts.append(f"{self.name(result.what)} {self._result(result.evidence())}")
        return f"{value} ({f'{self.semicolon} '.join(['Cockcroft-Gault', *parts])})"

    def _span(self, span: Span) -> str:
        high = self.quantity(Quantity(Decimal(int(span.high)), span.unit))
        return high if span.is_exact else f"{int(span.low)}-{high}"

    def _result(self, proof: Evidence) -> str:
        value = escape(proof.value or "")
        if proof.unit:
            value = f"{self._digits(proof)} {escape(self._pretty(proof.unit))}".rstrip()
        elif proof.value in self._names:
            value = self.name(str(proof.value))
        when = self.word("on", day=proof.date) if proof.date is not None else ""
        note = f" ({self.word(proof.note)})" if proof.note else ""
        return f"{value} {when}".strip() + note

    def _digits(self, proof: Evidence) -> str:
        """A result keeps the digits the EHR sent, in the language's writing; a dose never ends in ``.0``."""
        text = escape(proof.value or "")
        if proof.unit in _DOSES and _PLAIN.fullmatch(text):
            return self.number(Decimal(text))
        return text.replace(".", ",") if self.language == "fr" else text

    def _pretty(self, unit: str) -> str:
        row = self._units.get(unit)
        return row[self.language][-1] if row else unit

    def _rounded(self, value: Exact) -> str:
        places = 1
        near = [cut for cut in self._cut_offs if _is_near(value, cut)]
        if near:
            places = 2
            while places < _MOST_PLACES and any(value != cut and _round(value, places) == cut for cut in near):
                places += 1
        return _number(_round(value, places), places, self.language)


def escape(text: str) -> str:
    """Text of the record or the order, harmless in HTML and in Markdown, on one line."""
    if _HARMLESS.fullmatch(text):
        return text
    return _MARKDOWN.sub(r"\\\1", html.escape(_BREAKS.sub(" ", text).strip(), quote=False))


def _is_near(value: Exact, cut: Exact) -> bool:
    """Within a tenth of it, exactly; in whole numbers, because fractions are slow."""
    apart = value.numerator * cut.denominator - cut.numerator * value.denominator
    return 10 * abs(apart) <= value.denominator * cut.denominator


def _round(value: Exact, places: int) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(_TENTH**places, ROUND_HALF_UP)


@lru_cache(maxsize=1024)
def _number(value: Decimal, places: int, language: str) -> str:
    """With so many decimals; they are an argument because 30 and 30.00 are the same key to a cache."""
    whole = "#,##0" if abs(value) >= _GROUPED else "0"
    return format_decimal(value, format=f"{whole}.{'0' * places}" if places else whole, locale=language)


@lru_cache(maxsize=1024)
def _day(day: date, language: str) -> str:
    return format_date(day, format="d MMM y", locale=language)
