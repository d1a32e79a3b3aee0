"""What the app holds, on both databases: found by whoever has its handle, by nobody else, and gone in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from sqlalchemy import func, select, update

from cds_service.store.held import Vault, forget_ended, named
from cds_service.store.schema import held
from cds_service.store.store import Store
from tests.store.conftest import Clock

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def rows(store: Store) -> int:
    with store.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(held)) or 0


def test_what_is_put_is_found_by_its_handle_alone(store: Store) -> None:
    store.vault.put("a", b"one", HOUR)
    found = store.vault.find("a")
    assert found is not None
    assert (found.content, found.version, found.idle) == (b"one", 1, None)
    assert found.ends == store.clock() + HOUR
    assert store.vault.find("b") is None
    store.vault.put("a", b"two", HOUR)
    again = store.vault.find("a")
    assert again is not None
    assert again.content == b"two"


def test_it_is_taken_once_whoever_is_first(store: Store) -> None:
    store.vault.put("a", b"one", HOUR)
    with ThreadPoolExecutor(8) as pool:
        taken = list(pool.map(lambda _: store.vault.take("a"), range(16)))
    assert sorted(filter(None, taken)) == [b"one"]
    assert store.vault.take("a") is None


def test_it_ends(store: Store, clock: Clock) -> None:
    store.vault.put("a", b"one", HOUR)
    store.vault.put("b", b"one", HOUR)
    clock.now += HOUR
    assert store.vault.find("a") is None
    assert store.vault.take("b") is None


def test_it_ends_when_it_is_not_used(store: Store, clock: Clock) -> None:
    store.vault.put("a", b"one", HOUR, idle=5 * MINUTE)
    clock.now += 4 * MINUTE
    found = store.vault.find("a")
    assert found is not None
    store.vault.used("a", found, 5 * MINUTE)
    clock.now += 4 * MINUTE
    later = store.vault.find("a")
    assert later is not None
    clock.now += MINUTE
    assert store.vault.find("a") is None


def test_a_use_is_written_down_once_a_minute(store: Store, clock: Clock) -> None:
    store.vault.put("a", b"one", HOUR, idle=5 * MINUTE)
    clock.now += timedelta(seconds=59)
    found = store.vault.find("a")
    assert found is not None
    store.vault.used("a", found, 5 * MINUTE)
    again = store.vault.find("a")
    assert again is not None
    assert again.idle == found.idle
    clock.now += timedelta(seconds=1)
    store.vault.used("a", again, 5 * MINUTE)
    last = store.vault.find("a")
    assert last is not None
    assert last.idle == clock.now + 5 * MINUTE


def test_one_worker_replaces_it(store: Store, clock: Clock) -> None:
    store.vault.put("a", b"one", HOUR)
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: store.vault.lease("a", 1, 10), range(16))) == 1
    assert store.vault.replace("a", b"two", 1)
    assert not store.vault.replace("a", b"three", 1)
    found = store.vault.find("a")
    assert found is not None
    assert (found.content, found.version) == (b"two", 2)
    assert store.vault.lease("a", 2, 10)
    assert not store.vault.lease("a", 2, 10)
    store.vault.release("a", 2)
    assert store.vault.lease("a", 2, 10)
    clock.now += timedelta(seconds=11)
    assert store.vault.lease("a", 2, 10), "the other worker died"


def test_what_was_dropped_is_gone(store: Store) -> None:
    store.vault.put("a", b"one", HOUR)
    store.vault.drop("a")
    store.vault.drop("a")
    assert store.vault.find("a") is None
    assert not store.vault.replace("a", b"two", 1)


def test_what_was_altered_or_moved_to_another_handle_is_not_opened(store: Store) -> None:
    store.vault.put("a", b"one", HOUR)
    store.vault.put("b", b"two", HOUR)
    with store.database.writing() as connection:
        moved = connection.scalar(select(held.c.ciphertext).where(held.c.id == named("b")))
        connection.execute(update(held).where(held.c.id == named("a")).values(ciphertext=moved))
        connection.execute(update(held).where(held.c.id == named("b")).values(ciphertext=b"short"))
    assert store.vault.find("a") is None
    assert store.vault.find("b") is None


def test_what_has_ended_is_forgotten(store: Store, clock: Clock) -> None:
    store.vault.put("a", b"one", HOUR)
    store.vault.put("b", b"one", 2 * HOUR)
    store.vault.put("c", b"one", 2 * HOUR, idle=MINUTE)
    clock.now += HOUR
    with store.database.writing() as connection:
        assert forget_ended(connection, clock()) == 2
    assert rows(store) == 1
    assert isinstance(store.vault, Vault)
