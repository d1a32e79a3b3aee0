"""``osteohooks clients``: check the clients file, print an example, make keys and tokens to try it."""

import sys
from collections.abc import Iterator
from datetime import date
from importlib.resources import files
from pathlib import Path

import click

from cds_service.auth import utc_now
from cds_service.clients import Client, SmartApp
from cds_service.clients_file import Agreement, BadClients, ClientsFile, load_clients
from cds_service.key_source import BadKeys, from_url
from cds_service.keys import KeySet
from cds_service.trial_keys import NotAKey, make_pair, make_token
from hooks.choices import DEFAULT_EDITION
from hooks.policy import BadPolicy

_PATH = click.Path(path_type=Path)


@click.group()
def clients() -> None:
    """The EHRs that may call: check their configuration, and try it without them."""


@clients.command()
@click.argument("file", type=_PATH)
@click.option("--fetch", is_flag=True, help="Also read the keys of clients with a jwks_url, as the service would.")
def check(file: Path, fetch: bool) -> None:
    """Check a clients file and print what was understood; the exit status is 1 when the service would not start."""
    try:
        found = load_clients(file)
        _require_site(found)
    except BadClients as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except BadPolicy as error:
        click.echo("\n".join(error.problems), err=True)
        sys.exit(1)
    number = len(found.agreements)
    access = "open to everyone" if found.open_discovery else "for clients only"
    click.echo(f"{file}: {number} client{'s' if number > 1 else ''}; discovery is {access}.")
    unread = False
    for agreement in found.agreements:
        click.echo(f"\n{agreement.client.id}")
        for label, value in _lines(agreement):
            click.echo(f"  {label:14} {value}")
        if fetch and agreement.place is not None and agreement.place.file is None:
            unread |= not _fetch(agreement.place.name)
        for note in agreement.notes:
            click.echo(f"  NOTE           {note}")
    sys.exit(1 if unread else 0)


@clients.command()
def example() -> None:
    """Print a clients file with every key explained."""
    click.echo((files("cds_service") / "clients_example.toml").read_text("utf-8"), nl=False)


@clients.command()
@click.argument("name")
@click.option("--folder", type=_PATH, default=Path("."), help="Where to write it (default: here).")
def key(name: str, folder: Path) -> None:
    """Make a key pair to try a configuration: NAME.private.json to sign with, NAME.jwks.json for the clients file."""
    if not name or not name.replace("-", "").replace("_", "").isalnum():
        raise click.BadParameter("use letters, digits, - and _", param_hint="NAME")
    try:
        private, public = make_pair(name, folder)
    except OSError as error:
        raise click.ClickException(f"the keys cannot be written: {error.strerror}") from None
    click.echo(f"{private}  keep it: it signs tokens\n{public}  name it as jwks_file in the clients file")


@clients.command()
@click.argument("url")
@click.option("--key", "private", type=_PATH, required=True, help="The private key that 'clients key' made.")
@click.option("--issuer", required=True, help="The issuer of the client in the clients file.")
@click.option("--tenant", help="The tenant, if the client has tenants.")
def token(url: str, private: Path, issuer: str, tenant: str | None) -> None:
    """Print a token for one call to URL, as an EHR would make it. It is good for five minutes, once."""
    try:
        click.echo(make_token(private, issuer, url, utc_now(), tenant))
    except (NotAKey, OSError):
        raise click.ClickException("--key must name a private key that 'osteohooks clients key' has made") from None


def _require_site(found: ClientsFile) -> None:
    """Read the policies and code maps that the file names.

    Raises:
        BadPolicy: one of them must not be used.
    """
    clients = tuple(each.client for each in found.agreements if each.client.policy or each.client.code_maps)
    if clients:
        from cds_service.site.policies import Site

        Site(date.today, DEFAULT_EDITION, clients=clients)


def _lines(agreement: Agreement) -> Iterator[tuple[str, str]]:
    client, place = agreement.client, agreement.place
    yield "issuer", client.issuer or "none: it calls no service"
    if place is not None:
        where = "shipped with the preset" if place.is_preset else place.name
        yield "keys", f"{where} ({'read when needed' if place.keys is None else _named(place.keys)})"
    yield "app", _app(client.smart)
    yield "tenants", _list(client.tenants, "none: a token must not name one")
    yield "FHIR servers", _list(client.fhir_servers, "none: data are never fetched")
    yield "languages", _list(client.languages, "all", keep=True)
    yield "edition", client.edition or "that of the installation"
    yield "services", "all" if client.services is None else _list(client.services, "none")
    yield "silent", _silent(client)
    yield "policy", client.policy or "that of the installation"
    yield "code maps", _list(client.code_maps, "none")
    yield "ward", client.ward or "as its calls say"
    yield "web origins", _list(client.cors_origins, "none")
    yield "rate limit", f"{client.rate_limit} calls a minute" if client.rate_limit else "that of the installation"
    yield "requests", "kept, encrypted" if client.capture_key else "not kept"


def _app(app: SmartApp | None) -> str:
    if app is None:
        return "cannot be launched"
    proves = "a secret" if app.secret else "a key of its own" if app.key is not None else "nothing (a public app)"
    return f"{app.client_id} at {app.fhir_server}, proved by {proves}"


def _list(values: frozenset[str] | tuple[str, ...], none: str, keep: bool = False) -> str:
    return ", ".join(values if keep else sorted(values)) or none


def _named(keys: KeySet) -> str:
    return ", ".join(f"{algorithm} {kid}" for kid, algorithm in sorted(keys))


def _silent(client: Client) -> str:
    silence = client.silence
    if silence.everything:
        return "everything"
    return _list(silence.services | silence.rules, "nothing")


def _fetch(url: str) -> bool:
    try:
        click.echo(f"  read now       {_named(from_url(url))}")
    except (BadKeys, OSError) as error:
        why = str(error) if isinstance(error, BadKeys) else type(error).__name__
        click.echo(f"  NOT READ       {why}")
        return False
    return True
