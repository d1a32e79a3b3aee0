"""Where the patient stands: on treatment, presumed, starting (P8), in an emergency (P9 as amended)."""

from datetime import date

import pytest

from fhir_mappers.record.answer import Known
from tests.support.bedside import Bedside
from tests.support.drawn import name, rows

SAID = {True: "yes", False: "no", None: "?"}

# Today is 2026-06-03: 2025-12-05 is 180 days ago, 2026-04-29 35 days, 2024-06-03 730 days.
STATES = """
record                                   | on treatment | presumed | starts
-----------------------------------------+--------------+----------+-------
nothing                                  | no           | no       | yes
given zometa 2026-06-03                  | yes          | no       | no
given zometa 2025-12-05                  | yes          | no       | no      # 180 d
given zometa 2025-12-04                  | no           | no       | yes     # 181 d
given zometa 2026-06-04                  | no           | no       | yes     # tomorrow
given xgeva 2026-01-10                   | yes          | no       | no      # a change of drug is no start
given pamidronate 2026-01-10             | yes          | no       | no
given aclasta 2026-01-10                 | no           | no       | yes     # no oncology dose
given prolia 2026-01-10                  | no           | no       | yes
given zometa 2026-01-10 not-done         | no           | no       | yes
given zometa 2026-01-10 in-progress      | no           | no       | yes
given zometa 2025-12                     | ?            | no       | ?       # 154 to 184 d
given zoledronic 2026-01-10              | ?            | no       | ?       # which product?
given zoledronic 2025-12-04              | no           | no       | yes
stated zometa 2025-12-05 active          | yes          | no       | no
stated zometa 2025-12-04 active          | no           | no       | yes
stated zometa 2026-01-10 completed       | yes          | no       | no
stated zometa 2026-01-10 stopped         | no           | no       | yes
stated zometa 2026-01-10 intended        | no           | no       | yes
ordered xgeva 2026-04-29 active          | no           | yes      | no      # 35 d
ordered xgeva 2026-04-30 active          | no           | no       | yes     # 34 d
ordered xgeva 2024-06-03 active          | no           | yes      | no      # 730 d
ordered xgeva 2024-06-02 active          | no           | no       | yes     # 731 d
ordered prolia 2026-01-10 active         | no           | no       | yes
ordered denosumab 2026-01-10 active      | no           | no       | yes     # which product?
ordered xgeva 2026-01-10 stopped         | no           | no       | yes
ordered xgeva 2026-01-10 cancelled       | no           | no       | yes
ordered xgeva 2026-01-10 on-hold         | no           | no       | yes
ended xgeva 2025-12-05                   | no           | yes      | no      # completed, ended 180 d ago
ended xgeva 2025-12-04                   | no           | no       | yes     # an older one is a restart
ordered+given xgeva 2026-01-10           | yes          | no       | no
ordered+refused xgeva 2026-01-10         | no           | no       | yes     # recorded as not given
unsent medicationAdministrations         | ?            | no       | ?
unsent medicationStatements              | ?            | no       | ?
unsent medicationRequests                | no           | ?        | ?
unsent+ordered medicationAdministrations | ?            | ?        | no      # either way it has started
"""


@pytest.mark.parametrize("row", rows(STATES), ids=name)
def test_the_state_of_treatment(row: dict[str, str]) -> None:
    patient = recorded(Bedside().drafts_order("zometa", "4 mg"), *row["record"].split())
    record = patient.record()
    assert SAID[record.on_treatment().value] == row["on treatment"]
    assert SAID[record.presumed().value] == row["presumed"]
    assert SAID[record.starts(record.drafts[0]).value] == row["starts"]
    assert record.starts(record.drafts[0]).value is (~record.treated()).value


def recorded(patient: Bedside, how: str, what: str = "", day: str = "", status: str = "") -> Bedside:
    product = {"zoledronic": "zoledronic acid"}.get(what, what)
    if how == "given":
        patient.given(product, day, status=status or "completed")
    elif how == "stated":
        patient.stated(product, day, status=status)
    elif how == "ended":
        ended = {"dispenseRequest": {"validityPeriod": {"end": day}}}
        patient.ordered(product, "2025-06-01", status="completed", **ended)
    elif how.startswith("ordered"):
        patient.ordered(product, day, status=status or "active", id="m1")
        if how != "ordered":
            done = "completed" if how.endswith("given") else "not-done"
            patient.given(product, "2026-02-10", status=done, request={"reference": "MedicationRequest/m1"})
    elif how.startswith("unsent"):
        patient.without(what)
        if how.endswith("ordered"):
            patient.ordered("zometa", "2026-01-10")
    return patient


# An order of Xgeva of 2026-01-10, and a dose recorded as not given that names no order.
REFUSED = """
not given | on         | presumed
----------+------------+---------
xgeva     | 2026-01-10 | no
xgeva     | 2026-02-10 | no
xgeva     | 2026-01-09 | yes       # before the order
xgeva     | 2026-01    | no        # may be after it
denosumab | 2026-02-10 | no        # the same substance
zometa    | 2026-02-10 | yes       # another drug
"""


@pytest.mark.parametrize("row", rows(REFUSED), ids=name)
def test_a_dose_not_given_belongs_to_the_order_of_its_drug(row: dict[str, str]) -> None:
    patient = Bedside().ordered("xgeva", "2026-01-10").given(row["not given"], row["on"], status="not-done")
    assert SAID[patient.record().presumed().value] == row["presumed"]


def test_a_dose_not_given_for_another_order_changes_nothing() -> None:
    other = {"request": {"reference": "MedicationRequest/m2"}}
    patient = Bedside().ordered("xgeva", "2026-01-10", id="m1").given("xgeva", "2026-02-10", status="not-done", **other)
    assert patient.record().presumed().is_yes


@pytest.mark.parametrize("product", ["aclasta", "prolia", "zoledronic acid", "paracetamol"])
def test_only_an_oncology_draft_starts_anything(product: str) -> None:
    record = Bedside().drafts_order(product).record()
    assert record.starts(record.drafts[0]).is_no


EMERGENCY = """
priority | reason                | calcium      | emergency | of calcium
---------+-----------------------+--------------+-----------+-----------
         |                       |              | no        | no
stat     |                       |              | no        | no          # stat without a reason
stat     | hypercalcaemia        |              | yes       | yes
stat     | cord_compression      |              | yes       | no
stat     | pathological_fracture |              | yes       | no
stat     | in words              |              | yes       | no          # any reason
urgent   | hypercalcaemia        |              | yes       | yes
asap     | hypercalcaemia        |              | yes       | yes
routine  | hypercalcaemia        |              | no        | no
         | hypercalcaemia        |              | no        | no
urgent   | cord_compression      |              | no        | no          # alone it waives nothing
asap     | pathological_fracture |              | no        | no
         | hypercalcaemia        | 3.00 @ 06-01 | yes       | yes
         | hypercalcaemia        | 2.99 @ 06-01 | no        | no
         | hypercalcaemia        | 3.00 @ 05-27 | yes       | yes         # 7 d
         | hypercalcaemia        | 3.00 @ 05-26 | no        | no          # 8 d
         |                       | 3.00 @ 06-01 | no        | no
         |                       | 3.50 @ 06-01 | no        | no          # not above
         |                       | 3.51 @ 06-01 | yes       | yes
         |                       | 3.51 @ 05-27 | yes       | yes         # 7 d
         |                       | 3.51 @ 05-26 | no        | no          # 8 d
         |                       | ?            | ?         | ?
stat     | cord_compression      | ?            | yes       | ?
"""


@pytest.mark.parametrize("row", rows(EMERGENCY), ids=name)
def test_an_emergency(row: dict[str, str]) -> None:
    priority = {"priority": row["priority"]} if row["priority"] else {}
    words = {"reasonCode": [{"text": "asked for by the ward"}]} if row["reason"] == "in words" else {}
    coded = f"emergency_{row['reason']}" if row["reason"] and not words else None
    patient = Bedside().drafts_order("zometa", "4 mg", reason=coded, **priority, **words)
    if row["calcium"] == "?":
        patient.without("observations")
    elif row["calcium"]:
        value, _, day = row["calcium"].split()
        patient.observed("calcium_total", f"{value} mmol/L @ 2026-{day}")
    record = patient.record()
    assert SAID[record.emergency(record.drafts[0]).value] == row["emergency"]
    assert SAID[record.hypercalcaemic_emergency(record.drafts[0]).value] == row["of calcium"]


PLANNED = """
planned    | day
-----------+-----------
           | 2026-06-03
2026-06-20 | 2026-06-20
2026-05-20 | 2026-06-03  # the past is today
2026-07    | 2026-07-01
"""


@pytest.mark.parametrize("row", rows(PLANNED), ids=name)
def test_the_day_a_draft_is_meant_for(row: dict[str, str]) -> None:
    record = Bedside().drafts_order("zometa", "4 mg", starts=row["planned"] or None).record()
    assert record.planned_day(record.drafts[0]) == date.fromisoformat(row["day"])


def test_first_and_last_dose() -> None:
    patient = Bedside().given("zometa", "2026-03-10").given("zometa", "2025-11-02").given("aclasta", "2020-01-01")
    record = patient.given("zometa", "2026-05-05").given("xgeva", "2025-01-01").record()
    first, last = record.first_given("zoledronic_acid"), record.last_given("zoledronic_acid")
    assert first is not None
    assert first.when is not None
    assert first.when.text == "2025-11-02"
    assert isinstance(last, Known)
    assert last.value.when is not None
    assert last.value.when.text == "2026-05-05"
    assert record.first_given("pamidronate") is None
    assert record.ever_given("denosumab").is_yes
    assert record.ever_given("pamidronate").is_no


def test_what_the_patient_takes() -> None:
    record = Bedside().ordered("paracetamol", "2026-05-01").stated("prednisone", "2026-05-01").record()
    assert record.taking("paracetamol").is_yes
    assert record.taking("prednisone").is_yes
    assert record.taking("bevacizumab").is_no
    assert Bedside().without("medicationRequests").record().taking("paracetamol").is_unknown


def test_doses_of_other_drugs() -> None:
    record = Bedside().given("bevacizumab", "2026-05-01").given("bevacizumab", "2026-05-08", status="not-done").record()
    assert [d.when.text for d in record.doses_of(("bevacizumab",)) if d.when] == ["2026-05-01"]
