"""``osteohooks sample``: the shipped scenarios as an EHR would post them."""

from datetime import datetime

import click

from cds_service.sandbox.scenarios import hook_request_bytes, scenario, scenarios
from cds_service.settings import load_settings


@click.command()
@click.argument("name", required=False)
@click.option(
    "--on",
    type=click.DateTime(formats=["%Y-%m-%d"]),
    help="Move the patient's dates so that the scenario happens on this day (default today).",
)
def sample(name: str | None, on: datetime | None) -> None:
    """Print the request body of a shipped scenario, or list the scenarios."""
    if name is None:
        for each in scenarios():
            click.echo(f"{each.id:36} {each.service:18} {each.title['en']}")
        return
    known = {each.id for each in scenarios()}
    if name not in known:
        raise click.BadParameter(f"{name} is no scenario; osteohooks sample lists them", param_hint="NAME")
    click.echo(hook_request_bytes(scenario(name), on.date() if on else load_settings().today()))
