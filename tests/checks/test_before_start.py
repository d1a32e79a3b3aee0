"""AR-SCOPE-01, AR-RENAL-01, AR-CONC-01: whom the guideline is for, the kidney, and what adds to the jaw risk."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows

SCOPE = """
order           | born       | sex    | pregnancy        | outcome
----------------+------------+--------+------------------+--------------------------------------
zometa          | 2008-06-03 | female |                  | satisfied                              # 18 today
zometa          | 2008-06-04 | female |                  | warning child                          # 17, 18 tomorrow
xgeva           | 2008-06-04 | male   |                  | warning child
pamidronate     | 2015-01-01 | male   |                  | warning child
zometa          | 2007       | male   |                  | satisfied
zometa          | 2009       | male   |                  | warning child
zometa          | 2008       | male   |                  | needs-data birth_date                  # 17 or 18
zometa          |            | male   |                  | needs-data birth_date
zometa          | 1990-01-01 | female | active           | warning pregnancy
xgeva           | 1990-01-01 | female | active           | warning pregnancy
zometa          | 1990-01-01 | female | recurrence       | warning pregnancy
zometa          | 1990-01-01 | female | resolved         | satisfied
zometa          | 1990-01-01 | female | refuted          | satisfied
zometa          | 1990-01-01 | female | entered-in-error | satisfied
zometa          | 1990-01-01 | female | status: pregnant | warning pregnancy
zometa          | 1990-01-01 | female | status: true     | warning pregnancy  # the site's own yes or no
zometa          | 1990-01-01 | female | status: false    | satisfied
zometa          | 1990-01-01 | female | ?                | needs-data pregnancy,pregnancy_status
zometa          | 1990-01-01 | male   | ?                | satisfied  # not asked of a recorded man
zometa          | 2010-01-01 | female | ?                | warning child                          # one reason is enough
zometa          | 2010-01-01 | female | active           | warning child
zoledronic acid | 2010-01-01 | male   |                  | not-applicable  # no oncology product named
aclasta         | 2010-01-01 | male   |                  | not-applicable
prolia          | 1990-01-01 | female | active           | not-applicable
"""


def maybe_pregnant(row: dict[str, str]) -> Bedside:
    """The person of the row."""
    patient = Bedside().person(born=row["born"], sex=row["sex"])
    if not row["born"]:
        patient.patient.pop("birthDate")
    said = row["pregnancy"]
    if said == "?":
        return patient.without("conditions", "observations")
    if said.startswith("status: "):
        value = said.removeprefix("status: ")
        coded: dict[str, Any] = {"status": "final", "code": concept("pregnancy_status"), "effectiveDateTime": ago(3)}
        answer = {"valueBoolean": value == "true"} if value in ("true", "false") else None
        return patient.add("observations", "Observation", coded | (answer or {"valueCodeableConcept": _PREGNANT}))
    if said in ("refuted", "entered-in-error"):
        return patient.ill("pregnancy", ago(60), verificationStatus={"coding": [{"code": said}]})
    return patient.ill("pregnancy", ago(60), status=said) if said else patient


_PREGNANT = {"coding": [{"system": "http://snomed.info/sct", "code": "77386006", "display": "Pregnant"}]}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(SCOPE), ids=name)
def test_children_and_pregnant_women_are_outside(row: dict[str, str], edition: str) -> None:
    assert maybe_pregnant(row).drafts_order(row["order"]).outcome("AR-SCOPE-01", edition) == row["outcome"]


def test_outside_the_guideline_no_other_advice_on_the_drug_is_given() -> None:
    patient = Bedside().person(born="2012-01-01").ill("lung_cancer").ill("bone_metastasis", ago(300))
    patient.done("spine_surgery", ago(20)).ordered("xgeva", ago(300)).given("xgeva", ago(100), "120 mg")
    patient.drafts_order("zometa", "8 mg", over="10 min", every="7 d").drafts_order("xgeva", "60 mg", every="7 d")
    speaking = {f.rule.id for f in patient.findings().speaking if "order-sign" in f.rule.hooks}
    assert speaking == {"AR-SCOPE-01", "ONJ-FU-01"}, "teeth are looked after at any age"
    muted = {f.rule.id for f in patient.findings().all if f.because == "muted by AR-SCOPE-01"}
    assert {"ZOL-DOSE-01", "ZOL-INFUS-01", "ZOL-FREQ-01", "DMAB-DOSE-01", "DMAB-ADH-01", "AR-DUP-01"} <= muted


def test_a_kidney_that_fails_under_a_bisphosphonate_is_told_of_a_child_too() -> None:
    patient = Bedside().person(born="2012-01-01").ordered("zometa", ago(100)).ill("dialysis_dependence")
    patient.drafts_order("zometa", "4 mg")
    speaking = {f.rule.id for f in patient.findings().speaking}
    assert speaking == {"AR-SCOPE-01", "NEPH-STOP-01", "ONJ-FU-01"}


KIDNEY = """
order           | creatinine          | days    | on file      | AR-RENAL-01
----------------+---------------------+---------+--------------+----------------------------
zometa          |                     |         |              | warning due
zometa          | 88 umol/L           | 30      |              | satisfied
zometa          | 88 umol/L           | 31      |              | warning too_old
zometa          | 88 umol/L           | 0       |              | satisfied
zometa          | 88 umol/L           | -1      |              | warning due                  # dated tomorrow
zometa          | 88 umol/L           | 2026-05 |              | warning unusable  # 3 to 33 days: not known to be fresh
zometa          | ?                   |         |              | needs-data creatinine_serum
zometa          | 88 umol/L           | 31      | zometa 28    | warning too_old  # renewal: before each infusion
zometa          | 88 umol/L           | 30      | zometa 28    | satisfied
zometa          | 1.1 mg/dL           | 5       |              | satisfied
zometa          | 88                  | 5       |              | warning unusable             # no unit
zometa          | 88 mmol             | 5       |              | warning unusable             # no unit of creatinine
zometa          | 19.9 umol/L         | 5       |              | warning unusable             # implausible
zometa          | 20 umol/L           | 5       |              | satisfied
zometa          | 2000 umol/L         | 5       |              | satisfied
zometa          | 2001 umol/L         | 5       |              | warning unusable
zometa          | 88 umol/L prelim    | 5       |              | warning due  # preliminary never reassures
zometa          | 88 umol/L error     | 5       |              | warning due
zometa          | 88 umol/L cancelled | 5       |              | warning due
zometa          | 88 umol/L amended   | 5       |              | satisfied
zometa          | 400 umol/L          | 31      |              | warning last_below  # last known clearance below 30
zometa          | 400 umol/L          | 365     |              | warning last_below
zometa          | 400 umol/L          | 366     |              | warning too_old  # too old even to be quoted
xgeva           |                     |         |              | warning due
xgeva           | 88 umol/L           | 90      |              | satisfied
xgeva           | 88 umol/L           | 91      |              | warning too_old
xgeva           | 400 umol/L          | 91      |              | warning last_below
xgeva           | ?                   |         |              | needs-data creatinine_serum
xgeva           |                     |         | xgeva 28     | not-applicable               # renewal of denosumab
xgeva           |                     |         | zometa 28    | not-applicable               # on treatment: no start
xgeva           |                     |         | order 100    | warning due  # presumed counts as a start here
zoledronic acid |                     |         |              | not-applicable  # no bone disease: out of scope
zoledronic acid |                     |         | bone disease | warning due  # cannot be told, still asked
denosumab       |                     |         | bone disease | warning due
denosumab       |                     |         |              | not-applicable
aclasta         |                     |         | bone disease | not-applicable               # ZOL-PROD-01 speaks
prolia          |                     |         | bone disease | not-applicable
aclasta         |                     |         |              | not-applicable
"""
_STATUS = {"prelim": "preliminary", "error": "entered-in-error", "cancelled": "cancelled", "amended": "amended"}


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(KIDNEY), ids=name)
def test_renal_function_is_known_before_the_drug(row: dict[str, str], edition: str) -> None:
    patient = Bedside().observed("body_weight", f"60 kg @ {ago(2)}")
    known, _, days = row["on file"].partition(" ")
    if known == "bone":
        patient.ill("bone_metastasis")
    elif known == "order":
        patient.ordered("xgeva", ago(days))
    elif known:
        patient.given(known, ago(days))
    words = row["creatinine"].split()
    if words[-1:] == ["?"]:
        patient.without("observations")
    elif words:
        status = {"status": _STATUS[words.pop()]} if words[-1] in _STATUS else {}
        patient.observed("creatinine_serum", f"{' '.join(words)} @ {ago(row['days'])}", **status)
    assert patient.drafts_order(row["order"]).outcome("AR-RENAL-01", edition) == row["AR-RENAL-01"]


def test_a_low_clearance_of_the_past_is_shown_and_a_test_is_proposed() -> None:
    patient = Bedside().observed("creatinine_serum", f"400 umol/L @ {ago(60)}")
    finding = patient.observed("body_weight", f"60 kg @ {ago(2)}").drafts_order("zometa").asks("AR-RENAL-01")
    assert finding.verdict.figures["clearance"].span.high < 30
    assert finding.verdict.proposals[0].items == ("creatinine_test",)


JAW = """
on file                             | days | risks
------------------------------------+------+-----------------------
                                    |      |
prednisone active                   | 400  | corticosteroid
prednisone stopped                  | 5    |
prednisone statement                | 20   | corticosteroid
bevacizumab active                  | 400  | anti_angiogenic
bevacizumab given                   | 90   | anti_angiogenic
bevacizumab given                   | 91   |
bevacizumab not-done                | 10   |
radiotherapy site_head_neck         | 365  | head_neck_radiotherapy
radiotherapy site_head_neck         | 366  |
radiotherapy site_mandible          | 365  | head_neck_radiotherapy
radiotherapy rt_body_site_head_neck | 20   | head_neck_radiotherapy
radiotherapy site_femur             | 20   |
radiotherapy                        | 20   |                         # site not recorded
planned radiotherapy site_head_neck | 20   |
running radiotherapy site_head_neck | 20   | head_neck_radiotherapy  # under way counts as well
"""
_RT_STATUS = {"radiotherapy": "completed", "planned": "preparation", "running": "in-progress"}


def at_risk(patient: Bedside, said: str, days: str) -> Bedside:
    """One row of the table on file."""
    first, _, rest = said.partition(" ")
    if first in _RT_STATUS:
        site = rest.removeprefix("radiotherapy").strip()
        where = {"bodySite": [concept(site)]} if site else {}
        return patient.done("radiotherapy", ago(days), status=_RT_STATUS[first], **where)
    if rest in ("given", "not-done"):
        return patient.given(first, ago(days), status="completed" if rest == "given" else rest)
    if rest == "statement":
        return patient.stated(first, ago(days))
    return patient.ordered(first, ago(days), status=rest) if first else patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("order", ["zometa", "xgeva"])
@pytest.mark.parametrize("row", rows(JAW), ids=name)
def test_what_adds_to_the_jaw_risk_is_named_at_the_start(row: dict[str, str], order: str, edition: str) -> None:
    finding = at_risk(Bedside(), row["on file"], row["days"]).drafts_order(order).asks("AR-CONC-01", edition)
    assert finding.verdict.outcome == ("due" if row["risks"] else "satisfied")
    assert not row["risks"] or (finding.severity == "info" and finding.verdict.figures["risks"].keys == (row["risks"],))


def test_each_risk_is_named_and_none_after_the_start() -> None:
    patient = Bedside().ordered("prednisone", ago(9)).given("bevacizumab", ago(9))
    patient.done("radiotherapy", ago(9), bodySite=[concept("site_head_neck")]).drafts_order("zometa")
    risks = patient.asks("AR-CONC-01").verdict.figures["risks"].keys
    assert risks == ("corticosteroid", "anti_angiogenic", "head_neck_radiotherapy")
    assert patient.given("zometa", ago(30)).outcome("AR-CONC-01") == "not-applicable"
