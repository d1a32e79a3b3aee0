"""IMM-SEQ-01: immunotherapy first, denosumab after; the hypothesis never delays an urgent bone treatment."""

from datetime import timedelta
from typing import Any

import pytest

from fhir_mappers.record.proposals import PostponeDraft
from hooks.limits import EDITIONS
from tests.support.bedside import TODAY, Bedside
from tests.support.chart import ago, dispensed, lung_patient, stops
from tests.support.drawn import name, rows

RULE = "IMM-SEQ-01"

IMMUNOTHERAPY = """
ordered                 | given                  | outcome
------------------------+------------------------+-------------------------------
                        |                        | not-applicable
draft pembrolizumab     |                        | info due                # both drafted in one session
draft nivolumab         |                        | info due
draft cisplatin         |                        | not-applicable
active pembrolizumab    |                        | info due
active nivolumab        |                        | info due
completed pembrolizumab |                        | not-applicable
stopped pembrolizumab   |                        | not-applicable
on-hold pembrolizumab   |                        | not-applicable
intended pembrolizumab  |                        | info due                # a statement
?                       |                        | needs-data antiresorptive_order,immunotherapy
active pembrolizumab    | given 0                | satisfied
active pembrolizumab    | given 900              | satisfied               # begun long ago
active pembrolizumab    | not-done 5             | info due
active pembrolizumab    | in-progress 0          | info due                # not completed
active pembrolizumab    | handed 5               | satisfied
active pembrolizumab    | taken 30               | satisfied               # reported
active pembrolizumab    | told 30                | satisfied
active pembrolizumab    | ?                      | needs-data antiresorptive_doses,immunotherapy_doses
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(IMMUNOTHERAPY), ids=name)
def test_immunotherapy_is_ordered_and_no_dose_was_given(row: dict[str, str], edition: str) -> None:
    patient = lung_patient()
    how, _, drug = row["ordered"].partition(" ")
    if how == "?":
        patient.without("medicationRequests")
    elif how == "draft":
        patient.drafts_order(drug)
    elif how == "intended":
        patient.stated(drug, ago(2), status=how)
    elif how:
        patient.ordered(drug, ago(2), status=how)
    _give(patient, row["given"])
    assert patient.drafts_order("xgeva", "120 mg").outcome(RULE, edition) == row["outcome"]


def _give(patient: Bedside, given: str) -> None:
    how, _, day = given.partition(" ")
    if how == "?":
        patient.without("medicationAdministrations")
    elif how == "handed":
        dispensed(patient, "pembrolizumab", ago(day))
    elif how in ("taken", "told"):
        patient.stated("pembrolizumab", ago(day), status="active" if how == "taken" else "completed")
    elif how:
        patient.given("pembrolizumab", ago(day), status="completed" if how == "given" else how)


WHO = """
disease                  | order           | before        | outcome
-------------------------+-----------------+---------------+----------------------
lung_cancer              | xgeva           |               | info due
lung_cancer              | wyost           |               | info due
lung_cancer provisional  | xgeva           |               | not-applicable
lung_cancer remission    | xgeva           |               | not-applicable
bone_metastasis          | xgeva           |               | not-applicable       # another tumour
?                        | xgeva           |               | needs-data lung_cancer,skeletal_event,hypercalcaemia
lung_cancer              | denosumab 120   |               | info due
lung_cancer              | denosumab       |               | not-applicable       # which product is not told
lung_cancer              | prolia          |               | not-applicable
lung_cancer              | zometa          |               | not-applicable
lung_cancer              | xgeva           | xgeva 180     | not-applicable       # not a start
lung_cancer              | xgeva           | xgeva 181     | info due
lung_cancer              | xgeva           | zometa 28     | not-applicable       # a change of drug is no start
"""


@pytest.mark.parametrize("row", rows(WHO), ids=name)
def test_lung_cancer_and_a_start_of_oncology_denosumab(row: dict[str, str]) -> None:
    patient = Bedside().ordered("pembrolizumab", ago(2))
    disease, _, state = row["disease"].partition(" ")
    if disease == "?":
        patient.without("conditions")
    elif state == "provisional":
        patient.ill(disease, verificationStatus={"coding": [{"code": state}]})
    else:
        patient.ill(disease, status=state or "active")
    if row["before"]:
        drug, day = row["before"].split()
        patient.given(drug, ago(day))
    drug, _, dose = row["order"].partition(" ")
    assert patient.drafts_order(drug, f"{dose} mg" if dose else None).outcome(RULE) == row["outcome"]


URGENT = """
what                                    | outcome
----------------------------------------+---------------
pathological_fracture_neoplastic 90     | not-applicable
pathological_fracture_neoplastic 91     | info due
spinal_cord_compression 5               | not-applicable
hypercalcaemia 200                      | not-applicable    # still active
bone_radiotherapy 90                    | not-applicable
bone_radiotherapy 91                    | info due
calcium 2.60 @ 2026-06-01               | info due
calcium 2.61 @ 2026-06-01               | not-applicable
priority stat                           | not-applicable
priority urgent                         | info due          # for the metastasis only
reason hypercalcaemia                   | not-applicable
reason pathological_fracture_neoplastic | not-applicable
reason spinal_cord_compression          | not-applicable
reason bone_metastasis                  | info due
procedures unsent                       | needs-data skeletal_event
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(URGENT), ids=name)
def test_an_emergency_or_a_bone_event_waits_for_nothing(row: dict[str, str], edition: str) -> None:
    patient, extra = lung_patient().ordered("pembrolizumab", ago(2)), dict[str, Any]()
    kind, _, more = row["what"].partition(" ")
    if kind == "calcium":
        value, _, day = more.partition(" @ ")
        patient.observed("calcium_total", f"{value} mmol/L @ {day}")
    elif kind == "priority":
        extra = {"priority": more, "reason": "bone_metastasis"}
    elif kind == "reason":
        extra = {"reason": more}
    elif more == "unsent":
        patient.without(kind)
    elif kind == "bone_radiotherapy":
        patient.done(kind, ago(more))
    else:
        patient.ill(kind, ago(more))
    assert patient.drafts_order("xgeva", **extra).outcome(RULE, edition) == row["outcome"]


PLANNED = """
immunotherapy | denosumab  | outcome   | proposed
--------------+------------+-----------+-----------
              |            | info due  |
2026-06-10    |            | info due  | 2026-06-11
2026-06-10    | 2026-06-10 | info due  | 2026-06-11
2026-06-10    | 2026-06-11 | satisfied |              # already in this order
2026-06-03    |            | info due  | 2026-06-04
2026-06-02    |            | info due  |              # past, and no dose recorded
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("drafted", [True, False])
@pytest.mark.parametrize("row", rows(PLANNED), ids=name)
def test_denosumab_is_proposed_after_the_first_planned_immunotherapy(
    row: dict[str, str], drafted: bool, edition: str
) -> None:
    patient, day = lung_patient(), {"starts": row["immunotherapy"]} if row["immunotherapy"] else {}
    if drafted:
        patient.drafts_order("pembrolizumab", **day)
    else:
        patient.ordered("pembrolizumab", ago(2), **day)
    patient.drafts_order("xgeva", **({"starts": row["denosumab"]} if row["denosumab"] else {}))
    assert patient.outcome(RULE, edition) == row["outcome"]
    proposals = patient.asks(RULE, edition).verdict.proposals if row["outcome"] == "info due" else ()
    assert [p.to.isoformat() for p in proposals if isinstance(p, PostponeDraft)] == row["proposed"].split()


def test_the_first_of_two_immunotherapies_counts() -> None:
    patient = lung_patient().ordered("pembrolizumab", ago(2), starts="2026-06-20").drafts_order("xgeva")
    patient.ordered("nivolumab", ago(2), starts="2026-06-10")
    [proposal] = patient.asks(RULE).verdict.proposals
    assert proposal.to == TODAY + timedelta(days=8)


def test_immunotherapy_that_is_being_stopped_is_not_planned() -> None:
    patient = lung_patient().drafts_order("xgeva")
    assert stops(patient, "pembrolizumab").outcome(RULE) == "not-applicable"
