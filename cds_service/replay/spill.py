"""Records on disk between reading and asking: cut by patient, so that no more than one cut need be held at a time.

A piece of the source leaves files in which the records of each cut lie together. Nothing but the folder of the results
is written to, and only for its owner to read.
"""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from cds_service.replay.envelopes import Record
from cds_service.replay.plan import Plan
from cds_service.replay.record import name_of
from cds_service.replay.tables import ASIDE, packed
from cds_service.replay.work import Aside, Tally

CUT = 32 * 2**20
"""Bytes of the source that one cut stands for, roughly; a worker holds one cut at a time."""
_MOST_CUTS = 8192
_HELD = 32 * 2**20
SHELF = -1
"""The cut of Medications, which belong to no patient."""
_PRIVATE = 0o600
_pack = msgspec.msgpack.Encoder()
_records = msgspec.msgpack.Decoder(list[Record])


Place = tuple[str, int, int]
"""Where records lie together: the file, from which byte, how many."""


class Part(msgspec.Struct):
    """One file of records, and where in it each cut lies."""

    name: str
    cuts: dict[int, tuple[int, int]]


class Spilled(msgspec.Struct):
    """What a piece left behind; written last, so that a piece without it is read again."""

    tally: Tally
    parts: list[Part]
    asides: list[str]


def cuts_for(weight: int) -> int:
    """Into how many cuts so many bytes are divided."""
    return max(1, min(_MOST_CUTS, weight // CUT + 1))


class Spill:
    """Takes the records of one piece; ``key`` gives the cut of a patient."""

    def __init__(self, folder: Path, number: int, plan: Plan, cuts: int) -> None:
        self._folder, self._number, self._plan, self._cuts = folder, number, plan, cuts
        self._held: dict[int, list[Record]] = {}
        self._aside: list[Aside] = []
        self._bytes = 0
        self._known: dict[str, int] = {}
        self.parts: list[Part] = []
        self.asides: list[str] = []

    def keep(self, record: Record) -> None:
        """One record."""
        self._held.setdefault(self._cut(record.patient), []).append(record)
        self._bytes += len(record.raw)

    def set_aside(self, row: Aside) -> None:
        """One line that no record can take."""
        self._aside.append(row)
        self._bytes += len(row[-1] or b"")

    def relieve(self) -> None:
        """Write down what is held when it is much."""
        if self._bytes > _HELD:
            self.flush()

    def flush(self) -> None:
        """Write down what is held."""
        if self._held:
            self.parts.append(self._write_records(f"{self._number:06}-{len(self.parts):04}.records"))
        if self._aside:
            name = f"{self._number:06}-{len(self.asides):04}.aside"
            write_whole(self._folder / name, packed(ASIDE, self._aside))
            self.asides.append(name)
        self._held, self._aside, self._bytes = {}, [], 0
        self._known.clear()

    def _write_records(self, name: str) -> Part:
        part, blocks, at = Part(name, {}), [], 0
        for cut in sorted(self._held):
            block = _pack.encode(self._held[cut])
            part.cuts[cut] = (at, len(block))
            blocks.append(block)
            at += len(block)
        write_whole(self._folder / name, *blocks)
        return part

    def _cut(self, patient: str) -> int:
        if not patient:
            return SHELF
        found = self._known.get(patient)
        if found is None:
            found = self._known[patient] = int(self._plan.key(patient)[:8], 16) * self._cuts >> 32
        return found


def places_of(parts: Iterable[Part]) -> dict[int, list[Place]]:
    """Where the records of each cut lie, so that who asks about one is told of that one only."""
    found: dict[int, list[Place]] = {}
    for part in parts:
        for cut, (at, length) in part.cuts.items():
            found.setdefault(cut, []).append((part.name, at, length))
    return found


def records_of(folder: Path, places: Iterable[Place]) -> Iterator[Record]:
    """The records that lie in these places."""
    for name, at, length in places:
        with open(folder / name, "rb") as file:
            file.seek(at)
            yield from _records.decode(file.read(length))


def stock(folder: Path, places: Iterable[Place], shelf: Path) -> None:
    """Put every Medication on a shelf on disk, by its name."""
    draft = shelf.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    os.close(os.open(draft, os.O_CREAT | os.O_WRONLY, _PRIVATE))
    database = sqlite3.connect(draft)
    with database:
        database.execute("CREATE TABLE shelf (name TEXT NOT NULL, record BLOB NOT NULL)")
        rows = ((name_of(one), _pack.encode(one)) for one in records_of(folder, places))
        database.executemany("INSERT INTO shelf VALUES (?, ?)", rows)
        database.execute("CREATE INDEX names ON shelf (name)")
    database.close()
    draft.replace(shelf)


def shelf_at(path: Path) -> Callable[[Iterable[str]], list[Record]]:
    """Takes Medications from the shelf by name; the names that nobody has are passed over."""
    database = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)
    record = msgspec.msgpack.Decoder(Record)

    def find(names: Iterable[str]) -> list[Record]:
        query = "SELECT record FROM shelf WHERE name = ?"
        return [record.decode(row) for name in names for (row,) in database.execute(query, (name,))]

    return find


def write_whole(path: Path, *blocks: bytes) -> None:
    """A file that has its name only when it is whole; for its owner alone."""
    draft = path.with_name(f".{path.name}.draft")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, _PRIVATE), "wb") as file:
        file.writelines(blocks)
    draft.replace(path)
