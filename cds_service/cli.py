"""The command line: ``osteohooks COMMAND``. What a command needs is imported when it is asked for, and not before."""

from datetime import datetime
from importlib.metadata import version

import click

from cds_service.lazy_commands import Elsewhere, LazyGroup, uncollected
from hooks.choices import DEFAULT_EDITION, load_editions

_COMMANDS = {
    "catalogue": Elsewhere(
        "cds_service.cli_catalogue:catalogue", "List every rule: id, title, hooks, severities, editions, source."
    ),
    "checklist": Elsewhere(
        "cds_service.cli_evaluate:checklist",
        "Is it safe to give today? One line per subject: red, amber, unknown or green, with what it rests on.",
    ),
    "clients": Elsewhere(
        "cds_service.cli_clients:clients", "The EHRs that may call: check their configuration, and try it without them."
    ),
    "conformance": Elsewhere(
        "cds_service.cli_operations:conformance",
        "Check any CDS Hooks service from outside against the specification (2.0.1, with an eye on 3.0).",
    ),
    "database": Elsewhere("cds_service.cli_log:database", "Look after the tables."),
    "doctor": Elsewhere(
        "cds_service.cli_doctor:doctor",
        "Check this deployment: settings, clients, keys, rules, database and log, disk, FHIR servers, launches of the "
        "app, clocks, TLS.",
    ),
    "evaluate": Elsewhere(
        "cds_service.cli_evaluate:evaluate", "Evaluate request bodies as an EHR would post them; - is standard input."
    ),
    "log": Elsewhere("cds_service.cli_log:log", "Prove, purge and export the decision log."),
    "openapi": Elsewhere("cds_service.cli_operations:openapi", "Print the service's OpenAPI 3.1 document."),
    "page": Elsewhere(
        "cds_service.cli_page:page", "Write the page of a patient from a request body; its drafts are not looked at."
    ),
    "policy": Elsewhere(
        "cds_service.cli_policy:policy", "What this site decided: numbers, severities, override reasons, rules, codes."
    ),
    "replay": Elsewhere(
        "cds_service.cli_replay:replay",
        "Tell what the rules would have said to every patient of a cohort: FHIR Bulk Data and other files in, "
        "findings as Parquet, the burden of alerts and, with --against, what changes, out.",
    ),
    "report": Elsewhere(
        "cds_service.cli_report:report",
        "Tell how often each rule would have fired, was shown, accepted, overridden or ignored: the burden of alerts.",
    ),
    "review": Elsewhere(
        "cds_service.cli_catalogue:review",
        "List the rules whose clinical review is due: never read, never checked, or to be looked at again.",
    ),
    "sbom": Elsewhere(
        "cds_service.cli_operations:sbom", "Print what is installed as a bill of materials (CycloneDX 1.6, JSON)."
    ),
    "watch": Elsewhere(
        "cds_service.cli_report:watch",
        "Tell what somebody should look at: rules that fell silent, codes and units no rule can use, canary patients.",
    ),
}


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    """Print the version and the editions of the guideline; whatever the settings, it answers."""
    if not wanted:
        return
    listed = (
        f"  {'*' if key == DEFAULT_EDITION else ' '} {key:18} {e.label['en']}" for key, e in load_editions().items()
    )
    heading = "Guideline editions (* unless OSTEOHOOKS_EDITION names another):"
    click.echo("\n".join((f"osteohooks, version {version('osteohooks')}", heading, *listed)))
    context.exit()


@click.group(cls=LazyGroup, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version and exit."
)
def main() -> None:
    """Osteohooks: guideline advice on bone metastases for electronic health records, as CDS Hooks."""


@main.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1, or OSTEOHOOKS_HOST).")
@click.option("--port", type=int, help="Port (default 8080, or OSTEOHOOKS_PORT).")
def serve(host: str | None, port: int | None) -> None:
    """Serve the CDS Hooks API until interrupted."""
    with uncollected():
        from cds_service.server import run
        from cds_service.settings import load_settings

    run(load_settings(host=host, port=port))


@main.command()
@click.argument("name", required=False)
@click.option(
    "--on",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Move the patient's dates so that the scenario happens on this day (default today).",
)
def sample(name: str | None, on: datetime | None) -> None:
    """Print the request body of a shipped scenario, or list the scenarios."""
    from cds_service.sandbox.scenarios import hook_request_bytes, scenario, scenarios
    from cds_service.settings import load_settings

    if name is None:
        for each in scenarios():
            click.echo(f"{each.id:36} {each.service:18} {each.title['en']}")
        return
    known = {each.id for each in scenarios()}
    if name not in known:
        raise click.BadParameter(f"{name} is no scenario; osteohooks sample lists them", param_hint="NAME")
    click.echo(hook_request_bytes(scenario(name), on.date() if on else load_settings().today()))
