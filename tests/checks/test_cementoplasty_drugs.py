"""CEM-AC-02, CEM-AP-01, CEM-AP-02: how long before a cementoplasty a drug that thins the blood is stopped."""

import pytest

from hooks.limits import load_editions
from hooks.texts import Speaker
from tests.support.acts import act, ahead, takes
from tests.support.bedside import RULES, Bedside
from tests.support.booking import proposed
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows
from tests.support.renal import clearing

DIRECT = """
drug        | told                              | act                       | outcome
------------+-----------------------------------+---------------------------+--------------------------------
apixaban    | active                            | 1                         | critical running_soon
apixaban    | active                            | 2                         | warning running            # 48 h are still possible
apixaban    | active                            | 30                        | warning running
apixaban    | active                            |                           | critical running_soon      # no date: today
rivaroxaban | active                            | 1                         | critical running_soon
dabigatran  | active                            | 1                         | critical running_soon
edoxaban    | active                            | 1                         | critical running_soon      # not named, alike (ours)
bivalirudin | active                            | 1                         | not-applicable
apixaban    | until 8                           | 10                        | satisfied                  # two calendar days
apixaban    | until 9                           | 10                        | critical too_short
apixaban    | until 10                          | 10                        | critical too_short
apixaban    | until 30                          | 10                        | critical too_short
apixaban    | stopped until -1                  | 1                         | satisfied
apixaban    | stopped until 0                   | 1                         | critical too_short
apixaban    | dose 2026-06-03T08:00:00+02:00    | 2026-06-05T08:00:00+02:00 | satisfied                  # 48 h to the minute
apixaban    | dose 2026-06-03T08:01:00+02:00    | 2026-06-05T08:00:00+02:00 | critical too_short
apixaban    | dose 2026-06-03T20:00:00+02:00    | 2026-06-05T08:00:00+02:00 | critical too_short         # 36 h
apixaban    | dose 2026-06-03                   | 2026-06-05T08:00:00+02:00 | satisfied                  # a day without a time
apixaban    | stopped                           | 3                         | needs-data last_dose
apixaban    | stopped + dose -3                 | 3                         | satisfied
apixaban    | stopped + dose -50                | 3                         | needs-data last_dose       # the dose is older than the order
apixaban    | old                               | 3                         | not-applicable             # halted more than a year ago
apixaban    | until 8 + active                  | 10                        | warning running
apixaban    | until 8 + dose 0                  | 10                        | satisfied
apixaban    | stated until -5                   | 3                         | satisfied
apixaban    | stated                            | 1                         | critical running_soon
apixaban    | not taken                         | 1                         | not-applicable
apixaban    | planned 11                        | 10                        | not-applicable             # resumed afterwards
apixaban    | planned 10                        | 10                        | not-applicable
apixaban    | planned 9                         | 10                        | warning running
apixaban    | draft                             | 10                        | warning running
apixaban    | draft until 8                     | 10                        | satisfied
apixaban    | active + stop                     | 2                         | satisfied                  # stopped in this session
apixaban    | active + stop                     | 1                         | critical too_short
apixaban    | dose 2026-05                      | 1                         | satisfied                  # the last of May at the latest
apixaban    | stated until 2026-06              | 20                        | needs-data last_dose
"""


@pytest.mark.parametrize("row", rows(DIRECT), ids=name)
def test_a_direct_anticoagulant_is_stopped_two_days_before(row: dict[str, str]) -> None:
    patient = act(takes(Bedside(), row["drug"], row["told"]), "cementoplasty", row["act"])
    assert patient.outcome("CEM-AC-02") == row["outcome"]


RENAL = """
drug       | told     | act | clearance | outcome
-----------+----------+-----+-----------+--------------------------
dabigatran | until 6  | 8   | 50        | satisfied
dabigatran | until 6  | 8   | 49.9      | warning renal
dabigatran | until 5  | 8   | 49.9      | warning renal             # 72 h
dabigatran | until 4  | 8   | 49.9      | satisfied                 # 96 h are enough
dabigatran | until 7  | 8   | 49.9      | critical too_short
dabigatran | active   | 8   | 49.9      | warning running
dabigatran | until 6  | 8   |           | needs-data creatinine_serum,body_weight
dabigatran | until 4  | 8   |           | satisfied
apixaban   | until 6  | 8   | 20        | satisfied                 # another drug
"""


@pytest.mark.parametrize("row", rows(RENAL), ids=name)
def test_dabigatran_is_held_longer_when_the_kidney_is_slow(row: dict[str, str]) -> None:
    patient = clearing(row["clearance"]) if row["clearance"] else Bedside()
    patient = act(takes(patient, row["drug"], row["told"]), "vertebroplasty", row["act"])
    assert patient.outcome("CEM-AC-02") == row["outcome"]


ANTIPLATELETS = """
drug        | told                           | act                       | outcome
------------+--------------------------------+---------------------------+----------------------
clopidogrel | active                         | 20                        | warning running
clopidogrel | active                         | 1                         | warning running
clopidogrel | until 5                        | 10                        | satisfied            # five days
clopidogrel | until 6                        | 10                        | warning too_short
clopidogrel | dose 2026-06-03T08:00:00+02:00 | 2026-06-08T08:00:00+02:00 | satisfied
clopidogrel | dose 2026-06-03T20:00:00+02:00 | 2026-06-08T08:00:00+02:00 | warning too_short    # 108 h
clopidogrel | stopped                        | 10                        | needs-data last_dose
clopidogrel | old                            | 10                        | not-applicable
apixaban    | active                         | 10                        | not-applicable
"""


@pytest.mark.parametrize("row", rows(ANTIPLATELETS), ids=name)
def test_clopidogrel_is_stopped_five_days_before(row: dict[str, str]) -> None:
    patient = act(takes(Bedside(), row["drug"], row["told"]), "kyphoplasty", row["act"])
    assert patient.outcome("CEM-AP-01") == row["outcome"]


ASPIRIN = """
dose   | every | end | act | outcome
-------+-------+-----+-----+--------------------
75 mg  | 1 d   |     | 10  | satisfied
159 mg | 1 d   |     | 10  | satisfied
160 mg | 1 d   |     | 10  | warning running       # 160 exactly: it stops (ours)
0.16 g | 1 d   |     | 10  | warning running
300 mg | 2 d   |     | 10  | satisfied             # 150 mg a day
75 mg  | 8 h   |     | 10  | warning running       # 225 mg a day
100 mg |       |     | 10  | satisfied             # no rhythm: once a day
500 mg |       |     | 10  | warning running
300 mg | 1 d   | 5   | 10  | satisfied             # five days
300 mg | 1 d   | 6   | 10  | warning too_short
       | 1 d   |     | 10  | needs-data dose
       | 1 d   | 5   | 10  | satisfied
       | 1 d   | 6   | 10  | needs-data dose
"""


@pytest.mark.parametrize("row", rows(ASPIRIN), ids=name)
def test_aspirin_goes_on_below_160_mg_a_day(row: dict[str, str]) -> None:
    end = {"dispenseRequest": {"validityPeriod": {"end": ahead(row["end"])}}} if row["end"] else {}
    patient = Bedside().ordered("aspirin", ago(90), row["dose"] or None, every=row["every"] or None, **end)
    assert act(patient, "cementoplasty", row["act"]).outcome("CEM-AP-02") == row["outcome"]


def test_two_small_aspirins_are_added_and_a_dose_given_counts() -> None:
    patient = Bedside().ordered("aspirin", ago(90), "100 mg", every="1 d")
    assert act(patient, "cementoplasty", "10").outcome("CEM-AP-02") == "satisfied"
    patient.ordered("aspirin", ago(9), "75 mg", every="1 d")
    assert patient.outcome("CEM-AP-02") == "warning running"
    given = act(Bedside().given("aspirin", ago(1), "500 mg"), "cementoplasty", "1")
    assert given.outcome("CEM-AP-02") == "warning too_short"
    told = act(Bedside().given("aspirin", ago(1)), "cementoplasty", "1")
    assert told.outcome("CEM-AP-02") == "needs-data dose"


RULES_OF = {"apixaban": "CEM-AC-02", "clopidogrel": "CEM-AP-01", "aspirin": "CEM-AP-02", "warfarin": "CEM-AC-01"}


@pytest.mark.parametrize(("drug", "rule"), RULES_OF.items())
def test_a_drug_ordered_before_a_booked_act_is_told_as_well(drug: str, rule: str) -> None:
    patient = booked(Bedside(), "cementoplasty", ahead(10)).drafts_order(drug, "300 mg", every="1 d")
    assert patient.outcome(rule).startswith("warning")
    past = booked(Bedside(), "cementoplasty", ahead(-1)).drafts_order(drug, "300 mg", every="1 d")
    assert past.outcome(rule) == "not-applicable"
    off = booked(Bedside(), "cementoplasty", ahead(10), status="cancelled").drafts_order(drug, "300 mg", every="1 d")
    assert off.outcome(rule) == "not-applicable"
    both = act(patient, "cementoplasty", "10")
    told = [f for f in both.findings().all if f.rule.id == rule and f.speaks]
    assert len(told) == 1  # by the act, not by the drug as well


@pytest.mark.parametrize("rule", [*RULES_OF.values()])
def test_without_a_cementoplasty_nothing_is_said(rule: str) -> None:
    patient = takes(takes(Bedside().ill("bone_metastasis"), "apixaban", "active"), "warfarin", "active")
    takes(takes(patient, "clopidogrel", "active"), "aspirin", "active").drafts_order("zometa", "4 mg")
    assert act(patient, "tooth_extraction", "1").outcome(rule) == "not-applicable"


@pytest.mark.parametrize("rule", [*RULES_OF.values()])
def test_drugs_that_were_not_sent_are_not_known(rule: str) -> None:
    patient = act(Bedside().without("medicationRequests"), "cementoplasty", "10")
    assert patient.asks(rule).status == "needs-data"
    assert {gap.why for gap in patient.asks(rule).verdict.missing} == {"not-fetched"}


@pytest.mark.parametrize("moment", ["order-sign", "appointment-book"])
@pytest.mark.parametrize(("drug", "rule"), RULES_OF.items())
@pytest.mark.parametrize(
    ("language", "words"), [("en", "agreement of the anaesthesia team and of the prescriber"),
                            ("fr", "en accord avec l'équipe d'anesthésie et le prescripteur")]
)  # fmt: skip
def test_every_card_asks_for_the_agreement(drug: str, rule: str, moment: str, language: str, words: str) -> None:
    patient = Bedside(moment=moment).ordered(drug, ago(90), "300 mg", every="1 d")
    drafted = proposed(patient, "cementoplasty") if moment == "appointment-book" else act(patient, "cementoplasty", "5")
    speaker = Speaker(language, RULES, load_editions()["aura-2026"])
    assert words in " ".join(speaker.paragraphs(drafted.asks(rule)))
    unknown = act(takes(Bedside(), drug, "stopped"), "cementoplasty", "5").asks(rule)
    assert unknown.status == "needs-data"
    assert words in " ".join(speaker.paragraphs(unknown))


def test_an_order_without_a_date_says_so() -> None:
    undated = act(takes(Bedside(), "apixaban", "active"), "cementoplasty", "").asks("CEM-AC-02")
    assert undated.verdict.notes == ("undated",)
    dated = act(takes(Bedside(), "apixaban", "active"), "cementoplasty", "1").asks("CEM-AC-02")
    assert dated.verdict.notes == ()
    slow = act(takes(clearing("40"), "dabigatran", "active"), "cementoplasty", "9").asks("CEM-AC-02")
    assert slow.verdict.notes == ("renal",)


def test_the_last_day_is_told() -> None:
    finding = act(takes(Bedside(), "apixaban", "active"), "cementoplasty", "2026-07-10").asks("CEM-AC-02")
    speaker = Speaker("en", RULES, load_editions()["aura-2026"])
    assert "48 h before the cementoplasty of Jul 10, 2026" in speaker.summary(finding).replace(
        "10 Jul 2026", "Jul 10, 2026"
    )
    assert str(finding.verdict.figures["by"]) == "2026-07-08"
