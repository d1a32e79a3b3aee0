"""Bytes of a file → its lines, a bounded amount at a time, and what is no line. Never raises on what a file holds.

The same functions read a file here and the bytes of a file that a cluster hands over.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from cds_service.replay.envelopes import read_envelope
from cds_service.replay.routing import LONGEST_LINE, TOO_LONG
from cds_service.replay.sources import DOCUMENT, GZIP, LINES, PARQUET, Piece, how_read

_BLOCK = 2**20
DAMAGED_GZIP, DAMAGED_PARQUET = "gzip ends too early or is damaged", "Parquet cannot be read"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Something that is no line: why, and of what is not kept its SHA-256 and length in bytes."""

    why: str
    sha256: str = ""
    length: int = 0


Line = bytes | Unreadable


def lines_in(piece: Piece) -> Iterator[Line]:
    """The lines of a piece."""
    with open(piece.file.path, "rb") as file:
        if how_read(piece.file) == LINES:
            yield from _between(file, piece.start, piece.end)
        else:
            yield from lines_of(file, piece.file.how, piece.file.name)


def lines_of(file: BinaryIO, how: str, name: str) -> Iterator[Line]:
    """The lines of a whole file: each a resource, a Bundle or a request."""
    if how == GZIP and name.lower().endswith(".json.gz"):
        yield from _document(_unpacked(file))
    elif how == GZIP:
        yield from _split(_unpacked(file))
    elif how == DOCUMENT:
        yield from _document(_blocks(file))
    elif how == PARQUET:
        from cds_service.replay.parquet import rows_of

        yield from rows_of(file, name, Unreadable(DAMAGED_PARQUET))
    else:
        yield from _split(_blocks(file))


def measured(line: bytes) -> Line:
    """The line, unless it is too long."""
    if len(line) <= LONGEST_LINE:
        return line
    return Unreadable(TOO_LONG, hashlib.sha256(line).hexdigest(), len(line))


def bytes_of(content: bytes) -> BinaryIO:
    """Bytes as a file."""
    return BytesIO(content)


def _between(file: BinaryIO, start: int, end: int | None) -> Iterator[Line]:
    """The lines that begin from ``start`` and before ``end``: what another piece has begun is its own."""
    at = start
    if start:
        file.seek(start - 1)
        while (skipped := file.readline(_BLOCK)) and not skipped.endswith(b"\n"):
            pass
        at = file.tell()
    for line in _split(_blocks(file)) if end is None or at < end else ():
        yield line
        at += 1 + (line.length if isinstance(line, Unreadable) else len(line))
        if end is not None and at >= end:
            return


def _blocks(file: BinaryIO) -> Iterator[bytes]:
    return iter(lambda: file.read(_BLOCK), b"")


def _split(blocks: Iterable[Line]) -> Iterator[Line]:
    """Cut at line feeds alone. A line that is too long is hashed while it passes and not kept."""
    rest, long = [b""], _Long()
    for block in blocks:
        if isinstance(block, Unreadable):
            yield block
            continue
        first, *more = block.split(b"\n")
        rest.append(first)
        if long.length or sum(map(len, rest)) > LONGEST_LINE:
            rest = long.swallow(rest)
        if more:
            yield long.told() if long.length else b"".join(rest)
            yield from more[:-1]
            rest, long = [more[-1]], _Long()
    if long.length or any(rest):
        yield long.told() if long.length else b"".join(rest)


class _Long:
    """A line that is longer than can be held."""

    def __init__(self) -> None:
        self._digest, self.length = hashlib.sha256(), 0

    def swallow(self, parts: list[bytes]) -> list[bytes]:
        for part in parts:
            self._digest.update(part)
            self.length += len(part)
        return []

    def told(self) -> Unreadable:
        return Unreadable(TOO_LONG, self._digest.hexdigest(), self.length)


def _document(blocks: Iterable[Line]) -> Iterator[Line]:
    """One resource or Bundle over many lines; lines, where the first one is whole and others follow."""
    whole, length, source = [], 0, iter(blocks)
    for block in source:
        if isinstance(block, Unreadable):
            yield block
            continue
        whole.append(block)
        length += len(block)
        if length > LONGEST_LINE:
            yield from _split((*whole, *source))
            return
    text = b"".join(whole)
    first, _, others = text.partition(b"\n")
    if others.strip() and _is_whole(first):
        yield from _split([text])
    else:
        yield text


def _is_whole(line: bytes) -> bool:
    try:
        read_envelope(line)
    except (ValueError, RecursionError):
        return False
    return True


def _unpacked(file: BinaryIO) -> Iterator[Line]:
    """What a gzip file holds, member by member, as far as it can be unpacked."""
    unpack, begun = zlib.decompressobj(wbits=31), False
    for block in _blocks(file):
        while block:
            try:
                text = unpack.decompress(block, _BLOCK)
            except zlib.error:
                yield Unreadable(DAMAGED_GZIP)
                return
            begun = True
            if text:
                yield text
            block = unpack.unconsumed_tail
            if unpack.eof:
                block, unpack, begun = unpack.unused_data.lstrip(b"\0"), zlib.decompressobj(wbits=31), False
    if begun:
        yield Unreadable(DAMAGED_GZIP)
