"""DUR-24M-01, DUR-OLIGO-01, DUR-BR-01: two years, then a review; benefit against risk."""

from datetime import date

import pytest

from fhir_mappers.record.proposals import NewService
from hooks.limits import EDITIONS
from tests.support.bedside import RULES, Bedside, concept
from tests.support.booking import requested
from tests.support.chart import ago, reported
from tests.support.drawn import name, rows

# Today is 3 June 2026.
REVIEWS = """
cancer       | treatment                  | review          | DUR-24M-01
-------------+----------------------------+-----------------+---------------------------------
lung         | xgeva 2024-06-03, 20       |                 | info due                        # the anniversary itself
lung         | xgeva 2024-06-04, 20       |                 | not-applicable
lung         | zometa 2024-06-03, 20      |                 | info due
lung         | xgeva 2020-02-29, 20       |                 | info due
lung         | xgeva 2024-06-03, 180      |                 | info due                        # still on treatment
lung         | xgeva 2024-06-03, 181      |                 | not-applicable
lung         | xgeva 2024-06-03           |                 | not-applicable                  # no longer on treatment
lung         | xgeva 2024-05, 20          |                 | info due
lung         | xgeva 2024-06, 20          |                 | needs-data first_dose           # the third, or later
lung         | xgeva 2024-07, 20          |                 | not-applicable
lung         | zometa 2024-06-03, xgeva 20 |                | info due                        # of either drug
lung         | prolia 2020-06-03, xgeva 20 |                | not-applicable                  # osteoporosis doses
lung         | prolia 2020-06-03, 20      |                 | not-applicable
lung         | order xgeva 2024-06-03     |                 | info due                        # presumed: the order date
lung         | order xgeva 2024-06-04     |                 | not-applicable
lung         | order xgeva 2024-06-03, xgeva 20 |           | not-applicable                  # a dose on record counts
lung         | stopped xgeva 2024-01-03, order xgeva 90 |   | info due                        # the earliest order
lung         | order xgeva 2024-01-03, stated xgeva 20 |    | info due                        # not the first dose
other        | xgeva 2020-06-03, 20       |                 | not-applicable                  # lung cancer only
?            | xgeva 2024-06-03, 20       |                 | needs-data lung_cancer
lung         | xgeva 2024-06-03, 20       | 365             | satisfied
lung         | xgeva 2024-06-03, 20       | 366             | info due
lung         | xgeva 2024-06-03, 20       | 365 board       | satisfied
lung         | xgeva 2024-06-03, 20       | 366 board       | info due
lung         | xgeva 2024-06-03, 20       | 20 loinc        | satisfied
lung         | xgeva 2024-06-03, 20       | 20 report       | satisfied
lung         | xgeva 2024-06-03, 20       | 20 planned      | info due
lung         | xgeva 2024-06-03, 20       | 20 dental       | info due
lung         | xgeva 2024-06-03, 20       | 2025            | needs-data bone_reevaluation    # 154 to 518 days
lung         | xgeva 2024-06-03, 20       | ?               | needs-data bone_reevaluation
lung         | xgeva 2024-06-04, 20       | ?               | not-applicable
lung         |                            |                 | not-applicable
lung         | ?                          |                 | needs-data antiresorptive_doses,first_dose
"""
_REVIEW = {"": "bone_reevaluation", "planned": "bone_reevaluation", "board": "bone_tumour_board_report",
           "loinc": "mdt_discussion", "dental": "dental_examination"}  # fmt: skip


def treated(row: dict[str, str], moment: str = "patient-view") -> Bedside:
    """The patient of the row; a product stands for the dates behind it until the next one."""
    patient = Bedside(moment=moment)
    if row["cancer"] == "?":
        patient.without("conditions")
    else:
        patient.ill({"lung": "lung_cancer", "other": "breast_cancer"}[row["cancer"]], "2020-01-01")
    how, product = "given", ""
    for words in filter(None, row["treatment"].split(", ")):
        *before, day = words.split()
        if day == "?":
            patient.without("medicationAdministrations")
            continue
        how = before[0] if before and before[0] in ("order", "stopped", "stated") else ("given" if before else how)
        product = before[-1] if before else product
        _treat(patient, how, product, ago(day))
    day, _, what = row["review"].partition(" ")
    if day == "?":
        patient.without("procedures")
    elif what == "report":
        reported(patient, "bone_tumour_board_report", ago(day))
    elif day:
        patient.done(_REVIEW[what], ago(day), status="preparation" if what == "planned" else "completed")
    return patient


def _treat(patient: Bedside, how: str, product: str, day: str) -> None:
    if how == "stated":
        patient.stated(product, day)
    elif how in ("order", "stopped"):
        patient.ordered(product, day, status="active" if how == "order" else "stopped")
    else:
        patient.given(product, day)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(REVIEWS), ids=name)
def test_after_two_years_the_treatment_is_reviewed(row: dict[str, str], edition: str) -> None:
    assert treated(row).outcome("DUR-24M-01", edition) == row["DUR-24M-01"]


LONG = {"cancer": "lung", "treatment": "xgeva 2024-05-01, 20", "review": ""}


@pytest.mark.parametrize("moment", ["order-sign", "medication-refill"])
def test_a_renewal_beyond_two_years_is_a_warning_and_nothing_else_ordered_is(moment: str) -> None:
    assert treated(LONG, moment).outcome("DUR-24M-01") == "not-applicable"
    assert treated(LONG, moment).drafts_order("paracetamol").outcome("DUR-24M-01") == "not-applicable"
    assert treated(LONG, moment).drafts_order("xgeva").outcome("DUR-24M-01") == "warning renewal"
    assert treated(LONG, moment).drafts_order("zometa").outcome("DUR-24M-01") == "warning renewal"


@pytest.mark.parametrize("asked", ["rheumatology_oncology_referral", "bone_tumour_board_request", "bone_reevaluation"])
def test_a_review_asked_for_in_the_same_session_is_not_asked_for_again(asked: str) -> None:
    patient = requested(treated(LONG, "order-sign").drafts_order("xgeva"), asked)
    assert patient.outcome("DUR-24M-01") == "satisfied"
    assert requested(treated(LONG, "order-sign").drafts_order("xgeva"), "ctx_serum").outcome("DUR-24M-01") == (
        "warning renewal"
    )


def test_the_review_shows_the_months_and_proposes_advice_ctx_and_a_dental_visit() -> None:
    found = treated(LONG).asks("DUR-24M-01").verdict
    items = [item for proposal in found.proposals if isinstance(proposal, NewService) for item in proposal.items]
    assert items == ["rheumatology_oncology_referral", "ctx_fasting", "dental_consultation"]
    assert (str(found.figures["months"]), found.figures["begun"].first, found.notes) == (
        "25 mo",
        date(2024, 5, 1),
        (),
    )
    assert treated(LONG | {"treatment": "order xgeva 2024-06-03"}).asks("DUR-24M-01").verdict.notes == ("approximate",)


EXTENTS = """
treatment                | extent                | review | 2026 and intermediate
-------------------------+-----------------------+--------+----------------------
zometa 2024-06-03, 20    | 10 oligometastatic    |        | info due
zometa 2024-06-04, 20    | 10 oligometastatic    |        | not-applicable
zometa 2024-06-03, 20    | 120 oligometastatic   |        | info due
zometa 2024-06-03, 20    | 121 oligometastatic   |        | not-applicable   # too old
zometa 2024-06-03, 20    | 10 multimetastatic    |        | not-applicable
zometa 2024-06-03, 20    |                       |        | not-applicable   # asked in the form
xgeva 2024-06-03, 20     | 10 oligometastatic    |        | not-applicable   # zoledronic acid only
zometa 2024-06-03, 20    | 10 oligometastatic    | 20     | not-applicable   # only beside the review
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(EXTENTS), ids=name)
def test_oligometastatic_disease_may_stop_after_two_years(row: dict[str, str], edition: str) -> None:
    patient = treated(row | {"cancer": "lung"})
    if row["extent"]:
        day, extent = row["extent"].split()
        patient.observed("disease_extent", f"{extent} @ {ago(day)}")
    expected = row["2026 and intermediate"] if edition != "aura-earlier" else "not-applicable"
    assert patient.outcome("DUR-OLIGO-01", edition) == expected
    assert patient.asks("DUR-OLIGO-01", edition).verdict.said_by in (None, "DUR-24M-01")
    assert ("aura-earlier" in RULES["DUR-OLIGO-01"].sources) is False


ANSWERS = ("new_skeletal_event", "fracture_risk_high", "ctx_rising", "hypocalcaemia_under_treatment")


def weighed(*yes: str, lung: bool = True, day: int = 30) -> Bedside:
    patient = Bedside().given("xgeva", ago(20))
    if lung:
        patient.ill("lung_cancer")
    for item in ANSWERS:
        patient.observed(item, f"{'true' if item in yes else 'false'} @ {ago(day)}")
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
def test_benefit_and_risk_are_listed_without_a_score(edition: str) -> None:
    patient = weighed("fracture_risk_high", "hypocalcaemia_under_treatment").ill("smoking_current")
    assert patient.outcome("DUR-BR-01", edition) == "info due"
    figures = patient.asks("DUR-BR-01", edition).verdict.figures
    assert figures["benefits"].keys == ("fracture_risk_high",)
    assert figures["harms"].keys == ("hypocalcaemia_under_treatment", "smoking_current")


@pytest.mark.parametrize("edition", EDITIONS)
def test_answers_are_asked_again_after_thirty_days_and_the_others_are_not_asked(edition: str) -> None:
    assert weighed().asks("DUR-BR-01", edition).verdict.figures["harms"].keys == ("none_found",)
    assert weighed(day=31).outcome("DUR-BR-01", edition) == f"needs-data {','.join(ANSWERS)}"
    partly = weighed(day=31).observed("ctx_rising", f"true @ {ago(1)}")
    assert partly.outcome("DUR-BR-01") == f"needs-data {','.join(a for a in ANSWERS if a != 'ctx_rising')}"
    assert partly.asks("DUR-BR-01").verdict.figures["benefits"].keys == ("ctx_rising",)
    assert weighed(lung=False).outcome("DUR-BR-01") == "not-applicable"
    assert weighed().without("conditions").outcome("DUR-BR-01") == "needs-data lung_cancer"
    assert Bedside().ill("lung_cancer").outcome("DUR-BR-01") == "not-applicable"


def test_the_answers_of_the_form_are_read() -> None:
    item = [{"linkId": concept(a)["coding"][0]["code"], "answer": [{"valueBoolean": True}]} for a in ANSWERS]
    form = {"status": "completed", "authored": f"{ago(30)}T10:00:00Z", "item": item}
    patient = Bedside().given("xgeva", ago(20)).ill("lung_cancer")
    assert patient.add("questionnaireResponses", "QuestionnaireResponse", form).outcome("DUR-BR-01") == "info due"


def test_what_cannot_be_computed_says_why_and_has_no_check() -> None:
    rule = RULES["DUR-CTX-02"]
    assert (rule.kind, bool(rule.reason), rule.numbers, rule.severity) == ("N", True, {}, {})
    assert list(RULES["DUR-NTX-01"].sources) == ["aura-2026"]
