"""Who read and who checked a rule: what a table may say of it, and when it is due."""

import tomllib
from datetime import date, datetime
from typing import Any

import pytest

from hooks.limits import fill
from hooks.reviews import BadReview, Review, State, read_review
from tests.hooks.test_limits import Mould, table

SIGNED = {
    "read_by": "Dr A. Example",
    "checked_by": "Dr B. Example",
    "checked_on": date(2026, 12, 1),
    "review_by": date(2027, 12, 1),
}


def test_a_table_may_say_who_signed_and_the_rule_carries_it() -> None:
    written = tomllib.loads(
        'read_by = "Dr A. Example"\nchecked_by = "Dr B. Example"\nchecked_on = 2026-12-01\nreview_by = 2027-12-01\n'
    )
    rule = fill({"X-TEST-01": Mould}, {"X-TEST-01": table(**written)})["X-TEST-01"]
    assert rule.review == Review(**SIGNED)
    assert rule.review.as_row() == SIGNED | {"checked_on": "2026-12-01", "review_by": "2027-12-01"}


def test_a_table_that_says_nothing_is_pending() -> None:
    rule = fill({"X-TEST-01": Mould}, {"X-TEST-01": table()})["X-TEST-01"]
    assert rule.review == Review()
    assert set(rule.review.as_row().values()) == {None}


@pytest.mark.parametrize(
    ("said", "day", "state"),
    [
        ({}, "2026-12-02", State.PENDING),
        ({"read_by": "Dr A. Example"}, "2026-12-02", State.READ),
        (SIGNED, "2027-11-30", State.CHECKED),
        (SIGNED, "2027-12-01", State.DUE),
    ],
)
def test_when_a_rule_is_due(said: dict[str, Any], day: str, state: State) -> None:
    assert read_review("X-TEST-01", said).state(date.fromisoformat(day)) is state


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"read_by": " "}, "read_by: ' ' is no name"),
        ({"checked_by": 7}, "checked_by: 7 is no name"),
        ({"checked_on": "2026-12-01"}, "checked_on: '2026-12-01' is no day"),
        ({"checked_on": datetime(2026, 12, 1)}, "is no day"),
        ({"checked_on": None}, "go together"),
        ({"review_by": None}, "go together"),
        ({"checked_by": None}, "go together"),
        ({"read_by": None}, "checked_by without read_by"),
        ({"checked_by": "Dr A. Example"}, "the same person"),
        ({"review_by": date(2026, 12, 1)}, "review_by is not after checked_on"),
    ],
)
def test_what_cannot_be_is_refused_with_the_rule(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(BadReview, match=f"^X-TEST-01.*{why}"):
        read_review("X-TEST-01", SIGNED | changes)
