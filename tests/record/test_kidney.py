"""Which creatinine and weight enter Cockcroft-Gault (P1, P4, P5), in exact arithmetic."""

from fractions import Fraction

import pytest

from fhir_mappers.record.answer import Known, Missing
from fhir_mappers.record.quantity import Quantity
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import BORN, clearing

MONTH = Quantity.of("30 d")

FORMS = """
sex    | age | kg   | creatinine   | clearance        | form
-------+-----+------+--------------+------------------+-----
male   | 68  | 60   | 1 mg/dL      | 60               | a     # 72 x 60 / 72
male   | 68  | 60   | 88.4 umol/L  | 60               | a
male   | 60  | 80   | 100 umol/L   | 7072/90          | a     # 1.23 would give 78.72
male   | 70  | 72.5 | 126 umol/L   | 5075/72*884/1260 | a
female | 68  | 60   | 0.85 mg/dL   | 72*60*1.04/75.14 | b     # A34: 60 in the other form
female | 68  | 60   | 75.14 umol/L | 72*60*1.04/75.14 | b
female | 68  | 60   | 74.88 umol/L | 60               | b
female | 50  | 70   | 90 umol/L    | 90*70*1.04/90    | b
"""


@pytest.mark.parametrize("row", rows(FORMS), ids=name)
def test_the_smaller_of_both_forms_without_rounding(row: dict[str, str]) -> None:
    patient = Bedside().person(born=f"{2026 - int(row['age'])}-01-01", sex=row["sex"])
    patient.observed("creatinine_serum", f"{row['creatinine']} @ 2026-06-01")
    patient.observed("body_weight", f"{row['kg']} kg @ 2026-06-01")
    span = patient.record().clearance(MONTH).span
    assert span is not None
    assert span.is_exact
    assert span.low == exactly(row["clearance"])


def exactly(formula: str) -> Fraction:
    """``72*60*1.04/75.14``, left to right, in exact arithmetic."""
    first, *rest = formula.replace("/", " / ").replace("*", " * ").split()
    result = Fraction(first)
    for sign, number in zip(rest[::2], rest[1::2], strict=True):
        result = result * Fraction(number) if sign == "*" else result / Fraction(number)
    return result


# Results as ``value @ day [status]``, two at most; p = preliminary. Today is 2026-06-03.
CHOICE = """
one                        | other                             | used         | several
---------------------------+-----------------------------------+--------------+--------
100 @ 2026-05-20           | 120 @ 2026-06-01                  | 120          | no       # the newest
120 @ 2026-05-20           | 100 @ 2026-06-01                  | 100          | no
100 @ 2026-06-01           | 120 @ 2026-06-01                  | 120          | yes      # the highest, and said
120 @ 2026-06-01           | 120 @ 2026-06-01                  | 120          | no       # they agree
100 @ 2026-06-01T08:00:00Z | 120 @ 2026-06-01T08:00:00Z        | 120          | yes
100 @ 2026-06-01T10:00:00Z | 120 @ 2026-06-01T12:00:00+02:00   | 120          | yes      # the same instant
120 @ 2026-06-01T08:00:00Z | 100 @ 2026-06-01T09:00:00Z        | 100          | no       # an hour later is newer
120 @ 2026-06-01T08:00:00Z | 100 @ 2026-06-01                  | 120          | yes      # a date covers its times
100 @ 2026-06-01T08:00:00Z | 120 @ 2026-06-01                  | 120          | yes
100 @ 2026-06-01           | 120 @ 2026-06-02 p                | 120          | no       # newer and higher
120 @ 2026-06-01           | 100 @ 2026-06-02 p                | 120          | no       # newer and lower
100 @ 2026-06-02           | 120 @ 2026-06-01 p                | 100          | no       # settled by the final one
100 @ 2026-06-01           | 120 @ 2026-06-01 p                | 120          | no       # same date
100 @ 2026-06-01           | 2001 @ 2026-06-02 p               | 100          | no       # implausible
100 @ 2026-06-01           | 120 @ 2026-06-04                  | 100          | no       # tomorrow
100 @ 2026-06-01           | 120 @ 2026-06-02 entered-in-error | 100          | no
100 @ 2026-06-01           | 120 @ 2026-06-02 cancelled        | 100          | no
100 @ 2026-06-01           | 120 @ 2026-06-02 registered       | 100          | no
100 @ 2026-06-01           | 120 @ 2026-06-02 unknown          | 100          | no
100 @ 2026-06-01           | 120 @ 2026-06-02 amended          | 120          | no
100 @ 2026-06-01           | 120 @ 2026-06-02 corrected        | 120          | no
120 @ 2026-06-01 p         |                                   | absent       | no       # no basis for a dose
100 @ 2026-05-04           |                                   | 100          | no       # 30 d
100 @ 2026-05-03           |                                   | too-old      | no
100 @ 2026-06              |                                   | 100          | no       # this month: 0 to 2 d
100 @ 2026-05              |                                   | imprecise    | no       # 3 to 33 d
100 @ 2026-06-01           | 1 no-unit @ 2026-06-02            | unit-missing | no       # unreadable is not skipped
100 @ 2026-06-01           | 1 no-unit @ 2026-06-01            | unit-missing | no       # may be the higher one
1 no-unit @ 2026-05-20     | 100 @ 2026-06-01                  | 100          | no
100 @ 2026-06-01           | 9 @ 2026-06-02                    | implausible  | no
100 @ 2026-06-01           | 2001 @ 2026-06-01                 | implausible  | no
20 @ 2026-06-01            |                                   | 20           | no
2000 @ 2026-06-01          |                                   | 2000         | no
100 @ 2026-06-01           | absent @ 2026-06-02               | 100          | no       # no value: no result
100 @ 2026-06-01           | absent @ 2026-06-01               | 100          | no
"""
STATUS = {"p": "preliminary", "": "final"}


@pytest.mark.parametrize("flipped", [False, True], ids=["", "sent the other way round"])
@pytest.mark.parametrize("row", rows(CHOICE), ids=name)
def test_which_creatinine_is_used(row: dict[str, str], flipped: bool) -> None:
    patient = Bedside().person(born=BORN).observed("body_weight", "80 kg @ 2026-06-01")
    for cell in [row["other"], row["one"]] if flipped else [row["one"], row["other"]]:
        _result(patient, cell)
    record = patient.record()
    reading = record.creatinine(MONTH)
    if isinstance(reading, Known):
        assert reading.value.value == Quantity.of(f"{row['used']} umol/L")
        assert reading.evidence
    else:
        assert (reading.what, reading.why) == ("creatinine_serum", row["used"])
    assert record.clearance(MONTH).several is (row["several"] == "yes")


def _result(patient: Bedside, cell: str) -> None:
    if not cell:
        return
    value, _, rest = cell.partition(" @ ")
    day, _, status = rest.partition(" ")
    told = STATUS.get(status, status)
    if value == "absent":
        nothing = {"coding": [{"code": "error"}]}
        patient.observed("creatinine_serum", f"1 umol/L @ {day}", valueQuantity=None, dataAbsentReason=nothing)
        return
    number, _, unit = value.partition(" ")
    patient.observed("creatinine_serum", f"{number} {'' if unit else 'umol/L'} @ {day}", status=told)


WEIGHT = """
one                   | other                     | used
----------------------+---------------------------+-------------
80 kg @ 2026-05-20    | 70 kg @ 2026-06-01        | 70
70 kg @ 2026-03-05    |                           | 70            # 90 d
70 kg @ 2026-03-04    |                           | too-old       # 91 d
70 kg @ 2026-06       |                           | 70            # this month
70 kg @ 2026-03       |                           | too-old       # may be 94 d
70 kg @ 2026-06-04    |                           | absent        # tomorrow
80 kg @ 2026-05-20    | 70 st @ 2026-06-01        | unit-unknown  # unreadable is not skipped
70 kg @ 2026-06-01    | 60 kg @ 2026-06-02 p      | 70
300 kg @ 2026-06-01   |                           | 300
300.1 kg @ 2026-06-01 |                           | implausible
25 kg @ 2026-06-01    |                           | 25
24.9 kg @ 2026-06-01  |                           | implausible
<70 kg @ 2026-06-01   |                           | implausible
80 kg @ 2026-05-20    | stated 70 kg @ 2026-06-01 | 70            # told by the patient
"""


@pytest.mark.parametrize("row", rows(WEIGHT), ids=name)
def test_which_weight_is_used(row: dict[str, str]) -> None:
    patient = Bedside().person(born=BORN).observed("creatinine_serum", "88.4 umol/L @ 2026-06-01")
    for cell in (row["one"], row["other"]):
        fact = cell.removesuffix(" p")
        what = "body_weight_stated" if fact.startswith("stated") else "body_weight"
        if fact:
            patient.observed(
                what, fact.removeprefix("stated "), status="preliminary" if cell.endswith(" p") else "final"
            )
    clearance = patient.record().clearance(MONTH)
    if clearance.weight is not None and clearance.weight.value is not None:
        assert clearance.weight.value == Quantity.of(f"{row['used']} kg")
        assert clearance.missing == ()
    else:
        assert [(gap.what, gap.why) for gap in clearance.missing] == [("body_weight", row["used"])]


def test_unknown_inputs_are_all_named_with_their_reason() -> None:
    clearance = Bedside(patient=None).record().clearance(MONTH)
    assert clearance.span is None
    assert {(gap.what, gap.why) for gap in clearance.missing} == {
        ("creatinine_serum", "absent"),
        ("body_weight", "absent"),
        ("birth_date", "not-fetched"),
        ("sex", "not-fetched"),
    }


@pytest.mark.parametrize(("born", "missing"), [("1906-06-03", []), ("1905-06-03", ["birth_date"])])
def test_nobody_is_older_than_120(born: str, missing: list[str]) -> None:
    patient = clearing("80").person(born=born)
    assert [gap.what for gap in patient.record().clearance(MONTH).missing] == missing


@pytest.mark.parametrize("born", ["2027-01-01", "1900-01-01"])
def test_an_impossible_birth_date_is_missing(born: str) -> None:
    patient = clearing("80").person(born=born)
    assert [gap.what for gap in patient.record().clearance(MONTH).missing] == ["birth_date"]


def test_lower_needs_a_known_current_clearance() -> None:
    known, unknown = clearing("80").record().clearance(MONTH), Bedside().record().clearance(MONTH)
    assert unknown.lower(known) is None
    assert known.lower(unknown) == known.span
    assert isinstance(Bedside().record().creatinine(MONTH), Missing)
