"""``osteohooks evaluate`` and ``osteohooks checklist``: request files judged without a server."""

import json
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from cds_service.clients import DEVELOPMENT
from cds_service.errors import Refusal, TooDeep, outcome
from cds_service.explain import explain, show_lights
from cds_service.lazy_commands import bar
from cds_service.pipeline import Parts, Reply, advise
from cds_service.settings import load_settings
from cds_service.site.policies import open_site
from hooks.checklist import as_rows
from hooks.checklist import checklist as lights
from hooks.choices import EDITIONS, LANGUAGES
from hooks.exact_json import dumps_exact
from hooks.findings import as_json
from hooks.refusal import BadRequest
from hooks.request import HOOKS, HookRequest
from hooks.response import Answer
from hooks.services import Service, services
from hooks.withholding import withheld_json

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(allow_dash=True), metavar="FILE...")
@click.option("--as-of", type=_DAY, help="Judge as of this day (YYYY-MM-DD) instead of today.")
@click.option("--edition", type=click.Choice(EDITIONS), help="Edition of the guideline.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of cards and findings.")
@click.option("--explain", "for_people", is_flag=True, help="Print for a person instead of as JSON.")
def evaluate(
    files: tuple[str, ...], as_of: datetime | None, edition: str | None, lang: str | None, for_people: bool
) -> None:
    """Evaluate request bodies as an EHR would post them; - is standard input.

    Prints one JSON object per file, in order: {"file", "cards", "findings"}; findings list every rule asked, the silent
    ones with their outcome. Cards the request asked not to be shown are listed as "withheld", with the reason. A file
    that a call would refuse prints {"file", "error"} (an OperationOutcome); the exit status is then 1.
    """
    settings = load_settings(edition=edition, language=lang)
    day = as_of.date() if as_of else settings.today()
    parts = open_site(settings).parts(DEVELOPMENT, day)
    refused = False
    with bar(len(files), "Evaluating", amid=True) as advance:
        for name in files:
            try:
                reply = _evaluate(_read(name), parts, settings.language, day)
            except (BadRequest, Refusal) as error:
                refused = True
                _print({"file": name, "error": outcome(error)})
            else:
                click.echo(explain(name, reply), nl=False) if for_people else _print(_report(name, reply))
            advance(1)
    sys.exit(1 if refused else 0)


@click.command()
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--as-of", type=_DAY, help="Judge as of this day (YYYY-MM-DD) instead of today.")
@click.option("--edition", type=click.Choice(EDITIONS), help="Edition of the guideline.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the checklist.")
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
def checklist(file: str, as_of: datetime | None, edition: str | None, lang: str | None, as_data: bool) -> None:
    """Is it safe to give today? One line per subject: red, amber, unknown or green, with what it rests on."""
    settings = load_settings(edition=edition, language=lang)
    day = as_of.date() if as_of else settings.today()
    try:
        reply = _evaluate(_read(file), open_site(settings).parts(DEVELOPMENT, day), settings.language, day)
    except (BadRequest, Refusal) as error:
        _print({"file": file, "error": outcome(error)})
        sys.exit(1)
    lines = lights(reply.findings, reply.record)
    rows = as_rows(lines, reply.speaker)
    click.echo(
        dumps_exact({"file": file, "checklist": rows}).decode() if as_data else show_lights(lines, reply.speaker)
    )


def _evaluate(body: bytes, parts: Parts, language: str, day: date) -> Reply:
    service = _service_for(body)
    try:
        return advise(HookRequest.parse(body, service.hook), service, parts, language, as_of=day)
    except RecursionError:  # as in the API: what was only skipped over so far is decoded deeper down
        raise TooDeep from None


def _service_for(body: bytes) -> Service:
    """The service that answers the hook of the body; a body without a usable hook is refused by the first one."""
    by_hook = {service.hook: service for service in services()}
    try:
        hook = json.loads(body).get("hook")
    except (ValueError, AttributeError, RecursionError):
        hook = None
    if isinstance(hook, str) and hook in HOOKS and hook in by_hook:
        return by_hook[hook]
    return services()[0]


def _read(name: str) -> bytes:
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise click.FileError(name, hint=error.strerror or "cannot be read") from None


def _report(name: str, reply: Reply) -> dict[str, Any]:
    cards = Answer(cards=tuple(reply.cards)).model_dump(by_alias=True, exclude_none=True)["cards"]
    findings = [as_json(finding, reply.speaker, whole=True) for finding in reply.findings.all]
    withheld = {"withheld": withheld_json(reply.withheld)} if reply.withheld else {}
    return {"file": name, "cards": cards, **withheld, "findings": findings}


def _print(value: dict[str, Any]) -> None:
    click.echo(dumps_exact(value).decode("utf-8"))
