"""What keeps a finding quiet, and for how long: the boundaries of each window, drawn."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from msgspec import structs

from fhir_mappers.record.quantity import Quantity
from hooks.check import Severity
from hooks.evaluate import Finding
from hooks.quiet import CardMemo, Kind, Reason, Recollection, Remembered, Trace, Windows, default_windows
from tests.hooks.remembered import OTHER, USER, row
from tests.hooks.said import longest
from tests.support.bedside import RULES, TODAY
from tests.support.drawn import name, rows

ORDER, ANOTHER = "order-1", "order-2"
FACT, OLD = "a" * 12, "b" * 12
NOW = f"head:{FACT}"
THEN = {"same": NOW, "aged": f"head:{FACT}{OLD}", "new": f"head:{OLD}", "case": f"other:{FACT}"}


def about(severity: str, case: str = "due", rule: str = "AR-DENTAL-01") -> Finding:
    return structs.replace(longest(rule, case, "aura-2026"), severity=Severity(severity))


def left_to_say(finding: Finding, *remembered: Remembered, drop: bool = False, traces: tuple[Trace, ...] = ()) -> str:
    """The reason for silence, or ``said``."""
    mine = traces or (Trace(finding.rule.id, NOW, finding.severity, ORDER),)
    reason = Recollection(remembered, TODAY, USER, drop).reason(finding, mine)
    return reason.value if reason else "said"


DECISIONS = """
    severity | then       | days ago | user  | order   | facts | now
    ---------+------------+----------+-------+---------+-------+-----------
    info     | dismissed  | 0        | same  | same    | same  | dismissed
    info     | dismissed  | 29       | same  | same    | same  | dismissed
    info     | dismissed  | 30       | same  | same    | same  | said
    info     | dismissed  | 31       | same  | same    | same  | said
    info     | overridden | 29       | same  | same    | same  | dismissed
    info     | overridden | 30       | same  | same    | same  | said
    info     | dismissed  | 29       | other | same    | same  | dismissed   # for the patient, whoever put it aside
    info     | dismissed  | 29       | same  | other   | same  | dismissed   # whatever the order
    info     | dismissed  | 29       | same  | none    | same  | dismissed   # or without one
    info     | dismissed  | 0        | same  | same    | new   | said
    info     | dismissed  | 0        | same  | same    | case  | said
    info     | dismissed  | 29       | same  | same    | aged  | dismissed   # a result became too old: nothing new
    info     | dismissed  | -1       | same  | same    | same  | said        # decided after the day that is asked about
    info     | shown      | 0        | same  | same    | same  | said
    warning  | overridden | 0        | same  | same    | same  | overridden
    warning  | overridden | 6        | same  | same    | same  | overridden
    warning  | overridden | 7        | same  | same    | same  | said
    warning  | overridden | 0        | same  | other   | same  | said        # this order only
    warning  | overridden | 0        | same  | none    | same  | said        # no order, nothing to override it for
    warning  | overridden | 0        | other | same    | same  | said        # who signs for another has not seen it
    warning  | overridden | 0        | none  | same    | same  | said
    warning  | overridden | 0        | same  | same    | new   | said
    warning  | overridden | 0        | same  | same    | aged  | said        # where it matters, any change
    warning  | dismissed  | 0        | same  | same    | same  | said        # closed without a reason: no decision
    warning  | shown      | 0        | same  | same    | same  | said
    critical | overridden | 0        | same  | same    | same  | overridden
    critical | overridden | 6        | same  | same    | same  | overridden
    critical | overridden | 7        | same  | same    | same  | said
    critical | overridden | 0        | same  | other   | same  | said
    critical | overridden | 0        | same  | none    | same  | said
    critical | overridden | 0        | other | same    | same  | said
    critical | overridden | 0        | same  | same    | new   | said
    critical | overridden | 0        | same  | same    | aged  | said
    critical | overridden | 0        | same  | same    | case  | said
    critical | dismissed  | 0        | same  | same    | same  | said
    critical | shown      | 0        | same  | same    | same  | said
"""


def remembered_as(cells: dict[str, str], finding: Finding, hook: str = "order-sign") -> Remembered:
    one = Trace(finding.rule.id, THEN[cells["facts"]], finding.severity)
    user = {"same": USER, "other": OTHER, "none": None}[cells["user"]]
    draft = {"same": ORDER, "other": ANOTHER, "none": None}[cells["order"]]
    return row(one, Kind(cells["then"]), int(cells["days ago"]), user, draft=draft, hook=hook)


@pytest.mark.parametrize("cells", rows(DECISIONS), ids=name)
def test_what_was_decided(cells: dict[str, str]) -> None:
    finding = about(cells["severity"])
    assert left_to_say(finding, remembered_as(cells, finding)) == cells["now"]


@pytest.mark.parametrize("cells", [c for c in rows(DECISIONS) if c["now"] == "said"], ids=name)
def test_what_must_be_said_stays_so_among_other_rows(cells: dict[str, str]) -> None:
    finding = about(cells["severity"])
    noise = [row(Trace("VITD-CHECK-01", NOW, Severity.INFO, ORDER), kind) for kind in Kind]
    assert left_to_say(finding, *noise, remembered_as(cells, finding)) == "said"


REPEATED = """
    hook         | days ago | user  | order | facts | asked | now
    -------------+----------+-------+-------+-------+-------+----------
    order-select | 0        | same  | same  | same  | yes   | repeated
    order-select | 1        | same  | same  | same  | yes   | repeated   # selected before midnight
    order-select | 2        | same  | same  | same  | yes   | said
    order-select | 0        | same  | same  | same  | no    | said       # only where the caller asks for it
    order-select | 0        | other | same  | same  | yes   | said       # the attending who signs for a resident
    order-select | 0        | none  | same  | same  | yes   | said
    order-select | 0        | same  | other | same  | yes   | said
    order-select | 0        | same  | none  | same  | yes   | said
    order-select | 0        | same  | same  | new   | yes   | said
    order-select | 0        | same  | same  | aged  | yes   | said
    order-sign   | 0        | same  | same  | same  | yes   | said       # not shown while selecting
    patient-view | 0        | same  | same  | same  | yes   | said
"""


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("cells", rows(REPEATED), ids=name)
def test_what_was_shown_while_the_order_was_selected(cells: dict[str, str], severity: Severity) -> None:
    finding = about(severity)
    shown = remembered_as({**cells, "then": "shown"}, finding, cells["hook"])
    assert left_to_say(finding, shown, drop=cells["asked"] == "yes") == cells["now"]


SNOOZED = """
    case           | severity | days ago | user  | facts | now
    ---------------+----------+----------+-------+-------+---------
    never_recorded | warning  | 0        | same  | same  | said      # the same visit
    never_recorded | warning  | 1        | same  | same  | snoozed
    never_recorded | warning  | 29       | same  | same  | snoozed
    never_recorded | warning  | 30       | same  | same  | said
    never_recorded | warning  | 31       | same  | same  | said
    never_recorded | warning  | 1        | other | same  | said
    never_recorded | warning  | 1        | same  | new   | said
    never_recorded | warning  | 1        | same  | aged  | snoozed
    never_recorded | critical | 1        | same  | same  | said      # nothing critical goes away by being shown
    long_overdue   | warning  | 1        | same  | same  | said      # this case has no snooze
"""


@pytest.mark.parametrize("cells", rows(SNOOZED), ids=name)
def test_what_its_own_rule_keeps_away_once_shown(cells: dict[str, str]) -> None:
    """ONJ-FU-01: no examination ever recorded is said at most once in 30 days, not at every renewal."""
    finding = about(cells["severity"], cells["case"], "ONJ-FU-01")
    shown = remembered_as({**cells, "then": "shown", "order": "none"}, finding, "patient-view")
    assert left_to_say(finding, shown) == cells["now"]


def test_one_rule_is_dismissed_by_each_prescriber_for_himself() -> None:
    """AR-START-01: dismissed by one, it is still said to another, once in 30 days."""
    assert [rule.id for rule in RULES.values() if rule.per_prescriber] == ["AR-START-01"]
    finding = about("info", rule="AR-START-01")
    one = Trace("AR-START-01", NOW, Severity.INFO)
    assert left_to_say(finding, row(one, Kind.DISMISSED, 29)) == "dismissed"
    assert left_to_say(finding, row(one, Kind.DISMISSED, 30)) == "said"
    assert left_to_say(finding, row(one, Kind.DISMISSED, 0, OTHER)) == "said"


@pytest.mark.parametrize(("decided", "now"), [((ORDER, ANOTHER), "overridden"), ((ORDER,), "said"), ((), "said")])
@pytest.mark.parametrize("finding", [about("warning"), about("critical")], ids=["warning", "critical"])
def test_what_is_about_several_orders_was_decided_for_all_of_them(
    finding: Finding, decided: tuple[str, ...], now: str
) -> None:
    traces = tuple(Trace(finding.rule.id, NOW, finding.severity, order) for order in (ORDER, ANOTHER))
    done = [row(one) for one in traces if one.draft in decided]
    assert left_to_say(finding, *done, traces=traces) == now
    selected = [replace(one, kind=Kind.SHOWN, hook="order-select") for one in done]
    asked = left_to_say(finding, *selected, drop=True, traces=traces)
    assert asked == ("repeated" if now == "overridden" else "said")


def test_an_order_without_an_id_is_never_the_same_order() -> None:
    finding = about("critical")
    nameless = (Trace(finding.rule.id, NOW, Severity.CRITICAL, None),)
    shown = replace(row(nameless[0], Kind.SHOWN), hook="order-select")
    assert left_to_say(finding, row(nameless[0]), shown, drop=True, traces=nameless) == "said"


def test_two_calls_without_a_user_are_not_of_the_same_user() -> None:
    finding = about("critical")
    one = Trace(finding.rule.id, NOW, Severity.CRITICAL, ORDER)
    assert Recollection((row(one, user=None),), TODAY, None).reason(finding, (one,)) is None
    assert Recollection((row(one),), TODAY, USER).reason(finding, (one,)) is Reason.OVERRIDDEN


def test_the_windows_are_data_and_ours() -> None:
    shipped = default_windows()
    assert shipped == Windows(Quantity.of("30 d"), Quantity.of("7 d"), Quantity.of("2 d"))
    finding, one = about("info"), Trace("AR-DENTAL-01", NOW, Severity.INFO, ORDER)
    short = replace(shipped, dismissed=Quantity.of("3 d"))
    said = {
        day: Recollection((row(one, Kind.DISMISSED),), TODAY + timedelta(days=day), USER, windows=short).reason(
            finding, (one,)
        )
        for day in (2, 3)
    }
    assert said == {2: Reason.DISMISSED, 3: None}


def test_feedback_about_a_card_is_remembered_for_each_of_its_findings() -> None:
    traces = (
        Trace("ZOL-DOSE-01", "f1", Severity.WARNING, ORDER),
        Trace("AR-RENAL-01", "f2", Severity.INFO, None),
    )
    memo = CardMemo(uuid4(), "bone-order-sign", "order-sign", traces)
    assert memo.rows(Kind.OVERRIDDEN, TODAY, USER) == (
        Remembered("ZOL-DOSE-01", "f1", Kind.OVERRIDDEN, Severity.WARNING, TODAY, "order-sign", ORDER, USER),
        Remembered("AR-RENAL-01", "f2", Kind.OVERRIDDEN, Severity.INFO, TODAY, "order-sign", None, USER),
    )


def test_what_is_kept_holds_no_value_and_no_name() -> None:
    """Every member of a row is a rule, a digest, a key, a day or one of a few words."""
    kinds: dict[str, Any] = {field: type(getattr(row(TRACE), field)).__name__ for field in Remembered.__slots__}
    assert kinds == {
        **dict.fromkeys(("rule", "fingerprint", "hook", "draft", "user"), "str"),
        **{"kind": "Kind", "severity": "Severity", "on": "date"},
    }


TRACE = Trace("ZOL-DOSE-01", "f1", Severity.WARNING, ORDER)
