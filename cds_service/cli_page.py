"""``osteohooks page``: the page of the app for a request file, as one HTML file that needs no server."""

import json
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import click

from cds_service.clients import DEVELOPMENT
from cds_service.settings import load_settings
from hooks.choices import EDITIONS, LANGUAGES
from hooks.refusal import BadRequest
from hooks.request import HOOKS, HookRequest


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="HTML file to write.")
@click.option(
    "--as-of", type=click.DateTime(formats=["%Y-%m-%d"]), help="Judge as of this day (YYYY-MM-DD) instead of today."
)
@click.option("--edition", type=click.Choice(EDITIONS), help="Edition of the guideline.")
@click.option("--lang", type=click.Choice(LANGUAGES), help="Language of the page.")
def page(file: BinaryIO, out: Path, as_of: datetime | None, edition: str | None, lang: str | None) -> None:
    """Write the page of a patient from a request body; its drafts are not looked at. - is standard input.

    The page holds the data of the patient: treat it like a printed chart.
    """
    from cds_service.app_pages.page import Links, patient_page
    from cds_service.app_pages.view import patient_view
    from cds_service.prefetch import Completed
    from cds_service.site.policies import open_site

    settings = load_settings(edition=edition, language=lang)
    day = as_of.date() if as_of else settings.today()
    call = _call(file.read())
    parts = open_site(settings).parts(DEVELOPMENT, day)
    data = Completed(call.prefetch)
    view = patient_view(call.context.patient_id, data, parts, day, settings.language, settings.edition)
    out.write_text(patient_page(view, Links(), alone=True), encoding="utf-8")


def _call(body: bytes) -> HookRequest:
    """The request of whichever hook it is."""
    try:
        hook = json.loads(body).get("hook")
        return HookRequest.parse(body, hook if isinstance(hook, str) and hook in HOOKS else "patient-view")
    except BadRequest as wrong:
        raise click.ClickException(f"{wrong.what} {wrong.remedy}") from None
    except (ValueError, AttributeError, RecursionError):
        raise click.ClickException("The file is not a request body in JSON.") from None
