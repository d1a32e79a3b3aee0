"""RT-MSCC-01, RT-FRAC-01/02/03/04/06, RT-REIRR-02: the schedule of a conventional order against its situation."""

from decimal import Decimal

import pytest

from fhir_mappers.record.proposals import NewService
from tests.support.assessed import MIRELS, MIRELS_LADDER, assessed, items
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

# "says": details of the order besides its dose and fractions; a rule that is not named is silent
SCHEDULES = """
site             | schedule | says                                                     | speaks
-----------------+----------+----------------------------------------------------------+------------------------------------------
site_femur       | 30 in 10 |                                                          |
site_femur       | 20 in 5  |                                                          |
site_femur       | 24 in 6  |                                                          |
site_femur       | 8 in 1   |                                                          |                       # allowed for a long bone
site_femur       | 6 in 1   |                                                          |
site_femur       | 10 in 1  |                                                          | RT-FRAC-01 info due
site_femur       | 20 in 4  |                                                          |
site_femur       | 30 in 4  |                                                          |
site_femur       | 25 in 8  |                                                          |
site_femur       | 19.9 in 5|                                                          | RT-FRAC-01 info due
site_femur       | 30.1 in 10|                                                         | RT-FRAC-01 info due
site_femur       | 30 in 11 |                                                          | RT-FRAC-01 info due
site_femur       | 24 in 3  |                                                          | RT-FRAC-01 info due
vertebra_t6      | 8 in 1   |                                                          | RT-FRAC-04 info spine
site_spine       | 20 in 5  |                                                          |
site_rib         | 8 in 1   | rt_neuropathic_pain true                                 | RT-FRAC-02 info equivalent
site_femur       | 8 in 1   | rt_post_operative true                                   | RT-FRAC-02 info equivalent
site_femur       | 8 in 1   | rt_intent intent_post_operative                          | RT-FRAC-02 info equivalent
site_femur       | 20 in 5  | rt_post_operative true                                   |
site_femur       | 30 in 10 | rt_post_operative true                                   |
site_femur       | 24 in 6  | rt_post_operative true                                   | RT-FRAC-06 info due
site_femur       | 8 in 1   | rt_complicated_lesion true                               | RT-FRAC-02 warning due
vertebra_t6      | 8 in 1   | rt_epiduritis true                                       | RT-FRAC-02 warning due
vertebra_t6      | 8 in 1   | rt_vertebra_count 4                                      | RT-FRAC-02 warning due
vertebra_t6      | 8 in 1   | rt_vertebra_count 3                                      | RT-FRAC-04 info spine
vertebra_t6      | 20 in 5  | rt_epiduritis true                                       |
vertebra_t6      | 30 in 10 | rt_cord_compression true                                 |
vertebra_t6      | 20 in 5  | rt_cord_compression true                                 |
vertebra_t6      | 8 in 1   | rt_cord_compression true                                 | RT-MSCC-01 warning single
vertebra_t6      | 8 in 1   | rt_cord_compression true, rt_poor_prognosis true         | RT-MSCC-01 info poor_prognosis
vertebra_t6      | 24 in 6  | rt_cord_compression true                                 | RT-MSCC-01 info other
vertebra_t6      | 8 in 1   | rt_cord_compression true, rt_epiduritis true             | RT-MSCC-01 warning single   # one rule speaks
site_femur       | 30 in 10 | rt_fracture_risk true                                    | RT-FRAC-03 info opinion
site_femur       | 8 in 1   | rt_fracture_risk true                                    | RT-FRAC-03 warning single
site_femur       | 20 in 5  | rt_fracture_risk true                                    | RT-FRAC-03 info other
site_femur       | 20 in 5  | mirels_total 8                                           | RT-FRAC-03 info other
site_femur       | 20 in 5  | mirels_total 7                                           |
site_femur       | 20 in 5  | rt_reirradiation true                                    |
site_femur       | 8 in 1   | rt_reirradiation true                                    | RT-REIRR-02 info single
site_femur       | 30 in 10 | rt_reirradiation true                                    | RT-REIRR-02 info due
site_femur       | 24 in 3  | rt_intent intent_ablative                                |
site_femur       | 8 in     |                                                          | RT-FRAC-01 needs-data rt_fractions
site_femur       | in 5     |                                                          | RT-FRAC-01 needs-data rt_total_dose
site_femur       |          |                                                          |                       # a referral
"""
FAMILY = ("RT-MSCC-01", "RT-FRAC-01", "RT-FRAC-02", "RT-FRAC-03", "RT-FRAC-04", "RT-FRAC-06", "RT-REIRR-02")


def ordered(site: str, schedule: str, says: str = "", patient: Bedside | None = None) -> Bedside:
    """An order with the dose and the fractions of ``"8 in 1"``."""
    dose, _, count = (part.strip() for part in schedule.partition("in"))
    told = [f"rt_total_dose {dose} Gy"] if dose else []
    told += [f"rt_fractions {count}"] if count else []
    return planned(
        patient or Bedside(), "bone_radiotherapy", site=site, details=", ".join([*told, *([says] if says else [])])
    )


def spoken(patient: Bedside, family: tuple[str, ...] = FAMILY) -> str:
    return ", ".join(
        f"{f.rule.id} {patient.outcome(f.rule.id)}" for f in patient.findings().speaking if f.rule.id in family
    )


@pytest.mark.parametrize("row", rows(SCHEDULES), ids=name)
def test_the_schedule_fits_the_situation(row: dict[str, str]) -> None:
    assert spoken(ordered(row["site"], row["schedule"], row["says"])) == row["speaks"]


def test_a_dose_per_fraction_and_centigray_tell_the_schedule_too() -> None:
    assert spoken(ordered("site_femur", "in 5", "dose_per_fraction 4 Gy")) == ""
    assert spoken(planned(Bedside(), "bone_radiotherapy", details="rt_total_dose 2000 cGy, rt_fractions 5")) == ""
    assert "RT-FRAC-01 needs-data" in spoken(ordered("site_femur", "in 5", "dose_per_fraction <4 Gy"))


def test_the_answers_of_a_form_stand_in_for_the_details_of_the_order() -> None:
    patient = Bedside().observed("rt_total_dose", f"8 Gy @ {ago(1)}").observed("rt_fractions", f"1 1 @ {ago(1)}")
    patient.observed("rt_cord_compression", f"true @ {ago(1)}")
    assert spoken(planned(patient, "bone_radiotherapy", site="vertebra_t6")) == "RT-MSCC-01 warning single"


def test_a_cord_compression_on_file_is_the_situation_of_a_spine_and_of_no_limb() -> None:
    ill = Bedside().ill("spinal_cord_compression")
    assert spoken(ordered("vertebra_t6", "8 in 1", patient=ill)) == "RT-MSCC-01 warning single"
    ill = Bedside().ill("spinal_cord_compression")
    assert spoken(ordered("site_femur", "8 in 1", patient=ill)) == ""
    ill = Bedside().ill("spinal_cord_compression")
    assert spoken(ordered("vertebra_t6", "8 in 1", "rt_cord_compression false", patient=ill)) == "RT-FRAC-04 info spine"
    urgent = planned(Bedside(), "bone_radiotherapy", site="vertebra_t6", details="rt_total_dose 8 Gy, rt_fractions 1",
                     reasonCode=[{"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "G95.2"}]}])  # fmt: skip
    assert spoken(urgent) == "RT-MSCC-01 warning single"


PROGNOSIS = """
estimate | months ago | single in cord compression | single in a limb
---------+------------+----------------------------+------------------
2 mo     | 1          | info poor_prognosis        | not-applicable
3 mo     | 1          | warning single             | satisfied
6 mo     | 1          | warning single             | satisfied
6.5 mo   | 1          | warning single             | info survival
>6 mo    | 1          | warning single             | info survival
12 mo    | 130        | warning single             | satisfied          # too old an estimate
"""


@pytest.mark.parametrize("row", rows(PROGNOSIS), ids=name)
def test_the_prognosis_decides_on_one_fraction(row: dict[str, str]) -> None:
    def told() -> Bedside:
        return Bedside().observed("survival_estimate", f"{row['estimate']} @ {ago(row['months ago'])}")

    cord = ordered("vertebra_t6", "8 in 1", "rt_cord_compression true", patient=told())
    assert cord.outcome("RT-MSCC-01") == row["single in cord compression"]
    limb = ordered("site_femur", "8 in 1", patient=told()).outcome("RT-FRAC-04")
    assert limb == (row["single in a limb"] if row["estimate"] != "2 mo" else "satisfied")


def test_a_long_survival_is_noted_for_the_spine() -> None:
    patient = Bedside().observed("survival_estimate", f"12 mo @ {ago(1)}")
    finding = ordered("vertebra_t6", "8 in 1", patient=patient).asks("RT-FRAC-04")
    assert (finding.verdict.case, finding.verdict.notes) == ("spine", ("long_survival",))


OPINIONS = """
what                              | schedule | outcome
----------------------------------+----------+-------------------
                                  | 30 in 10 | info opinion
done surgical_opinion 30          | 30 in 10 | satisfied
done surgical_opinion 31          | 30 in 10 | info opinion
request orthopaedic_referral 5    | 30 in 10 | satisfied
draft surgical_opinion            | 30 in 10 | satisfied
done surgical_opinion 5           | 8 in 1   | warning single
?                                 | 30 in 10 | satisfied          # nobody could look
"""


@pytest.mark.parametrize("row", rows(OPINIONS), ids=name)
def test_a_surgeon_comes_before_radiotherapy_of_a_bone_at_risk(row: dict[str, str]) -> None:
    patient, (how, *told) = Bedside(), row["what"].split() or [""]
    if how == "done":
        patient.done(told[0], ago(told[1]))
    elif how == "request":
        patient.add(
            "serviceRequests",
            "ServiceRequest",
            {"status": "active", "code": concept(told[0]), "authoredOn": ago(told[1])},
        )
    elif how == "draft":
        planned(patient, told[0])
    elif how == "?":
        patient.without("procedures")
    asked = ordered("site_femur", row["schedule"], "rt_fracture_risk true", patient=patient)
    assert asked.outcome("RT-FRAC-03") == row["outcome"]
    finding = asked.asks("RT-FRAC-03")
    if row["outcome"] == "info opinion":
        assert finding.verdict.proposals == (NewService(("surgical_opinion",)),)


BY_ITEMS = """
site         | schedule | Mirels | on file                | speaks                                                  | voice
-------------+----------+--------+------------------------+---------------------------------------------------------+---------------
site_femur   | 20 in 5  | 7      |                        |                                                         |
site_femur   | 20 in 5  | 8      |                        | RT-FRAC-03 info other                                   |
site_femur   | 8 in 1   | 7      |                        |                                                         |
site_femur   | 8 in 1   | 8      |                        | RT-FRAC-03 warning single                               |
site_femur   | 8 in 1   | 9      |                        | RT-FRAC-03 warning single, FRAC-MIRELS-04 warning survival_unknown | FRAC-MIRELS-04
site_femur   | 30 in 10 | 9      |                        | RT-FRAC-03 info opinion, FRAC-MIRELS-04 warning survival_unknown | FRAC-MIRELS-04
site_femur   | 30 in 10 | 9      | done surgical_opinion  |                                                         |
site_femur   | 8 in 1   | 9      | done surgical_opinion  | RT-FRAC-03 warning single                               | FRAC-MIRELS-04  # silent: it speaks for itself
site_femur   | 8 in 1   | 9      | told rt_post_operative | RT-FRAC-03 warning single, RT-FRAC-02 info equivalent |  FRAC-MIRELS-04
site_femur   | 8 in 1   | open   |                        | FRAC-MIRELS-04 needs-data mirels_pain                   |
site_humerus | 8 in 1   | 9      |                        |                                                         |             # another bone
site_rib     | 20 in 5  | 9      |                        |                                                         |
"""


@pytest.mark.parametrize("row", rows(BY_ITEMS), ids=name)
def test_a_form_filled_item_by_item_puts_a_bone_at_risk_and_one_card_says_so(row: dict[str, str]) -> None:
    patient, (how, _, what) = Bedside(), row["on file"].partition(" ")
    assessed(patient, items(MIRELS, MIRELS_LADDER[row["Mirels"]]))
    if how == "done":
        patient.done(what, ago(5))
    asked = ordered(row["site"], row["schedule"], f"{what} true" if how == "told" else "", patient=patient)
    assert spoken(asked, (*FAMILY, "FRAC-MIRELS-04")) == row["speaks"]
    if "RT-FRAC-03" in row["speaks"]:
        found = asked.asks("RT-FRAC-03").verdict
        assert (found.said_by or "") == row["voice"]
        assert not (found.said_by and found.proposals), "the surgeon is asked for once"


def test_a_score_nobody_can_read_is_asked_for_once() -> None:
    patient = Bedside().observed("mirels_total", f"13 @ {ago(3)}")
    asked = ordered("site_femur", "20 in 5", patient=patient)
    assert asked.outcome("RT-FRAC-03") == "needs-data mirels_total"
    assert asked.asks("RT-FRAC-03").verdict.said_by == "FRAC-MIRELS-04"


AGAIN = """
before               | target      | technique     | schedule | outcome
---------------------+-------------+---------------+----------+----------------
site_femur           | site_femur  |               | 30 in 10 | info due
vertebra_t6          | vertebra_t8 |               | 30 in 10 | info due         # the fields touch
vertebra_t6          | vertebra_t9 |               | 30 in 10 | not-applicable
site_thorax          | vertebra_t6 |               | 30 in 10 | info due
site_thorax          | vertebra_l4 |               | 30 in 10 | not-applicable
                     | site_femur  |               | 30 in 10 | not-applicable   # where is not recorded: RT-REIRR-01 asks
site_femur           | site_femur  | stereotactic  | 35 in 5  | satisfied
site_femur           | site_femur  | stereotactic  | 27 in 3  | satisfied
site_femur           | site_femur  | stereotactic  | 30 in 5  | info due
site_femur           | site_femur  | stereotactic  | 8 in 1   | info single
site_femur           | site_femur  |               | 35 in 5  | info due
"""


@pytest.mark.parametrize("row", rows(AGAIN), ids=name)
def test_a_second_irradiation_has_its_own_schedules(row: dict[str, str]) -> None:
    where = {"bodySite": [concept(row["before"])]} if row["before"] else {}
    patient = Bedside().done("radiotherapy", ago(400), **where)
    says = f"rt_technique technique_{row['technique']}" if row["technique"] else ""
    assert ordered(row["target"], row["schedule"], says, patient).outcome("RT-REIRR-02") == row["outcome"]


def test_figures_of_a_warning_are_those_of_the_order_and_of_the_standard() -> None:
    verdict = ordered("vertebra_t6", "8 in 1", "rt_cord_compression true").asks("RT-MSCC-01").verdict
    assert (verdict.figures["now"].value, verdict.figures["dose"].value) == (Decimal(8), Decimal(30))


def test_radiotherapy_of_no_bone_and_stereotactic_orders_have_other_rules() -> None:
    details = "rt_total_dose 8 Gy, rt_fractions 1, rt_complicated_lesion true"
    for what, site in (
        ("radiotherapy", "site_thorax"),
        ("radiotherapy", ""),
        ("bone_stereotactic_radiotherapy", "site_femur"),
    ):
        assert spoken(planned(Bedside(), what, site=site, details=details)) == ""
    assert spoken(planned(Bedside(), "radiotherapy", site="site_femur", details=details)) == "RT-FRAC-02 warning due"
