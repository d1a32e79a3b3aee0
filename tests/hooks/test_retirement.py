"""What a guideline table may say of a rule that is retired for everyone."""

import tomllib
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from hooks import limits
from hooks.evaluate import WITHDRAWN, Guideline, evaluate
from hooks.limits import BadTable, fill, load_rules
from hooks.registry import CHECKS
from hooks.retirement import BadRetirement, Withdrawal
from tests.hooks.test_limits import Mould, table
from tests.support.bedside import Bedside

LINE = 'retired = { since = 2027-01-15, reason = { en = "Withdrawn.", fr = "Retirée." } }'
SAID = tomllib.loads(LINE)["retired"]


def rule_of(**more: Any) -> Any:
    return fill({"X-TEST-01": Mould}, {"X-TEST-01": table(**more)})["X-TEST-01"]


def test_a_table_may_say_that_a_rule_is_retired_since_when_and_why() -> None:
    gone = rule_of(retired=SAID)
    assert gone.withdrawn == Withdrawal(date(2027, 1, 15), {"en": "Withdrawn.", "fr": "Retirée."})
    assert gone.withdrawn.as_row("fr") == {"since": "2027-01-15", "reason": "Retirée."}
    assert not gone.is_in_force
    assert rule_of().withdrawn is None
    assert rule_of().is_in_force


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (True, "it needs since and reason, and nothing else"),
        ({"since": date(2027, 1, 15)}, "it needs since and reason, and nothing else"),
        (SAID | {"by": "us"}, "it needs since and reason, and nothing else"),
        (SAID | {"since": "soon"}, "since: 'soon' is no day"),
        (SAID | {"since": datetime(2027, 1, 15, 8)}, "is no day"),
        (SAID | {"reason": "Withdrawn."}, "reason: it needs a sentence in English"),
        (SAID | {"reason": {"en": "Withdrawn."}}, "reason: it needs a sentence in English"),
        (SAID | {"reason": {"en": "Withdrawn.", "fr": " "}}, "reason: it needs a sentence in English"),
    ],
)
def test_what_cannot_be_is_refused_with_the_rule_and_the_key(said: object, problem: str) -> None:
    with pytest.raises(BadRetirement, match=f"X-TEST-01 retired.*{problem}"):
        rule_of(retired=said)


def test_the_check_of_a_retired_rule_may_go_but_not_that_of_another() -> None:
    assert fill({}, {"X-TEST-01": table(retired=SAID)})["X-TEST-01"].withdrawn is not None
    with pytest.raises(BadTable, match="class C needs a check"):
        fill({}, {"X-TEST-01": table()})


def test_its_id_is_reserved(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands in its table for good, and an id that stands in two tables stops the start."""
    gone = {"X-TEST-01": table(retired=SAID)}
    monkeypatch.setattr(limits, "table_names", lambda: ["one.toml", "other.toml"])
    monkeypatch.setattr(limits, "_read", lambda _: gone)
    with pytest.raises(BadTable, match="X-TEST-01: stands in two tables"):
        limits.load_tables()


def test_whoever_asks_every_check_hears_nothing_from_it() -> None:
    (check,) = (check for check in CHECKS if check.id == "AR-DENTAL-01")
    shipped = load_rules(CHECKS)[check.id]
    gone = Guideline({check.id: replace(shipped, withdrawn=Withdrawal(date(2027, 1, 15), {}))}, "aura-2026")
    (found,) = evaluate([check], Bedside().record(), gone).all
    assert (found.status, found.because) == ("silent", WITHDRAWN)
