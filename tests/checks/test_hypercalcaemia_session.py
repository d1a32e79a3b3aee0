"""What a high calcium proposes and silences: supplements to stop, AR-START-01 and AR-START-02."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fhir_mappers.record.proposals import NewMedication, NewService, StopOrder
from fhir_mappers.record.quantity import Quantity
from hooks.check import Severity
from hooks.limits import EDITIONS
from tests.support.bedside import TODAY, Bedside
from tests.support.chart import ago, lung_patient
from tests.support.drawn import name, rows

STARTS = """
calcium | event    | AR-START-01    | AR-START-02
--------+----------+----------------+---------------
2.40    |          | info due       | not-applicable
2.70    |          | not-applicable | not-applicable # HCAL-WARN-01 speaks about the same hypercalcaemia
3.60    |          | not-applicable | not-applicable # HCAL-CRISIS-01 does
2.70    | fracture | not-applicable | warning due    # the fracture is another event
3.60    | fracture | not-applicable | warning due
2.70    | surgery  | not-applicable | warning due
2.70    | coded    | not-applicable | not-applicable # the coded hypercalcaemia is the same
2.40    | coded    | not-applicable | warning due    # no HCAL card beside it
2.70    | ?        | not-applicable | warning due    # procedures not known: nothing is silenced
"""


def with_event(calcium: str, event: str) -> Bedside:
    patient = lung_patient().observed("calcium_total", f"{calcium} mmol/L @ {ago(1)}")
    patient.observed("albumin_serum", f"40 g/L @ {ago(1)}")
    if event == "?":
        return patient.without("procedures")
    if event == "surgery":
        return patient.done("bone_metastasis_surgery", ago(10))
    codes = {"fracture": "pathological_fracture_neoplastic", "coded": "hypercalcaemia"}
    return patient.ill(codes[event], ago(10)) if event else patient


@pytest.mark.parametrize("row", rows(STARTS), ids=name)
def test_the_start_is_silent_beside_the_same_hypercalcaemia(row: dict[str, str]) -> None:
    patient = with_event(row["calcium"], row["event"])
    found = {rule: patient.outcome(rule) for rule in ("AR-START-01", "AR-START-02")}
    assert found == {rule: row[rule] for rule in found}


@pytest.mark.parametrize("edition", EDITIONS[1:])
def test_editions_without_the_chapter_speak_of_the_start(edition: str) -> None:
    assert with_event("2.70", "").outcome("AR-START-02", edition) == "warning due"


def test_calcium_and_vitamin_d_that_run_are_to_be_stopped() -> None:
    patient = with_event("2.70", "")
    verdict = patient.asks("HCAL-WARN-01").verdict
    assert verdict.notes == ()
    assert verdict.proposals[0] == NewService(("calcium_albumin", "creatinine_test", "pth"))
    patient.ordered("calcium carbonate", ago(30), "500 mg").ordered("calcium carbonate", ago(90), status="stopped")
    verdict = patient.asks("HCAL-WARN-01").verdict
    stop = verdict.proposals[0]
    assert isinstance(stop, StopOrder)
    assert len(stop.orders) == 1
    assert verdict.notes == ("supplement_running",)


def test_what_was_not_corrected_is_said() -> None:
    patient = lung_patient().observed("calcium_total", f"2.90 mmol/L @ {ago(1)}")
    assert patient.asks("HCAL-WARN-01").verdict.notes == ("not_corrected",)
    assert patient.asks("HCAL-WARN-01").verdict.figures["other"] is None


def test_a_crisis_proposes_no_drug() -> None:
    verdict = with_event("3.60", "").asks("HCAL-CRISIS-01").verdict
    assert not [p for p in verdict.proposals if isinstance(p, NewMedication)]
    assert verdict.figures["above"] == Quantity(Decimal("3.50"), "mmol/L")


def test_both_corrections_are_shown() -> None:
    patient = lung_patient().observed("calcium_total", f"3.20 mmol/L @ {ago(1)}")
    patient.observed("albumin_serum", f"25 g/L @ {ago(1)}")
    figures = patient.asks("HCAL-CRISIS-01").verdict.figures
    assert (str(figures["corrected"]), str(figures["other"])) == ("3.58 mmol/L", "3.50 mmol/L")


def test_an_old_high_calcium_grows_into_a_repeat_and_is_forgotten() -> None:
    """Moving the day by one across each boundary changes the case."""
    found = []
    for days in (7, 8, 90, 91):
        patient = lung_patient().observed("calcium_total", f"3.20 mmol/L @ {TODAY - timedelta(days=days)}")
        found.append(patient.outcome("HCAL-WARN-01"))
    assert found == ["warning marked", "warning repeat_marked", "warning repeat_marked", "satisfied"]


def test_a_marked_one_is_never_critical() -> None:
    patient = lung_patient().observed("calcium_total", f"3.50 mmol/L @ {ago(0)}")
    assert patient.asks("HCAL-WARN-01").severity is Severity.WARNING
