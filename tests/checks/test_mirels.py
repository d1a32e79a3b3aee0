"""FRAC-MIRELS-01 to 04: the score of a long bone on every combination of its items, and what follows from it."""

from itertools import product

import pytest

from fhir_mappers.record.proposals import NewService
from hooks.check import Outcome
from tests.support.assessed import MIRELS, assessed, items, verdict
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows
from tests.support.planned import planned

# The published table (Mirels 1989), row by row: one, two and three points.
PUBLISHED = {
    "mirels_site": ("mirels_upper_limb", "mirels_lower_limb", "mirels_trochanteric"),
    "mirels_size_fraction": ("0.2 1", "0.5 1", "0.8 1"),
    "mirels_lesion_type": ("lesion_blastic", "lesion_mixed", "lesion_lytic"),
    "mirels_pain": ("mirels_pain_mild", "mirels_pain_moderate", "mirels_pain_functional"),
}
FOLLOWS = {
    **dict.fromkeys(range(4, 8), "FRAC-MIRELS-02"),
    8: "FRAC-MIRELS-03",
    **dict.fromkeys(range(9, 13), "FRAC-MIRELS-04"),
}


def scored(changes: str = "", days: int = 2, moment: str = "app") -> Bedside:
    return assessed(Bedside(moment=moment), items(MIRELS, changes), days)


@pytest.mark.parametrize("points", list(product((1, 2, 3), repeat=4)), ids=str)
def test_every_combination_agrees_with_the_published_table(points: tuple[int, ...]) -> None:
    chosen = {item: row[point - 1] for (item, row), point in zip(PUBLISHED.items(), points, strict=True)}
    record = assessed(Bedside(moment="app"), items(chosen)).record()
    assert verdict(record, "FRAC-MIRELS-01").figures["total"] == sum(points)
    speaking = [rule for rule in set(FOLLOWS.values()) if verdict(record, rule).outcome is Outcome.DUE]
    assert speaking == [FOLLOWS[sum(points)]]


ITEMS = """
changed                              | FRAC-MIRELS-01                                   | total
-------------------------------------+--------------------------------------------------+------
                                     | info due                                         | 7
mirels_size_fraction 0 1             | info due                                         | 6
mirels_size_fraction 0.33 1          | info due                                         | 6      # below one third
mirels_size_fraction 0.333 1         | info due                                         | 7      # one third
mirels_size_fraction 0.667 1         | info due                                         | 7      # two thirds
mirels_size_fraction 0.668 1         | info due                                         | 8
mirels_size_fraction 70 %            | info due                                         | 8
mirels_size_fraction 1 1             | info due                                         | 8
mirels_pain mirels_pain_none         | info due                                         | 7      # as mild
mirels_site ?                        | needs-data mirels_site                           |
mirels_size_fraction ?               | needs-data mirels_size_fraction                  |
mirels_lesion_type ?                 | needs-data mirels_lesion_type                    |
mirels_pain ?                        | needs-data mirels_pain                           |
mirels_pain ?, mirels_site ?         | needs-data mirels_site,mirels_pain               |
mirels_pain                          | needs-data mirels_pain                           |        # asked, left open
mirels_pain unknown                  | needs-data mirels_pain                           |
mirels_size_fraction 1.2 1           | needs-data mirels_size_fraction                  |        # not plausible
mirels_size_fraction <0.5 1          | needs-data mirels_size_fraction                  |
mirels_lesion_type sins_pain_none    | needs-data mirels_lesion_type                    |        # no option of the item
mirels_site mirels_spine             | info elsewhere                                   |
mirels_site mirels_pelvis            | info elsewhere                                   |
"""


@pytest.mark.parametrize("row", rows(ITEMS), ids=name)
def test_there_is_no_total_while_an_item_is_open(row: dict[str, str]) -> None:
    patient = scored(row["changed"])
    assert patient.outcome("FRAC-MIRELS-01") == row["FRAC-MIRELS-01"]
    if row["total"]:
        assert str(patient.asks("FRAC-MIRELS-01").verdict.figures["total"]) == row["total"]
    else:
        others = {patient.asks(rule).verdict.outcome for rule in set(FOLLOWS.values())}
        assert others == {Outcome.NOT_APPLICABLE if "elsewhere" in row["FRAC-MIRELS-01"] else Outcome.UNDECIDED}


FOLLOWING = """
changed                                                                     | survival   | FRAC-MIRELS-02 | FRAC-MIRELS-03 | FRAC-MIRELS-04
----------------------------------------------------------------------------+------------+----------------+----------------+------------------------
mirels_lesion_type lesion_mixed                                             | 12 mo      | info due       | not-applicable | not-applicable           # 7
mirels_lesion_type lesion_lytic                                             | 12 mo      | not-applicable | warning due    | not-applicable           # 8
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | 12 mo      | not-applicable | not-applicable | warning due              # 9
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | 3.1 mo     | not-applicable | not-applicable | warning due
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | 3 mo       | not-applicable | not-applicable | info short               # exactly three months
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | >3 mo      | not-applicable | not-applicable | warning due
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | <6 mo      | not-applicable | not-applicable | warning survival_unknown
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | 1 mo       | not-applicable | not-applicable | info short
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           |            | not-applicable | not-applicable | warning survival_unknown
mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate           | 12 mo old  | not-applicable | not-applicable | warning survival_unknown # told 31 days ago
"""


@pytest.mark.parametrize("row", rows(FOLLOWING), ids=name)
def test_what_follows_from_the_total(row: dict[str, str]) -> None:
    patient = scored(row["changed"])
    told = row["survival"].removesuffix(" old")
    if told:
        patient.observed("survival_estimate", f"{told} @ {ago(31 if row['survival'].endswith('old') else 30)}")
    assert {rule: patient.outcome(rule) for rule in row if rule.startswith("FRAC")} == {
        rule: said for rule, said in row.items() if rule.startswith("FRAC")
    }


HIGH = "mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_functional"
ORDERED = """
draft                                                  | scored                  | on file                  | FRAC-MIRELS-04
-------------------------------------------------------+-------------------------+--------------------------+-------------------------
bone_radiotherapy site_femur                           | lower                   |                          | warning due
bone_stereotactic_radiotherapy site_femur              | lower                   |                          | warning due
bone_radiotherapy site_trochanteric                    | lower                   |                          | warning due
bone_radiotherapy site_humerus                         | lower                   |                          | not-applicable          # another bone
bone_radiotherapy site_humerus                         | upper                   |                          | warning due
bone_radiotherapy site_femur                           | upper                   |                          | not-applicable
bone_radiotherapy site_spine                           | lower                   |                          | not-applicable
bone_radiotherapy                                      | lower                   |                          | warning due             # it may be this bone
bone_radiotherapy site_femur                           | old                     |                          | not-applicable          # 31 days ago
bone_radiotherapy site_femur                           |                         |                          | not-applicable          # RT-FXEXCL-01 asks for it
bone_radiotherapy site_femur                           | open                    |                          | needs-data mirels_pain
bone_radiotherapy site_spine                           | open                    |                          | not-applicable
zometa                                                 | lower                   |                          | not-applicable
bone_radiotherapy site_femur                           | lower                   | opinion 30               | satisfied
bone_radiotherapy site_femur                           | lower                   | opinion 31               | warning due
bone_radiotherapy site_femur                           | lower                   | asked 30                 | satisfied
bone_radiotherapy site_femur                           | lower                   | asked 31                 | warning due
bone_radiotherapy site_femur                           | lower                   | booked                   | satisfied
bone_radiotherapy site_femur                           | lower                   | fixed 60                 | satisfied
bone_radiotherapy site_femur                           | lower                   | fixed 61                 | warning due
bone_radiotherapy site_femur                           | lower                   | fixed elsewhere          | warning due
bone_radiotherapy site_femur rt_post_operative true    | lower                   |                          | satisfied
bone_radiotherapy site_femur rt_intent intent_post_operative | lower             |                          | satisfied
bone_radiotherapy site_femur rt_intent intent_palliative | lower                 |                          | warning due
bone_radiotherapy site_femur mirels_total 9            |                         |                          | warning due             # told by the order
bone_radiotherapy site_femur mirels_total 8            |                         |                          | not-applicable
bone_radiotherapy site_femur mirels_total 9            | total 4                 |                          | warning due             # the order wins
bone_radiotherapy site_femur                           | total 9                 |                          | warning due
bone_radiotherapy site_femur                           | total 13                |                          | needs-data mirels_total # impossible
bone_radiotherapy site_femur                           | total 3                 |                          | needs-data mirels_total # impossible
bone_radiotherapy site_femur                           | lower                   | ?                        | needs-data surgical_opinion,bone_metastasis_surgery
"""
_SCORED = {
    "lower": HIGH,
    "upper": f"{HIGH}, mirels_site mirels_upper_limb",
    "old": HIGH,
    "open": f"{HIGH}, mirels_pain ?",
}


def ordered(row: dict[str, str]) -> Bedside:
    patient = Bedside().observed("survival_estimate", f"12 mo @ {ago(3)}")
    kind, _, number = row["scored"].partition(" ")
    if kind == "total":
        patient.observed("mirels_total", f"{number} @ {ago(3)}")
    elif kind:
        assessed(patient, items(MIRELS, _SCORED[kind]), 31 if kind == "old" else 30)
    verb, _, days = row["on file"].partition(" ")
    if verb in ("opinion", "asked"):
        _opinion(patient, verb, days)
    elif verb == "booked":
        booked(patient, "surgical_opinion", ago(-3))
    elif verb == "fixed":
        site = "site_humerus" if days == "elsewhere" else "site_femur"
        patient.done("prophylactic_fixation", ago(9 if days == "elsewhere" else days), bodySite=[concept(site)])
    what, _, rest = row["draft"].partition(" ")
    if what == "zometa":
        return patient.drafts_order("zometa", "4 mg")
    site, _, details = rest.partition(" ")
    planned(patient, what, site=site, details=details)
    return patient.without("procedures", "serviceRequests", "appointments") if verb == "?" else patient


def _opinion(patient: Bedside, verb: str, days: str) -> Bedside:
    if verb == "opinion":
        return patient.done("surgical_opinion", ago(days))
    row = {"status": "active", "intent": "order", "code": concept("orthopaedic_referral"), "authoredOn": ago(days)}
    return patient.add("serviceRequests", "ServiceRequest", row)


@pytest.mark.parametrize("row", rows(ORDERED), ids=name)
def test_radiotherapy_of_a_bone_likely_to_break(row: dict[str, str]) -> None:
    assert ordered(row).outcome("FRAC-MIRELS-04") == row["FRAC-MIRELS-04"]


def test_of_two_lesions_the_items_are_never_mixed() -> None:
    patient = scored(f"{HIGH}, mirels_pain ?", days=1)
    assessed(patient, items(MIRELS), 5)
    assert patient.outcome("FRAC-MIRELS-01") == "needs-data mirels_pain"
    loose = Bedside(moment="app").observed("mirels_pain", f"mirels-pain-mild @ {ago(9)}")
    assert assessed(loose, "mirels_site mirels_lower_limb").outcome("FRAC-MIRELS-01").startswith("needs-data")


def test_items_may_come_as_single_observations_the_newest_of_each() -> None:
    patient = Bedside(moment="app").observed("mirels_size_fraction", f"0.5 1 @ {ago(3)}")
    for item, said in (("mirels_site", "lower-limb"), ("mirels_pain", "pain-mild")):
        patient.observed(item, f"mirels-{said} @ {ago(9)}")
    patient.observed("mirels_lesion_type", f"lesion-mixed @ {ago(9)}").observed(
        "mirels_lesion_type", f"lesion-lytic @ {ago(4)}"
    )
    assert patient.asks("FRAC-MIRELS-01").verdict.figures["total"] == 8
    assert patient.outcome("FRAC-MIRELS-03") == "warning due"
    patient.observed("mirels_size_fraction", f"0.9 1 @ {ago(3)}")
    assert patient.outcome("FRAC-MIRELS-01") == "needs-data mirels_size_fraction", "two answers at once are none"


def test_a_total_that_is_no_whole_number_is_none() -> None:
    assert Bedside().observed("mirels_total", f"8.5 @ {ago(3)}").outcome("FRAC-MIRELS-01") == "needs-data mirels_total"


@pytest.mark.parametrize(("survival", "item"), [("12 mo", "orthopaedic_referral"), ("2 mo", "bone_tumour_board")])
def test_who_is_asked(survival: str, item: str) -> None:
    patient = scored(HIGH).observed("survival_estimate", f"{survival} @ {ago(3)}")
    assert patient.asks("FRAC-MIRELS-04").verdict.proposals == (NewService((item,)),)


@pytest.mark.parametrize(("survival", "notes"), [("5 wk", ("last_weeks",)), ("6 wk", ()), ("2 mo", ())])
def test_six_weeks_are_not_less_than_six_weeks(survival: str, notes: tuple[str, ...]) -> None:
    patient = scored(HIGH).observed("survival_estimate", f"{survival} @ {ago(3)}")
    assert patient.asks("FRAC-MIRELS-04").verdict.notes == notes


def test_an_open_request_to_the_board_answers_eight_points() -> None:
    patient = scored("mirels_lesion_type lesion_lytic")
    asked = {"status": "active", "intent": "order", "code": concept("bone_tumour_board_request"), "authoredOn": ago(30)}
    assert patient.outcome("FRAC-MIRELS-03") == "warning due"
    assert patient.add("serviceRequests", "ServiceRequest", asked).outcome("FRAC-MIRELS-03") == "satisfied"


@pytest.mark.parametrize("edition", ["aura-intermediate", "aura-earlier"])
def test_the_chapter_is_in_one_edition_only(edition: str) -> None:
    assert scored(HIGH).asks("FRAC-MIRELS-04", edition).because == "not-in-edition"


def test_of_two_orders_the_one_that_needs_a_surgeon_speaks() -> None:
    patient = assessed(Bedside(), items(MIRELS, HIGH)).observed("survival_estimate", f"12 mo @ {ago(3)}")
    planned(patient, "bone_radiotherapy", site="site_femur", details="rt_post_operative true")
    assert patient.outcome("FRAC-MIRELS-04") == "satisfied"
    assert planned(patient, "bone_radiotherapy", site="site_tibia").outcome("FRAC-MIRELS-04") == "warning due"


def test_without_data_the_order_is_not_called_safe() -> None:
    patient = planned(
        Bedside().without("questionnaireResponses", "observations"), "bone_radiotherapy", site="site_femur"
    )
    assert patient.asks("FRAC-MIRELS-04").verdict.outcome is Outcome.UNDECIDED


def test_of_two_bones_scored_the_one_that_is_irradiated_counts() -> None:
    patient = assessed(Bedside(), items(MIRELS, HIGH), 9)
    assessed(patient, items(MIRELS, "mirels_site mirels_upper_limb"), 2)
    patient.observed("survival_estimate", f"12 mo @ {ago(3)}")
    assert planned(patient, "bone_radiotherapy", site="site_femur").outcome("FRAC-MIRELS-04") == "warning due"
    patient.drafts.clear()
    assert planned(patient, "bone_radiotherapy", site="site_humerus").outcome("FRAC-MIRELS-04") == "not-applicable"


def test_the_same_bone_scored_again_has_its_newest_score() -> None:
    patient = assessed(assessed(Bedside(), items(MIRELS, HIGH), 9), items(MIRELS), 2)
    assert planned(patient, "bone_radiotherapy", site="site_femur").outcome("FRAC-MIRELS-04") == "not-applicable"


@pytest.mark.parametrize("site", ["", "site_femur"])
def test_a_score_of_the_spine_is_of_no_limb(site: str) -> None:
    patient = assessed(Bedside(), items(MIRELS, f"{HIGH}, mirels_site mirels_spine"))
    assert planned(patient, "bone_radiotherapy", site=site).outcome("FRAC-MIRELS-04") == "not-applicable"
