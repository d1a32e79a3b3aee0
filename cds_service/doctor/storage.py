"""The database: can it be reached, are its tables those of this version, does the log end where it should?"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from cds_service.doctor.lines import Line, Patient, fail, ok, warn
from cds_service.store import migrate
from cds_service.store.chain import CALLS, FEEDBACK, End, sign_end
from cds_service.store.engine import Unavailable
from cds_service.store.installation import connect
from cds_service.store.keys import Ring
from cds_service.store.purge import last_anchor
from cds_service.store.schema import chains
from cds_service.store.store import Store
from cds_service.store.verify import TABLES

_REACH = "See OSTEOHOOKS_DATABASE in docs/store.md: is the server up, may this machine and user connect?"
_UPGRADE = "Run osteohooks database upgrade, or the version of Osteohooks that made the tables."


def database(patient: Patient) -> Iterator[Line]:
    """The database as the settings name it. Nothing is made and nothing is changed."""
    settings = patient.settings
    fresh = settings.database is None and not (settings.state_dir / "osteohooks.sqlite3").exists()
    if fresh:
        yield ok("database", "There is none yet: a SQLite file is made at the first start.", str(settings.state_dir))
        return
    try:
        store = connect(settings, development=settings.clients is None)
    except SystemExit as error:
        yield fail("database", " ".join(str(error).split("\n")[1:2]).strip(), "See docs/store.md.")
        return
    try:
        yield from _tables(store)
    finally:
        store.close(0)


def _tables(store: Store) -> Iterator[Line]:
    kind = "SQLite" if store.database.is_sqlite else "PostgreSQL"
    try:
        migrate.check(store.database)
    except migrate.WrongSchema as error:
        level = warn if store.database.is_sqlite else fail  # SQLite is brought up to date at the start
        yield level("database", str(error).split(": ")[0] + ".", _UPGRADE, kind)
        return
    except Unavailable as error:
        yield fail("database", f"It cannot be used: {error.reason}.", _REACH, kind)
        return
    yield ok("database", f"It answers, and its tables are at step {migrate.newest()}.", kind)
    with store.database.reading() as connection:
        for chain in (CALLS, FEEDBACK):
            yield _end(connection, store.ring, chain)


def _last(connection: Connection, chain: str) -> End:
    """The newest entry, or what stands for it where all were purged."""
    table = TABLES[chain]
    row = connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1)).one_or_none()
    found = row if row is not None else last_anchor(connection, chain)
    return End() if found is None else End(found.seq, found.hash)


def _end(connection: Connection, ring: Ring, chain: str) -> Line:
    """The last link: is it the one that was signed?"""
    prove = "Run osteohooks log verify: it names the first entry that does not fit."
    said = connection.execute(select(chains).where(chains.c.name == chain)).one_or_none()
    if said is None:
        return fail("log", "The record of its end is missing.", prove, chain)
    if _last(connection, chain) != End(said.seq, said.hash):
        return fail("log", "Its last entry is not the one that was signed.", prove, chain)
    if said.seq == 0:
        return ok("log", "Empty.", chain)
    keys = ring.find(said.key_id)
    if keys is None:
        return fail("log", "It was signed with another secret.", "Give that secret too (docs/store.md).", chain)
    if said.signature != sign_end(chain, End(said.seq, said.hash), keys):
        return fail("log", "The signature of its end is forged.", prove, chain)
    return ok("log", f"It ends at entry {said.seq}, signed; osteohooks log verify proves all of it.", chain)
