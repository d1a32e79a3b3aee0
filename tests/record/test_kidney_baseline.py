"""The clearance at the first dose (A2): as written down, else from the results of that time."""

import pytest

from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.quantity import Quantity
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows
from tests.support.renal import BORN, clearing

MONTH = Quantity.of("30 d")

# First dose on 2026-03-10, clearance 80 today.
BASELINE = """
creatinine then      | weight then     | written down      | clearance
---------------------+-----------------+-------------------+------------
176.8 @ 2026-03-10   | 80 @ 2026-03-10 |                   | 40
176.8 @ 2026-02-08   | 80 @ 2025-12-10 |                   | 40           # 30 d and 90 d before
176.8 @ 2026-02-07   | 80 @ 2026-03-10 |                   | none         # 31 d
176.8 @ 2026-03-10   | 80 @ 2025-12-09 |                   | 12.5 to 150  # 91 d: any weight
176.8 @ 2026-03-11   | 80 @ 2026-03-10 |                   | none         # after the dose
176.8 @ 2026-03-10 p | 80 @ 2026-03-10 |                   | none         # preliminary
2400 @ 2026-03-10    | 80 @ 2026-03-10 |                   | none         # implausible
176.8 @ 2026-03-10   | 80 @ 2026-03-10 | first 45          | 45           # written down wins
                     |                 | first 45          | 45
                     |                 | reported 45       | 45           # on the day of the dose
                     |                 | reported-later 45 | none
                     |                 |                   | none
"""


@pytest.mark.parametrize("row", rows(BASELINE), ids=name)
def test_the_clearance_at_the_first_dose(row: dict[str, str]) -> None:
    patient = clearing("80").given("zometa", "2026-03-10", "4 mg")
    for what, unit, cell in (
        ("creatinine_serum", "umol/L", row["creatinine then"]),
        ("body_weight", "kg", row["weight then"]),
    ):
        value, _, rest = cell.partition(" @ ")
        if value:
            patient.observed(what, f"{value} {unit} @ {rest[:10]}", status="preliminary" if "p" in rest else "final")
    _written_down(patient, *row["written down"].split())
    dose = parse_date("2026-03-10")
    span = patient.record().clearance_at(dose).span
    shown = "none" if span is None else str(float(span.low)).removesuffix(".0")
    if span is not None and not span.is_exact:
        shown += f" to {float(span.high):g}"
    assert shown == row["clearance"]


def _written_down(patient: Bedside, how: str = "", value: str = "") -> None:
    if how == "first":
        patient.observed("creatinine_clearance_at_first_dose", f"{value} mL/min @ 2026-06-01")
    elif how:
        day = "2026-03-10" if how == "reported" else "2026-03-12"
        patient.observed("crcl_cockcroft_gault", f"{value} mL/min @ {day}")


def test_without_a_first_dose_only_what_was_written_down_counts() -> None:
    assert clearing("80").record().clearance_at(None).span is None
    patient = clearing("80").observed("creatinine_clearance_at_first_dose", "45 mL/min @ 2026-06-01")
    span = patient.record().clearance_at(None).span
    assert span is not None
    assert span.low == 45


def test_of_several_results_at_one_time_the_highest_counts_then_and_now() -> None:
    patient = clearing("80").observed("body_weight", "80 kg @ 2026-03-10").given("zometa", "2026-03-10")
    for value in ("88.4", "176.8", "100"):
        patient.observed("creatinine_serum", f"{value} umol/L @ 2026-03-10")
    then = patient.record().clearance_at(parse_date("2026-03-10")).span
    assert then is not None
    assert then.low == 40
    early = Bedside().person(born=BORN).observed("body_weight", "80 kg @ 2026-06-01")
    for value in ("88.4", "176.8", "100"):
        early.observed("creatinine_serum", f"{value} umol/L @ 2026-06-01", status="preliminary")
    provisional = early.record().provisional_clearance(MONTH)
    assert provisional.span is not None
    assert provisional.span.low == 40
    assert provisional.provisional


def test_a_preliminary_clearance_of_the_first_dose_is_not_used() -> None:
    patient = clearing("80").given("zometa", "2026-03-10")
    patient.observed("creatinine_clearance_at_first_dose", "45 mL/min @ 2026-06-01", status="preliminary")
    assert patient.record().clearance_at(parse_date("2026-03-10")).span is None
