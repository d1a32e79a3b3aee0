"""Local treatments: across a boundary one rule changes its mind and no other; worse is never called better; an item that
is not known never gives a total or a verdict.
"""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.acts import CLEAN, act, takes
from tests.support.assessed import MIRELS, MIRELS_LADDER, SINS, SINS_LADDER, assessed, items
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago
from tests.support.planned import planned

FEW = settings(max_examples=25, deadline=None, derandomize=True)
RANK = {"info": 1, "warning": 2, "critical": 3}
LIMITS = {1: ("12", "14"), 2: ("17",), 3: ("20.3",), 4: ("23",), 5: ("25.3",)}
AGAIN = {"cumulative_cord_eqd2": 60, "sbrt_cord_eqd2": 20, "reirradiation_interval": 6, "alpha_beta_used": 2}
UNITS = {"reirradiation_interval": "mo"}


def said(patient: Bedside) -> dict[str, str]:
    """What each rule that speaks says: rule and order, severity and case."""
    found = patient.findings()
    assert not found.broken, found.broken
    return {f"{f.rule.id}": f"{f.severity.value} {f.status} {f.verdict.case}" for f in found.speaking}


def grave(patient: Bedside, rule: str) -> int:
    """How gravely a rule speaks; a question is not a reassurance."""
    told = patient.outcome(rule).split()[0]
    return 2 if told == "needs-data" else RANK.get(told, 0)


def spine(details: str, patient: Bedside | None = None) -> Bedside:
    return planned(patient or Bedside(), "bone_stereotactic_radiotherapy", site="vertebra_t6", details=details)


def cord(fractions: int, dose: object) -> Bedside:
    return spine(f"rt_total_dose 24 Gy, rt_fractions {fractions}, cord_dmax {dose} Gy")


def again(**changes: object) -> Bedside:
    told = ", ".join(f"{what} {said} {UNITS.get(what, 'Gy')}" for what, said in (AGAIN | changes).items() if said)
    return spine(f"rt_reirradiation true, {told}")


def rays(days: int, operation: str = "bone_metastasis_surgery") -> Bedside:
    return act(Bedside().ill("bone_metastasis").done(operation, ago(days)), "bone_radiotherapy", "0")


def chemotherapy(days: int) -> Bedside:
    return Bedside().ill("bone_metastasis").done("bone_metastasis_surgery", ago(days)).drafts_order("vinorelbine")


def stopped(drug: str, days: int) -> Bedside:
    patient = Bedside().ordered(drug, ago(90), status="stopped").given(drug, ago(days))
    return planned(patient, "bone_radiotherapy", site="site_pelvis", on=ago(0))


def cement(platelets: int, prothrombin: int) -> Bedside:
    patient = Bedside().observed("platelets", f"{platelets} 10*9/L @ {ago(1)}")
    return act(patient.observed("prothrombin_percent", f"{prothrombin} % @ {ago(1)}"), "cementoplasty", "1", **CLEAN)


def stops(drug: str, last: int) -> Bedside:
    patient = Bedside().observed("platelets", f"200 10*9/L @ {ago(1)}")
    patient.observed("prothrombin_percent", f"90 % @ {ago(1)}")
    return act(takes(patient, drug, f"until {last}"), "cementoplasty", "6", **CLEAN)


def limb(total: str) -> Bedside:
    patient = assessed(Bedside(), items(MIRELS, MIRELS_LADDER[total]))
    return planned(patient, "bone_radiotherapy", site="site_femur", details="rt_total_dose 30 Gy, rt_fractions 10")


def stability(total: str) -> Bedside:
    patient = assessed(Bedside(), items(SINS, SINS_LADDER[total]))
    return planned(patient, "bone_radiotherapy", site="vertebra_t5", details="rt_total_dose 30 Gy, rt_fractions 10")


def onset(days: int) -> Bedside:
    patient = Bedside(moment="patient-view").ill("breast_cancer").ill("bone_metastasis")
    return patient.ill("spinal_cord_compression", ago(days))


# the steps of one score hand over to each other, and RT-LONG-01 and RT-VERT-01 say the same of the irradiation
STEPS_TO_8 = ("FRAC-MIRELS-02", "FRAC-MIRELS-03", "RT-FRAC-03", "RT-LONG-01")
# the last good value and the first bad one
BOUNDARIES: dict[str, tuple[Callable[[], Bedside], Callable[[], Bedside], set[str]]] = {
    "cord, one fraction, care": (lambda: cord(1, "12"), lambda: cord(1, "12.1"), {"SBRT-CORD-01"}),
    "cord, one fraction": (lambda: cord(1, "14"), lambda: cord(1, "14.1"), {"SBRT-CORD-01"}),
    "cord, two": (lambda: cord(2, "17"), lambda: cord(2, "17.1"), {"SBRT-CORD-01"}),
    "cord, three": (lambda: cord(3, "20.3"), lambda: cord(3, "20.4"), {"SBRT-CORD-01"}),
    "cord, four": (lambda: cord(4, "23"), lambda: cord(4, "23.1"), {"SBRT-CORD-01"}),
    "cord, five": (lambda: cord(5, "25.3"), lambda: cord(5, "25.4"), {"SBRT-CORD-01"}),
    "cumulative": (lambda: again(cumulative_cord_eqd2=69.9), lambda: again(cumulative_cord_eqd2=70), {"SBRT-REIRR-01"}),
    "new": (lambda: again(sbrt_cord_eqd2=24.9), lambda: again(sbrt_cord_eqd2=25), {"SBRT-REIRR-01"}),
    "ratio": (lambda: again(cumulative_cord_eqd2=40), lambda: again(cumulative_cord_eqd2=39.9), {"SBRT-REIRR-01"}),
    "interval": (lambda: again(), lambda: again(reirradiation_interval=4.9), {"SBRT-REIRR-01"}),
    "chemotherapy, healing": (lambda: chemotherapy(21), lambda: chemotherapy(20), {"SURG-HEAL-01"}),
    "chemotherapy, early": (lambda: chemotherapy(15), lambda: chemotherapy(14), {"SURG-HEAL-01"}),
    "radiotherapy, early": (lambda: rays(15), lambda: rays(14), {"SURG-HEAL-01"}),
    "radiotherapy, skin": (lambda: rays(22), lambda: rays(21), {"SURG-HEAL-01"}),
    "radiotherapy, spine": (lambda: rays(14, "spine_surgery"), lambda: rays(13, "spine_surgery"), {"SURG-HEAL-01"}),
    "platelets": (lambda: cement(51, 90), lambda: cement(50, 90), {"CEM-HEMO-01"}),
    "prothrombin": (lambda: cement(200, 51), lambda: cement(200, 50), {"CEM-HEMO-01"}),
    "apixaban": (lambda: stops("apixaban", 4), lambda: stops("apixaban", 5), {"CEM-AC-02"}),
    "clopidogrel": (lambda: stops("clopidogrel", 1), lambda: stops("clopidogrel", 2), {"CEM-AP-01"}),
    "gemcitabine": (lambda: stopped("gemcitabine", 31), lambda: stopped("gemcitabine", 30), {"RT-CONC-01"}),
    "gemcitabine, near": (lambda: stopped("gemcitabine", 8), lambda: stopped("gemcitabine", 7), {"RT-CONC-01"}),
    "bevacizumab": (lambda: stopped("bevacizumab", 31), lambda: stopped("bevacizumab", 30), {"RT-CONC-01"}),
    "doxorubicin, theory": (lambda: stopped("doxorubicin", 16), lambda: stopped("doxorubicin", 15), {"RT-WASH-02"}),
    "doxorubicin": (lambda: stopped("doxorubicin", 7), lambda: stopped("doxorubicin", 6), {"RT-CONC-01", "RT-WASH-02"}),
    "Mirels 8": (lambda: limb("7"), lambda: limb("8"), {*STEPS_TO_8}),
    "Mirels 9": (lambda: limb("8"), lambda: limb("9"), {"FRAC-MIRELS-03", "FRAC-MIRELS-04"}),
    "SINS 7": (lambda: stability("6"), lambda: stability("7"), {"FRAC-SINS-02", "RT-VERT-01"}),
    "SINS 13": (lambda: stability("12"), lambda: stability("13"), {"FRAC-SINS-02"}),
    "cord compression": (lambda: onset(8), lambda: onset(7), {"SPINE-MSCC-01"}),
}


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_across_a_boundary_only_its_rule_changes(boundary: str) -> None:
    good, bad, rules = BOUNDARIES[boundary]
    before, after = said(good()), said(bad())
    changed = {rule for rule in before.keys() | after.keys() if before.get(rule) != after.get(rule)}
    assert changed == rules, (before, after)


@FEW
@given(fractions=st.integers(1, 5), dose=st.decimals(1, 40, places=1), more=st.decimals(0, 10, places=1))
def test_more_dose_to_the_cord_is_never_better(fractions: int, dose: Decimal, more: Decimal) -> None:
    here, there = (grave(cord(fractions, one), "SBRT-CORD-01") for one in (dose, dose + more))
    assert there >= here
    assert (here == 0) == (dose <= Decimal(LIMITS[fractions][0]))


@FEW
@given(
    item=st.sampled_from(["cumulative_cord_eqd2", "sbrt_cord_eqd2"]), gray=st.integers(20, 90), more=st.integers(0, 9)
)
def test_a_spine_that_has_had_more_is_never_safer(item: str, gray: int, more: int) -> None:
    """With the share of the new dose kept, which is a limit of its own."""
    other = {"cumulative_cord_eqd2": "sbrt_cord_eqd2", "sbrt_cord_eqd2": "cumulative_cord_eqd2"}[item]
    share = {"cumulative_cord_eqd2": 3, "sbrt_cord_eqd2": 1}
    here, there = (
        grave(again(**{item: g * share[item], other: g * share[other]}), "SBRT-REIRR-01") for g in (gray, gray + more)
    )
    assert there >= here


@FEW
@given(days=st.integers(0, 60), more=st.integers(0, 30), what=st.sampled_from(["limb", "spine", "drug"]))
def test_waiting_longer_after_an_operation_is_never_worse(days: int, more: int, what: str) -> None:
    made = {"limb": rays, "spine": lambda n: rays(n, "spine_surgery"), "drug": chemotherapy}[what]
    assert grave(made(days + more), "SURG-HEAL-01") <= grave(made(days), "SURG-HEAL-01")


@FEW
@given(
    drug=st.sampled_from(["gemcitabine", "doxorubicin", "bleomycin", "bevacizumab"]),
    days=st.integers(0, 45),
    more=st.integers(0, 45),
)
def test_an_older_last_dose_is_never_worse_and_an_order_that_goes_on_is_the_worst(
    drug: str, days: int, more: int
) -> None:
    here, there = (grave(stopped(drug, one), "RT-CONC-01") for one in (days, days + more))
    assert there <= here
    goes_on = planned(Bedside().ordered(drug, ago(90)).given(drug, ago(days)), "bone_radiotherapy")
    assert grave(goes_on, "RT-CONC-01") == 3 >= here


@pytest.mark.parametrize("item", MIRELS)
def test_mirels_without_an_item_has_no_total_and_clears_nothing(item: str) -> None:
    patient = assessed(Bedside(), items(MIRELS, f"{MIRELS_LADDER['9']}, {item} ?"))
    planned(patient, "bone_radiotherapy", site="site_femur", details="rt_total_dose 30 Gy, rt_fractions 10")
    assert patient.outcome("FRAC-MIRELS-04").startswith("needs-data")


@pytest.mark.parametrize("item", SINS)
def test_sins_without_an_item_has_no_total_and_clears_nothing(item: str) -> None:
    patient = assessed(Bedside(), items(SINS, f"{SINS_LADDER['7']}, {item} ?"))
    planned(patient, "bone_radiotherapy", site="vertebra_t5", details="rt_total_dose 30 Gy, rt_fractions 10")
    assert patient.outcome("FRAC-SINS-02") == f"needs-data {item}"


@pytest.mark.parametrize("item", AGAIN)
def test_a_second_irradiation_without_an_item_has_no_verdict(item: str) -> None:
    assert again(**{item: None}).outcome("SBRT-REIRR-01") == f"needs-data {item}"


def test_the_same_place_and_another_one() -> None:
    """An earlier irradiation counts where it was given, and where nobody tells where."""
    for site, outcome in (("vertebra_t6", "critical due"), ("site_femur", "not-applicable"), ("", "critical due")):
        where = {"bodySite": [concept(site)]} if site else {}
        told = spine("bilsky_grade bilsky_1a", Bedside().done("bone_radiotherapy", ago(29), **where))
        assert told.outcome("SBRT-CI-01").startswith("critical") == (outcome == "critical due")
