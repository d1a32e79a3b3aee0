"""ONJ-DEF-01: what counts as osteonecrosis of the jaw; ONJ-REF-01: it goes to a specialised centre."""

from datetime import date

import pytest

from fhir_mappers.record.proposals import HoldDraft, NewService
from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.booking import requested
from tests.support.chart import ago, booked
from tests.support.drawn import name, rows

DEFINITIONS = """
exposed       | treated | rays        | care         | ONJ-DEF-01
--------------+---------+-------------+--------------+--------------------------------------------
condition 100 | given   | no          | 57           | info due                                   # beyond eight weeks
condition 100 | given   | no          | 56           | info suspected                             # not beyond
condition 100 | given   | no          | 0            | info suspected
condition 40  | given   | no          | 90           | info suspected                     # found after care began
condition 57  | given   | no          | 90           | info due
flag 20       | given   | no          | 57           | info due
flag 20       | given   | no          | days 57      | info due
flag 20       | given   | no          | days 56      | info suspected
flag 20       | given   | no          | days 57 old  | needs-data exposed_bone_care_start         # told 31 days ago
flag 20       | given   | no          | days 57 edge | info due                                   # told 30 days ago
no 20         | given   | no          | 57           | not-applicable                       # looked at, not exposed
condition healed | given | no         | 57           | not-applicable
              | given   | no          | 57           | not-applicable
condition 100 | given   | no          |              | needs-data exposed_bone_care_start
condition 100 | given   | no          | 2026-03      | info due                                   # 64 to 94 days
condition 100 | given   | no          | 2026-04      | needs-data exposed_bone_care_start         # 34 to 63 days
condition 100 | given   |             | 57           | needs-data craniofacial_radiotherapy
condition 100 | given   | yes         | 57           | info irradiated
condition 100 | given   | yes         |              | info irradiated
condition 100 | given   | head        | 57           | info irradiated
condition 100 | given   | spine       | 57           | needs-data craniofacial_radiotherapy
condition 100 | given   | spine, no   | 57           | info due
condition 100 | prolia  | no          | 57           | info due                                   # of either use
condition 100 | ordered | no          | 57           | info due
condition 100 | yes     | no          | 57           | info due
condition 100 | no      | no          | 57           | not-applicable
condition 100 |         | no          | 57           | needs-data antiresorptive_exposure_ever
condition ?   | given   | no          | 57           | needs-data exposed_jaw_bone,onj_drug_induced
condition ?   |         | no          | 57           | not-applicable                             # nothing points at it
"""


def exposed(row: dict[str, str], moment: str = "patient-view") -> Bedside:
    patient = Bedside(moment=moment)
    how, _, day = row["exposed"].partition(" ")
    if day == "?":
        patient.without("conditions")
    elif day == "healed":
        patient.ill("exposed_jaw_bone", ago(100), status="resolved")
    elif how == "condition":
        patient.ill("exposed_jaw_bone", ago(day))
    elif how:
        patient.observed("exposed_jaw_bone", f"{'true' if how == 'flag' else 'false'} @ {ago(day)}")
    _treat(patient, row["treated"])
    for told in filter(None, row["rays"].split(", ")):
        if told in ("yes", "no"):
            patient.observed("craniofacial_radiotherapy", f"{'true' if told == 'yes' else 'false'} @ {ago(9)}")
        else:
            site = {"head": "site_head_neck", "spine": "site_spine"}[told]
            patient.done("radiotherapy", ago(3000), bodySite=[concept(site)])
    day, _, number = row["care"].partition(" ")
    if day == "days":
        told = {"old": 31, "edge": 30}.get(number.partition(" ")[2], 5)
        patient.observed("exposed_bone_days", f"{number.split()[0]} d @ {ago(told)}")
    elif day:
        told_on = {"status": "final", "effectiveDateTime": ago(1), "valueDateTime": ago(day)}
        patient.add("observations", "Observation", {"code": concept("exposed_bone_care_start"), **told_on})
    return patient


def _treat(patient: Bedside, treated: str) -> None:
    if treated in ("yes", "no"):
        patient.observed("antiresorptive_exposure_ever", f"{'true' if treated == 'yes' else 'false'} @ {ago(9)}")
    elif treated == "ordered":
        patient.ordered("xgeva", ago(100))
    elif treated:
        patient.given({"given": "zometa"}.get(treated, treated), ago(2000))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(DEFINITIONS), ids=name)
def test_exposed_bone_is_classified(row: dict[str, str], edition: str) -> None:
    assert exposed(row).outcome("ONJ-DEF-01", edition) == row["ONJ-DEF-01"]


def test_a_suspicion_names_the_first_day_beyond_eight_weeks() -> None:
    row = {"exposed": "condition 100", "treated": "given", "rays": "no", "care": "50"}
    found = exposed(row).asks("ONJ-DEF-01").verdict
    assert (str(found.figures["days"]), found.figures["on"], found.said_by) == ("50 d", date(2026, 6, 10), None)
    assert exposed(row | {"care": "57"}).asks("ONJ-DEF-01").verdict.said_by == "ONJ-REF-01"


def test_a_start_of_care_nobody_can_read_is_asked_for() -> None:
    row = {"exposed": "condition 100", "treated": "given", "rays": "no", "care": "57"}
    patient = exposed(row)
    patient.resources["observations"][-1]["valueDateTime"] = "in spring"
    assert patient.outcome("ONJ-DEF-01") == "needs-data exposed_bone_care_start"


def test_an_osteonecrosis_already_coded_is_not_classified_again() -> None:
    row = {"exposed": "condition 100", "treated": "given", "rays": "no", "care": "57"}
    assert exposed(row).ill("onj_drug_induced").outcome("ONJ-DEF-01") == "not-applicable"
    provisional = {"verificationStatus": {"coding": [{"code": "provisional"}]}}
    assert exposed(row).ill("onj_drug_induced", **provisional).outcome("ONJ-DEF-01") == "info due"


REFERRALS = """
jaw                | referral            | ONJ-REF-01
-------------------+---------------------+------------------------------------
onj 100            |                     | warning due
onj 100            | 100                 | satisfied              # on the day of onset
onj 100            | 101                 | warning due            # before the onset
onj 100            | 20 completed        | satisfied
onj 100            | 20 revoked          | warning due
onj 100            | visit 7             | satisfied              # the centre is booked
onj 100            | other 20            | warning due
onj 100            | ?                   | needs-data oral_surgery_referral
onj undated        | 900                 | satisfied
onj resolved       |                     | not-applicable
onj provisional    |                     | not-applicable         # not confirmed
definition         |                     | warning due
definition         | 100                 | satisfied
definition         | 101                 | warning due
suspected          |                     | not-applicable
open               |                     | not-applicable         # ONJ-DEF-01 asks what is missing
                   |                     | not-applicable
"""
_CARE = {"definition": "57", "suspected": "56", "open": ""}


def referred(row: dict[str, str], moment: str = "patient-view") -> Bedside:
    how, _, day = row["jaw"].partition(" ")
    exposed_row = {"exposed": "condition 100", "treated": "given", "rays": "no", "care": _CARE.get(how, "")}
    patient = exposed(exposed_row, moment) if how in _CARE else Bedside(moment=moment)
    if how == "onj":
        certain = {"verificationStatus": {"coding": [{"code": "provisional" if day == "provisional" else "confirmed"}]}}
        onset = ago(day) if day.isdigit() else (None if day == "undated" else ago(100))
        patient.ill("onj_drug_induced", onset, status="resolved" if day == "resolved" else "active", **certain)
    words = row["referral"].split()
    if words == ["?"]:
        patient.without("serviceRequests")
    elif words and words[0] == "visit":
        booked(patient, "oral_surgery_referral", ago(-int(words[1])))
    elif words:
        what = "dental_examination" if words[0] == "other" else "oral_surgery_referral"
        day = words[1] if words[0] == "other" else words[0]
        status = words[1] if words[-1] in ("completed", "revoked") else "active"
        asked = {"status": status, "intent": "order", "code": concept(what), "authoredOn": ago(day)}
        patient.add("serviceRequests", "ServiceRequest", asked)
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(REFERRALS), ids=name)
def test_osteonecrosis_goes_to_a_specialised_centre(row: dict[str, str], edition: str) -> None:
    assert referred(row).outcome("ONJ-REF-01", edition) == row["ONJ-REF-01"]


ORDERS = """
jaw              | draft           | bone | ONJ-REF-01
-----------------+-----------------+------+------------------
onj 100          | xgeva           |      | warning ordered   # even if referred
onj 100          | zometa          |      | warning ordered
onj provisional  | xgeva           |      | warning ordered   # the safer reading
onj resolved     | xgeva           |      | not-applicable
definition       | xgeva           |      | warning ordered
suspected        | xgeva           |      | not-applicable
onj 100          | denosumab       | yes  | warning ordered   # cannot be told, malignant bone disease
onj 100          | denosumab       |      | not-applicable
onj 100          | prolia          | yes  | not-applicable
onj 100          | paracetamol     | yes  | not-applicable
onj 100          |                 | yes  | not-applicable    # nothing is ordered
                 | xgeva           | yes  | not-applicable
"""


@pytest.mark.parametrize("row", rows(ORDERS), ids=name)
def test_a_dose_past_an_osteonecrosis_is_warned_of_even_when_referred(row: dict[str, str]) -> None:
    patient = referred({"jaw": row["jaw"], "referral": "20"}, "order-sign")
    if row["bone"]:
        patient.ill("bone_metastasis")
    if row["draft"]:
        patient.drafts_order(row["draft"])
    assert patient.outcome("ONJ-REF-01") == row["ONJ-REF-01"]


@pytest.mark.parametrize("kind", ["conditions", "procedures", "observations", "medicationAdministrations"])
@pytest.mark.parametrize("jaw", ["definition", "open"])
def test_an_osteonecrosis_by_definition_is_not_hidden_by_data_that_were_not_sent(jaw: str, kind: str) -> None:
    patient = referred({"jaw": jaw, "referral": ""}, "order-sign").drafts_order("xgeva").without(kind)
    assert patient.outcome("ONJ-REF-01").startswith(("needs-data", "warning ordered"))
    seen = referred({"jaw": jaw, "referral": ""}).without(kind)
    assert seen.outcome("ONJ-DEF-01").startswith(("needs-data", "info")), "with the chart open it is asked there"


def test_the_order_may_be_put_on_hold_and_the_centre_asked() -> None:
    patient = Bedside().ill("onj_drug_induced").drafts_order("xgeva")
    (draft,) = patient.record().drafts
    centre = NewService(("oral_surgery_referral",))
    assert patient.asks("ONJ-REF-01").verdict.proposals == (HoldDraft(draft), centre)
    seen = Bedside(moment="patient-view").ill("onj_drug_induced")
    assert seen.asks("ONJ-REF-01").verdict.proposals == (centre,)
    assert requested(seen, "oral_surgery_referral").outcome("ONJ-REF-01") == "satisfied"


@pytest.mark.parametrize("drug", ["zoledronic acid", "denosumab"])
def test_a_drug_that_cannot_be_told_is_open_while_the_disease_is_not_known(drug: str) -> None:
    patient = Bedside().ill("onj_drug_induced", ago(60)).drafts_order(drug)
    assert patient.outcome("ONJ-REF-01") == "not-applicable"
    unsent = patient.without("conditions").asks("ONJ-REF-01")
    assert unsent.status == "needs-data"
    assert {gap.why for gap in unsent.verdict.missing} == {"not-fetched"}
