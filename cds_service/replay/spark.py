"""The engine for many machines: the same work in the same pieces, shared out by Spark. The results are the same, byte
for byte, as those of one machine.

Spark lists, reads and splits the files, wherever it can (object stores included), and shuffles the records so that each
patient is in one place. Executors need this package installed. Only rows of results come back, to the driver, partition
by partition; it alone writes the folder of the results.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

import msgspec
from pyspark import StorageLevel
from pyspark.rdd import RDD
from pyspark.sql import SparkSession
from pyspark.sql.functions import col

from cds_service.replay.envelopes import Record
from cds_service.replay.lines import Line, bytes_of, lines_of, measured
from cds_service.replay.local import Progress
from cds_service.replay.plan import Plan
from cds_service.replay.record import name_of
from cds_service.replay.sources import LINES, File, NothingToRead, chosen, how_read, types_promised
from cds_service.replay.spark_session import session
from cds_service.replay.spill import cuts_for
from cds_service.replay.tables import ASIDE, packed
from cds_service.replay.work import Answered, Aside, Tally, answer, scan

_LARGEST = 2**31 - 1  # bytes of a file that Spark can hand over whole
_LINES_AT_ONCE = 4096
_TALLY, _ASIDE, _RECORD = range(3)
_pack, _record = msgspec.msgpack.Encoder(), msgspec.msgpack.Decoder(Record)
_answered = msgspec.msgpack.Decoder(Answered)
Key = tuple[str, str]
"""A patient by keyed hash and id: results are in this order."""


class Spark:
    """One replay by Spark.

    Args:
        sources: folders and files, in any form that Spark reads (``s3a://...``, ``hdfs://...``, plain paths).
        work: a folder of the driver for what lies in between.
        master: as for spark-submit; None: what it says, else ``local[workers]``.
    """

    def __init__(
        self, plan: Plan, sources: Sequence[str], work: Path, master: str | None, workers: int, progress: Progress
    ) -> None:
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._plan, self._work, self._progress = plan, work, progress
        self._session, self._is_ours = session(work, master, workers)
        self._files = _listed(self._session, sources)
        self._cuts = cuts_for(sum(file.weight for file in self._files))
        self._routed: RDD[Any] | None = None

    def read(self) -> Tally:
        """Read the whole source, once; what comes of it stays on the executors' disks."""
        self._progress("read", 0, 1)
        names = {_plain(file.path): file.name for file in self._files}
        route = partial(_route, self._plan)
        routed = [lines.mapPartitions(route) for lines in (*self._lines(names), *self._documents(names))]
        self._routed = self._session.sparkContext.union(routed).persist(StorageLevel.DISK_ONLY)
        whole = Tally(types=sorted(types_promised(self._files)))
        for _, tally in self._only(_TALLY).collect():
            whole.add(tally)
        self._progress("read", 1, 1)
        return whole

    def asides(self) -> Iterator[bytes]:
        """The lines set aside, some at a time."""
        few = self._only(_ASIDE).repartition(self._cuts)  # found by all at once, and fetched in few parts
        rows = (row for _, row in few.toLocalIterator())
        while some := cast(list[Aside], list(islice(rows, _LINES_AT_ONCE))):
            yield packed(ASIDE, some)

    def ask(self, types: Sequence[str]) -> Iterator[Answered]:
        """What is said: each partition holds a stretch of the patients' keyed hashes, and they come in order."""
        self._progress("ask", 0, 1)
        cuts, records = self._cuts, self._only(_RECORD)
        shelf = records.filter(_is_drug).map(_by_name)
        drugs = records.filter(_needs_drug).map(_needed).distinct(cuts).join(shelf, cuts)
        everything = (
            records.filter(_is_ours).map(partial(_keyed, self._plan)).union(drugs.map(partial(_keyed_drug, self._plan)))
        )
        ordered = everything.repartitionAndSortWithinPartitions(cuts, partial(_cut, cuts))
        said = ordered.mapPartitions(partial(_ask, self._plan, tuple(types))).persist(StorageLevel.DISK_ONLY)
        said.count()  # all partitions at once; to iterate alone would ask for one after the other
        self._progress("ask", 1, 1)
        return (_answered.decode(bytes(one)) for one in said.toLocalIterator())

    def clear(self) -> None:
        """Let go of what lay in between."""
        if self._is_ours:
            self._session.stop()
        for path in sorted(self._work.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
        self._work.rmdir()

    def _only(self, kind: int) -> "RDD[Any]":
        assert self._routed is not None
        return self._routed.filter(partial(_is_of, kind))

    def _lines(self, names: dict[str, str]) -> "Iterator[RDD[tuple[str, Any]]]":
        """Lines, which Spark cuts at line feeds alone and hands over byte for byte."""
        paths = [file.path for file in self._files if how_read(file) == LINES]
        if paths:
            text = self._session.read.option("lineSep", "\n").text(paths)
            rows = text.select(col("_metadata.file_path"), col("value").cast("binary")).rdd
            yield rows.map(partial(_line, names))

    def _documents(self, names: dict[str, str]) -> "Iterator[RDD[tuple[str, Any]]]":
        """Files that cannot be cut, whole."""
        hows = {file.name: file.how for file in self._files}
        paths = [file.path for file in self._files if how_read(file) != LINES]
        if paths:
            rows = self._session.read.format("binaryFile").load(paths).select("path", "content").rdd
            yield rows.flatMap(partial(_opened, names, hows))


def _listed(spark: SparkSession, sources: Iterable[str]) -> tuple[File, ...]:
    """The files, by the file systems that Spark knows.

    Raises:
        NothingToRead: there is none, or one cannot be handed over whole.
    """
    found: list[File] = []
    java = cast(Any, spark.sparkContext._jvm)
    for source in sources:
        path = java.org.apache.hadoop.fs.Path(source)
        system = path.getFileSystem(spark.sparkContext._jsc.hadoopConfiguration())
        if not system.exists(path):
            raise NothingToRead(f"{source}: there is nothing")
        root, each = system.getFileStatus(path).getPath(), system.listFiles(path, True)
        while each.hasNext():
            status = each.next()
            whole = status.getPath().toString()
            below = whole.removeprefix(root.toString()).lstrip("/") or status.getPath().getName()
            found += chosen(below, whole, status.getLen(), 0)
    too_large = next((one.name for one in found if how_read(one) != LINES and one.size > _LARGEST), None)
    if too_large is not None:
        raise NothingToRead(f"{too_large}: Spark cannot hand over more than 2 GB whole; unpack or split it first")
    if not found:
        raise NothingToRead("no file with an ending that is read")
    return tuple(sorted(found, key=lambda file: (file.name, file.path)))


def _plain(path: str) -> str:
    """A path as a key: Spark writes the same one with and without escapes and slashes."""
    scheme, _, rest = path.partition(":/")
    return f"{scheme}:/{unquote(rest).lstrip('/')}" if rest else unquote(path)


def _line(names: dict[str, str], row: Sequence[Any]) -> tuple[str, Line]:
    return names[_plain(row[0])], measured(bytes(row[1]))


def _opened(names: dict[str, str], hows: dict[str, str], row: Sequence[Any]) -> Iterator[tuple[str, Line]]:
    name = names[_plain(row[0])]
    return ((name, line) for line in lines_of(bytes_of(bytes(row[1])), hows[name], name))


def _route(plan: Plan, lines: Iterable[tuple[str, Line]]) -> Iterator[tuple[Any, ...]]:
    """Route lines, some thousand at a time: records, lines set aside, counts."""
    for name, same in groupby(lines, key=lambda pair: pair[0]):
        rest = (line for _, line in same)
        while some := list(islice(rest, _LINES_AT_ONCE)):
            kept: list[Record] = []
            aside: list[Aside] = []
            tally = scan(plan, name, some, kept.append, aside.append)
            yield from ((_RECORD, one.patient, one.medication, one.id, _pack.encode(one)) for one in kept)
            yield from ((_ASIDE, row) for row in aside)
            yield _TALLY, tally


# What is done to each routed record. Functions of this module travel by name, and what they use with them does not.


def _is_of(kind: int, routed: tuple[Any, ...]) -> bool:
    return bool(routed[0] == kind)


def _is_ours(routed: tuple[Any, ...]) -> bool:
    return bool(routed[1])


def _is_drug(routed: tuple[Any, ...]) -> bool:
    return not routed[1]


def _needs_drug(routed: tuple[Any, ...]) -> bool:
    return bool(routed[1] and routed[2])


def _needed(routed: tuple[Any, ...]) -> tuple[str, str]:
    """The Medication that is pointed at, and by whose record."""
    return routed[2], routed[1]


def _by_name(routed: tuple[Any, ...]) -> tuple[str, bytes]:
    return name_of(_record.decode(routed[4])), routed[4]


def _keyed(plan: Plan, routed: tuple[Any, ...]) -> tuple[Key, tuple[bool, bytes]]:
    return (plan.key(routed[1]), routed[1]), (False, routed[4])


def _keyed_drug(plan: Plan, joined: tuple[str, tuple[str, bytes]]) -> tuple[Key, tuple[bool, bytes]]:
    patient, record = joined[1]
    return (plan.key(patient), patient), (True, record)


def _cut(cuts: int, key: Key) -> int:
    return int(key[0][:8], 16) * cuts >> 32


def _ask(plan: Plan, types: tuple[str, ...], pairs: Iterable[tuple[Key, tuple[bool, bytes]]]) -> Iterator[bytes]:
    """Ask about the patients of one partition, one after the other, each with the Medications of its own orders."""
    at_hand: dict[str, list[Record]] = {}

    def patients() -> Iterator[tuple[str, list[Record]]]:
        for (_, patient), held in groupby(pairs, key=lambda pair: pair[0]):
            records: list[Record] = []
            at_hand.clear()
            for _, (is_drug, packed_record) in held:
                record = _record.decode(packed_record)
                if is_drug:
                    at_hand.setdefault(name_of(record), []).append(record)
                else:
                    records.append(record)
            yield patient, records

    def shelf(names: Iterable[str]) -> list[Record]:
        return [record for name in names for record in at_hand.get(name, ())]

    yield msgspec.msgpack.encode(answer(plan, types, patients(), shelf))
