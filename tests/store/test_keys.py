"""Keyed hashes and where the secret comes from."""

import threading
from pathlib import Path

import pytest

from cds_service.store.keys import BadSecret, Keys, Ring, made_ring, ring_in, ring_of
from tests.store.answers import SECRET

OTHER = "another secret, which is as long as this"


def test_a_key_depends_on_everything_and_gives_nothing_away() -> None:
    keys = Keys(SECRET)
    made = {
        keys.pseudonym("north", "patient", "1"),
        keys.pseudonym("south", "patient", "1"),
        keys.pseudonym("north", "user", "1"),
        keys.pseudonym("north", "patient", "2"),
        keys.pseudonym("north", "patien", "t1"),
        Keys(OTHER).pseudonym("north", "patient", "1"),
    }
    assert len(made) == 6
    assert keys.pseudonym("north", "patient", "1") == Keys(SECRET).pseudonym("north", "patient", "1")
    assert len({keys.fact(b"a"), keys.fact(b"b"), Keys(OTHER).fact(b"a")}) == 3
    assert len({keys.sign(b"a"), keys.sign(b"b"), Keys(OTHER).sign(b"a")}) == 3
    assert SECRET not in repr(keys)
    assert keys.id != Keys(OTHER).id
    assert len(keys.facts) <= 64  # what a fingerprint takes


def test_odd_names_have_keys_too() -> None:
    assert len(Keys(SECRET).pseudonym("north", "patient", "\ud800")) == 64


def test_the_first_secret_writes_and_all_verify() -> None:
    ring = ring_of(f"{OTHER.replace(' ', '-')}\n{SECRET.replace(' ', '-')}\n")
    assert ring.current.id == Keys(OTHER.replace(" ", "-")).id
    assert ring.find(Keys(SECRET.replace(" ", "-")).id) is not None
    assert ring.find("unknown") is None
    assert Ring(SECRET).find(Keys(OTHER).id) is None


@pytest.mark.parametrize(
    ("text", "why"), [("", "empty"), ("  \n", "empty"), ("short", "shorter than 32"), (f"{'x' * 40} short", "shorter")]
)
def test_a_secret_that_is_none_is_refused_without_repeating_it(text: str, why: str) -> None:
    with pytest.raises(BadSecret, match=why) as refused:
        ring_of(text)
    assert "short " not in str(refused.value)


def test_a_secret_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("x" * 40 + "\n")
    assert ring_in(path).current.id == Keys("x" * 40).id
    for bad in (tmp_path / "none", tmp_path):
        with pytest.raises(BadSecret, match="cannot be read"):
            ring_in(bad)
    path.write_bytes(b"\xff" * 40)
    with pytest.raises(BadSecret, match="UnicodeDecodeError"):
        ring_in(path)


def test_a_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    path = tmp_path / "state" / "secret"
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(made_ring(path).current.id)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert path.stat().st_mode & 0o077 == 0
    assert [one.name for one in path.parent.iterdir()] == ["secret"]


def test_a_secret_that_another_process_has_just_made_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    path.write_text("z" * 40)
    monkeypatch.setattr(Path, "exists", lambda self: False)  # it was not there when we looked
    assert made_ring(path).current.id == Keys("z" * 40).id
    assert [one.name for one in tmp_path.iterdir()] == ["secret"]


def test_where_no_secret_can_be_made_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(BadSecret, match="cannot be made"):
        made_ring(tmp_path / "state" / "secret")
