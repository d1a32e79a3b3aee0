"""Who has what, how long is left, what happened to the bone: asked of the record directly (catalogue P3, P12, P13)."""

import pytest

from fhir_mappers.record.answer import Answer, Known
from fhir_mappers.record.quantity import Quantity
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, care_plan
from tests.support.drawn import name, rows


def said(answer: Answer) -> str:
    """``yes``, ``no`` or ``unknown``; an unknown answer always names what it lacks."""
    if answer.is_unknown:
        assert answer.missing
        return "unknown"
    return "yes" if answer.is_yes else "no"


PROBLEMS = """
problem                  | status     | verified         | site        | bone disease | certain
-------------------------+------------+------------------+-------------+--------------+--------
bone_metastasis          | active     | confirmed        |             | yes          | yes
bone_metastasis          | recurrence | confirmed        |             | yes          | yes
bone_metastasis          | relapse    | confirmed        |             | yes          | yes
bone_metastasis          | remission  | confirmed        |             | no           | no
bone_metastasis          | resolved   | confirmed        |             | no           | no
bone_metastasis          | inactive   | confirmed        |             | no           | no
bone_metastasis          |            | confirmed        |             | yes          | yes      # no status: active
bone_metastasis          | active     |                  |             | yes          | yes
bone_metastasis          | active     | provisional      |             | yes          | no  # safety yes, indication no
bone_metastasis          | active     | differential     |             | yes          | no
bone_metastasis          | active     | refuted          |             | no           | no
bone_metastasis          | active     | entered-in-error |             | no           | no
multiple_myeloma         | active     | confirmed        |             | yes          | no
secondary_malignancy_any | active     | confirmed        | site_spine  | yes          | yes
secondary_malignancy_any | active     | confirmed        | vertebra_l3 | yes          | yes
secondary_malignancy_any | active     | confirmed        | site_brain  | no           | no
secondary_malignancy_any | active     | confirmed        | site_thorax | no           | no
secondary_malignancy_any | active     | confirmed        |             | no           | no
lung_cancer              | active     | confirmed        | site_rib    | no           | no       # growing into a rib
"""


@pytest.mark.parametrize("row", rows(PROBLEMS), ids=name)
def test_malignant_bone_disease(row: dict[str, str]) -> None:
    extra = {"verificationStatus": {"coding": [{"code": row["verified"]}]}} if row["verified"] else {}
    extra |= {"bodySite": [concept(row["site"])]} if row["site"] else {}
    patient = Bedside().ill(row["problem"], ago(90), status=row["status"], **extra)
    if not row["status"]:
        patient.resources["conditions"][-1].pop("clinicalStatus")
    record = patient.record()
    assert said(record.malignant_bone_disease()) == row["bone disease"]
    assert said(record.has("bone_metastasis", certain=True)) == row["certain"]


def test_problems_nobody_looked_for() -> None:
    record = Bedside().without("conditions").record()
    assert said(record.malignant_bone_disease()) == said(record.lung_bone_metastasis()) == "unknown"
    assert record.problems_of(["bone_metastasis"]) == ()
    (found,) = Bedside().ill("bone_metastasis", status="resolved").record().problems_of(["bone_metastasis"])
    assert found.status == "resolved"


SURVIVAL = """
estimate | below three months
---------+-------------------
         | no
2.9 mo   | yes
3 mo     | no
3.1 mo   | no
12 wk    | yes
14 wk    | no
80 d     | yes
100 d    | no
<3 mo    | yes
<2 mo    | yes
<6 mo    | unknown
>2 mo    | unknown
>3 mo    | no
>6 mo    | no
2        | unknown             # no unit
true     | unknown           # an estimate without a number
"""


@pytest.mark.parametrize("row", rows(SURVIVAL), ids=name)
def test_a_recorded_survival_below_three_months(row: dict[str, str]) -> None:
    patient = Bedside()
    if row["estimate"]:
        patient.observed("survival_estimate", f"{row['estimate']} @ {ago(5)}")
    assert said(patient.record().survival_below(Quantity.of("3 mo"))) == row["below three months"]


def test_the_newest_estimate_counts_and_one_nobody_looked_for_is_unknown() -> None:
    patient = (
        Bedside().observed("survival_estimate", f"2 mo @ {ago(90)}").observed("life_expectancy", f"9 mo @ {ago(5)}")
    )
    assert said(patient.record().survival_below(Quantity.of("3 mo"))) == "no"
    assert said(Bedside().without("observations").record().survival_below(Quantity.of("3 mo"))) == "unknown"


TERMINAL = """
plan            | survival | drug                  | terminal
----------------+----------+-----------------------+---------
                |          |                       | no
comfort         |          |                       | yes
hospice         |          |                       | yes
comfort         | 12       | pembrolizumab active  | yes       # an explicit plan decides
comfort stopped |          |                       | no
                | 2.9      |                       | yes
                | 2.9      | pembrolizumab active  | no        # under anticancer treatment
                | 2.9      | pembrolizumab stopped | yes
                | 2.9      | bevacizumab active    | no
                | 2.9      | prednisone active     | yes       # no anticancer drug
                | 3        |                       | no
?               |          |                       | unknown
?               | 2.9      |                       | yes
?               | 2.9      | ?                     | unknown
                | 3        | ?                     | no
"""


@pytest.mark.parametrize("row", rows(TERMINAL), ids=name)
def test_terminal_care(row: dict[str, str]) -> None:
    patient = Bedside()
    plan, _, ended = row["plan"].partition(" ")
    if plan == "?":
        patient.without("carePlans")
    elif plan:
        what = {"comfort": "comfort_care_only", "hospice": "hospice_care"}[plan]
        care_plan(patient, what, status="completed" if ended else "active")
    if row["survival"]:
        patient.observed("life_expectancy", f"{row['survival']} mo @ {ago(5)}")
    drug, _, status = row["drug"].partition(" ")
    if drug == "?":
        patient.without("medicationRequests")
    elif drug:
        patient.ordered(drug, ago(30), status=status)
    assert said(patient.record().terminal()) == row["terminal"]


EVENTS = """
event                       | days | when
----------------------------+------+-----
condition hypercalcaemia    | 5    | 5
calcium 2.61                | 5    | 5
procedure bone_radiotherapy | 5    | 5
procedure radiotherapy      | 5    |
condition lung_cancer       | 5    |
"""


@pytest.mark.parametrize("row", rows(EVENTS), ids=name)
def test_a_skeletal_event_is_known_with_its_day(row: dict[str, str]) -> None:
    kind, what = row["event"].split()
    patient, day = Bedside(), ago(row["days"])
    if kind == "condition":
        patient.ill(what, day)
    elif kind == "procedure":
        patient.done(what, day)
    else:
        patient.observed("calcium_total", f"{what} mmol/L @ {day}")
    answer = patient.record().skeletal_event(Quantity.of("90 d"))
    assert said(answer) == ("yes" if row["when"] else "no")
    assert not row["when"] or (answer.evidence[0].date is not None and answer.evidence[0].date.text == day)


PEOPLE = """
born       | age   | below 18
-----------+-------+---------
2008-06-03 | 18    | no
2008-06-04 | 17    | yes
1956-01-15 | 70    | no
2008       | 17-18 | unknown
2008-06    | 17-18 | unknown
2008-05    | 18    | no
2026-06-03 | 0     | yes
2026       | 0     | yes
2027       |       | unknown   # born in the future
           |       | unknown
"""


@pytest.mark.parametrize("row", rows(PEOPLE), ids=name)
def test_age_in_completed_years(row: dict[str, str]) -> None:
    patient = Bedside().person(born=row["born"])
    if not row["born"]:
        assert patient.patient is not None
        patient.patient.pop("birthDate")
    record = patient.record()
    age = record.age()
    ages = sorted({str(age.value.low), str(age.value.high)}) if isinstance(age, Known) else []
    assert "-".join(ages) == row["age"]
    assert said(record.age_below(Quantity.of("18 a"))) == row["below 18"]


def test_pregnancy_is_not_asked_of_a_recorded_man_but_believed() -> None:
    assert said(Bedside().person(sex="male").without("conditions").record().pregnant()) == "no"
    assert said(Bedside().person(sex="other").without("conditions").record().pregnant()) == "unknown"
    assert said(Bedside().person(sex="male").ill("pregnancy").record().pregnant()) == "yes"
