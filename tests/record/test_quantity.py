"""A number never travels without its unit; a span answers only when both bounds agree."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest

from fhir_mappers.record.quantity import Quantity, Span, UnitMismatch
from tests.support.drawn import name, rows

ORDER = """
left   | right | less | at most | more | at least
-------+-------+------+---------+------+---------
29.9 d | 30 d  | yes  | yes     | no   | no
30 d   | 30 d  | no   | yes     | no   | yes
30.0 d | 30 d  | no   | yes     | no   | yes
30.1 d | 30 d  | no   | no      | yes  | yes
-1 d   | 0 d   | yes  | yes     | no   | no
"""


@pytest.mark.parametrize("row", rows(ORDER), ids=name)
def test_quantities_of_one_unit_are_ordered(row: dict[str, str]) -> None:
    left, right = Quantity.of(row["left"]), Quantity.of(row["right"])
    found = {"less": left < right, "at most": left <= right, "more": left > right, "at least": left >= right}
    assert found == {column: row[column] == "yes" for column in found}


@pytest.mark.parametrize(
    "meet",
    [
        lambda a, b: a < b,
        lambda a, b: a <= b,
        lambda a, b: a > b,
        lambda a, b: a >= b,
        lambda a, b: a + b,
        lambda a, b: a - b,
    ],
)
def test_two_units_are_an_error_not_a_guess(meet: Callable[[Quantity, Quantity], object]) -> None:
    with pytest.raises(UnitMismatch, match="mg cannot be compared with g"):
        meet(Quantity.of("4 mg"), Quantity.of("0.004 g"))


def test_arithmetic_is_exact_and_keeps_the_unit() -> None:
    assert Quantity.of("0.1 mg") + Quantity.of("0.2 mg") == Quantity.of("0.3 mg")
    assert Quantity.of("4 mg") - Quantity.of("3.3 mg") == Quantity.of("0.7 mg")
    assert str(Quantity.of("3.50 mmol/L")) == "3.50 mmol/L"


@pytest.mark.parametrize("text", ["4", "4mg", ""])
def test_a_quantity_needs_a_unit(text: str) -> None:
    with pytest.raises(ValueError, match="a number, a blank and a unit"):
        Quantity.of(text)


def test_a_unit_may_hold_more_blanks_after_the_first() -> None:
    assert Quantity.of("1 mL per min") == Quantity(Decimal(1), "mL per min")


SPANS = """
low  | high | below 30 | at most 30
-----+------+----------+-----------
29   | 29.9 | yes      | yes
29   | 30   | ?        | yes
30   | 30   | no       | yes
29   | 30.1 | ?        | ?
30   | 30.1 | no       | ?
30.1 | 40   | no       | no
0    | 300  | ?        | ?
"""
SAYS = {"yes": True, "no": False, "?": None}


@pytest.mark.parametrize("row", rows(SPANS), ids=name)
def test_a_span_answers_only_when_its_bounds_agree(row: dict[str, str]) -> None:
    span, limit = Span(Fraction(row["low"]), Fraction(row["high"]), "d"), Quantity.of("30 d")
    assert span.below(limit) is SAYS[row["below 30"]]
    assert span.at_most(limit) is SAYS[row["at most 30"]]
    assert span.is_exact is (row["low"] == row["high"])


@pytest.mark.parametrize("number", [60, Decimal("60"), Fraction(60)])
def test_an_exact_span_has_one_point(number: int | Decimal | Fraction) -> None:
    assert Span.exactly(number, "mL/min") == Span(Fraction(60), Fraction(60), "mL/min")


def test_a_tenth_stays_a_tenth() -> None:
    assert Span.exactly(Decimal("60.1"), "mL/min").low == Fraction(601, 10)


def test_a_span_of_another_unit_is_an_error() -> None:
    with pytest.raises(UnitMismatch, match="a cannot be compared with d"):
        Span.exactly(1, "a").below(Quantity.of("30 d"))
