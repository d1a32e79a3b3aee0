"""FRAC-CORT-01 and FRAC-TOKU-01: the cortex on CT, and an obsolete score that decides nothing."""

from itertools import product

import pytest

from hooks.limits import load_rules
from hooks.registry import CHECKS
from hooks.texts import load_texts
from tests.hooks.said import cards_of, led_by
from tests.support.assessed import MIRELS, assessed, items, verdict
from tests.support.bedside import Bedside
from tests.support.chart import ago
from tests.support.drawn import name, rows

HIGH = "mirels_lesion_type lesion_lytic, mirels_pain mirels_pain_moderate"
CORTEX = """
axial  | length | around | mirels    | FRAC-CORT-01                                               | notes
-------+--------+--------+-----------+------------------------------------------------------------+-----------
31 %   | 10 mm  | 51 %   | 9         | warning due                                                |
30 %   | 10 mm  | 51 %   | 9         | info published                                             |            # equal to 30 % is not met
31 %   | 10 mm  | 50 %   | 9         | satisfied                                                  |            # equal to 50 % is not met
31 %   | 30 mm  | 50 %   | 9         | satisfied                                                  |            # equal to 30 mm is not met
31 %   | 31 mm  | 50 %   | 9         | info published                                             |
31 %   | 3.1 cm | 50 %   | 9         | info published                                             |
31 %   | 10 mm  | 51 %   | 8         | info published                                             |            # Mirels below 9
10 %   | 31 mm  | 10 %   | 7         | info published                                             |
10 %   | 10 mm  | 10 %   | 9         | satisfied                                                  |
31 %   | 10 mm  | 51 %   | open      | info published                                             | score_open
31 %   | 10 mm  | 51 %   |           | info published                                             | score_open
31 %   | 31 mm  |        | 9         | info published                                             |            # length alone is enough
31 %   |        | 51 %   | 9         | warning due                                                |
20 %   |        | 20 %   | 9         | needs-data cortical_axial_length                           |
20 %   | 20 mm  |        | 9         | needs-data cortical_circumference                          |
31 %   |        |        | 7         | needs-data cortical_axial_length,cortical_circumference    |
       |        |        | 9         | not-applicable                                             |            # no CT
31 %   | 31 mm  | 51 %   | spine     | not-applicable                                             |
"""
_SCORED = {"7": "", "8": "mirels_lesion_type lesion_lytic", "9": HIGH, "open": f"{HIGH}, mirels_pain ?"}
_SCORED["spine"] = "mirels_site mirels_spine"


@pytest.mark.parametrize("row", rows(CORTEX), ids=name)
def test_a_cortex_destroyed_beyond_the_printed_or_the_published_limits(row: dict[str, str]) -> None:
    told = [items(MIRELS, _SCORED[row["mirels"]])] if row["mirels"] else []
    measures = {"axial": "percent", "length": "length"}
    told += [f"cortical_axial_{what} {row[cell]}" for cell, what in measures.items() if row[cell]]
    told += [f"cortical_circumference {row['around']}"] if row["around"] else []
    patient = assessed(Bedside(moment="app"), ", ".join(told))
    assert patient.outcome("FRAC-CORT-01") == row["FRAC-CORT-01"]
    if row["FRAC-CORT-01"].startswith(("info", "warning")):
        assert ", ".join(patient.asks("FRAC-CORT-01").verdict.notes) == row["notes"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_card_says_that_the_printed_share_may_be_a_length(language: str) -> None:
    told = f"{items(MIRELS, HIGH)}, cortical_axial_percent 40 %, cortical_circumference 60 %"
    card = led_by(cards_of(assessed(Bedside(moment="app"), told), language), "FRAC-MIRELS-04")
    assert {"30 mm", "FRAC-CORT-01"} <= {word for word in ("30 mm", "FRAC-CORT-01") if word in (card.detail or "")}
    assert card.indicator.value == "warning"


TOKUHASHI = {
    "tokuhashi_general": "2",
    "tokuhashi_extraspinal": "2",
    "tokuhashi_vertebrae": "2",
    "tokuhashi_visceral": "2",
    "tokuhashi_primary": "0",
    "tokuhashi_neurology": "2",
}


def test_every_combination_of_points_is_their_sum() -> None:
    for points in list(product(range(3), repeat=5))[::9]:
        told = dict(zip(TOKUHASHI, (*map(str, points[:4]), "0", str(points[4])), strict=True))
        record = assessed(Bedside(moment="app"), items(told)).record()
        assert verdict(record, "FRAC-TOKU-01").figures["total"] == sum(points)


OBSOLETE = """
changed                      | FRAC-TOKU-01                     | total
-----------------------------+----------------------------------+------
                             | info due                         | 10     # the most lung cancer can reach
tokuhashi_primary 5          | info due                         | 15
tokuhashi_primary 6          | needs-data tokuhashi_primary     | -
tokuhashi_general 3          | needs-data tokuhashi_general     | -
tokuhashi_general ?          | needs-data tokuhashi_general     | -
tokuhashi_extraspinal ?      | needs-data tokuhashi_extraspinal | -
tokuhashi_vertebrae ?        | needs-data tokuhashi_vertebrae   | -
tokuhashi_visceral ?         | needs-data tokuhashi_visceral    | -
tokuhashi_primary ?          | needs-data tokuhashi_primary     | -
tokuhashi_neurology ?        | needs-data tokuhashi_neurology   | -
"""


@pytest.mark.parametrize("row", rows(OBSOLETE), ids=name)
def test_the_obsolete_score_has_no_total_while_an_item_is_open(row: dict[str, str]) -> None:
    patient = assessed(Bedside(moment="app"), items(TOKUHASHI, row["changed"]))
    assert patient.outcome("FRAC-TOKU-01") == row["FRAC-TOKU-01"]
    assert str(patient.asks("FRAC-TOKU-01").verdict.figures.get("total", "-")) == row["total"]


def test_points_for_the_primary_are_remarked_in_lung_cancer() -> None:
    patient = assessed(Bedside(moment="app"), items(TOKUHASHI, "tokuhashi_primary 5"))
    assert patient.asks("FRAC-TOKU-01").verdict.notes == ()
    assert patient.ill("lung_cancer", ago(90)).asks("FRAC-TOKU-01").verdict.notes == ("lung_counts_zero",)


def test_the_obsolete_score_says_so_and_offers_nothing_and_nobody_else_reads_it() -> None:
    patient = assessed(Bedside(moment="app"), items(TOKUHASHI))
    for language, word in (("en", "obsolete"), ("fr", "caduc")):
        card = led_by(cards_of(patient, language), "FRAC-TOKU-01")
        assert word in card.summary
        assert card.suggestions is None
    readers = [check.id for check in CHECKS if any("tokuhashi" in read for read in check.reads)]
    assert readers == ["FRAC-TOKU-01"]


@pytest.mark.parametrize("rule", ["FRAC-SIM-01", "FRAC-LOAD-01"])
def test_what_cannot_be_computed_gives_its_reason(rule: str) -> None:
    found = load_rules(CHECKS)[rule]
    assert (found.kind, set(found.reason or ())) == ("N", {"en", "fr"})
    assert rule in load_texts()[0]
