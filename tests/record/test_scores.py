"""Scores as numbers, for the rules of other chapters that compare them; and the answers of one assessment."""

from fractions import Fraction

import pytest

from fhir_mappers.record.answer import ABSENT, Known, Missing
from fhir_mappers.record.assessment import sheet
from fhir_mappers.record.quantity import Quantity, Span
from fhir_mappers.record.scores import mirels_total
from fhir_mappers.record.spine_scores import sins_total
from tests.support.assessed import MIRELS, SINS, assessed, items
from tests.support.bedside import RULES, Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

LIMB = RULES["FRAC-MIRELS-01"].numbers["aura-2026"].points
SPINE = RULES["FRAC-SINS-01"].numbers["aura-2026"].points


def test_a_score_is_the_sum_of_its_items_or_the_total_that_was_told() -> None:
    record = assessed(Bedside(), f"{items(MIRELS)}, {items(SINS)}").record()
    assert [_of(mirels_total(record, None, LIMB)), _of(sins_total(record, None, SPINE))] == [7, 1]
    told = Bedside().observed("mirels_total", f"9 @ {ago(2)}").observed("sins_total", f"13 @ {ago(2)}").record()
    assert [_of(mirels_total(told, None, LIMB)), _of(sins_total(told, None, SPINE))] == [9, 13]


def test_what_the_order_tells_wins() -> None:
    patient = planned(
        assessed(Bedside(), items(MIRELS)), "bone_radiotherapy", details="mirels_pain mirels_pain_functional"
    )
    record = patient.record()
    assert _of(mirels_total(record, record.drafts[0], LIMB)) == 9


OWN = """
order                                                       | form                         | Mirels
------------------------------------------------------------+------------------------------+-------
site_femur                                                  |                              | 7
site_femur mirels_total 9                                   |                              | 9        # newer than the items of the form
site_femur mirels_total 9, mirels_pain mirels_pain_moderate |                              | 8        # items of its own
site_humerus                                                |                              | none     # another bone
site_humerus                                                | mirels_site mirels_upper_limb | 6
site_femur                                                  | mirels_site mirels_pelvis    | none     # not made for it
site_rib                                                    |                              | none
                                                            |                              | 7        # it may be this bone
"""


@pytest.mark.parametrize("row", rows(OWN), ids=name)
def test_the_score_of_the_bone_that_is_treated(row: dict[str, str]) -> None:
    site, _, details = row["order"].partition(" ")
    patient = planned(assessed(Bedside(), items(MIRELS, row["form"])), "bone_radiotherapy", site=site, details=details)
    record = patient.record()
    assert str(_of(mirels_total(record, record.drafts[0], LIMB)) or "none") == row["Mirels"]


LEVELS = """
order                          | SINS
-------------------------------+-------
vertebra_t5                    | 1
vertebra_t5 sins_total 13      | 13
vertebra_l4                    | none
site_femur                     | none
                               | 1
"""


@pytest.mark.parametrize("row", rows(LEVELS), ids=name)
def test_the_score_of_the_levels_that_are_treated(row: dict[str, str]) -> None:
    site, _, details = row["order"].partition(" ")
    patient = planned(assessed(Bedside(), items(SINS)), "bone_radiotherapy", site=site, details=details)
    record = patient.record()
    assert str(_of(sins_total(record, record.drafts[0], SPINE)) or "none") == row["SINS"]


def test_how_old_a_score_may_be() -> None:
    record = assessed(Bedside(), items(MIRELS), 9).record()
    found = [mirels_total(record, None, LIMB, Quantity.of(f"{days} d")) for days in (8, 9)]
    assert [_of(reading) for reading in found] == [None, 7]


def test_without_a_total_it_is_missing_under_its_own_name() -> None:
    nothing, unsent = Bedside().record(), Bedside().without("observations").record()
    for record, why in ((nothing, ABSENT), (unsent, "not-fetched")):
        found = [mirels_total(record, None, LIMB), sins_total(record, None, SPINE)]
        assert [(gap.what, gap.why) for gap in found if isinstance(gap, Missing)] == [
            ("mirels_total", why),
            ("sins_total", why),
        ]


def test_a_provisional_answer_is_none_and_an_old_one_is_said_to_be_old() -> None:
    patient = Bedside().observed("mirels_total", f"9 @ {ago(2)}", status="preliminary")
    assert isinstance(sheet(patient.record(), "mirels_total").number("mirels_total"), Missing)
    old = sheet(Bedside().observed("mirels_total", f"9 @ {ago(31)}").record(), "mirels_total").number("mirels_total")
    assert isinstance(old, Missing)
    assert (old.why, old.last.value if old.last else "") == ("too-old", "9")


def test_a_flag_that_says_nothing_and_two_flags_at_once() -> None:
    record = assessed(Bedside(), "pedicle_involved lesion_lytic").record()
    assert sheet(record, "pedicle_involved").flag("pedicle_involved").is_unknown
    both = Bedside().observed("pedicle_involved", f"false @ {ago(2)}").observed("pedicle_involved", f"true @ {ago(2)}")
    assert sheet(both.record(), "pedicle_involved").flag("pedicle_involved").is_yes


def test_a_form_without_any_of_the_items_was_not_begun() -> None:
    form = sheet(assessed(Bedside(), "pedicle_involved true").record(), "mirels_pain", "mirels_site")
    assert form.begun("mirels_pain").is_no
    assert form.begun().is_no


def _of(reading: Known[Span] | Missing) -> int | Fraction | None:
    return int(reading.value.low) if isinstance(reading, Known) else None
