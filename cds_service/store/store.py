"""Everything an installation remembers, behind one door."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from cds_service.clients import Caller
from cds_service.store import memory, migrate
from cds_service.store.decisions import DecisionLog, utc_now, whose
from cds_service.store.engine import Database, Unavailable
from cds_service.store.feedback import Feedback
from cds_service.store.health import CONNECTION, Health
from cds_service.store.held import Vault, forget_ended
from cds_service.store.journal import Journal
from cds_service.store.keys import Ring
from cds_service.store.memory import SqlMemory
from cds_service.store.tokens import SqlTokens, forget_expired
from cds_service.store.writer import Writer
from hooks.quiet import Whose
from hooks.request import HookRequest


class Store:
    """One per process tree: made before the workers are forked, it opens its connections in each of them.

    Attributes:
        decisions: the decision log; what is noted is safe at once and in the database soon.
        feedback: reports of what became of cards; what is stored is in the database.
        tokens: which tokens were used.
        memory: what need not be said again.
        vault: launches and sessions of the app, sealed.
        database, journal, ring: what they are built on, for the command line.
    """

    def __init__(self, database: Database, ring: Ring, journal: Journal, clock: Callable[[], datetime]) -> None:
        self.database, self.ring, self.journal, self.clock = database, ring, journal, clock
        keys = ring.current
        self._writer = Writer(database, journal, keys, self._prepare, self._tidy)
        self.decisions = DecisionLog(self._writer, keys)
        self.feedback = Feedback(database, keys, clock, self._on_its_way)
        self.tokens = SqlTokens(database, clock)
        self.memory = SqlMemory(database, self._writer)
        self.vault = Vault(database, ring, clock)

    def whose(self, call: HookRequest, caller: Caller) -> Whose:
        """For whom and by whom a call is made, as keys."""
        return whose(call, caller, self.ring.current)

    def start(self) -> None:
        """Begin to carry over what earlier processes left, before the first call; for each worker, after the fork."""
        self._writer.start()

    def healthy(self, *, ask: bool = False) -> Health:
        """How writing goes in this process; ``ask`` the database too, within bounds, if nothing is to be written."""
        if ask:
            try:
                self.database.read(lambda connection: connection.execute(text("SELECT 1")))
                self._writer.watch.works(CONNECTION)
            except Unavailable as error:
                self._writer.watch.failed(CONNECTION, error.reason)
        return self._writer.health()

    def on_failure(self, tell: Callable[[], None]) -> None:
        """Call ``tell`` whenever something cannot be written, for a metric."""
        self._writer.watch.on_failure = tell

    def flush(self, seconds: float = 5.0) -> bool:
        """Wait until what this process noted is in the database; False when that takes longer."""
        return self._writer.flush(seconds)

    def close(self, seconds: float = 5.0) -> None:
        """Write what is left, within this time, and close; the rest stays in the journal for the next start."""
        self._writer.close(seconds)
        self.database.close()

    def _on_its_way(self) -> int:
        self._writer.hurry()
        return self.journal.waiting()

    def _prepare(self) -> None:
        migrate.check(self.database)

    def _tidy(self) -> None:
        with self.database.writing() as connection:
            forget_expired(connection, self.clock())
            forget_ended(connection, self.clock())
            memory.forget(connection, self.clock().date())


def open_store(url: str, ring: Ring, state: Path, clock: Callable[[], datetime] = utc_now) -> Store:
    """The store of an installation. Nothing is opened yet: the tables are `cds_service.store.migrate`'s business.

    Args:
        url: of SQLAlchemy, ``sqlite:///path`` or ``postgresql://user:password@host/name``.
        ring: the secrets.
        state: a folder on a local disk, for the journal.
        clock: the time now, with a time zone.

    Raises:
        ValueError: the address is of no database we can use.
    """
    return Store(Database(url), ring, Journal(state / "journal"), clock)
