"""AR-START-02: after a skeletal event an antiresorptive is proposed whatever the prognosis."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, care_plan, lung_patient
from tests.support.drawn import name, rows

EVENTS = """
event                          | days    | after an event            | start
-------------------------------+---------+---------------------------+--------------------------
                               |         | not-applicable            | info due
fracture                       | 0       | warning due               | not-applicable
fracture                       | 90      | warning due               | not-applicable
fracture                       | 91      | not-applicable            | info due
fracture                       | -1      | not-applicable            | info due
fracture resolved              | 90      | warning due               | not-applicable             # it happened
fracture suspected             | 9       | not-applicable            | info due
fracture refuted               | 9       | not-applicable            | info due
fracture                       | 2026-05 | warning due               | not-applicable
fracture                       | 2026-03 | needs-data skeletal_event | needs-data skeletal_event  # 64 to 94 days
fracture                       |         | needs-data skeletal_event | needs-data skeletal_event  # no date
other_fracture                 | 9       | not-applicable            | info due  # not said to be of the tumour
collapse                       | 90      | warning due               | not-applicable
collapse                       | 91      | not-applicable            | info due
spinal_cord_compression        | 90      | warning due               | not-applicable
spinal_cord_compression        | 91      | not-applicable            | info due
cauda_equina_syndrome          | 90      | warning due               | not-applicable
hypercalcaemia                 | 90      | warning due               | not-applicable
hypercalcaemia                 | 91      | not-applicable            | info due
calcium 2.61                   | 90      | warning due               | not-applicable
calcium 2.60                   | 90      | not-applicable            | info due
calcium 2.61                   | 91      | not-applicable            | info due
calcium 2.56 limit 2.55        | 9       | warning due               | not-applicable  # the laboratory's own limit
calcium 2.65 limit 2.70        | 9       | not-applicable            | info due
bone_radiotherapy              | 90      | warning due               | not-applicable
bone_radiotherapy              | 91      | not-applicable            | info due
bone_radiotherapy in-progress  | 9       | warning due               | not-applicable
bone_radiotherapy preparation  | 9       | not-applicable            | info due
bone_stereotactic_radiotherapy | 90      | warning due               | not-applicable
radiotherapy at site_femur     | 90      | warning due               | not-applicable
radiotherapy at vertebra_l3    | 90      | warning due               | not-applicable
radiotherapy at site_thorax    | 9       | not-applicable            | info due  # the tumour, not a bone
radiotherapy at site_brain     | 9       | not-applicable            | info due
radiotherapy                   | 9       | not-applicable            | info due                   # site not recorded
bone_metastasis_surgery        | 90      | warning due               | not-applicable
bone_metastasis_surgery        | 91      | not-applicable            | info due
spine_surgery                  | 90      | warning due               | not-applicable
prophylactic_fixation          | 90      | warning due               | not-applicable
prophylactic_fixation not-done | 9       | not-applicable            | info due
? procedures                   |         | needs-data skeletal_event | needs-data skeletal_event
"""
NAMES = {
    "fracture": "pathological_fracture_neoplastic",
    "other_fracture": "pathological_fracture_unspecified",
    "collapse": "vertebral_collapse_neoplastic",
}
_ACTS = ("bone_", "radiotherapy", "spine_surgery", "prophylactic_fixation")
_VERIFIED = {"suspected": "provisional", "refuted": "refuted"}


def happened(patient: Bedside, said: str, days: str) -> Bedside:
    """One event of the table."""
    words = said.split()
    if not words:
        return patient
    if words[0] == "?":
        return patient.without(words[1])
    day = ago(days) if days else None
    if words[0] == "calcium":
        high = {"value": float(words[3]), "unit": "mmol/L", "code": "mmol/L"} if len(words) > 2 else None
        extra: dict[str, Any] = {"referenceRange": [{"high": high}]} if high else {}
        return patient.observed("calcium_total", f"{words[1]} mmol/L @ {day}", **extra)
    if words[0].startswith(_ACTS):
        where = {"bodySite": [concept(words[2])]} if "at" in words else {}
        return patient.done(words[0], day, status=words[1] if len(words) == 2 else "completed", **where)
    how = words[1] if len(words) > 1 else "active"
    verified = {"verificationStatus": {"coding": [{"code": _VERIFIED[how]}]}} if how in _VERIFIED else {}
    return patient.ill(NAMES.get(words[0], words[0]), day, status=how if how == "resolved" else "active", **verified)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(EVENTS), ids=name)
def test_each_kind_of_event_turns_the_offer_into_a_proposal(row: dict[str, str], edition: str) -> None:
    patient = happened(lung_patient(), row["event"], row["days"])
    assert patient.outcome("AR-START-01", edition) == row["start"]
    finding = patient.asks("AR-START-02", edition)
    if finding.because == "muted by HCAL-WARN-01":  # a high calcium, and no other event: that rule speaks for both
        assert row["event"].startswith("calcium")
        assert row["after an event"] == "warning due"
        assert patient.asks("HCAL-WARN-01", edition).verdict.mutes == ("AR-START-02",)
        assert edition == "aura-2026", "the only edition that has it"
    else:
        assert patient.outcome("AR-START-02", edition) == row["after an event"]


CIRCUMSTANCES = """
on file              | outcome
---------------------+--------------------------------
survival 1 mo        | warning due                      # whatever the prognosis
comfort plan         | info comfort_care                # an information line only
hospice condition    | info comfort_care
osteonecrosis        | warning due
declined             | satisfied                        # a documented refusal
zometa ordered       | satisfied
prolia ordered       | satisfied
zometa given 180     | satisfied
zometa given 181     | warning due
xgeva drafted        | satisfied
provisional          | not-applicable
breast               | not-applicable
born 2008-06-03      | warning due                      # 18 today
born 2008-06-04      | not-applicable
pregnant             | not-applicable
? medicationRequests | needs-data antiresorptive_order
"""


def circumstance(said: str) -> Bedside:
    """A patient with a fracture of ten days ago and one more fact."""
    patient = lung_patient(certain="provisional" if said == "provisional" else "confirmed")
    patient.ill("pathological_fracture_neoplastic", ago(10))
    first, _, rest = said.partition(" ")
    if first == "?":
        return patient.without(rest)
    simple = {
        "survival": lambda: patient.observed("life_expectancy", f"{rest} @ {ago(2)}"),
        "comfort": lambda: care_plan(patient, "comfort_care_only"),
        "hospice": lambda: patient.ill("hospice_care"),
        "osteonecrosis": lambda: patient.ill("onj_drug_induced"),
        "declined": lambda: patient.observed("antiresorptive_declined", f"true @ {ago(2)}"),
        "breast": lambda: patient.resources["conditions"].pop(0),
        "born": lambda: patient.person(born=rest),
        "pregnant": lambda: patient.person(sex="female", born="1990-01-01").ill("pregnancy"),
    }
    if first in simple:
        simple[first]()
    elif rest == "ordered":
        patient.ordered(first, ago(100))
    elif rest == "drafted":
        patient.drafts_order(first)
    elif rest.startswith("given"):
        patient.given(first, ago(rest.split()[1]))
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(CIRCUMSTANCES), ids=name)
def test_what_changes_the_proposal_after_an_event(row: dict[str, str], edition: str) -> None:
    assert circumstance(row["on file"]).outcome("AR-START-02", edition) == row["outcome"]


def test_in_comfort_care_nothing_is_proposed() -> None:
    assert circumstance("comfort plan").asks("AR-START-02").verdict.proposals == ()
    assert len(circumstance("survival 1 mo").asks("AR-START-02").verdict.proposals) == 2


def test_a_calcium_that_came_back_to_normal_is_no_longer_an_event() -> None:
    patient = lung_patient().observed("calcium_total", f"3.10 mmol/L @ {ago(30)}")
    assert patient.asks("AR-START-02").because == "muted by HCAL-WARN-01"
    assert patient.outcome("HCAL-WARN-01") == "warning repeat_marked"
    assert patient.outcome("AR-START-02", "aura-earlier") == "warning due", "it does not name hypercalcaemia"
    patient.observed("calcium_total", f"2.40 mmol/L @ {ago(3)}")
    assert patient.asks("AR-START-02").because is None
    assert patient.outcome("AR-START-02") == patient.outcome("AR-START-02", "aura-earlier") == "not-applicable"


def test_beside_another_event_a_high_calcium_does_not_silence_the_proposal() -> None:
    patient = lung_patient().observed("calcium_total", f"3.10 mmol/L @ {ago(3)}").done("spine_surgery", ago(30))
    assert (patient.outcome("HCAL-WARN-01"), patient.outcome("AR-START-02")) == ("warning marked", "warning due")
