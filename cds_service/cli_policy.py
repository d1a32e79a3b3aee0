"""``osteohooks policy check | show | diff | limits | concepts | example``: decide before go-live (docs/policy.md)."""

import json
import sys
from datetime import date, datetime
from importlib.resources import files
from pathlib import Path

import click

from cds_service.lazy_commands import bar
from cds_service.pipeline import Parts, build_parts
from cds_service.sandbox.scenarios import Scenario, scenarios
from cds_service.settings import load_settings
from cds_service.site import policy_diff, policy_show
from cds_service.site.policy_file import Versions, read_policy
from fhir_mappers.terminology import default_terminology
from hooks.choices import EDITIONS
from hooks.policy import BadPolicy
from hooks.policy_rules import shipped_ledger

SHIPPED = "shipped"
_FILE = click.Path(exists=True, path_type=Path)
_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def policy() -> None:
    """What this site decided: numbers, severities, override reasons, rules, codes."""


@policy.command()
@click.argument("file", type=_FILE)
def check(file: Path) -> None:
    """Say whether a policy may be used, and every reason why not; the exit status is then 1."""
    versions = _read(file)
    click.echo(f"{file} may be used: policy {versions.id}, {len(versions.all)} version(s).")
    for note in policy_show.notes(versions, load_settings().today()):
        click.echo(f"Note: {note}")


@policy.command()
@click.argument("file", type=_FILE, required=False)
def show(file: Path | None) -> None:
    """Tell what a policy changes, version by version; by default the installation's (OSTEOHOOKS_POLICY)."""
    settings = load_settings()
    path = file or settings.policy
    if path is None:
        click.echo("No policy: everything is as shipped. OSTEOHOOKS_POLICY names one.")
        return
    click.echo(policy_show.shown(_read(path), settings.today()))


@policy.command()
@click.argument("before")
@click.argument("after")
@click.option("--on", type=_DAY, help="Compare the versions in force on this day; by default the newest of each file.")
@click.option("--edition", type=click.Choice(EDITIONS), help="Edition of the guideline.")
@click.option("--patient", "patients", multiple=True, help="This shipped patient only; may be given several times.")
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
def diff(
    before: str, after: str, on: datetime | None, edition: str | None, patients: tuple[str, ...], as_data: bool
) -> None:
    """Name the shipped patients whose findings differ between two policies; `shipped` stands for none at all."""
    settings = load_settings(edition=edition)
    old, new = (_parts(name, on.date() if on else None, settings.edition) for name in (before, after))
    asked = _scenarios(patients)
    with bar(len(asked), "Patients") as advance:
        found = policy_diff.compare(old, new, settings.edition, asked, advance)
    click.echo(json.dumps(found.as_json(), ensure_ascii=False, indent=2) if as_data else policy_diff.told(found))


@policy.command()
def limits() -> None:
    """List every number: as shipped, and whether a policy may change it."""
    click.echo(policy_show.limits(shipped_ledger()))


@policy.command()
@click.argument("containing", default="")
def concepts(containing: str) -> None:
    """List the concepts a local code map may name, or those whose line contains a word."""
    click.echo(policy_show.concepts(default_terminology(), containing))


@policy.command()
def example() -> None:
    """Print a policy to begin with."""
    click.echo(files("cds_service.site").joinpath("example.toml").read_text("utf-8"), nl=False)


def _read(path: Path) -> Versions:
    try:
        return read_policy(path)
    except BadPolicy as wrong:
        for problem in wrong.problems:
            click.echo(problem, err=True)
        sys.exit(1)


def _scenarios(names: tuple[str, ...]) -> tuple[Scenario, ...]:
    known = {each.id: each for each in scenarios()}
    if unknown := [name for name in names if name not in known]:
        raise click.BadParameter(f"{', '.join(unknown)}: no such patient; osteohooks sample lists them")
    return tuple(known[name] for name in names) or scenarios()


def _parts(name: str, day: date | None, edition: str) -> Parts:
    today = load_settings().today
    if name == SHIPPED:
        return build_parts(today, edition)
    if not Path(name).exists():
        raise click.BadParameter(f"{name} is no file; write a path, or `{SHIPPED}` for no policy at all")
    versions = _read(Path(name))
    chosen = versions.all[-1] if day is None else versions.on(day)
    return build_parts(today, edition, chosen)
