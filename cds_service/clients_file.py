"""The EHR clients of an installation, from one TOML file (docs/clients.md). All its faults are told at once."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cds_service.auth import Registration
from cds_service.client_keys import KeyPlace, key_place
from cds_service.client_row import PRESET_FOLDER, PRESETS, WRITE, ClientRow, Problem, meant, problems, secret_path
from cds_service.clients import Client, Silence, SmartApp
from cds_service.smart.row import Misfit, smart_app

_TOP = ("client", "open_discovery")
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_TAKEN = ("development", "unknown")


class BadClients(ValueError):
    """The clients file cannot be used; ``problems`` says all that is wrong with it."""

    def __init__(self, path: Path, found: Iterable[Problem]) -> None:
        self.problems = tuple(found)
        lines = [f"The clients file {path} cannot be used.", *(f"  {each}" for each in self.problems)]
        super().__init__("\n".join(lines))


@dataclass(frozen=True, slots=True)
class Agreement:
    """One client as it was understood, where its keys are, and what the operator should know about it.

    Attributes:
        place: None for an EHR that only launches the app: it has no keys, and may not call a service.
    """

    client: Client
    place: KeyPlace | None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClientsFile:
    """The whole file.

    Attributes:
        open_discovery: whether ``GET /cds-services`` needs no token.
    """

    agreements: tuple[Agreement, ...]
    open_discovery: bool = True

    def registrations(self) -> tuple[Registration, ...]:
        """The clients with their keys, as `auth.Authenticator` wants them."""
        return tuple(
            Registration(each.client, each.place.source(each.client.id))
            for each in self.agreements
            if each.place is not None
        )

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """The web origins of all clients."""
        return tuple(dict.fromkeys(origin for each in self.agreements for origin in each.client.cors_origins))

    @property
    def notes(self) -> tuple[str, ...]:
        """What the operator should know, client by client."""
        return tuple(f"{each.client.id}: {note}" for each in self.agreements for note in each.notes)


def load_clients(path: Path) -> ClientsFile:
    """Read and check the file, and the files it names. Nothing is asked of the network.

    Raises:
        BadClients: something is wrong with it.
    """
    whole = _parse(path)
    found = [Problem(name, f"is not a key of this file: {meant(name, _TOP)}") for name in whole if name not in _TOP]
    open_discovery, rows = whole.get("open_discovery", True), whole.get("client")
    if not isinstance(open_discovery, bool):
        found.append(Problem("open_discovery", "must be true or false."))
    if not isinstance(rows, dict) or not rows:
        found.append(Problem("client", "there is none: begin one with [client.NAME], a short name of your own."))
        rows = {}
    agreements = []
    for number, (name, row) in enumerate(rows.items(), start=1):
        read = _agreement(name, number, row, path.parent)
        if isinstance(read, Agreement):
            agreements.append(read)
        else:
            found += read
    found += _ambiguous(agreements)
    if found:
        raise BadClients(path, found)
    return ClientsFile(tuple(agreements), open_discovery)


def _parse(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        wrong = Problem("file", f"cannot be read: {error.strerror}.")
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at ([^()]+)\)$", str(error))  # the rest of the message may repeat what stands there
        wrong = Problem(place[1] if place else "file", "is not TOML.")
    except ValueError:
        wrong = Problem("file", "is not text in UTF-8.")
    raise BadClients(path, [wrong])


def _agreement(name: str, number: int, row: object, folder: Path) -> Agreement | list[Problem]:
    if not _NAME.fullmatch(name) or name in _TAKEN:
        what = "its name must be at most 63 of a to z, 0 to 9, - and _, and not development or unknown."
        return [Problem(f"client number {number}", what)]
    where = f'client "{name}"'
    if not isinstance(row, dict):
        return [Problem(where, f"must be a table: write [client.{name}] above its keys.")]
    whole, warning = _with_preset(row)
    only_launches = "smart" in whole and not {"issuer", "jwks_file", "jwks_url"} & whole.keys()
    place, found = (None, []) if only_launches else key_place(whole, where, folder)
    nameless = not only_launches and "issuer" not in whole
    missing = [Problem(f"{where}, issuer", f"is missing. Write {WRITE['issuer']}.")] if nameless else []
    try:
        checked = ClientRow.model_validate(whole, context={"folder": folder})
        app = None if checked.smart is None else smart_app(checked.smart, checked.fhir_servers, _secrets(folder))
    except ValidationError as error:
        return [*missing, *problems(error, where), *found]
    except Misfit as wrong:
        return [*missing, Problem(f"{where}, smart.{wrong.key}", wrong.what), *found]
    if missing or found:
        return [*missing, *found]
    return Agreement(_client(name, checked, app), place, tuple(_notes(checked, place, warning)))


def _secrets(folder: Path) -> Callable[[str], bytes]:
    return lambda name: secret_path(name, folder).read_bytes()


def _with_preset(row: Mapping[str, Any]) -> tuple[dict[str, Any], str | None]:
    """The row upon what its preset says, and the warning of the preset. What the row says itself counts.

    A preset there is none of is refused with the other keys; until then any stands in, so that only it is refused.
    """
    if "preset" not in row:
        return dict(row), None
    name = row["preset"] if row["preset"] in PRESETS else PRESETS[0]
    preset = tomllib.loads((PRESET_FOLDER / f"{name}.toml").read_text("utf-8"))
    said: dict[str, Any] = dict(preset["client"])
    if "jwks_file" in said:
        said["jwks_file"] = str(PRESET_FOLDER / said["jwks_file"])
        if "jwks_url" in row:
            del said["jwks_file"]
    return {**said, **row}, preset["warning"]


def _client(name: str, row: ClientRow, app: SmartApp | None) -> Client:
    silent = row.silent
    return Client(
        id=name,
        issuer=row.issuer,
        tenants=frozenset(row.tenants),
        fhir_servers=tuple(row.fhir_servers),
        edition=row.edition,
        languages=tuple(row.languages),
        services=None if row.services is None else frozenset(row.services),
        silence=Silence(silent.everything, frozenset(silent.services), frozenset(silent.rules)),
        policy=row.policy,
        code_maps=tuple(row.code_maps),
        ward=row.ward,
        cors_origins=tuple(row.cors_origins),
        rate_limit=row.rate_limit,
        capture_key=row.capture_key_file,
        smart=app,
    )


def _notes(row: ClientRow, place: KeyPlace | None, warning: str | None) -> Iterator[str]:
    if warning is not None:
        yield warning
    if place is None:
        yield "it may launch the app and call no service, for it has no issuer and no keys"
    else:
        yield from (f"{place.name}: {sentence}, and is left aside" for sentence in place.ignored)
    if any(server.startswith("http://") for server in row.fhir_servers):
        yield "a FHIR server is reached without encryption (http://)"
    if row.services == []:
        yield "no service is on"
    if row.silent.everything:
        yield "silent: everything is computed and no card is shown"


def _ambiguous(agreements: Iterable[Agreement]) -> Iterator[Problem]:
    """A token must belong to one client: those that share an issuer differ by their tenants."""
    known: dict[tuple[str | None, str | None], str] = {}
    for client in (each.client for each in agreements if each.place is not None):
        for tenant in client.tenants or (None,):
            other = known.setdefault((client.issuer, tenant), client.id)
            if other != client.id:
                what = f'a token of client "{other}" would fit it too: give each tenants of its own.'
                yield Problem(f'client "{client.id}", issuer and tenants', what)
                break
