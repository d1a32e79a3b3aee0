"""SPINE-CI-01, SPINE-RTPRE-01, SPINE-POSTRT-01, SPINE-DEC-01: surgery of a spinal metastasis."""

import pytest

from fhir_mappers.record.proposals import Names
from hooks.check import Outcome
from tests.hooks.said import cards_of, led_by
from tests.support.assessed import SINS, assessed, items, verdict
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

FIT = {
    "survival_estimate": "12 mo",
    "karnofsky_performance": "80 %",
    "severe_immunosuppression": "false",
    "spine_segments_involved": "2",
    "visceral_or_brain_dissemination": "false",
}
CANDIDATES = """
changed                                                            | on file          | SPINE-CI-01                          | points
-------------------------------------------------------------------+------------------+--------------------------------------+---------------------------------
                                                                   |                  | satisfied                            |
survival_estimate 2.9 mo                                           |                  | warning due                          | short_life
survival_estimate 3 mo                                             |                  | satisfied                            |            # exactly three
survival_estimate 12 wk                                            |                  | warning due                          | short_life
karnofsky_performance 40 %                                         |                  | warning due                          | poor_condition
karnofsky_performance 50 %                                         |                  | satisfied                            |
severe_immunosuppression true                                      |                  | warning due                          | immunosuppressed
spine_segments_involved 3                                          |                  | warning due                          | three_segments
visceral_or_brain_dissemination true                               |                  | warning due                          | disseminated
visceral_or_brain_dissemination true, actionable_mutation false    |                  | warning due                          | disseminated
visceral_or_brain_dissemination true, actionable_mutation true     |                  | info treatable                       | disseminated
visceral_or_brain_dissemination true, actionable_mutation true, karnofsky_performance 30 % | | warning due                     | poor_condition,disseminated
visceral_or_brain_dissemination ?                                  | brain_metastasis | warning due                          | disseminated
visceral_or_brain_dissemination false                              | liver_metastasis | warning due                          | disseminated
survival_estimate ?                                                |                  | needs-data life_expectancy           |
karnofsky_performance ?                                            |                  | needs-data karnofsky                 |
severe_immunosuppression ?                                         |                  | needs-data severe_immunosuppression  |
spine_segments_involved ?                                          |                  | needs-data spine_segments_involved   |
visceral_or_brain_dissemination ?                                  |                  | needs-data visceral_or_brain_dissemination |
survival_estimate ?, karnofsky_performance 20 %                    |                  | warning due                          | poor_condition # one is enough
"""


@pytest.mark.parametrize("moment", ["app", "order-select"])
@pytest.mark.parametrize("row", rows(CANDIDATES), ids=name)
def test_who_is_refused_surgery_of_the_spine(row: dict[str, str], moment: str) -> None:
    patient = assessed(Bedside(moment=moment), items(FIT, row["changed"]))
    if row["on file"]:
        patient.ill(row["on file"], ago(90))
    if moment == "order-select":
        planned(patient, "spine_surgery", site="vertebra_t5")
    assert patient.outcome("SPINE-CI-01") == row["SPINE-CI-01"]
    if row["points"]:
        assert patient.asks("SPINE-CI-01").verdict.figures["points"] == Names(tuple(row["points"].split(",")))


def test_nobody_is_judged_for_surgery_nobody_asks_for() -> None:
    unfit = items(FIT, "karnofsky_performance 20 %")
    ordering = assessed(Bedside(moment="order-select"), unfit)
    assert ordering.outcome("SPINE-CI-01") == "not-applicable"
    assert planned(ordering, "bone_radiotherapy", site="site_spine").outcome("SPINE-CI-01") == "not-applicable"
    told = Bedside(moment="app").observed("karnofsky", f"20 {{score}} @ {ago(2)}")
    assert told.outcome("SPINE-CI-01") == "not-applicable"
    assert planned(Bedside(moment="order-select"), "spine_surgery").outcome("SPINE-CI-01").startswith("needs-data")


def test_old_answers_are_asked_again() -> None:
    at = planned(assessed(Bedside(moment="order-select"), items(FIT), 31), "spine_surgery")
    missing = {gap.what for gap in at.asks("SPINE-CI-01").verdict.missing}
    assert missing == {"life_expectancy", "karnofsky", "severe_immunosuppression"}, "the extent counts 120 days"


RAYS = """
surgery      | earlier                     | SPINE-RTPRE-01
-------------+-----------------------------+----------------
vertebra_t5  | bone_radiotherapy vertebra_t5 | info due
vertebra_t5  | radiotherapy site_spine     | info due
             | radiotherapy vertebra_t5    | info due
vertebra_t5  | bone_radiotherapy vertebra_l4 | satisfied
vertebra_t5  | bone_radiotherapy site_femur | satisfied
vertebra_t5  | bone_radiotherapy           | info unplaced
vertebra_t5  | radiotherapy                | satisfied        # of anything
vertebra_t5  |                             | satisfied
"""


@pytest.mark.parametrize("row", rows(RAYS), ids=name)
def test_a_vertebra_irradiated_before_is_remarked(row: dict[str, str]) -> None:
    patient = Bedside(moment="order-select")
    what, _, site = row["earlier"].partition(" ")
    if what:
        patient.done(what, ago(400), **({"bodySite": [concept(site)]} if site else {}))
    planned(patient, "spine_surgery", site=row["surgery"])
    assert patient.outcome("SPINE-RTPRE-01") == row["SPINE-RTPRE-01"]


def test_earlier_radiotherapy_is_a_line_for_surgery_of_the_spine_only() -> None:
    patient = Bedside(moment="order-select").done("bone_radiotherapy", ago(90), bodySite=[concept("vertebra_t5")])
    assert planned(patient, "bone_metastasis_surgery", site="site_femur").outcome("SPINE-RTPRE-01") == "not-applicable"


OPERATED = """
operated               | irradiated  | case
-----------------------+-------------+-----------
spine_surgery 60       |             | due
spine_surgery 61       |             |
bone_metastasis_surgery 9 |          |
spine_surgery 9        | vertebra_t5 | irradiated
spine_surgery 9        | site_femur  | due
"""


@pytest.mark.parametrize("row", rows(OPERATED), ids=name)
def test_the_line_on_radiotherapy_after_surgery_stands_only_beside_its_rule(row: dict[str, str]) -> None:
    """SPINE-POSTRT-01: ``warning due``, or ``info irradiated``, as a line of RT-POSTOP-01."""
    what, days = row["operated"].split()
    patient = Bedside(moment="encounter-discharge").done(what, ago(days))
    if row["irradiated"]:
        patient.done("radiotherapy", ago(400), bodySite=[concept(row["irradiated"])])
    found = verdict(patient.record(), "SPINE-POSTRT-01")
    assert (found.outcome is Outcome.DUE) == bool(row["case"])
    if row["case"]:
        assert (found.case, found.only_beside, found.said_by) == (row["case"], "RT-POSTOP-01", "RT-POSTOP-01")


WHOLE = {**FIT, **SINS, "frankel_grade": "frankel_d2", "actionable_mutation": "false"}
CRITERIA = """
changed                   | SPINE-DEC-01                     | survival
--------------------------+----------------------------------+----------------
                          | info due                         | survival_middle     # exactly twelve months
survival_estimate 2.9 mo  | info due                         | survival_short
survival_estimate 3 mo    | info due                         | survival_middle     # exactly three months
survival_estimate 12.1 mo | info due                         | survival_long
survival_estimate >3 mo   | needs-data survival_estimate     |
survival_estimate ?       | needs-data life_expectancy       |
karnofsky_performance ?   | needs-data karnofsky             |
frankel_grade ?           | needs-data frankel_grade         |
actionable_mutation ?     | needs-data actionable_mutation   |
sins_pain ?               | needs-data sins_total            |
"""


@pytest.mark.parametrize("row", rows(CRITERIA), ids=name)
def test_the_criteria_of_the_decision_are_summed_up_or_asked_for(row: dict[str, str]) -> None:
    patient = assessed(Bedside(moment="app"), items(WHOLE, row["changed"]))
    assert patient.outcome("SPINE-DEC-01") == row["SPINE-DEC-01"]
    if row["survival"]:
        assert patient.asks("SPINE-DEC-01").verdict.figures["lives"] == Names((row["survival"],))


def test_the_criteria_are_summed_up_in_the_app_only() -> None:
    patient = planned(assessed(Bedside(moment="order-select"), items(WHOLE)), "spine_surgery")
    assert patient.outcome("SPINE-DEC-01") == "not-applicable"
    assert Bedside(moment="app").outcome("SPINE-DEC-01") == "not-applicable"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_card_names_what_speaks_against_surgery_and_leaves_it_to_the_surgeon(language: str) -> None:
    patient = assessed(Bedside(moment="order-select"), items(FIT, "survival_estimate 2 mo, karnofsky_performance 30 %"))
    card = led_by(cards_of(planned(patient, "spine_surgery"), language), "SPINE-CI-01")
    assert card.indicator.value == "warning"
    assert card.suggestions is None
    assert {"en": "short survival and poor condition", "fr": "survie courte et état altéré"}[language] in card.summary
