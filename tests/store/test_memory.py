"""The memory of what was said: the same promises from the database as from the memory of one process."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from cds_service.memory import InMemory
from cds_service.store.engine import Database, Unavailable
from cds_service.store.memory import KEPT, SqlMemory
from cds_service.store.store import Store
from hooks.check import Severity
from hooks.quiet import CardMemo, Kind, Memory, Remembered, Trace, Whose
from tests.hooks.remembered import TODAY, USER
from tests.store.answers import answer
from tests.store.test_writer import until

ANNE = Whose("north", "anne", USER)
ROW = Remembered("ZOL-DOSE-01", "f1", Kind.OVERRIDDEN, Severity.WARNING, TODAY, "order-sign", "d1", USER)
BARE = Remembered("ONJ-FU-01", "f2", Kind.SHOWN, Severity.INFO, TODAY - timedelta(days=30), "patient-view")
MEMO = CardMemo(
    uuid4(),
    "bone-order-sign",
    "order-sign",
    (Trace("ZOL-DOSE-01", "f1", Severity.WARNING, "d1"), Trace("AR-DENTAL-01", "f3", Severity.INFO)),
    (uuid4(), uuid4()),
)


@pytest.fixture(params=["database", "process"])
def kept(request: pytest.FixtureRequest, store: Store) -> tuple[Memory, object]:
    if request.param == "process":
        return InMemory(), lambda: None
    return store.memory, lambda: store.flush(20)


def test_what_is_remembered_is_recalled_for_whom_it_is(kept: tuple[Memory, object]) -> None:
    memory, settle = kept
    memory.remember(ANNE, [ROW, BARE])
    memory.remember(replace(ANNE, user="other"), [replace(ROW, user="other")])
    settle()  # type: ignore[operator]  # a function
    assert set(memory.recall(ANNE, TODAY)) == {ROW, BARE, replace(ROW, user="other")}
    assert memory.recall(replace(ANNE, tenant="south"), TODAY) == ()
    assert memory.recall(replace(ANNE, patient="bert"), TODAY) == ()


def test_the_same_is_recalled_once(kept: tuple[Memory, object]) -> None:
    memory, settle = kept
    for rows in ([ROW, ROW], [ROW], []):
        memory.remember(ANNE, rows)
    settle()  # type: ignore[operator]  # a function
    assert memory.recall(ANNE, TODAY) == (ROW,)


def test_a_card_is_found_by_its_own_tenant(kept: tuple[Memory, object]) -> None:
    memory, settle = kept
    memory.keep(ANNE, [MEMO], TODAY)
    memory.keep(ANNE, [], TODAY)
    settle()  # type: ignore[operator]  # a function
    assert memory.find("north", MEMO.card) == (ANNE, MEMO)
    assert memory.find("south", MEMO.card) is None
    assert memory.find("north", uuid4()) is None


def test_what_can_matter_no_more_is_not_recalled(store: Store) -> None:
    store.memory.remember(ANNE, [ROW])
    assert store.flush(20)
    assert store.memory.recall(ANNE, TODAY + KEPT) == (ROW,)
    assert store.memory.recall(ANNE, TODAY + KEPT + timedelta(days=1)) == ()


def test_where_the_database_cannot_be_read_nothing_is_remembered_and_it_is_said(store: Store) -> None:
    nowhere = SqlMemory(Database("postgresql://nobody@127.0.0.1:1/nothing"), store._writer)
    assert nowhere.recall(ANNE, TODAY) == ()
    assert str(store.healthy().reason).startswith("memory: OperationalError")
    with pytest.raises(Unavailable):
        nowhere.find("north", MEMO.card)
    store.memory.recall(ANNE, TODAY)
    assert store.healthy().ok


def test_a_card_shown_while_selecting_is_not_repeated_while_signing(store: Store) -> None:
    """Two calls, through the pipeline and the database: what the first showed, the second remembers."""
    asked = {"extension": {"pddi-configuration-items": {"cache-for-order-sign-filtering": True}}}
    selected = answer(store, "lung-xgeva-selected", **asked)
    assert selected.reply.seen
    until(lambda: len(store.memory.recall(selected.whose, TODAY)) == len(set(selected.reply.seen)))
