"""The engine for one machine: every core, a bounded amount of memory, and a stop at any moment loses little.

First every piece of the source is read and its records are cut by patient; then each cut is asked about. What a worker
has finished lies in the folder ``work`` under its number, so that the same command goes on where it was stopped.
"""

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import msgspec

from cds_service.replay.lines import lines_in
from cds_service.replay.plan import Plan
from cds_service.replay.sources import File, Piece, pieces, types_promised
from cds_service.replay.spill import (
    SHELF,
    Place,
    Spill,
    Spilled,
    cuts_for,
    places_of,
    records_of,
    shelf_at,
    stock,
    write_whole,
)
from cds_service.replay.work import Answered, Tally, answer, by_patient, scan

_SHELF, _PLAN = "medications.sqlite", "plan"
_spilled = msgspec.json.Decoder(Spilled)
_answered = msgspec.msgpack.Decoder(Answered)


class Progress(Protocol):
    """Is told how far a stage is."""

    def __call__(self, stage: str, done: int, of: int) -> None:
        """``done`` of ``of`` units."""


class SomethingElse(ValueError):
    """The folder holds an unfinished replay of something else."""


class Local:
    """One replay in one folder.

    Args:
        work: the folder for what lies between reading and asking.
        workers: processes; with 1 everything happens in this one.

    Raises:
        SomethingElse: the folder belongs to another replay.
    """

    def __init__(self, plan: Plan, files: Sequence[File], work: Path, workers: int, progress: Progress) -> None:
        self._plan, self._files, self._work = plan, files, work
        self._workers, self._progress = workers, progress
        self._pieces = pieces(files)
        self._cuts = cuts_for(sum(file.weight for file in files))
        _claim(work, plan.fingerprint(files))
        self._spilled: list[Spilled] = []
        self._pool: Executor | None = None

    def read(self) -> Tally:
        """Read the whole source; what an interrupted replay has read already is not read again."""
        done = {one.number: found for one in self._pieces if (found := self._finished(one)) is not None}
        todo = [(_read_piece, (self._plan, one, self._work, self._cuts)) for one in self._pieces
                if one.number not in done]  # fmt: skip
        self._run("read", todo, len(done))
        self._spilled = [self._finished(one) or _lost() for one in self._pieces]
        whole = Tally(types=sorted(types_promised(self._files)))
        for one in self._spilled:
            whole.add(one.tally)
        return whole

    def asides(self) -> Iterator[bytes]:
        """The lines that were set aside, as Arrow streams."""
        return ((self._work / name).read_bytes() for one in self._spilled for name in one.asides)

    def ask(self, types: Sequence[str]) -> Iterator[Answered]:
        """What is said, in the order of the patients' keyed hashes."""
        places = places_of(part for one in self._spilled for part in one.parts)
        if not (self._work / _SHELF).exists():
            stock(self._work, places.get(SHELF, []), self._work / _SHELF)
        names = [self._work / f"{cut:06}.answer" for cut in range(self._cuts)]
        todo = [(_ask_cut, (self._plan, tuple(types), cut, places.get(cut, []), self._work))
                for cut, path in enumerate(names) if not path.exists()]  # fmt: skip
        self._run("ask", todo, len(names) - len(todo))
        return (_answered.decode(path.read_bytes()) for path in names)

    def clear(self) -> None:
        """Remove what lay in between."""
        self._release()
        shutil.rmtree(self._work)

    def _finished(self, piece: Piece) -> Spilled | None:
        path = self._work / f"{piece.number:06}.piece"
        return _spilled.decode(path.read_bytes()) if path.exists() else None

    def _run(self, stage: str, todo: Sequence[tuple[Callable[..., None], tuple[object, ...]]], done: int) -> None:
        whole = len(todo) + done
        self._progress(stage, done, whole)
        if self._workers == 1 or len(todo) < 2:
            for function, given in todo:
                function(*given)
                done += 1
                self._progress(stage, done, whole)
            return
        self._pool = self._pool or _pool(self._workers)
        try:
            for future in as_completed([self._pool.submit(function, *given) for function, given in todo]):
                future.result()
                done += 1
                self._progress(stage, done, whole)
        except BaseException:  # a worker failed, or the user stopped: what waits is dropped
            self._release()
            raise

    def _release(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None


def _lost() -> Spilled:
    raise FileNotFoundError("what a worker has read is gone")


def _pool(workers: int) -> Executor:
    """Processes that share what one has imported for all."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_settle)


def _settle() -> None:
    """Collect garbage rarely: what a worker makes has no cycles to speak of."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _claim(work: Path, fingerprint: str) -> None:
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = work / _PLAN
    if path.exists() and path.read_text("ascii") != fingerprint:
        raise SomethingElse(str(work))
    write_whole(path, fingerprint.encode())


def _read_piece(plan: Plan, piece: Piece, work: Path, cuts: int) -> None:
    spill = Spill(work, piece.number, plan, cuts)
    tally = scan(plan, piece.file.name, lines_in(piece), spill.keep, spill.set_aside, spill.relieve)
    spill.flush()
    write_whole(work / f"{piece.number:06}.piece", msgspec.json.encode(Spilled(tally, spill.parts, spill.asides)))


def _ask_cut(plan: Plan, types: tuple[str, ...], cut: int, places: Sequence[Place], work: Path) -> None:
    found = answer(plan, types, by_patient(plan, records_of(work, places)), shelf_at(work / _SHELF))
    write_whole(work / f"{cut:06}.answer", msgspec.msgpack.encode(found))


def cores() -> int:
    """The processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
