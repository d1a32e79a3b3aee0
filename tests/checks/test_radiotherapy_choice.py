"""RT-PREV-01, RT-LONG-01, RT-VERT-01: radiotherapy among the other local treatments."""

import pytest

from fhir_mappers.record.proposals import NewService
from tests.support.assessed import MIRELS, MIRELS_LADDER, SINS, SINS_LADDER, assessed, items
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

LESIONS = """
site           | symptoms | size | cortex | arch  | before      | outcome
---------------+----------+------+--------+-------+-------------+--------------------------------------------
site_rib       | false    | 2.0  |        |       |             | info due
site_rib       | false    | 1.9  |        |       |             | satisfied-not
site_rib       | true     | 2.0  |        |       |             | not-applicable
site_rib       |          | 2.0  |        |       |             | not-applicable                     # not described
               | false    | 2.0  |        |       |             | not-applicable
site_acetabulum| false    | 1.0  |        |       |             | info due
site_humerus   | false    |      |        |       |             | needs-data cortical_fraction
site_humerus   | false    | 1.0  | 0.2    |       |             | info due                           # shoulder girdle
site_femur     | false    | 1.0  | 0.33   |       |             | info due
site_femur     | false    | 1.0  | 0.32   |       |             | not-applicable
site_femur     | false    | 1.0  | 0.67   |       |             | info due
site_femur     | false    | 3.0  | 0.68   |       |             | not-applicable                     # for the rules of fracture
site_femur     | false    | 1.0  |        |       |             | needs-data cortical_fraction
site_rib       | false    |      |        |       |             | needs-data lesion_size
vertebra_t12   | false    | 1.0  |        | false |             | info due
vertebra_t6    | false    | 1.0  |        | false |             | not-applicable
vertebra_t6    | false    | 1.0  |        | true  |             | info due
vertebra_t6    | false    | 1.0  |        |       |             | needs-data posterior_arch_involved
site_rib       | false    | 2.0  |        |       | site_rib    | satisfied
site_rib       | false    | 2.0  |        |       | site_femur  | info due
"""


@pytest.mark.parametrize("row", rows(LESIONS), ids=name)
def test_an_asymptomatic_lesion_at_high_risk_goes_to_the_board(row: dict[str, str]) -> None:
    patient = Bedside(moment="app")
    facts = {"lesion_symptomatic": row["symptoms"], "lesion_size": row["size"] and f"{row['size']} cm",
             "cortical_fraction": row["cortex"] and f"{row['cortex']} 1", "posterior_arch_involved": row["arch"]}  # fmt: skip
    facts["vertebral_level" if row["site"].startswith("vertebra") else "lesion_site"] = row["site"]
    for what, fact in facts.items():
        if fact:
            patient.observed(what, f"{fact} @ {ago(2)}")
    if row["before"]:
        patient.done("radiotherapy", ago(200), bodySite=[concept(row["before"])])
    expected = {"satisfied-not": "not-applicable"}.get(row["outcome"], row["outcome"])
    if row["site"] == "site_humerus" and not row["size"]:
        expected = "info due"
    assert patient.outcome("RT-PREV-01") == expected
    if expected == "info due":
        assert patient.asks("RT-PREV-01").verdict.proposals == (NewService(("bone_tumour_board",)),)


ORDERS = """
intent            | schedule | technique    | outcome
------------------+----------+--------------+---------------------------
intent_preventive | 30 10    |              | satisfied
intent_preventive | 20 5     |              | info schedule
intent_preventive | 8 1      |              | info schedule
intent_preventive | 8 1      | stereotactic | not-applicable
intent_palliative | 8 1      |              | not-applicable
intent_preventive |          |              | not-applicable
intent_preventive | 30       |              | needs-data rt_fractions
"""


@pytest.mark.parametrize("row", rows(ORDERS), ids=name)
def test_preventive_radiotherapy_has_one_standard_schedule(row: dict[str, str]) -> None:
    dose, count = (*row["schedule"].split(), "", "")[:2]
    told = [f"rt_intent {row['intent']}"]
    told += [f"rt_total_dose {dose} Gy"] if dose else []
    told += [f"rt_fractions {count}"] if count else []
    told += [f"rt_technique technique_{row['technique']}"] if row["technique"] else []
    patient = planned(Bedside(), "bone_radiotherapy", site="site_femur", details=", ".join(told))
    assert patient.outcome("RT-PREV-01") == row["outcome"]


AT_RISK = """
fact                           | rule       | outcome
-------------------------------+------------+---------------
mirels_total 8 1               | RT-LONG-01 | info due
mirels_total 7 1               | RT-LONG-01 | not-applicable
rt_fracture_risk true          | RT-LONG-01 | info due
                               | RT-LONG-01 | not-applicable
sins_total 7 1                 | RT-VERT-01 | info due
sins_total 6 1                 | RT-VERT-01 | not-applicable
vertebral_body_involvement 31 % | RT-VERT-01 | info due
vertebral_body_involvement 30 % | RT-VERT-01 | not-applicable
                               | RT-VERT-01 | not-applicable
"""


@pytest.mark.parametrize("row", rows(AT_RISK), ids=name)
def test_a_bone_at_risk_is_discussed_with_its_options(row: dict[str, str]) -> None:
    patient = Bedside(moment="app")
    if row["fact"]:
        what, _, value = row["fact"].partition(" ")
        patient.observed(what, f"{value} @ {ago(2)}")
    assert patient.outcome(row["rule"]) == row["outcome"]


BY_ITEMS = """
score     | rule       | outcome        | said by
----------+------------+----------------+---------------
limb 7    | RT-LONG-01 | not-applicable |
limb 8    | RT-LONG-01 | info due       | FRAC-MIRELS-03
limb 9    | RT-LONG-01 | info due       | FRAC-MIRELS-04
limb open | RT-LONG-01 | not-applicable |                 # FRAC-MIRELS-01 asks for the item
spine 6   | RT-VERT-01 | not-applicable |
spine 7   | RT-VERT-01 | info due       | FRAC-SINS-02
spine 13  | RT-VERT-01 | info due       | FRAC-SINS-02
spine open | RT-VERT-01 | not-applicable |
body 31   | RT-VERT-01 | info due       | FRAC-VERT-01
"""


@pytest.mark.parametrize("row", rows(BY_ITEMS), ids=name)
def test_a_form_filled_item_by_item_puts_a_bone_at_risk(row: dict[str, str]) -> None:
    patient, (what, number) = Bedside(moment="app"), row["score"].split()
    if what == "body":
        patient.observed("vertebral_body_involvement", f"{number} % @ {ago(2)}")
    else:
        told = items(MIRELS, MIRELS_LADDER[number]) if what == "limb" else items(SINS, SINS_LADDER[number])
        assessed(patient, told)
    assert patient.outcome(row["rule"]) == row["outcome"]
    voice = patient.asks(row["rule"]).verdict.said_by or ""
    assert voice == row["said by"]
