"""AR-START-01: an antiresorptive is offered in lung cancer with a bone metastasis."""

from typing import Any

import pytest

from hooks.limits import EDITIONS
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, booked, care_plan, lung_patient
from tests.support.drawn import name, rows
from tests.support.renal import clearing

DISEASES = """
lung cancer         | bone                 | born       | pregnant | outcome
--------------------+----------------------+------------+----------+---------------
confirmed           | confirmed            | 1956-01-15 | no       | info due
confirmed           | confirmed recurrence | 1956-01-15 | no       | info due
                    | confirmed            | 1956-01-15 | no       | not-applicable  # another tumour: silent
confirmed           |                      | 1956-01-15 | no       | not-applicable
confirmed           | provisional          | 1956-01-15 | no       | not-applicable
confirmed           | differential         | 1956-01-15 | no       | not-applicable
provisional         | confirmed            | 1956-01-15 | no       | not-applicable
confirmed           | refuted              | 1956-01-15 | no       | not-applicable
confirmed           | entered-in-error     | 1956-01-15 | no       | not-applicable
confirmed           | confirmed resolved   | 1956-01-15 | no       | not-applicable
confirmed remission | confirmed            | 1956-01-15 | no       | not-applicable
confirmed           | secondary in bone    | 1956-01-15 | no       | info due        # mCODE
confirmed           | secondary in brain   | 1956-01-15 | no       | not-applicable
confirmed           | secondary            | 1956-01-15 | no       | not-applicable  # site not recorded
confirmed           | myeloma              | 1956-01-15 | no       | not-applicable  # no metastasis
confirmed           | confirmed            | 2008-06-03 | no       | info due        # 18 today
confirmed           | confirmed            | 2008-06-04 | no       | not-applicable
confirmed           | confirmed            | 1990-01-01 | yes      | not-applicable
?                   | confirmed            | 1956-01-15 | no       | needs-data
"""


def disease(row: dict[str, str]) -> Bedside:
    """The patient of the row."""
    patient = Bedside().person(born=row["born"])
    if row["lung cancer"] == "?":
        return patient.without("conditions")
    for what, said in (("lung_cancer", row["lung cancer"]), ("bone_metastasis", row["bone"])):
        if said.startswith("secondary"):
            site = {"bone": "site_spine", "brain": "site_brain"}.get(said.rpartition(" ")[2])
            patient.ill("secondary_malignancy_any", ago(90), **({"bodySite": [concept(site)]} if site else {}))
        elif said == "myeloma":
            patient.ill("multiple_myeloma", ago(90))
        elif said:
            certainty, _, status = said.partition(" ")
            verified = {"coding": [{"code": certainty}]}
            patient.ill(what, ago(90), status=status or "active", verificationStatus=verified)
    return patient.person(sex="female").ill("pregnancy", ago(60)) if row["pregnant"] == "yes" else patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(DISEASES), ids=name)
def test_for_whom_a_start_is_offered(row: dict[str, str], edition: str) -> None:
    assert disease(row).outcome("AR-START-01", edition).partition(" lung_cancer,bone_metastasis")[0] == row["outcome"]


AGAINST = """
on file                     | days | outcome
----------------------------+------+-----------------------------------------------------------------
survival 2.9 mo             | 5    | not-applicable
survival 3 mo               | 5    | info due  # exactly three months is eligible
survival 3.1 mo             | 5    | info due
survival 12 wk              | 5    | not-applicable                                                    # 2.8 months
survival 14 wk              | 5    | info due
survival <3 mo              | 5    | not-applicable
survival <2 mo              | 5    | not-applicable
survival <6 mo              | 5    | needs-data life_expectancy  # may be two months
survival >2 mo              | 5    | needs-data life_expectancy                                        # may be a year
survival >3 mo              | 5    | info due
survival 2                  | 5    | needs-data life_expectancy                                        # no unit
estimate 2 mo               | 5    | not-applicable  # by the local code
declined true               | 5    | not-applicable
declined false              | 5    | info due
osteonecrosis active        | 50   | not-applicable
osteonecrosis resolved      | 50   | info due
hospice plan                | 5    | not-applicable
comfort plan                | 5    | not-applicable
comfort plan completed      | 5    | info due
comfort condition           | 5    | not-applicable
comfort condition resolved  | 5    | info due
palliative care visit       | 5    | info due  # palliative care alone is not comfort-only
? carePlans                 |      | needs-data comfort_care_only
? observations              |      | needs-data calcium_total,life_expectancy,antiresorptive_declined
zometa ordered              | 100  | satisfied
prolia ordered              | 100  | satisfied  # any antiresorptive
alendronate ordered         | 100  | satisfied
zometa on-hold              | 100  | info due
zometa ordered stopped      | 300  | info due
zometa stopped for a reason | 300  | not-applicable
xgeva ended for a reason    | 300  | not-applicable
zometa given                | 180  | satisfied
zometa given                | 181  | info due
zometa not-done             | 10   | info due
zometa drafted              |      | satisfied
xgeva drafted               |      | satisfied
? medicationAdministrations |      | needs-data antiresorptive_doses
zometa course 24            |      | not-applicable  # calendar months, first to last dose
zometa course 23            |      | info due                                                          # one day short
"""
_DRUG_STATUS = {"ordered": "active", "on-hold": "on-hold", "ordered stopped": "stopped"}
_ENDED = {"stopped for a reason": "stopped", "ended for a reason": "completed"}


def with_fact(patient: Bedside, said: str, days: str) -> Bedside:
    """One row of the table on file."""
    first, _, rest = said.partition(" ")
    if first == "?":
        return patient.without(rest)
    day = ago(days) if days else ""
    if first in ("survival", "estimate"):
        what = "life_expectancy" if first == "survival" else "survival_estimate"
        return patient.observed(what, f"{rest} @ {day}")
    if first == "declined":
        return patient.observed("antiresorptive_declined", f"{rest} @ {day}")
    if first == "osteonecrosis":
        return patient.ill("onj_drug_induced", day, status=rest)
    if first == "palliative":
        return booked(patient, "palliative_care_contact", day)
    if first in ("hospice", "comfort"):
        what = "hospice_care" if first == "hospice" else "comfort_care_only"
        status = rest.partition(" ")[2] or "active"
        return care_plan(patient, what, status=status) if rest.startswith("plan") else patient.ill(what, status=status)
    return _with_drug(patient, first, rest, day)


def _with_drug(patient: Bedside, product: str, how: str, day: str) -> Bedside:
    if how == "drafted":
        return patient.drafts_order(product)
    if how.startswith("course"):
        last = "2025-03-10" if how.endswith("24") else "2025-03-09"
        return patient.given(product, "2023-03-10").given(product, last)
    if how in ("given", "not-done"):
        return patient.given(product, day, status="completed" if how == "given" else how)
    reason: dict[str, Any] = {"statusReason": concept("stop_toxicity")} if how in _ENDED else {}
    return patient.ordered(product, day, status=_ENDED.get(how) or _DRUG_STATUS[how], **reason)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(AGAINST), ids=name)
def test_what_speaks_against_a_start_or_makes_it_needless(row: dict[str, str], edition: str) -> None:
    assert with_fact(lung_patient(), row["on file"], row["days"]).outcome("AR-START-01", edition) == row["outcome"]


def test_without_a_recorded_survival_the_criterion_is_shown() -> None:
    assert lung_patient().asks("AR-START-01").verdict.notes == ("survival_not_recorded",)
    known = lung_patient().observed("life_expectancy", f"12 mo @ {ago(5)}")
    assert known.asks("AR-START-01").verdict.notes == ()


def test_the_card_offers_both_drugs_and_the_checks_before_the_start() -> None:
    patient = lung_patient().observed("creatinine_serum", f"88.4 umol/L @ {ago(5)}")
    patient.observed("body_weight", f"45 kg @ {ago(5)}").person(born="1958-01-01")
    zoledronate, denosumab, steps = patient.asks("AR-START-01").verdict.proposals
    assert (zoledronate.item, str(zoledronate.dose)) == ("zoledronic_acid", "3.3 mg")
    assert denosumab.item == "denosumab"
    assert steps.items == ("vitamin_d_test", "creatinine_test", "dental_consultation", "panoramic_xray")


@pytest.mark.parametrize("rule", ["AR-START-01", "AR-START-02"])
def test_the_dose_offered_comes_with_the_clearance_it_rests_on(rule: str) -> None:
    patient = clearing("42", bedside=lung_patient())
    if rule == "AR-START-02":
        patient.ill("spinal_cord_compression", ago(9))
    verdict = patient.asks(rule).verdict
    assert "dose_by_clearance" in verdict.notes
    assert verdict.figures["clearance"].span.low == 42
    assert {"creatinine_serum", "body_weight"} <= {proof.what for proof in verdict.evidence}
    patient.without("procedures")  # dialysis not known: no dose, so no clearance
    assert "dose_by_clearance" not in patient.asks(rule).verdict.notes


@pytest.mark.parametrize("renal", ["dialysis", "unknown"])
def test_no_zoledronic_acid_is_offered_where_no_dose_can_be_told(renal: str) -> None:
    patient = lung_patient()
    if renal == "dialysis":
        patient.ill("dialysis_dependence").observed("creatinine_serum", f"88.4 umol/L @ {ago(5)}")
        patient.observed("body_weight", f"70 kg @ {ago(5)}")
    offered = patient.asks("AR-START-01").verdict.proposals
    assert [p.item for p in offered[:-1]] == ["denosumab"]


@pytest.mark.parametrize(("last", "speaks"), [(59, False), (100, True)])
def test_silent_when_the_missing_bridge_speaks(last: int, speaks: bool) -> None:
    patient = lung_patient().ordered("xgeva", ago(600), status="completed").given("xgeva", ago(last + 181), "120 mg")
    if speaks:
        finding = patient.asks("AR-START-01")
        assert (finding.speaks, finding.because) == (False, "muted by BRIDGE-02")
        assert patient.asks("BRIDGE-02").speaks
    else:
        patient.given("zometa", ago(190), "4 mg")
        assert patient.outcome("AR-START-01") == "info due"
