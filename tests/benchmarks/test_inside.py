"""The clocks of the benchmark still hang where the work is done: each sees a call go by. How long it takes is not asked."""

import gc
from collections.abc import Iterator
from datetime import date

import pytest

from benchmarks import noting, split
from benchmarks.workload import body


@pytest.fixture(autouse=True)
def _briefly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One call instead of many, and nothing stays out of the garbage collector's sight."""
    monkeypatch.setattr(split, "WARM_UP", 1)
    monkeypatch.setattr(noting, "WARM_UP", 1)
    yield
    gc.unfreeze()


def test_every_stage_of_a_call_is_clocked() -> None:
    today = date.today()
    spent = split.split(split.InProcess(today), body(0, today), calls=1)
    assert list(spent) == ["parse", "build", "evaluate", "show", "write", "rest"]
    assert min(spent.values()) > 0
    assert sum(split.shares(spent).values()) == pytest.approx(1, abs=0.01)


def test_everything_that_is_noted_about_a_call_is_clocked() -> None:
    found = noting.noting(results=0, calls=1)
    assert tuple(found.parts) == noting.PARTS
    assert min(found.parts.values()) > 0
    assert 0 < found.share < 1
