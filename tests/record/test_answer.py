"""Yes, no and unknown: the truth tables of Kleene, what an answer rests on, and what it lacks."""

import ast
from fractions import Fraction
from pathlib import Path

import pytest

from fhir_mappers.record import answer as words_of_absence
from fhir_mappers.record.answer import (
    ABSENT,
    IMPRECISE,
    TOO_OLD,
    Answer,
    Evidence,
    Known,
    Missing,
    at_most,
    below,
    either,
    no,
    unknown,
    yes,
)
from fhir_mappers.record.quantity import Quantity, Span
from tests.support.drawn import name, rows

ROOT = Path(__file__).resolve().parents[2]
LEFT, RIGHT = Evidence("Observation/left", "left"), Evidence("Observation/right", "right")
LEFT_GAP, RIGHT_GAP = Missing("left", ABSENT), Missing("right", TOO_OLD)
SAID = {True: "yes", False: "no", None: "?"}


def answer(word: str, proof: Evidence, gap: Missing) -> Answer:
    """Every answer has a proof; an unknown one also has a gap."""
    return {"yes": yes(proof), "no": no(proof), "?": unknown(gap, evidence=(proof,))}[word]


TRUTH = """
left | right | and | or
-----+-------+-----+----
yes  | yes   | yes | yes
yes  | no    | no  | yes
yes  | ?     | ?   | yes
no   | yes   | no  | yes
no   | no    | no  | no
no   | ?     | no  | ?
?    | yes   | ?   | yes
?    | no    | no  | ?
?    | ?     | ?   | ?
"""


@pytest.mark.parametrize("row", rows(TRUTH), ids=name)
def test_truth_tables(row: dict[str, str]) -> None:
    left, right = answer(row["left"], LEFT, LEFT_GAP), answer(row["right"], RIGHT, RIGHT_GAP)
    assert SAID[(left & right).value] == row["and"]
    assert SAID[(left | right).value] == row["or"]
    assert (~(left & right)).value is (~left | ~right).value  # De Morgan


@pytest.mark.parametrize(("word", "opposite"), [("yes", "no"), ("no", "yes"), ("?", "?")])
def test_not(word: str, opposite: str) -> None:
    given = answer(word, LEFT, LEFT_GAP)
    assert SAID[(~given).value] == opposite
    assert ((~given).evidence, (~given).missing) == (given.evidence, given.missing)
    assert ~~given == given


KEPT = """
left | right | and keeps  | and lacks  | or keeps   | or lacks
-----+-------+------------+------------+------------+-----------
yes  | yes   | left right |            | left right |
yes  | no    | right      |            | left       |
yes  | ?     | left right | right      | left       |
no   | yes   | left       |            | right      |
no   | no    | left right |            | left right |
no   | ?     | left       |            | left right | right
?    | yes   | left right | left       | right      |
?    | no    | right      |            | left right | left
?    | ?     | left right | left right | left right | left right
"""


@pytest.mark.parametrize("row", rows(KEPT), ids=name)
def test_an_answer_keeps_only_what_decided_it(row: dict[str, str]) -> None:
    left, right = answer(row["left"], LEFT, LEFT_GAP), answer(row["right"], RIGHT, RIGHT_GAP)
    for operator, result in (("and", left & right), ("or", left | right)):
        assert [proof.what for proof in result.evidence] == row[f"{operator} keeps"].split()
        assert [gap.what for gap in result.missing] == row[f"{operator} lacks"].split()


def test_the_same_proof_and_the_same_gap_are_kept_once() -> None:
    twice = unknown(LEFT_GAP, evidence=(LEFT,)) & unknown(LEFT_GAP, evidence=(LEFT,))
    assert (twice.evidence, twice.missing) == ((LEFT,), (LEFT_GAP,))


@pytest.mark.parametrize("given", [yes(), no(), unknown()])
def test_an_answer_has_no_truth_value(given: Answer) -> None:
    with pytest.raises(TypeError, match="may be unknown"):
        bool(given)


@pytest.mark.parametrize(("given", "flags"), [(yes(), (1, 0, 0)), (no(), (0, 1, 0)), (unknown(), (0, 0, 1))])
def test_exactly_one_of_the_three_holds(given: Answer, flags: tuple[int, int, int]) -> None:
    assert (given.is_yes, given.is_no, given.is_unknown) == flags


MANY = """
answers  | any
---------+----
         | no
no       | no
no no    | no
no ?     | ?
? no yes | yes
"""


@pytest.mark.parametrize("row", rows(MANY), ids=name)
def test_any_of_many(row: dict[str, str]) -> None:
    assert SAID[either(answer(word, LEFT, LEFT_GAP) for word in row["answers"].split()).value] == row["any"]


READINGS = """
low | high | at most 30 | below 30
----+------+------------+---------
29  | 29   | yes        | yes
30  | 30   | yes        | no
31  | 31   | no         | no
29  | 31   | ?          | ?
"""


@pytest.mark.parametrize("row", rows(READINGS), ids=name)
def test_a_reading_is_compared_with_its_evidence(row: dict[str, str]) -> None:
    reading = Known(Span(Fraction(row["low"]), Fraction(row["high"]), "d"), (LEFT,))
    for column, compare in (("at most 30", at_most), ("below 30", below)):
        result = compare(reading, Quantity.of("30 d"))
        assert SAID[result.value] == row[column]
        assert result.evidence == (LEFT,)
        assert [gap.why for gap in result.missing] == ([IMPRECISE] if row[column] == "?" else [])


def test_a_missing_reading_leaves_the_answer_unknown() -> None:
    assert at_most(LEFT_GAP, Quantity.of("30 d")) == unknown(LEFT_GAP)
    assert below(LEFT_GAP, Quantity.of("30 d")) == unknown(LEFT_GAP)


def test_a_reading_without_evidence_still_names_a_gap() -> None:
    vague = Known(Span(Fraction(1), Fraction(99), "d"))
    assert [gap.what for gap in at_most(vague, Quantity.of("30 d")).missing] == ["value"]


def reasons_compared(source: str) -> set[str]:
    """The reasons, by name or by value, that a comparison singles out."""
    names = {
        name: value
        for name, value in vars(words_of_absence).items()
        if isinstance(value, str) and value in words_of_absence.REASONS
    }
    compared = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Compare)]
    inner = [part for node in compared for other in node.comparators for part in ast.walk(other)]
    told = [names.get(part.id) for part in inner if isinstance(part, ast.Name)]
    told += [part.value for part in inner if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return {reason for reason in told if reason in words_of_absence.UNAVAILABLE}


@pytest.mark.parametrize("folder", ["hooks", "fhir_mappers/record"])
def test_all_reasons_why_nothing_came_count_alike(folder: str) -> None:
    """Data refused, late or unreadable are as unknown as data that were not sent: ask for ``UNAVAILABLE``."""
    found = {path.name: reasons_compared(path.read_text("utf-8")) for path in (ROOT / folder).rglob("*.py")}
    assert {name: reasons for name, reasons in found.items() if reasons} == {}


def test_a_reason_singled_out_is_noticed() -> None:
    assert reasons_compared('x.why in (NOT_FETCHED, "unreadable", ABSENT)') == {"not-fetched", "unreadable"}
    assert reasons_compared("x.why in UNAVAILABLE or x.why == ABSENT") == set()
