"""SBRT-ELIG-01, SBRT-CI-01, SBRT-RELCI-01, SBRT-MRI-01: who is eligible, what forbids it, what it needs first."""

import pytest

from fhir_mappers.record.proposals import HoldDraft, NewService
from tests.support.assessed import SINS, SINS_LADDER, assessed, items
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

GOOD = {
    "oligo_sites": "3 1",
    "oligo_lesions": "5 1",
    "oligo_max_size": "4.9 cm",
    "primary_controlled": "true",
    "karnofsky_performance": "70 %",
    "survival_estimate": "4 mo",
    "adjacent_vertebrae": "3 1",
    "bilsky_grade": "bilsky_1c",
}


def described(facts: dict[str, str], moment: str = "order-select") -> Bedside:
    patient = Bedside(moment=moment)
    for what, fact in facts.items():
        if fact:
            patient.observed(what, f"{fact} @ {ago(2)}")
    return patient


# one criterion changed at a time; a blank one is not told
ELIGIBILITY = """
target       | criterion             | is         | outcome
-------------+-----------------------+------------+------------------------------------
vertebra_t6  |                       |            | satisfied
vertebra_t6  | oligo_sites           | 4 1        | info due
vertebra_t6  | oligo_sites           | 0 1        | info due
vertebra_t6  | oligo_lesions         | 6 1        | info due
vertebra_t6  | oligo_max_size        | 5.0 cm     | info due
vertebra_t6  | primary_controlled    | false      | info due
vertebra_t6  | karnofsky_performance | 69 %       | info due
vertebra_t6  | survival_estimate     | 3 mo       | info due                           # neither eligible nor contraindicated
vertebra_t6  | survival_estimate     | 3.1 mo     | satisfied
vertebra_t6  | adjacent_vertebrae    | 4 1        | info due
vertebra_t6  | bilsky_grade          | bilsky_2   | info due
vertebra_t6  | bilsky_grade          | bilsky_0   | satisfied
vertebra_t6  | oligo_sites           |            | needs-data oligo_sites
vertebra_t6  | primary_controlled    |            | needs-data primary_controlled
vertebra_t6  | survival_estimate     |            | needs-data survival_estimate
vertebra_t6  | bilsky_grade          |            | needs-data bilsky_grade
vertebra_t6  | karnofsky_performance |            | needs-data karnofsky_performance
site_femur   | bilsky_grade          |            | satisfied                          # not asked for a limb
site_femur   | adjacent_vertebrae    | 9 1        | satisfied
"""


@pytest.mark.parametrize("moment", ["order-select", "app"])
@pytest.mark.parametrize("row", rows(ELIGIBILITY), ids=name)
def test_oligometastatic_disease_is_eligible_when_all_criteria_hold(row: dict[str, str], moment: str) -> None:
    facts = GOOD | ({row["criterion"]: row["is"]} if row["criterion"] else {})
    if moment == "app":
        place = "vertebral_level" if row["target"].startswith("vertebra") else "lesion_site"
        patient = described(facts | {place: row["target"]}, moment)
    else:
        patient = planned(described(facts), "bone_stereotactic_radiotherapy", site=row["target"])
    assert patient.outcome("SBRT-ELIG-01") == row["outcome"]


def test_a_place_irradiated_before_is_an_indication_by_itself() -> None:
    patient = described({}).done("radiotherapy", ago(400), bodySite=[concept("vertebra_t6")])
    assert (
        planned(patient, "bone_stereotactic_radiotherapy", site="vertebra_t6").outcome("SBRT-ELIG-01")
        == "not-applicable"
    )


def test_a_residue_after_surgery_may_span_more_vertebrae() -> None:
    patient = described(GOOD | {"adjacent_vertebrae": "5 1"})
    details = "rt_post_operative true"
    asked = planned(patient, "bone_stereotactic_radiotherapy", site="vertebra_t6", details=details)
    assert asked.outcome("SBRT-ELIG-01") == "satisfied"
    app = described(
        GOOD | {"adjacent_vertebrae": "5 1", "rt_post_operative": "true", "vertebral_level": "vertebra_t6"}, "app"
    )
    assert app.outcome("SBRT-ELIG-01") == "satisfied"


def test_several_criteria_that_fail_are_all_named() -> None:
    patient = described(GOOD | {"oligo_sites": "4 1", "karnofsky_performance": "60 %", "bilsky_grade": ""})
    verdict = planned(patient, "bone_stereotactic_radiotherapy", site="vertebra_t6").asks("SBRT-ELIG-01").verdict
    assert verdict.figures["failed"].keys == ("oligo_sites", "karnofsky")
    assert Bedside(moment="app").outcome("SBRT-ELIG-01") == "not-applicable"


CLEAR = {"sins_total": "6 1", "bilsky_grade": "bilsky_1c", "survival_estimate": "3 mo"}
CONTRAINDICATIONS = """
target      | fact                     | is / when      | outcome
------------+--------------------------+----------------+----------------------------------
vertebra_t6 |                          |                | satisfied
            |                          |                | satisfied                      # the bone is not told
site_femur  | bilsky_grade             | bilsky_3       | not-applicable
vertebra_t6 | bilsky_grade             | bilsky_2       | critical due
vertebra_t6 | bilsky_grade             | bilsky_3       | critical due
vertebra_t6 | bilsky_grade             |                | needs-data bilsky_grade
vertebra_t6 | sins_total               | 13 1           | critical due
vertebra_t6 | sins_total               | 12 1           | info potential
vertebra_t6 | sins_total               | 7 1            | info potential
vertebra_t6 | sins_total               |                | needs-data sins_total
vertebra_t6 | survival_estimate        | 2.9 mo         | critical due
vertebra_t6 | survival_estimate        |                | needs-data survival_estimate
vertebra_t6 | mscc_symptomatic         | true           | critical due
vertebra_t6 | mscc_symptomatic         | false          | satisfied
vertebra_t6 | compression              |                | critical due                   # on file, not operated
vertebra_t6 | compression operated     |                | satisfied
vertebra_t6 | metabolic_radiotherapy   | 29             | critical due
vertebra_t6 | metabolic_radiotherapy   | 30             | satisfied
vertebra_t6 | radiotherapy vertebra_t6 | 29             | critical due
vertebra_t6 | radiotherapy vertebra_t6 | 30             | satisfied                      # SBRT-REIRR-01 speaks
vertebra_t6 | radiotherapy site_femur  | 5              | satisfied
vertebra_t6 | radiotherapy -           | 29             | critical due                   # a region that is not recorded
vertebra_t6 | radiotherapy -           | 30             | satisfied
vertebra_t6 | ?                        |                | needs-data radiotherapy
"""


def threatened(row: dict[str, str]) -> Bedside:
    what, *more = row["fact"].split() or [""]
    patient = described(
        CLEAR | ({what: row["is / when"]} if what in CLEAR or what == "mscc_symptomatic" else {}), "order-sign"
    )
    if what == "compression":
        patient.ill("spinal_cord_compression")
        if more:
            patient.observed("mscc_operated", f"true @ {ago(2)}")
    elif what in ("metabolic_radiotherapy", "radiotherapy"):
        where = {"bodySite": [concept(more[0])]} if more and more[0] != "-" else {}
        patient.done(what, ago(row["is / when"]), **where)
    elif what == "?":
        patient.without("procedures")
    return patient


@pytest.mark.parametrize("row", rows(CONTRAINDICATIONS), ids=name)
def test_contraindications_of_the_spine(row: dict[str, str]) -> None:
    patient = planned(threatened(row), "bone_stereotactic_radiotherapy", site=row["target"])
    outcome = patient.outcome("SBRT-CI-01")
    assert outcome == row["outcome"] or (row["fact"] == "?" and outcome.startswith("needs-data"))


def test_the_technique_makes_an_order_stereotactic_and_the_app_needs_no_order() -> None:
    patient = planned(described(CLEAR | {"bilsky_grade": "bilsky_2"}), "bone_radiotherapy", site="vertebra_t6",
                      details="rt_technique technique_stereotactic")  # fmt: skip
    assert patient.outcome("SBRT-CI-01") == "critical due"
    assert described({"bilsky_grade": "bilsky_2"}, "app").outcome("SBRT-CI-01") == "critical due"
    assert described({}, "app").outcome("SBRT-CI-01") == "not-applicable"
    assert planned(described(CLEAR), "bone_radiotherapy", site="vertebra_t6").outcome("SBRT-CI-01") == "not-applicable"


def test_a_contraindicated_order_is_put_on_hold_and_goes_to_the_board() -> None:
    row = {"fact": "radiotherapy vertebra_t6", "is / when": "5", "target": "vertebra_t6"}
    patient = planned(threatened(row).observed("bilsky_grade", f"bilsky_2 @ {ago(1)}"), "bone_stereotactic_radiotherapy",
                      site="vertebra_t6")  # fmt: skip
    verdict = patient.asks("SBRT-CI-01").verdict
    (draft,) = patient.record().drafts
    surgeon = NewService(("neurosurgery_consultation",))
    assert verdict.proposals == (HoldDraft(draft), NewService(("bone_tumour_board",)), surgeon)
    assert verdict.notes == ("separation_surgery", "region")
    assert verdict.figures["found"].keys == ("recent_radiotherapy", "bilsky_high")
    early = planned(threatened(row), "bone_stereotactic_radiotherapy", site="vertebra_t6").asks("SBRT-CI-01").verdict
    assert early.figures["found"].keys == ("recent_radiotherapy",)
    assert surgeon not in early.proposals, "time decides, not a surgeon"


BY_ITEMS = """
target      | SINS | on file                          | SBRT-CI-01            | FRAC-SINS-02      | voices
------------+------+----------------------------------+-----------------------+-------------------+-------------
vertebra_t5 | 6    |                                  | satisfied             | not-applicable    |
vertebra_t5 | 7    |                                  | info potential        | warning due       | FRAC-SINS-02
vertebra_t5 | 12   |                                  | info potential        | warning due       | FRAC-SINS-02
vertebra_t5 | 12   | surgical_opinion 30              | satisfied             | satisfied         |
vertebra_t5 | 12   | surgical_opinion 31              | info potential        | warning due       | FRAC-SINS-02
vertebra_t5 | 13   |                                  | critical due          | critical unstable | SBRT-CI-01
vertebra_t5 | 13   | surgical_opinion 5               | critical due          | satisfied         | SBRT-CI-01
vertebra_t5 | open |                                  | needs-data sins_total | needs-data sins_collapse | SBRT-CI-01, FRAC-SINS-02
vertebra_l4 | 13   |                                  | needs-data sins_total | not-applicable    | SBRT-CI-01
"""


@pytest.mark.parametrize("row", rows(BY_ITEMS), ids=name)
def test_a_form_filled_item_by_item_tells_the_stability_and_one_card_says_so(row: dict[str, str]) -> None:
    patient = described(CLEAR | {"sins_total": ""}, "order-sign")
    assessed(patient, items(SINS, SINS_LADDER[row["SINS"]]))
    if row["on file"]:
        what, days = row["on file"].split()
        patient.done(what, ago(days))
    planned(patient, "bone_stereotactic_radiotherapy", site=row["target"])
    found = {rule: patient.outcome(rule) for rule in ("SBRT-CI-01", "FRAC-SINS-02")}
    assert found == {rule: row[rule] for rule in found}
    speaking = {f.rule.id: f.verdict.said_by for f in patient.findings().speaking if f.rule.id in found}
    assert ", ".join(sorted((r for r in speaking if speaking[r] not in speaking), reverse=True)) == row["voices"]


def test_of_two_orders_the_one_that_is_contraindicated_is_said() -> None:
    patient = assessed(described(CLEAR | {"sins_total": ""}, "order-sign"), items(SINS, SINS_LADDER["7"]))
    for details in ("", "bilsky_grade bilsky_3"):
        planned(patient, "bone_stereotactic_radiotherapy", site="vertebra_t5", details=details)
    assert patient.outcome("SBRT-CI-01") == "critical due"


RELATIVE = """
canal | distance | mri   | outcome
------+----------+-------+-----------------------------------
26    | 5.0      | false | info due
25    | 5.0      | false | not-applicable
25    | 4.9      | false | info due
25    | 5.0      | true  | info due
      |          |       | not-applicable
25    |          | false | needs-data tumour_cord_distance
26    |          |       | info due
25.1  | 5.0      | false | info due
      | 4.9      |       | info due
      |          | true  | info due
      | 5.0      | false | needs-data canal_narrowing
"""


@pytest.mark.parametrize("row", rows(RELATIVE), ids=name)
def test_relative_contraindications(row: dict[str, str]) -> None:
    facts = {"canal_narrowing": row["canal"] and f"{row['canal']} %", "mri_contraindicated": row["mri"],
             "tumour_cord_distance": row["distance"] and f"{row['distance']} mm"}  # fmt: skip
    assert described(facts, "app").outcome("SBRT-RELCI-01") == row["outcome"]


MRI = """
target      | on file                          | outcome
------------+----------------------------------+---------------
vertebra_t6 |                                  | info due
vertebra_t6 | mri_spine - 30                   | satisfied
vertebra_t6 | mri_spine - 31                   | info due
vertebra_t6 | mri_whole_spine - 5              | satisfied
vertebra_t6 | mri_bone_region vertebra_t6 5    | satisfied
vertebra_t6 | mri_bone_region site_femur 5     | info due
site_femur  | mri_spine - 5                    | info due
site_femur  | mri_bone_region site_femur 5     | satisfied
site_femur  | asked                            | satisfied
site_femur  | contraindicated                  | not-applicable
site_femur  | ?                                | needs-data mri_bone_region
"""


@pytest.mark.parametrize("row", rows(MRI), ids=name)
def test_a_millimetric_mri_comes_first(row: dict[str, str]) -> None:
    patient, (what, *told) = Bedside(), row["on file"].split() or [""]
    if told:
        where = {} if told[0] == "-" else {"bodySite": [concept(told[0])]}
        patient.done(what, ago(told[1]), **where)
    elif what == "asked":
        planned(patient, "mri_bone_region")
    elif what == "contraindicated":
        patient.observed("mri_contraindicated", f"true @ {ago(2)}")
    elif what == "?":
        patient.without("procedures")
    asked = planned(patient, "bone_stereotactic_radiotherapy", site=row["target"])
    assert asked.outcome("SBRT-MRI-01") == row["outcome"]
