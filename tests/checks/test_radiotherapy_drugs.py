"""RT-CONC-01/02/03: drugs to hold for radiotherapy, drugs that go together, drugs little is known of."""

from datetime import date

import pytest

from fhir_mappers.record.proposals import HoldDraft, NewService, PostponeDraft
from hooks.evaluate import Finding
from tests.support.bedside import Bedside, concept
from tests.support.booking import proposed
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows
from tests.support.planned import planned

RULE = "RT-CONC-01"

# radiotherapy begins so many days from today; "order" is an order in the record: status, last day; "dose" days ago
HELD = """
drug          | order       | dose | begins | outcome
--------------+-------------+------+--------+-------------------------------
gemcitabine   | active      |      | 0      | critical due
gemcitabine   | active      | 40   | 0      | critical due                   # the order goes on, however old the dose
doxorubicin   | active      | 20   | 0      | critical due
bleomycin     | active      |      | 14     | critical due
bevacizumab   | active      |      | 0      | critical due
sunitinib     | active      |      | 0      | critical due                   # an anti-angiogenic kinase inhibitor
doxorubicin   | stopped     | 6    | 0      | critical last_dose
doxorubicin   | stopped     | 7    | 0      | satisfied                      # the table is kept: RT-WASH-02
doxorubicin   | on-hold     | 0    | 6      | critical last_dose
doxorubicin   | on-hold     | 0    | 7      | satisfied
gemcitabine   | stopped     | 7    | 0      | critical last_dose
gemcitabine   | stopped     | 8    | 0      | warning washing_out
gemcitabine   | stopped     | 30   | 0      | warning washing_out
gemcitabine   | stopped     | 31   | 0      | satisfied
bleomycin     |             | 20   | 10     | warning washing_out            # the order is not on file
bleomycin     |             | 20   | 11     | satisfied
bevacizumab   | stopped     | 8    | 0      | critical last_dose
bevacizumab   | stopped     | 30   | 0      | critical last_dose
bevacizumab   | stopped     | 31   | 0      | satisfied
gemcitabine   | active to 1 |      | 0      | critical last_dose             # its last day was yesterday
gemcitabine   | active to -3|      | 20     | warning washing_out            # it ends in three days
gemcitabine   | active to -3|      | 40     | satisfied
gemcitabine   | stopped     |      | 0      | needs-data last_dose
gemcitabine   | stopped 200 |      | 0      | not-applicable                 # too old an order to ask
gemcitabine   | active from -5 |   | 0      | not-applicable                 # begins after the single day of radiotherapy
pemetrexed    | active      |      | 0      | not-applicable
gemcitabine   |             |      | 0      | not-applicable
?             |             |      | 0      | needs-data anticancer_drugs
"""


def treated(row: dict[str, str]) -> Bedside:
    patient = Bedside()
    status, *more = row["order"].split() or [""]
    if row["drug"] == "?":
        return patient.without("medicationRequests")
    if status:
        written = more[0] if len(more) == 1 else "60"
        period = {"to": "end", "from": "start"}.get(more[0], "") if more else ""
        validity = {"dispenseRequest": {"validityPeriod": {period: ago(more[1])}}} if len(more) == 2 else {}
        if period == "end":
            validity["dispenseRequest"]["validityPeriod"]["start"] = ago(90)
        patient.ordered(row["drug"], ago(written), status=status, **validity)
    return patient.given(row["drug"], ago(row["dose"])) if row["dose"] else patient


@pytest.mark.parametrize("row", rows(HELD), ids=name)
def test_drugs_are_held_before_radiotherapy(row: dict[str, str]) -> None:
    patient = planned(treated(row), "bone_radiotherapy", site="site_femur", on=ago(f"-{row['begins']}"))
    assert patient.outcome(RULE) == row["outcome"]


@pytest.mark.parametrize("what", ["radiotherapy", "radiotherapy_stereotactic", "bone_stereotactic_radiotherapy"])
def test_any_radiotherapy_counts_and_a_booking_too(what: str) -> None:
    assert planned(Bedside().ordered("gemcitabine", ago(9)), what).outcome(RULE) == "critical due"
    booking = proposed(Bedside(moment="appointment-book").ordered("gemcitabine", ago(9)), what)
    assert booking.outcome(RULE) == "critical due"


# the drug is drafted; radiotherapy is: a request (status, days to its beginning and end), a visit, a course, a procedure
AROUND = """
drug          | radiotherapy             | drafted     | outcome
--------------+--------------------------+-------------+-------------------------------
gemcitabine   | draft 0                  |             | critical due
gemcitabine   | request active 10        |             | critical due
gemcitabine   | request active 10        | once        | warning washing_out            # one dose today
gemcitabine   | request active 7         | once        | critical last_dose
gemcitabine   | request active 31        | once        | not-applicable
doxorubicin   | request active 6         | once        | critical last_dose
doxorubicin   | request active 7         | once        | not-applicable
bevacizumab   | request active 30        | once        | critical last_dose
gemcitabine   | request active -5 5      |             | critical due                   # under way
gemcitabine   | request active -5        |             | critical due                   # begun five days ago, no end told
gemcitabine   | request active -31       |             | not-applicable                 # begun too long ago
gemcitabine   | request active 10        | in 12       | not-applicable                 # after the course
gemcitabine   | request active 5 15      | in 12       | critical due                   # during the course
gemcitabine   | request completed 10     |             | not-applicable
gemcitabine   | undated 60               |             | critical due
gemcitabine   | undated 61               |             | not-applicable
gemcitabine   | undated 20, over 10      |             | warning recall                 # the course it asked for is over
gemcitabine   | visit 5                  |             | critical due
gemcitabine   | course 10                |             | critical due                   # in progress
gemcitabine   | course 31                |             | not-applicable                 # never closed in the record
gemcitabine   | over 30                  |             | warning recall
gemcitabine   | over 31                  |             | not-applicable
bleomycin     | over 1                   |             | warning recall
bevacizumab   | over 30                  |             | warning recall
pemetrexed    | request active 10        |             | not-applicable
gemcitabine   |                          |             | not-applicable
gemcitabine   | ?                        |             | needs-data radiotherapy
"""


def around(patient: Bedside, what: str) -> Bedside:
    kind, *told = what.split()
    code = {"code": concept("bone_radiotherapy")}
    if kind == "?":
        patient.without("serviceRequests")
    elif kind == "draft":
        planned(patient, "bone_radiotherapy", on=ago(0))
    elif kind == "request":
        period = {"start": ago(f"{-int(told[1])}"), **({"end": ago(f"{-int(told[2])}")} if len(told) > 2 else {})}
        row = {"status": told[0], "authoredOn": ago(40), "occurrencePeriod": period}
        patient.add("serviceRequests", "ServiceRequest", row | code)
    elif kind == "undated":
        patient.add("serviceRequests", "ServiceRequest", {"status": "active", "authoredOn": ago(told[0])} | code)
    elif kind == "visit":
        booked(patient, "bone_radiotherapy", ago(f"-{told[0]}"))
    elif kind == "course":
        patient.done("bone_radiotherapy", None, status="in-progress", performedPeriod={"start": ago(told[0])})
    elif kind == "over":
        patient.done("bone_radiotherapy", ago(told[0]))
    return patient


@pytest.mark.parametrize("row", rows(AROUND), ids=name)
def test_drugs_are_held_around_radiotherapy(row: dict[str, str]) -> None:
    patient = Bedside()
    for what in filter(None, row["radiotherapy"].split(", ")):
        around(patient, what)
    when = row["drafted"].split()
    patient.drafts_order(row["drug"], count=1 if when == ["once"] else None,
                         starts=ago(f"-{when[1]}") if when[:1] == ["in"] else None)  # fmt: skip
    speaking = [f for f in patient.findings().all if f.rule.id == RULE and f.speaks]
    told = patient.outcome(RULE) if not speaking else _said(speaking)
    assert told == row["outcome"]


def _said(speaking: list[Finding]) -> str:
    first = max(speaking, key=lambda f: f.severity.rank)
    gaps = ",".join(m.what for m in first.verdict.missing)
    return f"needs-data {gaps}" if first.status == "needs-data" else f"{first.severity.value} {first.verdict.case}"


def test_a_drug_that_is_being_stopped_is_judged_by_its_last_dose() -> None:
    patient = Bedside().ordered("gemcitabine", ago(60)).given("gemcitabine", ago(10))
    patient.drafts_order("gemcitabine", status="stopped")
    assert planned(patient, "bone_radiotherapy").outcome(RULE) == "warning washing_out"


def test_the_order_is_put_on_hold_or_the_radiation_oncologist_asked() -> None:
    patient = planned(Bedside().ordered("bevacizumab", ago(9)), "bone_radiotherapy")
    verdict = patient.asks(RULE).verdict
    (draft,) = patient.record().drafts
    assert verdict.proposals == (NewService(("radiotherapy_consultation",)), HoldDraft(draft)), "it may be urgent"
    assert verdict.notes == ("half_lives",)
    assert verdict.figures["drugs"].keys == ("bevacizumab",), "the drug, not its class"
    assert {proof.what for proof in verdict.evidence} == {"bevacizumab", "radiotherapy"}


def test_a_drug_is_put_on_hold_first() -> None:
    patient = around(Bedside(), "request active 10").drafts_order("bevacizumab")
    verdict = patient.asks(RULE).verdict
    (draft,) = patient.record().drafts
    assert verdict.proposals == (HoldDraft(draft), NewService(("radiotherapy_consultation",)))


def test_after_doxorubicin_radiotherapy_can_begin_when_the_table_allows_it() -> None:
    patient = Bedside().ordered("doxorubicin", ago(60), status="stopped").given("doxorubicin", ago(3))
    (draft,) = planned(patient, "bone_radiotherapy", on=ago(0)).record().drafts
    ask = NewService(("radiotherapy_consultation",))
    later = date.fromisoformat(ago(-4))
    assert patient.asks(RULE).verdict.proposals == (ask, PostponeDraft(draft, later), HoldDraft(draft))
    patient.drafts.clear()
    assert planned(patient, "bone_radiotherapy", on=later.isoformat()).outcome(RULE) == "satisfied"
    patient.given("gemcitabine", ago(3))
    assert PostponeDraft not in map(type, patient.asks(RULE).verdict.proposals), "no number in the guideline"


LITTLE_KNOWN = """
drug          | how          | order                      | outcome
--------------+--------------+----------------------------+---------------
crizotinib    | active       | bone_radiotherapy          | info due
egfr inhibitor| active       | bone_radiotherapy          | info due
selpercatinib | active       | bone_radiotherapy          | info due
pembrolizumab | given 30     | bone_radiotherapy          | info due
pembrolizumab | given 31     | bone_radiotherapy          | not-applicable
crizotinib    | stopped      | bone_radiotherapy          | not-applicable
sunitinib     | active       | bone_radiotherapy          | not-applicable  # RT-CONC-01 speaks of it
palbociclib   | active       | bone_radiotherapy          | not-applicable
cisplatin     | active       | bone_radiotherapy          | not-applicable
cisplatin     | active       | bone_stereotactic_radiotherapy | info due
palbociclib   | active       | bone_stereotactic_radiotherapy | info due
docetaxel     | given 10     | bone_stereotactic_radiotherapy | info due
gemcitabine   | active       | bone_stereotactic_radiotherapy | not-applicable
paracetamol   | active       | bone_stereotactic_radiotherapy | not-applicable
"""


def takes(drug: str, how: str) -> Bedside:
    given = how.startswith("given")
    return Bedside().given(drug, ago(how.split()[1])) if given else Bedside().ordered(drug, ago(9), status=how)


@pytest.mark.parametrize("row", rows(LITTLE_KNOWN), ids=name)
def test_little_is_known_of_targeted_drugs_with_radiotherapy(row: dict[str, str]) -> None:
    assert planned(takes(row["drug"], row["how"]), row["order"]).outcome("RT-CONC-03") == row["outcome"]


@pytest.mark.parametrize("drug", ["cisplatin", "carboplatin", "pemetrexed", "docetaxel"])
def test_compatible_drugs_are_silent_with_palliative_radiotherapy(drug: str) -> None:
    """RT-CONC-02"""
    patient = planned(Bedside().ordered(drug, ago(9)), "bone_radiotherapy", details="rt_intent intent_palliative")
    assert patient.outcome("RT-CONC-02") == "satisfied"
    assert [f.rule.id for f in patient.findings().speaking if f.rule.id.startswith("RT-CONC")] == []
    stereotactic = planned(Bedside().ordered(drug, ago(9)), "bone_stereotactic_radiotherapy")
    assert stereotactic.outcome("RT-CONC-02") == "info stereotactic"
    assert stereotactic.asks("RT-CONC-02").verdict.said_by == "RT-CONC-03"
    assert planned(Bedside(), "bone_radiotherapy").outcome("RT-CONC-02") == "not-applicable"
