"""One client as it is written down: every key of its TOML table, what it must look like, and what to write instead.

No sentence repeats a value: somebody may have put a secret in the wrong place.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic_core import ErrorDetails

from cds_service.addresses import address, is_origin, secure_address
from cds_service.client_token import is_text
from cds_service.fetching.addresses import read_base
from cds_service.site.burden_privacy import ward_of
from cds_service.smart import row as smart_row
from hooks.choices import EDITIONS
from hooks.registry import CHECKS
from hooks.services import services
from hooks.texts import LANGUAGES

RULES = tuple(check.id for check in CHECKS)
PRESET_FOLDER = Path(str(files("cds_service"))) / "presets"
PRESETS = tuple(sorted(path.stem for path in PRESET_FOLDER.glob("*.toml")))

WRITE = {
    "preset": f'a preset there is, as in preset = "{PRESETS[0]}"',
    "issuer": 'the "iss" of its tokens, as in issuer = "https://ehr.example.org"',
    "jwks_file": 'the file with its public keys, as in jwks_file = "north.jwks.json"',
    "jwks_url": 'an https address, as in jwks_url = "https://ehr.example.org/.well-known/jwks.json"',
    "tenants": 'a list of texts, as in tenants = ["hospital-1"], or tenants = ["*"] for any',
    "fhir_servers": 'a list of base addresses, as in fhir_servers = ["https://ehr.example.org/fhir"]',
    "languages": f'a list of {", ".join(LANGUAGES)}, the preferred one first, as in languages = ["fr"]',
    "edition": f'one of {", ".join(EDITIONS)}, as in edition = "{EDITIONS[0]}"',
    "services": 'a list of the services that are on, as in services = ["bone-order-sign"]',
    "policy": 'the file with the policy of the site, or the folder of its versions, as in policy = "policy.toml"',
    "code_maps": 'a list of files, as in code_maps = ["laboratory.csv"]',
    "ward": 'a short code, as in ward = "onco-2"',
    "cors_origins": 'a list of origins without a path, as in cors_origins = ["https://ehr.example.org"]',
    "rate_limit": "a whole number of calls a minute, at least 1, as in rate_limit = 600",
    "capture_key_file": 'the file with the key, as in capture_key_file = "capture.key"',
    "silent": "everything = true, or services = [...] or rules = [...], below [client.NAME.silent]",
    "silent.everything": "everything = true or everything = false",
    "silent.services": 'a list of services, as in services = ["bone-order-sign"]',
    "silent.rules": f'a list of rules, as in rules = ["{RULES[0]}"]',
    **smart_row.WRITE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that stops the start: where it stands and what to write, without its value."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


def meant(name: str, known: Iterable[str]) -> str:
    """A sentence on a name that does not exist."""
    listed = list(known)
    near = difflib.get_close_matches(name, listed, n=1)
    return f"did you mean {near[0]}?" if near else f"there are {', '.join(listed)}."


def _one_of(known: tuple[str, ...], kind: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in known:
            near = len(known) < 20 or difflib.get_close_matches(value, known)
            raise ValueError(
                f"is not a known {kind}: {meant(value, known) if near else 'osteohooks catalogue lists them.'}"
            )
        return value

    return check


def _service(value: str) -> str:
    """Looked up when a file is read: the services read the guideline, which importing this module must not do."""
    return _one_of(tuple(service.id for service in services()), "service")(value)


def _text(value: str) -> str:
    if not is_text(value) or value != value.strip():
        raise ValueError("is blank, too long, or has spaces around it.")
    return value


def _ward(value: str) -> str:
    if ward_of({}, value) is None:
        raise ValueError("is no short code: at most 24 letters, digits and . _ -, and no long number.")
    return value


def _fhir_server(value: str) -> str:
    """What fetching could never use is refused here, and not at the first call."""
    found = address(value)
    if read_base(found) is None:
        raise ValueError("is not the base of a FHIR server: no user, query, fragment or dots in its path.")
    return found


def _origin(value: str) -> str:
    if not is_origin(value):
        raise ValueError("is not an origin: write scheme, host and perhaps port, no path, no final slash, no *.")
    return value


def readable(value: str, folder: Path) -> Path:
    """The path of a file that is named relative to the folder of the clients file.

    Raises:
        ValueError: there is no such file, or it cannot be read.
    """
    path = folder / value
    try:
        with path.open("rb"):
            return path
    except (OSError, ValueError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or "no path"
        raise ValueError(f"names a file that cannot be opened ({why}); paths start at the clients file.") from None


def _file(value: str, info: ValidationInfo) -> str:
    return str(readable(value, _folder(info)))


def _file_or_folder(value: str, info: ValidationInfo) -> str:
    path = _folder(info) / value
    return str(path if path.is_dir() else readable(value, _folder(info)))


def _folder(info: ValidationInfo) -> Path:
    return Path((info.context or {})["folder"])


def _secret_file(value: str, info: ValidationInfo) -> str:
    return str(secret_path(value, _folder(info)))


def secret_path(value: str, folder: Path) -> Path:
    """The path of a file with a secret, which only its owner may read.

    Raises:
        ValueError: others may read it, or it cannot be read.
    """
    path = readable(value, folder)
    if path.stat().st_mode & 0o077:
        raise ValueError("names a secret file that other users of this machine can read: chmod 600 it.")
    return path


Text = Annotated[str, AfterValidator(_text)]
FhirServer = Annotated[str, AfterValidator(_fhir_server)]
File = Annotated[str, AfterValidator(_file)]
ServiceId = Annotated[str, AfterValidator(_service)]
RuleId = Annotated[str, AfterValidator(_one_of(RULES, "rule"))]


class SilentRow(BaseModel):
    """``[client.NAME.silent]``."""

    model_config = ConfigDict(extra="forbid", strict=True)

    everything: bool = False
    services: list[ServiceId] = []
    rules: list[RuleId] = []


class ClientRow(BaseModel):
    """``[client.NAME]``. Keys (``jwks_file``, ``jwks_url``) are read by `cds_service.clients_file`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    preset: Annotated[str, AfterValidator(_one_of(PRESETS, "preset"))] | None = None
    issuer: Text | None = None
    jwks_file: str | None = None
    jwks_url: Annotated[str, AfterValidator(secure_address)] | None = None
    tenants: list[Text] = []
    fhir_servers: list[FhirServer] = []
    languages: list[Annotated[str, AfterValidator(_one_of(LANGUAGES, "language"))]] = []
    edition: Annotated[str, AfterValidator(_one_of(EDITIONS, "edition"))] | None = None
    services: list[ServiceId] | None = None
    policy: Annotated[str, AfterValidator(_file_or_folder)] | None = None
    code_maps: list[File] = []
    ward: Annotated[str, AfterValidator(_ward)] | None = None
    cors_origins: list[Annotated[str, AfterValidator(_origin)]] = []
    rate_limit: Annotated[int, Field(ge=1)] | None = None
    capture_key_file: Annotated[str, AfterValidator(_secret_file)] | None = None
    silent: SilentRow = SilentRow()
    smart: smart_row.SmartRow | None = None


_TABLES: dict[str, Any] = {"silent": SilentRow, "smart": smart_row.SmartRow}


def problems(error: ValidationError, where: str) -> Iterator[Problem]:
    """What is wrong with a row, each in one sentence."""
    for detail in error.errors(include_url=False, include_input=False):
        names = [str(step) for step in detail["loc"] if not isinstance(step, int)]
        numbers = [f" (item {step + 1})" for step in detail["loc"] if isinstance(step, int)]
        yield Problem(f"{where}, {'.'.join(names)}{''.join(numbers)}", _sentence(detail, names))


def _sentence(detail: ErrorDetails, names: list[str]) -> str:
    if detail["type"] == "value_error":
        return str(detail["ctx"]["error"])
    if detail["type"] == "extra_forbidden":
        model = _TABLES.get(names[0], ClientRow) if len(names) > 1 else ClientRow
        return f"is not a key of a client: {meant(names[-1], model.model_fields)}"
    write = WRITE[".".join(names)]
    return f"is missing. Write {write}." if detail["type"] == "missing" else f"must be {write}."
