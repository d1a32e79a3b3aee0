"""Which files a replay reads, how each is read, and in which pieces several workers share them."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from cds_service.replay.routing import LONGEST_LINE
from fhir_mappers.kinds import KIND_OF_NAME

LINES, GZIP, DOCUMENT, PARQUET = "lines", "gzip", "document", "parquet"
PIECE = 32 * 2**20
"""Bytes of one piece of a file that can be cut between lines: a worker holds one piece at a time."""

_ENDINGS = ((".ndjson", LINES), (".jsonl", LINES), (".json", DOCUMENT), (".parquet", PARQUET),
            (".ndjson.gz", GZIP), (".jsonl.gz", GZIP), (".json.gz", GZIP))  # fmt: skip
_GROWTH = {GZIP: 10, PARQUET: 5, LINES: 1, DOCUMENT: 1}  # once unpacked, roughly


class File(msgspec.Struct, frozen=True):
    """A file of the source: its name below the source, by which it is told, and how it is read."""

    name: str
    path: str
    how: str
    size: int
    changed: int

    @property
    def weight(self) -> int:
        """Bytes once unpacked, roughly."""
        return self.size * _GROWTH[self.how]


class Piece(msgspec.Struct, frozen=True):
    """What one worker reads at a time: the lines of a file that begin from ``start`` and before ``end``."""

    number: int
    file: File
    start: int = 0
    end: int | None = None


class NothingToRead(ValueError):
    """No file of the source can be read; the message says what is."""


def find(sources: Iterable[Path]) -> tuple[File, ...]:
    """The files, in an order that depends on their names alone.

    Raises:
        NothingToRead: there is none.
        OSError: a file cannot be looked at.
    """
    named = tuple(sources)
    if absent := [str(source) for source in named if not source.exists()]:
        raise NothingToRead(f"{', '.join(absent)}: there is no such file or folder")
    found = [file for source in named for file in _below(source)]
    if not found:
        endings = " ".join(ending for ending, _ in _ENDINGS)
        raise NothingToRead(f"no file ends in one of {endings}")
    return tuple(sorted(found, key=lambda file: (file.name, file.path)))


def pieces(files: Iterable[File], size: int = PIECE) -> tuple[Piece, ...]:
    """The files cut up, in order. Only plain lines can be cut; a large ``.json`` is taken for lines."""
    found: list[Piece] = []
    for file in files:
        if how_read(file) == LINES:
            starts = range(0, max(file.size, 1), size)
            found += [Piece(len(found) + i, file, start, start + size) for i, start in enumerate(starts)]
        else:
            found.append(Piece(len(found), file))
    return tuple(found)


def how_read(file: File) -> str:
    """A document too large to hold can only be lines in disguise."""
    return LINES if file.how == DOCUMENT and file.size > LONGEST_LINE else file.how


def types_promised(files: Iterable[File]) -> set[str]:
    """The resource types that file names promise (``Observation.ndjson``, ``Condition.0001.ndjson.gz``): an empty file
    says that the search found nothing.
    """
    stems = {Path(file.name).name.split(".")[0].split("-")[0].split("_")[0] for file in files}
    return {stem for stem in stems if stem in KIND_OF_NAME}


def _below(source: Path) -> Iterator[File]:
    paths = sorted(source.rglob("*")) if source.is_dir() else [source]
    for path in paths:
        if path.is_file():
            name = path.relative_to(source).as_posix() if source.is_dir() else path.name
            about = path.stat()
            yield from chosen(name, str(path.resolve()), about.st_size, about.st_mtime_ns)


def chosen(name: str, path: str, size: int, changed: int) -> Iterator[File]:
    """The file, if it is one that is read: hidden ones and unknown endings are not."""
    how = _how(name)
    if how is not None and not any(part.startswith((".", "_")) for part in name.split("/")):
        yield File(name, path, how, size, changed)


def _how(name: str) -> str | None:
    return next((how for ending, how in _ENDINGS if name.lower().endswith(ending)), None)
