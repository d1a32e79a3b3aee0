"""Tenants, used tokens, a store that fails, clocks, and what the log may hold."""

import logging
import multiprocessing
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cds_service.auth import Authenticator, MemoryTokens, Registration, utc_now
from cds_service.clients import Client
from cds_service.errors import CannotVerify, Unauthorized
from tests.auth.ehr import NORTH, NOW, URL, Pinned, authenticator, claims, ec, later, registration, sent, token
from tests.support.drawn import name, rows

KEY = ec("n1")


def client(ident: str, *tenants: str) -> Registration:
    return registration(Client(ident, NORTH, tenants=frozenset(tenants)), KEY)


TENANTS = """
    clients                   | token | caller
    --------------------------+-------+----------
    plain:                    |       | plain
    plain:                    | a     |             # a tenant nobody agreed on
    one: a                    | a     | one/a
    one: a                    | b     |
    one: a                    |       |             # which tenant is it then?
    two: a b                  | b     | two/b
    any: *                    | a     | any/a
    any: *                    | *     | any/*
    any: *                    |       |
    one: a; two: b            | a     | one/a       # two agreements with one EHR
    one: a; two: b            | b     | two/b
    one: a; two: b            | c     |
    one: a; any: *            | a     | one/a       # the named tenant wins
    one: a; any: *            | b     | any/b
    one: a; plain:            |       | plain
"""


@pytest.mark.parametrize("row", rows(TENANTS), ids=name)
def test_tenants(row: dict[str, str]) -> None:
    listed = [each.split(":") for each in row["clients"].split(";")]
    by = authenticator(*(client(ident.strip(), *tenants.split()) for ident, tenants in listed))
    body = claims(tenant=row["token"]) if row["token"] else claims()
    try:
        assert by.verify(sent(token(KEY, body)), URL).key == row["caller"]
    except Unauthorized:
        assert row["caller"] == ""


def test_a_token_is_used_once() -> None:
    by = authenticator()
    first = sent(token(KEY))
    by.verify(first, URL)
    for _ in range(5):
        with pytest.raises(Unauthorized):
            by.verify(first, URL)
    with pytest.raises(Unauthorized):  # the same jti in another token
        by.verify(sent(token(KEY, claims(jti="a", sub="x"))), URL) and by.verify(sent(token(KEY, claims(jti="a"))), URL)
    assert by.verify(sent(token(KEY)), URL)


def test_a_refused_token_uses_nothing_up() -> None:
    by = authenticator()
    for wrong in (claims(jti="a", aud="https://other.example"), claims(jti="a", exp=0), claims(jti="a", iss="x")):
        with pytest.raises(Unauthorized):
            by.verify(sent(token(KEY, wrong)), URL)
    with pytest.raises(Unauthorized):  # a forged one neither, or a stranger could spend the tokens of an EHR
        by.verify(sent(token(ec("stranger"), claims(jti="a"), kid="n1")), URL)
    assert by.verify(sent(token(KEY, claims(jti="a"))), URL)


def test_of_a_token_sent_many_times_at_once_one_is_believed() -> None:
    by, one = authenticator(), sent(token(KEY))

    def ask(_: int) -> bool:
        try:
            return bool(by.verify(one, URL))
        except Unauthorized:
            return False

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(ask, range(64))) == 1


class FileTokens:
    """Used tokens in a file that processes share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        with closing(sqlite3.connect(self._path, timeout=20)) as store, store:
            store.execute("create table if not exists seen (issuer, jti, expires, primary key (issuer, jti))")
            row = (issuer, jti, expires.isoformat())
            return store.execute("insert or ignore into seen values (?, ?, ?)", row).rowcount == 1


def worker(path: str, tokens: list[str], public: dict[str, Any], answers: Any) -> None:
    """One process of the service: how many of the tokens it believes."""
    from joserfc.jwk import ECKey

    known = Pinned({("n1", "ES384"): ECKey.import_key(public)})
    by = Authenticator([Registration(Client("north", NORTH), known)], FileTokens(Path(path)), lambda: NOW)
    believed = []
    for one in tokens:
        try:
            by.verify(sent(one), URL)
            believed.append(one)
        except Unauthorized:
            pass
    answers.put(believed)


def test_a_token_is_used_once_by_all_processes_and_after_a_restart(tmp_path: Path) -> None:
    tokens = [token(KEY) for _ in range(20)]
    context, store = multiprocessing.get_context("spawn"), str(tmp_path / "seen.sqlite3")
    answers: Any = context.Queue()
    work = (store, tokens, KEY.as_dict(private=False), answers)
    together = [context.Process(target=worker, args=work) for _ in range(2)]
    for process in together:
        process.start()
    believed = [one for _ in together for one in answers.get(timeout=60)]
    for process in together:
        process.join(60)
    assert sorted(believed) == sorted(tokens), "each once, whichever process saw it first"
    again = context.Process(target=worker, args=work)
    again.start()
    assert answers.get(timeout=60) == []
    again.join(60)


class Broken:
    """A store that cannot be reached."""

    def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
        raise RuntimeError(f"no connection while looking up {jti}")


def test_without_the_store_nobody_is_let_in(caplog: pytest.LogCaptureFixture) -> None:
    by = Authenticator([client("north")], Broken(), lambda: NOW)
    with pytest.raises(CannotVerify):
        by.verify(sent(token(KEY, claims(jti="very-secret"))), URL)
    assert "used tokens cannot be looked up: RuntimeError" in caplog.text
    assert "very-secret" not in caplog.text
    with pytest.raises(Unauthorized):  # who is not believed anyhow learns nothing of the store
        by.verify(sent(token(ec("stranger"), kid="n1")), URL)


def test_until_when_a_token_must_be_remembered() -> None:
    kept: list[tuple[str, str, datetime]] = []

    class Spy:
        def first_use(self, issuer: str, jti: str, expires: datetime) -> bool:
            kept.append((issuer, jti, expires))
            return True

    Authenticator([client("north")], Spy(), lambda: NOW).verify(sent(token(KEY, claims(jti="a"))), URL)
    assert kept == [(NORTH, "a", NOW.replace(microsecond=0) + timedelta(seconds=360))]


def test_the_memory_of_one_process_forgets_what_has_expired() -> None:
    now = [NOW]
    tokens = MemoryTokens(lambda: now[0])
    assert tokens.first_use("a", "1", later(minutes=6))
    assert not tokens.first_use("a", "1", later(minutes=6))
    assert tokens.first_use("b", "1", later(minutes=6)), "another issuer"
    now[0] = later(minutes=5)
    assert tokens.first_use("a", "2", later(minutes=9))
    assert not tokens.first_use("a", "1", later(minutes=6))
    now[0] = later(minutes=7)
    assert tokens.first_use("a", "3", later(minutes=9))
    assert set(tokens._seen) == {("a", "2"), ("a", "3")}


def test_no_part_of_a_token_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    by = authenticator(client("north", "hospital-1"))
    secret = {"jti": "secret-jti", "sub": "secret-sub", "tenant": "secret-tenant"}
    tried = [token(KEY, claims(**secret | {"tenant": "hospital-1"}))] * 2
    tried += [
        token(KEY, claims(**secret | changes)) for changes in ({}, {"exp": 5}, {"iss": "secret-iss"}, {"aud": "x"})
    ]
    tried += [token(KEY, claims(**secret | {"tenant": "hospital-1"} | {"aud": "secret-aud"}), kid="secret-kid")]
    assert by.verify(sent(tried[0]), URL)
    for one in tried[1:]:
        with pytest.raises(Unauthorized) as refused:
            by.verify(sent(one), URL)
        assert "secret" not in f"{refused.value.what}{refused.value.why}{refused.value.remedy}"
    assert caplog.text.count("caller refused") == len(tried) - 1
    assert "secret" not in caplog.text
    assert not any(part in caplog.text for one in tried for part in one.split("."))


def test_the_clock_of_this_machine() -> None:
    assert utc_now().tzinfo is UTC
    now = utc_now()
    by = Authenticator([client("north")], MemoryTokens())
    assert by.verify(sent(token(KEY, claims(now))), URL).client.id == "north"
