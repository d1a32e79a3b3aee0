"""START, PRESUMED and EMERGENCY (catalogue P8, P9 as amended), seen through the rules of before_start and mouth."""

import pytest

from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, dispensed, order_id
from tests.support.drawn import name, rows

START, TREATED, PRESUMED = "warning due", "not-applicable", "needs-data first_and_last_dose"

STATES = """
on file                   | days | state
--------------------------+------+---------
                          |      | start
zometa given              | 0    | treated
zometa given              | 180  | treated    # the last day on treatment
zometa given              | 181  | start
xgeva given               | 180  | treated    # changing the drug while on treatment is no start
xgeva given               | 181  | start
pamidronate given         | 180  | treated
prolia given              | 10   | start      # an osteoporosis product is no oncology dose
aclasta given             | 10   | start
zometa not-done           | 10   | start
zometa entered-in-error   | 10   | start
zometa in-progress        | 10   | start      # only completed counts as given
zometa dispensed          | 180  | treated
zometa dispensed          | 181  | start
zometa declined           | 10   | start      # a dispense that was declined
xgeva statement           | 180  | treated
xgeva statement           | 181  | start
xgeva ended statement     | 180  | treated    # status completed
xgeva stopped statement   | 10   | start
prolia statement          | 10   | start
xgeva ordered             | 34   | start
xgeva ordered             | 35   | presumed
xgeva ordered             | 730  | presumed
xgeva ordered             | 731  | start
zometa ordered            | 35   | presumed   # presumed on any oncology product
prolia ordered            | 100  | start
xgeva on-hold             | 100  | start
xgeva stopped             | 100  | start
xgeva cancelled           | 100  | start
xgeva forbidden           | 100  | start      # doNotPerform
xgeva ordered, not given  | 100  | start      # a not-done dose of it: nothing may be presumed
xgeva ordered, other not given | 100 | presumed  # the not-done dose belongs to another order
xgeva ended               | 180  | presumed   # completed, its end 180 d ago
xgeva ended               | 181  | start      # an older one is a restart
xgeva ended, not given    | 100  | start
"""


def on_file(patient: Bedside, said: str, days: str) -> Bedside:
    """Put one row of the table on file."""
    if not said:
        return patient
    product, _, how = said.partition(" ")
    day = ago(days)
    if how == "given":
        return patient.given(product, day)
    if how in ("not-done", "entered-in-error", "in-progress"):
        return patient.given(product, day, status=how)
    if how in ("dispensed", "declined"):
        return dispensed(patient, product, day, status="completed" if how == "dispensed" else how)
    if how.endswith("statement"):
        status = {"statement": "active", "ended statement": "completed", "stopped statement": "stopped"}[how]
        return patient.stated(product, day, status=status)
    return _ordered(patient, product, how, day)


def _ordered(patient: Bedside, product: str, how: str, day: str) -> Bedside:
    plain = how.split(",")[0]
    if plain == "ended":
        validity = {"validityPeriod": {"start": ago(400), "end": day}}
        patient.ordered(product, ago(400), status="completed", dispenseRequest=validity)
    else:
        forbidden = {"doNotPerform": True} if plain == "forbidden" else {}
        status = plain if plain in ("on-hold", "stopped", "cancelled") else "active"
        patient.ordered(product, day, status=status, **forbidden)
    if how.endswith("not given"):
        order = "MedicationRequest/elsewhere" if "other" in how else order_id(patient)
        patient.given(product, ago(20), status="not-done", request={"reference": order})
    return patient


@pytest.mark.parametrize("row", rows(STATES), ids=name)
def test_who_starts_who_is_treated_and_who_is_presumed_treated(row: dict[str, str]) -> None:
    patient = on_file(Bedside(), row["on file"], row["days"]).drafts_order("xgeva", "120 mg")
    state = row["state"]
    assert patient.outcome("AR-DENTAL-01") == {"start": START, "treated": TREATED, "presumed": PRESUMED}[state]
    assert patient.outcome("AR-RENAL-01") == (TREATED if state == "treated" else START)  # presumed: still asked
    for rule in ("AR-DENTCARE-01", "AR-OPG-01", "AR-EXTRACT-01", "AR-EMERG-01"):
        assert patient.outcome(rule) == "not-applicable"


@pytest.mark.parametrize("kind", ["medicationAdministrations", "medicationStatements", "medicationRequests"])
def test_a_start_that_cannot_be_told_is_not_assumed(kind: str) -> None:
    patient = Bedside().without(kind).drafts_order("zometa", "4 mg")
    assert patient.outcome("AR-DENTAL-01").startswith("needs-data antiresorptive_")


EMERGENCIES = """
priority | reason                           | calcium    | days | albumin | emergency
---------+----------------------------------+------------+------+---------+-----------
         |                                  |            |      |         | no
stat     |                                  |            |      |         | no      # stat needs a reason
stat     | emergency_hypercalcaemia         |            |      |         | yes
stat     | emergency_cord_compression       |            |      |         | yes
stat     | emergency_pathological_fracture  |            |      |         | yes
stat     | bone_metastasis                  |            |      |         | yes     # any reason
stat     | text                             |            |      |         | yes     # in words only
urgent   | emergency_hypercalcaemia         |            |      |         | yes
asap     | emergency_hypercalcaemia         |            |      |         | yes
urgent   | hypercalcaemia                   |            |      |         | yes     # by its standard code
routine  | emergency_hypercalcaemia         |            |      |         | no
         | emergency_hypercalcaemia         |            |      |         | no
urgent   | emergency_cord_compression       |            |      |         | no      # amended: does not waive
asap     | emergency_cord_compression       |            |      |         | no
urgent   | emergency_pathological_fracture  |            |      |         | no
asap     | spinal_cord_compression          |            |      |         | no
urgent   | text                             |            |      |         | no
urgent   |                                  |            |      |         | no
         |                                  | 3.51       | 7    |         | yes     # uncorrected, albumin missing
         |                                  | 3.50       | 7    |         | no
         |                                  | 3.51       | 8    |         | no
         |                                  | 3.51       | 0    | 40 @ 0  | yes
         |                                  | 3.50       | 0    | 40 @ 0  | no
         |                                  | 3.30       | 0    | 31 @ 0  | yes     # 3.525, half-up 3.53
         |                                  | 3.30       | 0    | 32 @ 0  | no      # exactly 3.50
         |                                  | 3.50       | 0    | 39.8 @ 0 | yes    # 3.505, half-up 3.51
         |                                  | 3.50       | 0    | 39.9 @ 0 | no     # 3.5025, 3.50
         |                                  | 3.60       | 0    | 45 @ 0  | no      # 3.475
         |                                  | 3.40       | 0    | 30 @ 7  | yes     # 3.65, samples 7 d apart
         |                                  | 3.40       | 0    | 30 @ 8  | no      # too far apart to correct
urgent   | emergency_cord_compression       | 3.51       | 7    |         | yes     # the calcium decides
routine  | emergency_hypercalcaemia         | 3.00       | 7    |         | yes
routine  | emergency_hypercalcaemia         | 2.99       | 7    |         | no
routine  | emergency_hypercalcaemia         | 3.00       | 8    |         | no
routine  | emergency_hypercalcaemia         | 2.70       | 0    | 28 @ 0  | yes     # exactly 3.00
         | hypercalcaemia                   | 3.00       | 0    |         | yes
routine  | emergency_cord_compression       | 3.00       | 0    |         | no
"""


def in_emergency(patient: Bedside, row: dict[str, str], product: str = "zometa") -> Bedside:
    """The calcium of the row, and a draft with its priority and reason."""
    if row["calcium"]:
        patient.observed("calcium_total", f"{row['calcium']} mmol/L @ {ago(row['days'])}")
    if row["albumin"]:
        value, _, days = row["albumin"].partition(" @ ")
        patient.observed("albumin_serum", f"{value} g/L @ {ago(days)}")
    reason = {"text": "pain"} if row["reason"] == "text" else concept(row["reason"]) if row["reason"] else None
    extra = {"priority": row["priority"]} if row["priority"] else {}
    return patient.drafts_order(product, **extra, **({"reasonCode": [reason]} if reason else {}))


@pytest.mark.parametrize("row", rows(EMERGENCIES), ids=name)
def test_an_emergency_waives_the_mouth_and_never_the_kidney(row: dict[str, str]) -> None:
    patient = in_emergency(Bedside().done("tooth_extraction", ago(5)).ordered("prednisone", ago(5)), row)
    waived = row["emergency"] == "yes"
    assert patient.outcome("AR-DENTAL-01") == ("not-applicable" if waived else "warning due")
    assert patient.outcome("AR-EXTRACT-01") == ("not-applicable" if waived else "warning too_early")
    assert patient.outcome("AR-CONC-01") == ("not-applicable" if waived else "info due")
    assert patient.outcome("AR-EMERG-01") == ("info due" if waived else "not-applicable")
    assert patient.outcome("AR-RENAL-01") == "warning due"


def test_calcium_that_was_not_fetched_leaves_the_emergency_open() -> None:
    patient = Bedside().without("observations").drafts_order("zometa", "4 mg")
    assert patient.outcome("AR-DENTAL-01").startswith("needs-data calcium_total")


def test_the_newest_calcium_decides() -> None:
    patient = Bedside().observed("calcium_total", f"3.80 mmol/L @ {ago(3)}")
    patient.observed("calcium_total", f"2.40 mmol/L @ {ago(1)}").drafts_order("zometa", "4 mg")
    assert patient.outcome("AR-DENTAL-01") == "warning due"


def test_severe_renal_failure_stays_critical_in_an_emergency() -> None:
    patient = Bedside().observed("creatinine_serum", f"400 umol/L @ {ago(1)}")
    patient.observed("body_weight", f"60 kg @ {ago(1)}").observed("calcium_total", f"3.60 mmol/L @ {ago(1)}")
    patient.drafts_order("zometa", "4 mg", priority="stat", reason="emergency_hypercalcaemia")
    assert patient.outcome("ZOL-CI-01") == "critical due"
    assert patient.outcome("AR-EMERG-01") == "info due"
