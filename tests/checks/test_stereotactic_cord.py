"""SBRT-CORD-01, SBRT-REIRR-01: the cord under stereotactic radiotherapy, the first time and again."""

import pytest

from fhir_mappers.record.proposals import HoldDraft, NewService
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.drawn import name, rows
from tests.support.planned import planned

LIMITS = """
fractions | dmax   | outcome
----------+--------+---------------------
1         | 12     | satisfied
1         | 12.1   | warning caution
1         | 14     | warning caution
1         | 14.1   | critical due
2         | 17     | satisfied
2         | 17.1   | critical due
3         | 20.3   | satisfied
3         | 20.4   | critical due
4         | 23     | satisfied
4         | 23.1   | critical due
5         | 25.3   | satisfied
5         | 25.31  | critical due
6         | 20     | info not_covered
5         | >25.3  | critical due
5         | <25.3  | satisfied
1         | 1210 c | warning caution      # centigray
"""


def spine(details: str, patient: Bedside | None = None, site: str = "vertebra_t6") -> Bedside:
    return planned(patient or Bedside(), "bone_stereotactic_radiotherapy", site=site, details=details)


@pytest.mark.parametrize("carrier", ["order", "form", "app"])
@pytest.mark.parametrize("row", rows(LIMITS), ids=name)
def test_the_cord_keeps_to_its_limit(row: dict[str, str], carrier: str) -> None:
    dose = f"{row['dmax'].removesuffix(' c')} {'cGy' if row['dmax'].endswith('c') else 'Gy'}"
    if carrier == "order":
        patient = spine(f"cord_dmax {dose}, rt_fractions {row['fractions']}, rt_total_dose 24 Gy")
    else:
        patient = Bedside(moment="app" if carrier == "app" else "order-sign")
        patient.observed("cord_dmax", f"{dose} @ {ago(1)}").observed("rt_fractions", f"{row['fractions']} 1 @ {ago(1)}")
        patient = patient if carrier == "app" else spine("", patient)
    assert patient.outcome("SBRT-CORD-01") == row["outcome"]


NOT_JUDGED = """
details                                          | site        | outcome
-------------------------------------------------+-------------+-------------------------------
rt_fractions 3, rt_total_dose 27 Gy              | vertebra_t6 | needs-data cord_dmax
cord_dmax 20 Gy                                  | vertebra_t6 | needs-data rt_fractions
cord_dmax 20 Gy, rt_fractions 3                  | site_femur  | not-applicable
cord_dmax 30 Gy, rt_fractions 3                  |             | critical due                # the bone is not told
                                                 | vertebra_t6 | not-applicable              # a referral
rt_total_dose 27 Gy                              | vertebra_t6 | needs-data cord_dmax,rt_fractions
cord_dmax unknown, rt_fractions 3                | vertebra_t6 | needs-data cord_dmax
cord_dmax 30 Gy, rt_fractions 3, rt_reirradiation true | vertebra_t6 | not-applicable        # SBRT-REIRR-01 speaks
"""


@pytest.mark.parametrize("row", rows(NOT_JUDGED), ids=name)
def test_what_is_not_told_is_asked_for(row: dict[str, str]) -> None:
    assert spine(row["details"], site=row["site"]).outcome("SBRT-CORD-01") == row["outcome"]


def test_a_plan_above_the_limit_is_put_on_hold() -> None:
    patient = spine("cord_dmax 24 Gy, rt_fractions 3")
    (draft,) = patient.record().drafts
    assert patient.asks("SBRT-CORD-01").verdict.proposals == (HoldDraft(draft),)
    assert spine("cord_dmax 13 Gy, rt_fractions 1").asks("SBRT-CORD-01").verdict.proposals == ()
    assert Bedside().outcome("SBRT-CORD-01") == "not-applicable"


FINE = {
    "cumulative_cord_eqd2": "60 Gy",
    "sbrt_cord_eqd2": "20 Gy",
    "alpha_beta_used": "2 Gy",
    "reirradiation_interval": "6 mo",
}
CONDITIONS = """
what                   | is     | outcome                                   | found
-----------------------+--------+-------------------------------------------+------------------------------
                       |        | satisfied                                 |
cumulative_cord_eqd2   | 69.9 Gy | satisfied                                |
cumulative_cord_eqd2   | 70 Gy  | critical due                              | cumulative_cord_eqd2
sbrt_cord_eqd2         | 24.9 Gy | satisfied                                |
sbrt_cord_eqd2         | 25 Gy  | critical due                              | sbrt_cord_eqd2
reirradiation_interval | 5 mo   | satisfied                                 |
reirradiation_interval | 4.9 mo | critical due                              | reirradiation_interval
reirradiation_interval | 149 d  | critical due                              | reirradiation_interval
cumulative_cord_eqd2   | 40 Gy  | satisfied                                 |                              # ratio exactly 0.5
cumulative_cord_eqd2   | 39.9 Gy | critical due                             | eqd2_ratio
cumulative_cord_eqd2   |        | needs-data cumulative_cord_eqd2           |
sbrt_cord_eqd2         |        | needs-data sbrt_cord_eqd2                 |
alpha_beta_used        |        | needs-data alpha_beta_used                |
reirradiation_interval |        | needs-data reirradiation_interval         |
"""


@pytest.mark.parametrize("moment", ["order-sign", "app"])
@pytest.mark.parametrize("row", rows(CONDITIONS), ids=name)
def test_a_spine_is_irradiated_again_only_when_all_conditions_hold(row: dict[str, str], moment: str) -> None:
    facts = FINE | ({row["what"]: row["is"]} if row["what"] else {})
    if moment == "app":
        patient = Bedside(moment="app")
        for what, fact in facts.items():
            if fact:
                patient.observed(what, f"{fact} @ {ago(1)}")
    else:
        told = ", ".join(f"{what} {fact}" for what, fact in facts.items() if fact)
        patient = spine(f"rt_reirradiation true, {told}")
    assert patient.outcome("SBRT-REIRR-01") == row["outcome"]
    found = patient.asks("SBRT-REIRR-01").verdict.figures.get("found")
    assert (found.keys if found else ()) == ((row["found"],) if row["found"] else ())


@pytest.mark.parametrize(("cumulative", "notes"), [("70 Gy", ("disputed",)), ("75 Gy", ("disputed",)), ("75.1 Gy", ())])
def test_between_70_and_75_gray_there_is_no_consensus(cumulative: str, notes: tuple[str, ...]) -> None:
    told = ", ".join(f"{what} {fact}" for what, fact in (FINE | {"cumulative_cord_eqd2": cumulative}).items())
    verdict = spine(f"rt_reirradiation true, {told}").asks("SBRT-REIRR-01").verdict
    assert (verdict.case, verdict.notes) == ("due", notes)


INTERVALS = """
ended      | site        | outcome
-----------+-------------+-----------------------------------
2026-01-03 | vertebra_t6 | satisfied                          # five months to the day
2026-01-04 | vertebra_t6 | critical due
2026-01-03 | site_thorax | satisfied
2026-05-20 | site_femur  | not-applicable
2026-01-03 | -           | satisfied                          # where it was given is not recorded, and all holds
2026-01-04 | -           | critical due                       # doses that are told speak for this very place
"""


@pytest.mark.parametrize("row", rows(INTERVALS), ids=name)
def test_the_interval_is_counted_from_the_record_where_the_form_does_not_tell(row: dict[str, str]) -> None:
    where = {} if row["site"] == "-" else {"bodySite": [concept(row["site"])]}
    patient = Bedside().done("radiotherapy", row["ended"], **where)
    told = ", ".join(f"{what} {fact}" for what, fact in FINE.items() if what != "reirradiation_interval")
    assert spine(told, patient).outcome("SBRT-REIRR-01") == row["outcome"]


def test_a_short_interval_is_said_even_before_the_doses_are_known() -> None:
    patient = Bedside().done("radiotherapy", ago(40), bodySite=[concept("vertebra_t6")])
    verdict = spine("", patient).asks("SBRT-REIRR-01").verdict
    assert [gap.what for gap in verdict.missing] == ["cumulative_cord_eqd2", "sbrt_cord_eqd2", "alpha_beta_used"]
    assert verdict.notes == ("interval_short",)


def test_a_spine_that_fails_goes_to_the_board() -> None:
    told = ", ".join(f"{what} {fact}" for what, fact in (FINE | {"sbrt_cord_eqd2": "26 Gy"}).items())
    patient = spine(f"rt_reirradiation true, {told}")
    (draft,) = patient.record().drafts
    assert patient.asks("SBRT-REIRR-01").verdict.proposals == (HoldDraft(draft), NewService(("bone_tumour_board",)))
    assert spine("").outcome("SBRT-REIRR-01") == "not-applicable"
    assert Bedside(moment="app").outcome("SBRT-REIRR-01") == "not-applicable"
