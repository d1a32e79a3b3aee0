"""``osteohooks report`` and ``osteohooks watch``: what the decision log says about the service itself."""

import json
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from cds_service.clients import DEVELOPMENT
from cds_service.lazy_commands import bar
from cds_service.settings import load_settings
from cds_service.site import burden_files, burden_plots, watchdog
from cds_service.site.burden import QUESTIONS, burden
from cds_service.site.burden_data import Scope
from cds_service.site.burden_privacy import SMALLEST
from cds_service.site.canaries import Watched
from cds_service.site.policies import open_site
from cds_service.site.reading import NoLog, asked, database_of, reading
from cds_service.site.report_api import USUAL
from cds_service.site.report_words import Words
from hooks.texts import LANGUAGES

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, help="First day (YYYY-MM-DD); by default four weeks before the last.")
@click.option("--to", "last", type=_DAY, help="Last day, itself included; by default today.")
@click.option("--client", help="Calls of this client only.")
@click.option(
    "--format", "formats", type=click.Choice(burden_files.FORMATS), multiple=True, help="May be given several times."
)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="osteohooks-report", show_default=True)
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the page.")
@click.option(
    "--smallest",
    type=click.IntRange(min=1),
    default=SMALLEST,
    show_default=True,
    help="Least number of patients a number by ward may rest on.",
)
def report(
    first: datetime | None,
    last: datetime | None,
    client: str | None,
    formats: tuple[str, ...],
    out: Path,
    lang: str | None,
    smallest: int,
) -> None:
    """Tell how often each rule would have fired, was shown, accepted, overridden or ignored: the burden of alerts."""
    settings = load_settings(language=lang)
    until = last.date() if last else settings.today()
    scope = Scope(first.date() if first else until - USUAL, until, client)
    rules = open_site(settings).parts(DEVELOPMENT, until).rules
    words = Words(settings.language, rules, smallest)
    try:
        with bar(QUESTIONS + 2, "Counting") as advance:
            with closing(database_of(settings)) as database, reading(database) as log, asked(log, advance):
                found = burden(log, scope, smallest)
            advance(1, "drawing")
            plots = burden_plots.draw(found, words) if found.calls and burden_plots.can_draw() else ()
            advance(1, "writing")
            made = burden_files.write(found, words, plots, formats or ("html",), out)
    except NoLog as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except OSError as error:
        raise click.FileError(str(out), hint=error.strerror or "cannot be written") from None
    click.echo(f"{found.calls} calls from {scope.first} to {scope.last}")
    for path in made:
        click.echo(str(path))


@click.command()
@click.option("--client", help="Calls of this client only.")
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
def watch(client: str | None, as_data: bool) -> None:
    """Tell what somebody should look at: rules that fell silent, codes and units no rule can use, canary patients.

    The exit status is 1 when there is anything. Without a decision log only the canary patients are asked.
    """
    settings = load_settings()
    site = open_site(settings)
    canaries: tuple[str, ...] = ()
    try:
        with bar(watchdog.QUESTIONS + 1, "Looking") as advance:
            canaries = Watched(lambda: site.in_use(settings.today())).failures()
            advance(1, "the log")
            with closing(database_of(settings)) as database, reading(database) as log, asked(log, advance):
                found = watchdog.look(log, settings.today(), canaries, client)
    except NoLog as error:
        click.echo(str(error), err=True)
        for sentence in canaries:
            click.echo(f"Canary patients: {sentence}")
        sys.exit(2 if not canaries else 1)
    click.echo(json.dumps(watchdog.as_json(found), indent=2) if as_data else watchdog.told(found))
    sys.exit(0 if found.is_quiet else 1)
