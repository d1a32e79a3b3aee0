"""Entries on their way to the database: a file of this process on the local disk, appended to and soon emptied.

An entry is safe from the death of the process as soon as `append` returns, for a few microseconds: the database may be
slow, locked or away without any call waiting for it. A process holds a lock on its file while it lives. Files without a
living owner are adopted by whoever finds them.

Lines are JSON; the last one of a file whose process was killed may be torn, and then belongs to a call that was never
answered.
"""

import errno
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from pathlib import Path

LIMIT = 256 * 1024 * 1024  # bytes of one file: about 100,000 calls
CHUNK = 1024 * 1024
_SUFFIX = ".ndjson"
_ASIDE = "unusable.lines"


class Segment:
    """One file of lines: appended at its end, taken from its beginning, cut to nothing when all is taken.

    The file must be locked by us: `Journal` sees to that.
    """

    def __init__(self, path: Path, descriptor: int, limit: int = LIMIT) -> None:
        self.path, self._descriptor, self._limit = path, descriptor, limit
        self._lock = threading.Lock()
        self._taken = 0
        self._size = os.fstat(descriptor).st_size

    @property
    def waiting(self) -> int:
        """Bytes that are not settled yet."""
        return self._size - self._taken

    def append(self, line: bytes) -> None:
        """Add a line (without line break in it).

        Raises:
            OSError: the disk or the file is full, or gone; the file is as before.
        """
        framed = line + b"\n"
        with self._lock:
            if self._size + len(framed) > self._limit:
                raise OSError(errno.EFBIG, "the journal is full")
            written = os.write(self._descriptor, framed)
            if written != len(framed):
                os.ftruncate(self._descriptor, self._size)
                raise OSError(errno.ENOSPC, "no space for the journal")
            self._size += written

    def take(self) -> tuple[list[bytes], int]:
        """The next whole lines, about `CHUNK` bytes of them, and how many bytes they are; nothing is removed yet."""
        size = CHUNK
        while self.waiting:
            block = os.pread(self._descriptor, size, self._taken)
            end = block.rfind(b"\n") + 1
            if end:
                return block[:end].splitlines(), end
            if len(block) < size:
                break  # torn by the death of its process
            size *= 2
        return [], 0

    def settle(self, count: int) -> None:
        """So many bytes are safe elsewhere."""
        with self._lock:
            self._taken += count
            if self._taken == self._size:
                os.ftruncate(self._descriptor, 0)
                self._taken = self._size = 0

    def leave(self, *, remove: bool) -> None:
        """Close, and remove the file if nothing is left in it."""
        if remove:
            self.path.unlink(missing_ok=True)
        os.close(self._descriptor)


class Journal:
    """The files of all processes of one installation on this machine, in one folder."""

    def __init__(self, folder: Path, limit: int = LIMIT) -> None:
        self.folder, self._limit = folder, limit

    def open(self) -> Segment:
        """A file of our own.

        It gets its name only when it is locked: before, somebody could take it for an orphan and remove it.

        Raises:
            OSError: it cannot be made.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        name = f"{os.getpid()}-{secrets.token_hex(8)}"
        draft, path = self.folder / f".{name}", self.folder / f"{name}{_SUFFIX}"
        descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        draft.rename(path)
        return Segment(path, descriptor, self._limit)

    def orphans(self) -> Iterator[Segment]:
        """Files whose process is gone, locked by us now; leave each of them."""
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            segment = self._adopt(path)
            if segment is not None:
                yield segment

    def set_aside(self, line: bytes) -> None:
        """Keep a line that cannot be used where no program looks for it.

        Raises:
            OSError: it cannot be kept.
        """
        with open(os.open(self.folder / _ASIDE, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "ab") as file:
            file.write(line + b"\n")

    def waiting(self) -> int:
        """Bytes in all files, of whichever process."""
        return sum(_size(path) for path in self.folder.glob(f"*{_SUFFIX}"))

    def _adopt(self, path: Path) -> Segment | None:
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        except OSError:
            return None  # somebody else was quicker
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descriptor)
            return None  # its process lives
        if os.fstat(descriptor).st_nlink == 0:
            os.close(descriptor)
            return None  # adopted and removed between our two steps
        return Segment(path, descriptor, self._limit)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # just removed
