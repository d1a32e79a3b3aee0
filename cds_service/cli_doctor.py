"""``osteohooks doctor``: is this deployment fit to be depended on?"""

import json
import sys
from collections.abc import Callable, Sequence

import click

from cds_service.clients_file import BadClients, ClientsFile, load_clients
from cds_service.doctor.installation import agreements, disk, listening, rules, secrets_are_private
from cds_service.doctor.launches import launches
from cds_service.doctor.lines import Check, Level, Line, Patient, examine, fail, ok, worst
from cds_service.doctor.network import certificates, clock, fhir_servers, keys
from cds_service.doctor.storage import database
from cds_service.lazy_commands import bar
from cds_service.settings import Settings, load_settings

LOCAL: tuple[Check, ...] = (listening, agreements, rules, disk, secrets_are_private, database)
REMOTE: tuple[Check, ...] = (keys, fhir_servers, launches, certificates, clock)


@click.command()
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
@click.option("--offline", is_flag=True, help="Ask no other machine.")
@click.option("--strict", is_flag=True, help="A warn makes the exit status 1 as a fail does.")
def doctor(as_data: bool, offline: bool, strict: bool) -> None:
    """Check this deployment: settings, clients, keys, rules, database and log, disk, FHIR servers, launches of
    the app, clocks, TLS.

    Uses the settings the service would use, and changes nothing. Every line is ok, warn or fail, and says what to do.
    The exit status is 1 if a line is fail.
    """
    checks = LOCAL if offline else (*LOCAL, *REMOTE)
    with bar(len(checks), "Examining") as advance:
        lines = diagnose(checks, advance)
    click.echo(json.dumps(_data(lines), indent=2) if as_data else "\n".join(_text(lines)))
    bad = {Level.FAIL, Level.WARN} if strict else {Level.FAIL}
    sys.exit(1 if worst(lines) in bad else 0)


def diagnose(checks: Sequence[Check], advance: Callable[[int, str], None] = lambda done, name: None) -> list[Line]:
    """The lines of all checks; of the settings alone where they are wrong, because nothing else could be trusted.

    ``advance`` is told that a check was done, and which.
    """
    try:
        settings = load_settings()
    except SystemExit as error:
        wrong = str(error).splitlines()[1:]
        return [fail("settings", line.strip(), "Correct it; the service does not start.") for line in wrong]
    clients, lines = _clients(settings)
    return [ok("settings", "Every variable fits."), *lines, *examine(Patient(settings, clients), checks, advance)]


def _clients(settings: Settings) -> tuple[ClientsFile | None, list[Line]]:
    if settings.clients is None:
        return None, []
    try:
        return load_clients(settings.clients), []
    except BadClients as error:
        remedy = "Correct it; osteohooks clients check shows what was understood."
        return None, [fail("clients file", str(problem), remedy) for problem in error.problems]


def _text(lines: Sequence[Line]) -> list[str]:
    shown = []
    for line in lines:
        about = f" [{line.about}]" if line.about else ""
        shown.append(f"{line.level.value:4}  {line.check:15} {line.said}{about}")
        if line.remedy:
            shown.append(f"{'':22}-> {line.remedy}")
    counts = [f"{sum(line.level is level for line in lines)} {level.value}" for level in Level]
    return [*shown, "", ", ".join(counts)]


def _data(lines: Sequence[Line]) -> dict[str, object]:
    rows = [
        {"check": line.check, "level": line.level.value, "about": line.about, "said": line.said, "remedy": line.remedy}
        for line in lines
    ]
    return {"level": worst(lines).value, "lines": rows}
