"""Brings entries from the calls to the database without a call ever waiting for it.

`put` appends to the journal of this process, a local file (`cds_service.store.journal`). A thread carries what is in it
to the database, many entries in one transaction. While the database cannot be used the journal grows, and the thread
tries again with growing pauses. When the journal cannot be written either, entries wait in memory, a bounded number of
them, and are then lost, counted and said.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

from sqlalchemy.exc import DataError, IntegrityError

from cds_service.store import health
from cds_service.store.engine import Database, Unavailable, forget_after_fork, reason
from cds_service.store.health import Health, Watch
from cds_service.store.ingest import Line, Unreadable, ingest, read
from cds_service.store.journal import Journal, Segment
from cds_service.store.keys import Keys
from cds_service.store.migrate import WrongSchema

GATHER_S = 0.1  # how long entries are gathered before a transaction: visible soon, and cheap under load
_IDLE_S = 5.0
_ORPHANS_S = 30.0
_TIDY_S = 600.0
_LONGEST_PAUSE_S = 15.0
_IN_MEMORY = 1000
_POISON = (DataError, IntegrityError, ValueError, TypeError, LookupError)  # of the entry, not of the database


class Writer:
    """One per process.

    Args:
        database, journal, keys: where entries go, on which way, and what links them.
        prepare: asked once before the first write; it raises to say that the tables do not fit.
        tidy: asked now and then, when everything is written.
    """

    def __init__(
        self,
        database: Database,
        journal: Journal,
        keys: Keys,
        prepare: Callable[[], None],
        tidy: Callable[[], None] = lambda: None,
    ) -> None:
        self._database, self._journal, self._keys, self._prepare, self._tidy = database, journal, keys, prepare, tidy
        self.watch = Watch()
        self._segment: Segment | None = None
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """Begin anew in a forked process; what the parent has in its journal stays the parent's."""
        if self._segment is not None:
            self._segment.leave(remove=False)  # or the file would stay locked when the parent dies
        self._segment = None
        self._overflow: deque[bytes] = deque()
        self._thread: threading.Thread | None = None
        self._prepared = False
        self._orphans_at = self._tidy_at = 0.0
        self._lock = threading.Lock()
        self._wake, self._hurry, self._stop = threading.Event(), threading.Event(), threading.Event()

    def put(self, line: bytes) -> None:
        """Take an entry. Never raises, never waits."""
        try:
            self._own().append(line)
            self.watch.works(health.JOURNAL)
        except OSError as error:
            self._keep_in_memory(line, error)
        if not self._wake.is_set():
            self._wake.set()
        self.start()

    def start(self) -> None:
        """Start the thread if it does not run: it also looks for journals that a killed process left."""
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if (self._thread is None or not self._thread.is_alive()) and not self._stop.is_set():
                    self._thread = threading.Thread(target=self._run, name="decision-log", daemon=True)
                    self._thread.start()

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until everything this process has taken is in the database; False when it is not, in that time."""
        deadline = time.monotonic() + seconds
        while self.waiting:
            self.hurry()
            if time.monotonic() > deadline:
                return False
            time.sleep(0.002)
        return True

    def hurry(self) -> None:
        """Begin to write what waits, without gathering more."""
        if self.waiting:
            self.start()
            self._hurry.set()
            self._wake.set()

    def close(self, seconds: float = 5.0) -> None:
        """Bring what is left to the database, within this time, and stop; what cannot be brought stays where it is."""
        self.flush(seconds)
        self._stop.set()
        self._hurry.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
        if self._segment is not None and not self._segment.waiting:
            self._segment.leave(remove=True)
            self._segment = None

    @property
    def waiting(self) -> int:
        """Bytes not in the database yet."""
        return (self._segment.waiting if self._segment else 0) + sum(map(len, tuple(self._overflow)))

    def health(self) -> Health:
        """How writing goes, in this process."""
        return self.watch.view(self.waiting)

    def _own(self) -> Segment:
        if self._segment is None:
            with self._lock:
                if self._segment is None:
                    self._segment = self._journal.open()
        return self._segment

    def _keep_in_memory(self, line: bytes, error: OSError) -> None:
        full = len(self._overflow) >= _IN_MEMORY
        if not full:
            self._overflow.append(line)
        self.watch.failed(health.JOURNAL, _kind(error), lost=int(full))

    def _run(self) -> None:
        pause = 0.0
        while not self._stop.is_set():
            self._wake.wait(_IDLE_S)
            self._wake.clear()
            self._hurry.wait(GATHER_S)
            self._hurry.clear()
            pause = 0.0 if self._drained() else min(max(2 * pause, 0.5), _LONGEST_PAUSE_S)
            if pause:
                self._stop.wait(pause)
                self._wake.set()

    def _drained(self) -> bool:
        """Carry everything over; False when the database cannot be used."""
        try:
            if not self._prepared:
                self._prepare()
                self._prepared = True
            self._adopt()
            if self._segment is not None:
                self._carry(self._segment)
            self._carry_overflow()
            self._tidy_up()
            if self.watch.fails(health.DATABASE):
                with self._database.writing():  # nothing was left to write: can we, again?
                    pass
        except Exception as error:  # whatever is wrong, the thread must live on and say so
            self.watch.failed(health.DATABASE, _kind(error))
            return False
        self.watch.works(health.DATABASE)
        return True

    def _adopt(self) -> None:
        if time.monotonic() < self._orphans_at:
            return
        self._orphans_at = time.monotonic() + _ORPHANS_S
        for segment in self._journal.orphans():
            left = True
            try:
                self._carry(segment)
                left = False
            finally:
                segment.leave(remove=not left)

    def _tidy_up(self) -> None:
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + _TIDY_S
            self._tidy()

    def _carry(self, segment: Segment) -> None:
        while True:
            lines, size = segment.take()
            if not lines:
                return
            self._store(lines)
            segment.settle(size)

    def _carry_overflow(self) -> None:
        lines = list(self._overflow)
        if lines:
            self._store(lines)
            for _ in lines:
                self._overflow.popleft()

    def _store(self, lines: Iterable[bytes]) -> None:
        """All lines in one transaction; those that the database will never take are left out, one by one."""
        readable = [(line, values) for line in lines if (values := self._read(line)) is not None]
        try:
            self._ingest(readable)
        except _POISON:
            for one in readable:
                try:
                    self._ingest([one])
                except _POISON as error:
                    self._set_aside(one[0], reason(error))

    def _ingest(self, lines: list[Line]) -> None:
        if lines:
            with self._database.writing() as connection:
                ingest(connection, lines, self._keys)

    def _read(self, line: bytes) -> list[object] | None:
        try:
            return read(line)
        except Unreadable as error:
            self._set_aside(line, f"a line is unreadable: {error}")
            return None

    def _set_aside(self, line: bytes, why: str) -> None:
        """An entry the database will never take is kept for somebody to look at, and no longer in the way of others."""
        self.watch.failed(health.ENTRY, why, lost=1)
        self._journal.set_aside(line)


def _kind(error: BaseException) -> str:
    if isinstance(error, OSError):
        return f"{type(error).__name__} ({error.strerror})"
    if isinstance(error, WrongSchema | Unavailable):
        return str(error)
    return reason(error)
