"""FRAC-SINS-01 and 02: the score of the spine on every combination of its items, and when a surgeon is asked."""

from itertools import product

import pytest

from fhir_mappers.record.assessment import Sheet
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.events import Measurement, Source
from fhir_mappers.record.proposals import NewService
from fhir_mappers.record.scores import Score
from fhir_mappers.record.sites import VERTEBRAE
from fhir_mappers.record.spine_scores import part_of_spine, sins
from hooks.check import Outcome
from tests.hooks.said import cards_of, led_by
from tests.support.assessed import SINS, assessed, items, verdict
from tests.support.bedside import RULES, TODAY, Bedside, concept
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows
from tests.support.planned import planned

# The published table (Fisher 2010): each option with its points; one level stands for its group.
PUBLISHED: dict[str, dict[str, int]] = {
    "sins_location": {"vertebra_l5": 3, "vertebra_l3": 2, "vertebra_t6": 1, "vertebra_s3": 0},
    "sins_pain": {"sins_pain_mechanical": 3, "sins_pain_other": 1, "sins_pain_none": 0},
    "sins_lesion": {"lesion_lytic": 2, "lesion_mixed": 1, "lesion_blastic": 0},
    "sins_alignment": {"alignment_subluxation": 4, "alignment_deformity": 2, "alignment_normal": 0},
    "sins_collapse": {
        "collapse_over_50": 3,
        "collapse_up_to_50": 2,
        "collapse_none_body_over_50": 1,
        "collapse_none": 0,
    },
    "sins_posterior": {"posterior_bilateral": 3, "posterior_unilateral": 1, "posterior_none": 0},
}
TABLE = RULES["FRAC-SINS-01"].numbers["aura-2026"].points


def sheet(chosen: dict[str, str]) -> Sheet:
    told = {item: (Measurement(Source("x"), item, of_day(TODAY), concepts=(said,)),) for item, said in chosen.items()}
    return Sheet(told)


def test_every_combination_agrees_with_the_published_table() -> None:
    combinations = list(product(*(options.items() for options in PUBLISHED.values())))
    assert len(combinations) == 4 * 3 * 3 * 3 * 4 * 3
    for combination in combinations:
        score = sins(sheet(dict(zip(PUBLISHED, (option for option, _ in combination), strict=True))), TABLE)
        assert isinstance(score, Score)
        assert score.total == sum(points for _, points in combination)


def test_no_combination_has_a_total_while_an_item_is_open() -> None:
    whole = {item: next(iter(options)) for item, options in PUBLISHED.items()}
    for item in whole:
        assert not isinstance(sins(sheet({k: v for k, v in whole.items() if k != item}), TABLE), Score)
    assert isinstance(sins(sheet(whole), TABLE), Score)


GROUPS = {
    3: "c0 c1 c2 c7 t1 t2 t11 t12 l1 l5 s1",
    2: "c3 c4 c5 c6 l2 l3 l4",
    1: "t3 t4 t5 t6 t7 t8 t9 t10",
    0: "s2 s3 s4 s5",
}


def test_every_level_has_the_points_of_its_group() -> None:
    points = {f"vertebra_{level}": worth for worth, levels in GROUPS.items() for level in levels.split()}
    assert set(points) == set(VERTEBRAE)
    assert {level: getattr(TABLE.location, level) for level in VERTEBRAE} == points


# T5 alone has one point, everything else none: changes add to 1.
ITEMS = """
changed                                                                                            | FRAC-SINS-01             | total | FRAC-SINS-02
---------------------------------------------------------------------------------------------------+--------------------------+-------+------------------
                                                                                                   | info due                 | 1     | not-applicable
sins_pain sins_pain_mechanical, sins_lesion lesion_lytic                                           | info due                 | 6     | not-applicable   # the last stable one
sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral                                 | info due                 | 7     | warning due
sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral, sins_alignment alignment_subluxation, sins_lesion lesion_mixed | info due | 12 | warning due
sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral, sins_alignment alignment_subluxation, sins_lesion lesion_lytic | info due | 13 | critical unstable
sins_location vertebra_l1                                                                          | info due                 | 3     | not-applicable
sins_location ?                                                                                    | needs-data sins_location | -     | needs-data sins_location
sins_pain ?                                                                                        | needs-data sins_pain     | -     | needs-data sins_pain
sins_lesion ?                                                                                      | needs-data sins_lesion   | -     | needs-data sins_lesion
sins_alignment ?                                                                                   | needs-data sins_alignment | -    | needs-data sins_alignment
sins_collapse ?                                                                                    | needs-data sins_collapse | -     | needs-data sins_collapse
sins_posterior ?                                                                                   | needs-data sins_posterior | -    | needs-data sins_posterior
"""


@pytest.mark.parametrize("row", rows(ITEMS), ids=name)
def test_from_seven_points_a_surgeon_is_asked_and_from_thirteen_at_once(row: dict[str, str]) -> None:
    patient = assessed(Bedside(moment="app"), items(SINS, row["changed"]))
    assert {rule: patient.outcome(rule) for rule in ("FRAC-SINS-01", "FRAC-SINS-02")} == {
        rule: row[rule] for rule in ("FRAC-SINS-01", "FRAC-SINS-02")
    }
    assert str(patient.asks("FRAC-SINS-01").verdict.figures.get("total", "-")) == row["total"]


def test_the_level_may_be_told_without_a_sins() -> None:
    told = "vertebral_level vertebra_l3, vertebral_body_involvement 31 %"
    assert assessed(Bedside(moment="app"), told).outcome("FRAC-VERT-01") == "warning due"


def test_of_several_levels_the_one_with_most_points_counts() -> None:
    patient = assessed(Bedside(moment="app"), f"{items(SINS)}, sins_location vertebra_t10, sins_location vertebra_t11")
    assert patient.asks("FRAC-SINS-01").verdict.figures["total"] == 3


@pytest.mark.parametrize(
    ("total", "said"), [("6", "not-applicable"), ("7", "warning due"), ("13", "critical unstable")]
)
def test_a_total_may_be_entered_without_its_items(total: str, said: str) -> None:
    assert Bedside(moment="app").observed("sins_total", f"{total} @ {ago(3)}").outcome("FRAC-SINS-02") == said


UNSTABLE = "sins_pain sins_pain_mechanical, sins_posterior posterior_bilateral, sins_alignment alignment_subluxation"
ORDERED = """
draft                                                     | scored    | on file    | FRAC-SINS-02
----------------------------------------------------------+-----------+------------+---------------------------
bone_radiotherapy vertebra_t5                             | 11        |            | warning due
bone_stereotactic_radiotherapy vertebra_t5                | 13        |            | critical unstable
bone_radiotherapy site_spine                              | 13        |            | critical unstable
bone_radiotherapy                                         | 13        |            | critical unstable         # it may be there
bone_radiotherapy vertebra_l4                             | 13        |            | not-applicable            # another level
bone_radiotherapy vertebra_t7                             | 11        |            | warning due               # in the same field
bone_radiotherapy site_femur                              | 13        |            | not-applicable
bone_radiotherapy vertebra_t5                             |           |            | not-applicable            # nobody scored it
bone_radiotherapy vertebra_t5                             | open      |            | needs-data sins_collapse
bone_radiotherapy site_femur                              | open      |            | not-applicable
bone_radiotherapy vertebra_t5 sins_total 6                |           |            | not-applicable
bone_radiotherapy vertebra_t5 sins_total 7                |           |            | warning due               # told by the order
bone_radiotherapy vertebra_t5 sins_total 13               |           |            | critical unstable
bone_radiotherapy vertebra_t5                             | 13        | opinion 30 | satisfied
bone_radiotherapy vertebra_t5                             | 13        | opinion 31 | critical unstable
bone_radiotherapy vertebra_t5                             | 11        | asked 30   | satisfied
bone_radiotherapy vertebra_t5                             | 11        | asked 31   | warning due
bone_radiotherapy vertebra_t5                             | 11        | booked     | satisfied
bone_radiotherapy vertebra_t5                             | 13 old    |            | not-applicable            # 31 days ago
"""
_SCORED = {"11": UNSTABLE, "13": f"{UNSTABLE}, sins_lesion lesion_lytic", "open": f"{UNSTABLE}, sins_collapse ?"}


@pytest.mark.parametrize("row", rows(ORDERED), ids=name)
def test_radiotherapy_of_an_unstable_spine(row: dict[str, str]) -> None:
    patient = Bedside()
    kind, _, old = row["scored"].partition(" ")
    if kind:
        assessed(patient, items(SINS, _SCORED[kind]), 31 if old else 30)
    verb, _, days = row["on file"].partition(" ")
    if verb == "opinion":
        patient.done("surgical_opinion", ago(days))
    elif verb == "asked":
        row_sent = {"status": "active", "intent": "order", "code": concept("neurosurgery_consultation")}
        patient.add("serviceRequests", "ServiceRequest", {**row_sent, "authoredOn": ago(days)})
    elif verb == "booked":
        booked(patient, "neurosurgery_consultation", ago(-2))
    what, _, rest = row["draft"].partition(" ")
    site, _, details = rest.partition(" ")
    assert planned(patient, what, site=site, details=details).outcome("FRAC-SINS-02") == row["FRAC-SINS-02"]


def test_of_two_levels_scored_the_one_that_is_irradiated_counts() -> None:
    patient = assessed(Bedside(), items(SINS, _SCORED["13"]), 9)
    assessed(patient, items(SINS, "sins_location vertebra_l4"), 2)
    assert planned(patient, "bone_radiotherapy", site="vertebra_t5").outcome("FRAC-SINS-02") == "critical unstable"
    patient.drafts.clear()
    assert planned(patient, "bone_radiotherapy", site="vertebra_l4").outcome("FRAC-SINS-02") == "not-applicable"


@pytest.mark.parametrize(("kind", "item"), [("11", "neurosurgery_consultation"), ("13", "neurosurgery_now")])
def test_the_opinion_is_asked_for_at_once_where_the_spine_is_unstable(kind: str, item: str) -> None:
    patient = assessed(Bedside(moment="app"), items(SINS, _SCORED[kind]))
    assert patient.asks("FRAC-SINS-02").verdict.proposals == (NewService((item,)),)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_card_of_an_unstable_spine_orders_the_opinion_and_never_speaks_of_fracture_risk_by_sins(
    language: str,
) -> None:
    patient = planned(assessed(Bedside(), items(SINS, _SCORED["13"])), "bone_radiotherapy", site="vertebra_t5")
    card = led_by(cards_of(patient, language), "FRAC-SINS-02")
    (action,) = (card.suggestions or ())[0].actions or ()
    assert (action.resource or {})["priority"] == "stat"
    assert "13" in card.summary


PARTS = """
lysis | level                    | FRAC-VERT-01
------+--------------------------+---------------------------
31 %  | vertebra_l3              | warning due
30 %  | vertebra_l3              | satisfied                  # not above
50 %  | vertebra_t8              | warning thoracic
49.9 %| vertebra_t8              | warning grey
40 %  | vertebra_t8              | warning grey
39.9 %| vertebra_t8              | satisfied
35 %  | vertebra_t12, vertebra_l1 | warning due               # the stricter threshold
60 %  | vertebra_c4              | info elsewhere
60 %  | vertebra_s2              | info elsewhere
60 %  | ?                        | needs-data sins_location
?     | vertebra_l3              | needs-data vertebral_body_involvement
"""


@pytest.mark.parametrize("row", rows(PARTS), ids=name)
def test_a_body_destroyed_beyond_the_threshold_of_its_level(row: dict[str, str]) -> None:
    told = [f"sins_location {level.strip()}" for level in row["level"].split(",") if level != "?"]
    told += [f"vertebral_body_involvement {row['lysis']}"] if row["lysis"] != "?" else []
    patient = assessed(Bedside(moment="app"), ", ".join(told))
    assert patient.outcome("FRAC-VERT-01") == row["FRAC-VERT-01"]


PILLARS = """
body  | pedicle | posterior | FRAC-PILLAR-01
------+---------+-----------+-------------------------------------------
true  | true    | true      | warning due
true  | true    |           | warning due                # the third cannot change it
true  | false   | true      | warning due
true  | false   | false     | satisfied
true  | false   |           | needs-data transverse_or_posterior_involved
true  |         |           | needs-data pedicle_involved,transverse_or_posterior_involved
false | false   |           | satisfied                  # two are out of reach
      |         |           | not-applicable
"""


@pytest.mark.parametrize("row", rows(PILLARS), ids=name)
def test_several_pillars_add_to_the_risk(row: dict[str, str]) -> None:
    pillars = {"body": "vertebral_body_involved", "pedicle": "pedicle_involved"}
    pillars["posterior"] = "transverse_or_posterior_involved"
    told = ", ".join(f"{what} {row[cell]}" for cell, what in pillars.items() if row[cell])
    patient = assessed(Bedside(moment="app"), told) if told else Bedside(moment="app")
    assert patient.outcome("FRAC-PILLAR-01") == row["FRAC-PILLAR-01"]
    assert verdict(patient.record(), "FRAC-PILLAR-01").said_by in (None, "FRAC-VERT-01")


def test_nothing_is_asked_of_a_patient_whose_spine_nobody_scored() -> None:
    record = Bedside(moment="app").ill("bone_metastasis", ago(90)).record()
    for rule in ("FRAC-SINS-01", "FRAC-SINS-02", "FRAC-VERT-01", "FRAC-PILLAR-01"):
        assert verdict(record, rule).outcome is Outcome.NOT_APPLICABLE
    assert part_of_spine(("vertebra_t3", "vertebra_c7")) == "thoracic"
