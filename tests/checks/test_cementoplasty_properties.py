"""CEM-HEMO-01, CEM-AC-02, CEM-AP-01: a worse value or a later dose never makes a cementoplasty look safer."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.acts import act, takes
from tests.support.bedside import Bedside
from tests.support.chart import ago

FEW = settings(max_examples=25, deadline=None, derandomize=True)
RANK = {"satisfied": 0, "not-applicable": 0, "warning": 1, "critical": 2}
HOLDS = {"apixaban": ("CEM-AC-02", 2), "clopidogrel": ("CEM-AP-01", 5)}


def grave(outcome: str) -> int:
    return RANK[outcome.split()[0]]


def with_platelets(count: int, prothrombin: int) -> str:
    patient = Bedside().observed("platelets", f"{count} 10*9/L @ {ago(1)}")
    patient.observed("prothrombin_percent", f"{prothrombin} % @ {ago(1)}")
    return act(patient, "cementoplasty", "3").outcome("CEM-HEMO-01")


@FEW
@given(count=st.integers(2, 200), prothrombin=st.integers(2, 120), less=st.integers(0, 60))
def test_fewer_platelets_or_less_prothrombin_is_never_better(count: int, prothrombin: int, less: int) -> None:
    here = grave(with_platelets(count, prothrombin))
    assert grave(with_platelets(max(1, count - less), prothrombin)) >= here
    assert grave(with_platelets(count, max(1, prothrombin - less))) >= here
    assert (here == 0) == (count > 50 and prothrombin > 50)


@FEW
@given(drug=st.sampled_from(sorted(HOLDS)), last=st.integers(0, 12), day=st.integers(0, 20))
def test_the_hold_is_the_only_line(drug: str, last: int, day: int) -> None:
    rule, hold = HOLDS[drug]
    outcome = act(takes(Bedside(), drug, f"until {last}"), "cementoplasty", str(day)).outcome(rule)
    assert (grave(outcome) == 0) == (day - last >= hold)


@FEW
@given(day=st.integers(0, 60), more=st.integers(0, 30))
def test_an_act_farther_away_is_never_more_urgent(day: int, more: int) -> None:
    near = act(takes(Bedside(), "apixaban", "active"), "cementoplasty", str(day)).outcome("CEM-AC-02")
    far = act(takes(Bedside(), "apixaban", "active"), "cementoplasty", str(day + more)).outcome("CEM-AC-02")
    assert grave(far) <= grave(near)
    assert grave(far) >= 1
