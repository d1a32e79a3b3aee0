"""The command line of the store: ``osteohooks log verify | purge | export | ...`` and ``osteohooks database``.

They work beside a running service, on the database and with the secret of its settings.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import click
from sqlalchemy import func, select, update
from sqlalchemy.exc import SQLAlchemyError

from cds_service.lazy_commands import bar
from cds_service.settings import load_settings
from cds_service.store import captures, export, export_fhir, migrate, purge, verify
from cds_service.store.chain import CALLS, FEEDBACK, End
from cds_service.store.engine import Unavailable, reason
from cds_service.store.installation import connect, has_made_secret
from cds_service.store.schema import captures as captured
from cds_service.store.schema import chains, feedback
from cds_service.store.store import Store
from hooks.exact_json import dumps_exact

CHAINS = (CALLS, FEEDBACK)
_NOTED = re.compile(r"(calls|feedback):(\d{1,18}):([0-9a-f]{64})")


@click.group()
def log() -> None:
    """Prove, purge and export the decision log."""


@log.command("verify")
@click.option(
    "--noted",
    multiple=True,
    metavar="CHAIN:ENTRY:HASH",
    help="An end that an earlier run printed and that was kept elsewhere: it must still be there.",
)
def verify_log(noted: tuple[str, ...]) -> None:
    """Prove that nothing in the log was altered, removed, added or put in another order.

    Prints the end of each chain; keep it somewhere else and give it to a later run. The exit status is 1 when a chain
    is broken; its first broken link is named.
    """
    ends = dict(_noted(text) for text in noted)
    whole = True
    with _store() as store:
        for chain in CHAINS:
            whole &= _prove(store, chain, ends.get(chain))
    sys.exit(0 if whole else 1)


@log.command("purge")
@click.option("--older-than", required=True, metavar="DAYS|DATE", help="400, or 2026-01-31 (which itself stays).")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--though-broken", is_flag=True, help="Purge also a chain that is broken; the anchor will say so.")
def purge_log(older_than: str, yes: bool, though_broken: bool) -> None:
    """Remove what is older than so many days, or than a day, for good.

    A signed anchor stands for what is gone, so that the rest still verifies. The chain is proven first.
    """
    day = _day(older_than)
    with _store() as store:
        _say(f"Everything older than {day.date()} will be removed for good.")
        if not yes:
            click.confirm("Go on?", abort=True)
        for chain in CHAINS:
            _purge(store, chain, day, though_broken)
        rest = purge.purge_rest(store.database, day)
        _say(f"{rest} rows of captured requests and of the memory of cards removed.")


@log.command("export")
@click.option("--format", "form", type=click.Choice(["ndjson", "fhir"]), default="ndjson", show_default=True)
@click.option("--since", metavar="DATE", help="From this day on.")
@click.option("--until", metavar="DATE", help="Up to this day, which itself is left out.")
@click.option("--comments", is_flag=True, help="With what users typed, which may name a patient (ndjson only).")
@click.option("--output", type=click.File("wb", lazy=True), default="-", help="A file; standard output without it.")
def export_log(form: str, since: str | None, until: str | None, comments: bool, output: BinaryIO) -> None:
    """Write calls with their decisions, then feedback, one JSON object per line.

    With --format fhir: an AuditEvent for each call and report, a GuidanceResponse for each decision (FHIR R4).
    """
    period = export.Period(_day(since) if since else None, _day(until) if until else None)
    with (
        _store() as store,
        store.database.snapshot() as connection,
        bar(export.count(connection, period), "Exporting", amid=True) as advance,
    ):
        for logged in export.entries(connection, period):
            for row in export_fhir.resources(logged) if form == "fhir" else export.rows(logged, comments=comments):
                output.write(dumps_exact(row) + b"\n")
            advance(1)


@log.command("erase-comment")
@click.argument("report")
def erase_comment(report: str) -> None:
    """Erase what a user typed in one report of feedback, by the report's id. The chain still verifies."""
    with _store() as store, store.database.writing() as connection:
        erased = connection.execute(update(feedback).where(feedback.c.id == report).values(comment=None))
    if not erased.rowcount:
        raise click.BadParameter("there is no such report", param_hint="REPORT")


@log.command("request")
@click.argument("call")
@click.option("--key-file", required=True, type=click.Path(path_type=Path), help="The capture key of the client.")
def request(call: str, key_file: Path) -> None:
    """Print the captured request of a call, by the call's id, as it can be given to osteohooks evaluate."""
    with _store() as store, store.database.reading() as connection:
        row = connection.execute(select(captured).where(captured.c.call == call)).one_or_none()
    if row is None:
        raise click.BadParameter("no request was captured for this call", param_hint="CALL")
    try:
        opened = captures.CaptureKey.read(key_file).open(call, row.ciphertext)
    except (captures.BadKey, captures.WrongKey) as error:
        raise click.BadParameter(str(error), param_hint="--key-file") from None
    sys.stdout.buffer.write(opened + b"\n")


@click.group()
def database() -> None:
    """Look after the tables."""


@database.command("upgrade")
def upgrade() -> None:
    """Bring the tables up to date. Make a backup first; stop older versions of the service before."""
    with _store() as store, bar(migrate.missing(store.database), "Upgrading") as advance:
        before, after = migrate.upgrade(store.database, advance)
    _say(f"The tables are at step {after}" + (" already." if before == after else f"; before: {before or 'none'}."))


@database.command("status")
def status() -> None:
    """Say whether the tables are up to date; the exit status is 1 when they are not."""
    with _store() as store:
        migrate.check(store.database)
        with store.database.reading() as connection:
            total = connection.scalar(select(func.sum(chains.c.seq)))
    _say(f"The tables are at step {migrate.newest()}, as this version needs; {total} entries were ever written.")


def _prove(store: Store, chain: str, noted: End | None) -> bool:
    with store.database.snapshot() as connection, bar(_length(store, chain), f"Proving {chain}") as advance:
        try:
            proven = verify.verify(connection, store.ring, chain, noted=noted, progress=advance)
        except verify.Broken as broken:
            found: verify.Proven | verify.Broken = broken
        else:
            found = proven
    if isinstance(found, verify.Broken):
        click.echo(f"{chain}: BROKEN at entry {found.seq}: {found.what}")
        return False
    click.echo(f"{chain}: {found.entries} entries hold; end {chain}:{found.end.seq}:{found.end.hash}")
    if found.anchor is not None:
        known = "" if found.anchor.intact else ", although the chain was broken then"
        click.echo(f"{chain}: up to entry {found.anchor.seq} purged on {found.anchor.purged_at.date()}{known}")
    if found.erased:
        click.echo(f"{chain}: {found.erased} comments erased")
    return True


def _purge(store: Store, chain: str, day: datetime, though_broken: bool) -> None:
    purge.finish(store.database, chain)
    with store.database.snapshot() as connection:
        span = purge.span(connection, chain, day)
        intact = True
        try:
            with bar(span.entries, f"Proving {chain}") as advance:
                verify.verify(connection, store.ring, chain, upto=span.end.seq, progress=advance)
        except verify.Broken as broken:
            intact = False
            if not though_broken:
                raise click.ClickException(f"{broken} Nothing was removed from it; see --though-broken.") from None
    with bar(span.entries, f"Purging {chain}") as advance:
        keys, now = store.ring.current, store.clock()
        purge.purge(store.database, keys, span, day, now, intact=intact, progress=advance)
    late = f"; {span.late} older ones stand behind younger ones and go with a later purge" if span.late else ""
    _say(f"{chain}: {span.entries} entries removed{late}.")


def _length(store: Store, chain: str) -> int:
    table = verify.TABLES[chain]
    with store.database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def _store() -> Iterator[Store]:
    """The store of the settings; whatever goes wrong is said in a sentence."""
    settings = load_settings()
    store = connect(settings, development=has_made_secret(settings))
    try:
        yield store
    except migrate.WrongSchema as error:
        raise click.ClickException(str(error)) from None
    except Unavailable as error:
        raise click.ClickException(f"The database cannot be used: {error.reason}.") from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database cannot be used: {reason(error)}.") from None
    finally:
        store.close()


def _day(text: str) -> datetime:
    """A day, or the day so many days ago; UTC."""
    if text.isdigit():
        midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=int(text))
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise click.BadParameter(f"{text} is neither a number of days nor a day like 2026-01-31") from None


def _noted(text: str) -> tuple[str, End]:
    found = _NOTED.fullmatch(text)
    if found is None:
        raise click.BadParameter("as osteohooks log verify prints it: calls:57:<hash>", param_hint="--noted")
    return found[1], End(int(found[2]), found[3])


def _say(text: str) -> None:
    click.echo(text, err=True)
