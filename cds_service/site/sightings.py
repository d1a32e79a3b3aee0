"""What calls brought that no rule could use: codes that match no concept, and units that are not understood. Counted.

Never any text: a code with its system and what it resembles, a concept with the spelling of a unit. Counts are gathered
in memory and written once a minute by a thread of their own; a process that is killed loses its last minute, which for
counts of this kind does not matter. What cannot be written is kept for the next time, within bounds.
"""

import atexit
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, delete, func, select

from cds_service.clients import Caller
from cds_service.store.columns import inserting
from cds_service.store.engine import Database, Unavailable, forget_after_fork
from cds_service.store.schema import watch
from fhir_mappers.record.answer import UNIT_MISSING, UNIT_UNKNOWN
from fhir_mappers.record.events import Unmatched
from hooks.evaluate import Finding

UNMAPPED, UNIT = "code-unmapped", "unit-unknown"
KEPT = timedelta(days=400)
_EVERY_S = 60.0
_MOST = 2000  # different things one process counts between two writings
_UNIT = re.compile(r"[0-9A-Za-zµμ%°./*^{}\[\]()_'-]{1,24}")
_NO_UNIT, _ODD_UNIT = "(none)", "(other)"


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing seen on one day: ``kind`` is `UNMAPPED` or `UNIT`; ``about`` says what (medications, tests) or nothing,
    ``concept`` what it resembles or measures, ``code`` the code or the spelling of the unit.
    """

    day: date
    client: str
    tenant: str
    kind: str
    about: str
    concept: str
    system: str
    code: str


def seen_in(
    unmatched: Iterable[Unmatched], findings: Iterable[Finding], caller: Caller, day: date
) -> Iterator[Sighting]:
    """What one call brought. Pure."""
    whose = (day, caller.client.id, caller.tenant or "")
    for one in unmatched:
        yield Sighting(*whose, UNMAPPED, one.kind, one.likes[0], one.system, one.code)
    gaps = {gap for finding in findings for gap in finding.verdict.missing if gap.why in (UNIT_UNKNOWN, UNIT_MISSING)}
    for what, unit in {(gap.what, gap.last.unit if gap.last is not None else None) for gap in gaps}:
        spelling = "".join((unit or "").split()) or _NO_UNIT
        yield Sighting(*whose, UNIT, "", what, "", spelling if _UNIT.fullmatch(spelling) else _ODD_UNIT)


class Sightings:
    """Counts for one installation, in each process its own; each writes into the same table."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.forget()
        forget_after_fork(self)

    def forget(self) -> None:
        """Begin anew in a forked process: what the parent counted stays the parent's."""
        self._counted: Counter[Sighting] = Counter()
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._thread: threading.Thread | None = None
        self._tidied: date | None = None

    def note(self, unmatched: Iterable[Unmatched], findings: Iterable[Finding], caller: Caller, day: date) -> None:
        """Count what one call brought. Never waits for the database."""
        found = tuple(seen_in(unmatched, findings, caller, day))
        if not found:
            return
        with self._lock:
            for one in found:
                if one in self._counted or len(self._counted) < _MOST:
                    self._counted[one] += 1
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="sightings", daemon=True)
                self._thread.start()
                atexit.register(self.flush)

    def flush(self) -> bool:
        """Write what was counted; False when it could not be written and waits for the next time."""
        with self._lock:
            taken, self._counted = self._counted, Counter()
        if not taken:
            return True
        try:
            self._database.write(lambda connection: self._store(connection, taken))
        except Unavailable:
            with self._lock:
                self._counted.update(taken)
            return False
        return True

    def close(self) -> None:
        """Stop counting and write what is left."""
        self._stop.set()
        self.flush()

    def _run(self) -> None:
        while not self._stop.wait(_EVERY_S):
            self.flush()

    def _store(self, connection: Connection, taken: Counter[Sighting]) -> None:
        rows = [
            {"day": one.day, "client": one.client, "tenant": one.tenant, "kind": _kind(one), "system": one.system}
            | {"code": one.code, "seen": count}
            for one, count in sorted(taken.items(), key=lambda item: _order(item[0]))
        ]
        insert = inserting(connection.dialect.name, watch).values(rows)
        more = {"seen": watch.c.seen + insert.excluded.seen}
        connection.execute(insert.on_conflict_do_update(index_elements=list(watch.primary_key), set_=more))
        latest = max(one.day for one in taken)
        if self._tidied != latest:
            connection.execute(delete(watch).where(watch.c.day < latest - KEPT))
            self._tidied = latest


def counted(connection: Connection, first: date, last: date, client: str | None = None) -> dict[Sighting, int]:
    """What was seen between two days, both included, summed over days and tenants; ``day`` is the last one."""
    columns = (watch.c.client, watch.c.kind, watch.c.system, watch.c.code)
    query = select(*columns, func.max(watch.c.day), func.sum(watch.c.seen)).where(watch.c.day.between(first, last))
    if client is not None:
        query = query.where(watch.c.client == client)
    found = {}
    for whose, kind, system, code, day, seen in connection.execute(query.group_by(*columns)):
        what, about, concept = (*kind.split(":"), "", "")[:3]
        found[Sighting(day, whose, "", what, about, concept, system, code)] = int(seen)
    return found


def _kind(one: Sighting) -> str:
    """The kind as one word of the table: what, about what, and what it resembles."""
    return f"{one.kind}:{one.about}:{one.concept}"


def _order(one: Sighting) -> tuple[str, ...]:
    """A fixed order, so that two processes never wait for each other's rows."""
    return one.day.isoformat(), one.client, one.tenant, _kind(one), one.system, one.code
