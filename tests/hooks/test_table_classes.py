"""Tables of rules without a check (I, N), and cases that stay away for a time once shown."""

from typing import Any

import pytest

from hooks.check import Severity, Unlimited
from hooks.limits import BadTable, fill

TITLE = {"en": "a", "fr": "b"}


def table(kind: str, **more: Any) -> dict[str, Any]:
    """A rule of one class with nothing else in it."""
    row = {"id": "aura-2026", "source": TITLE}
    return {"X-01": {"class": kind, "title": TITLE, "hooks": ["app"], "strength": TITLE, "edition": [row], **more}}


def test_a_rule_that_cannot_be_computed_says_why_and_needs_no_check() -> None:
    rule = fill({}, table("N", reason=TITLE))["X-01"]
    assert (rule.kind, rule.reason, rule.numbers) == ("N", TITLE, {})
    assert fill({}, table("I"))["X-01"].reason is None


@pytest.mark.parametrize(
    ("sheet", "moulds", "word"),
    [
        (table("N"), {}, "reason"),
        (table("I", reason=TITLE), {}, "reason"),
        (table("N", reason=TITLE), {"X-01": Unlimited}, "must not have a check"),
        (table("C"), {}, "needs a check"),
        (table("Q"), {}, "needs a check"),
        (table("S"), {}, "needs a check"),
        (table("I", severity={"due": "info"}), {}, "needs a check"),
        (table("I"), {"X-01": Unlimited}, "must not have a check"),
    ],
)
def test_a_table_of_another_class_stops_the_start(sheet: Any, moulds: dict[str, type], word: str) -> None:
    with pytest.raises(BadTable, match=word):
        fill(moulds, sheet)


def test_an_informational_rule_told_by_a_hook_and_a_summary_have_a_check() -> None:
    for kind in ("I", "S"):
        rule = fill({"X-01": Unlimited}, table(kind, severity={"due": "info"}))["X-01"]
        assert (rule.kind, rule.severity_of("due")) == (kind, Severity.INFO)


def test_a_case_may_stay_away_once_shown() -> None:
    rule = fill({"X-01": Unlimited}, table("C", severity={"due": "info"}, snooze={"due": "30 d"}))["X-01"]
    assert {case: str(time) for case, time in rule.snooze.items()} == {"due": "30 d"}
    assert fill({"X-01": Unlimited}, table("C", severity={"due": "info"}))["X-01"].snooze == {}


def test_a_rule_may_be_dismissed_by_each_prescriber_for_himself() -> None:
    assert fill({"X-01": Unlimited}, table("C", per_prescriber=True))["X-01"].per_prescriber
    assert not fill({"X-01": Unlimited}, table("C"))["X-01"].per_prescriber
    with pytest.raises(BadTable, match="X-01 per_prescriber"):
        fill({"X-01": Unlimited}, table("C", per_prescriber="no"))
