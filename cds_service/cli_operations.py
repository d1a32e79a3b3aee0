"""Commands for those who run the service: ``osteohooks openapi | sbom | conformance``."""

import json
import sys
from datetime import date
from pathlib import Path
from typing import Any

import click

from cds_service.conformance.caller import PACE, TIMEOUT, may_be_asked
from cds_service.conformance.jwt import Signer, read_signer
from cds_service.conformance.report import as_json, as_junit, as_text
from cds_service.conformance.results import Status
from cds_service.conformance.run import SECTIONS, check
from cds_service.conformance.target import ORIGIN, Options
from cds_service.lazy_commands import bar
from cds_service.operations.openapi import describe
from cds_service.sbom import document
from cds_service.settings import is_loopback, load_settings
from hooks.services import services


@click.command()
def openapi() -> None:
    """Print the service's OpenAPI 3.1 document."""
    click.echo(describe(services(), load_settings().public_url))


@click.command()
def sbom() -> None:
    """Print what is installed as a bill of materials (CycloneDX 1.6, JSON)."""
    click.echo(json.dumps(document(), indent=2, ensure_ascii=False))


@click.command()
@click.argument("url")
@click.option("--json", "as_data", is_flag=True, help="Print JSON instead of text.")
@click.option("--junit", type=click.Path(dir_okay=False, path_type=Path), help="Also write a JUnit file.")
@click.option("--strict", is_flag=True, help="A WARN makes the exit status 1 as a FAIL does.")
@click.option("--only", type=click.Choice(SECTIONS), multiple=True, help="Only this section (may be repeated).")
@click.option(
    "--request",
    "requests",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A request body of your own, asked besides the synthetic ones (may be repeated).",
)
@click.option(
    "--patients", type=click.IntRange(1, 50), default=4, show_default=True, help="Synthetic patients per service."
)
@click.option("--origin", default=ORIGIN, show_default=True, help="A web origin the service allows.")
@click.option(
    "--key",
    "keys",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Private key (PEM or JWK) of a client the service knows; the first signs every call.",
)
@click.option("--issuer", help="The iss of that client.")
@click.option("--kid", "kids", multiple=True, help="The kid of each key, in order; a JWK may bring its own.")
@click.option("--tenant", help="The tenant claim of that client.")
@click.option("--listen", metavar="HOST[:PORT]", help="Offer a FHIR server on this address of this machine.")
@click.option("--timeout", type=float, default=TIMEOUT, show_default=True, help="Seconds to wait for an answer.")
@click.option("--pace", type=float, help="Seconds between two requests (default 0.1; 0 on this machine).")
@click.option("--insecure", is_flag=True, help="Ask over http although the service is not on this machine.")
def conformance(url: str, **given: Any) -> None:
    """Check any CDS Hooks service from outside against the specification (2.0.1, with an eye on 3.0).

    URL is the base address, with or without /cds-services. Only synthetic data are sent. Every row is printed with its
    id, level and verdict: FAIL where the specification demands it, WARN where it recommends it or good practice does,
    SKIP with the reason. The exit status is 1 if a row FAILs, 2 if the service cannot be asked at all.
    """
    url = url.rstrip("/").removesuffix("/cds-services")
    if (why := may_be_asked(url, insecure=given["insecure"])) is not None:
        raise click.BadParameter(why, param_hint="URL")
    pace = given["pace"] if given["pace"] is not None else 0.0 if _is_here(url) else PACE
    options = Options(
        url, given["origin"], _bodies(given["requests"]), given["patients"], given["listen"], given["timeout"], pace
    )
    sections, signers = given["only"] or SECTIONS, _signers(given)
    with bar(len({SECTIONS[0], *sections}) + 1, "Asking") as advance:
        results = check(options, date.today(), signers, sections, lambda section: advance(1, section))
    if given["junit"]:
        given["junit"].write_bytes(as_junit(url, results))
    click.echo(json.dumps(as_json(url, results), indent=2) if given["as_data"] else as_text(url, results))
    bad = {Status.FAIL, Status.WARN} if given["strict"] else {Status.FAIL}
    sys.exit(1 if any(one.status in bad for one in results) else 0)


def _is_here(url: str) -> bool:
    return is_loopback(url.split("//", 1)[1].split("/", 1)[0].rsplit(":", 1)[0].strip("[]"))


def _bodies(paths: tuple[Path, ...]) -> tuple[dict[str, Any], ...]:
    found = []
    for path in paths:
        try:
            body = json.loads(path.read_bytes())
        except ValueError:
            body = None
        if not isinstance(body, dict):
            raise click.BadParameter(f"{path} holds no JSON object", param_hint="--request")
        found.append(body)
    return tuple(found)


def _signers(given: dict[str, Any]) -> tuple[Signer, ...]:
    if not given["keys"]:
        return ()
    if not given["issuer"]:
        raise click.UsageError("--key needs --issuer")
    kids = [*given["kids"], *[None] * len(given["keys"])]
    try:
        return tuple(
            read_signer(path, given["issuer"], kid, given["tenant"])
            for path, kid in zip(given["keys"], kids, strict=False)
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--key") from None
