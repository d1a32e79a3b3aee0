"""The settings of one installation, from environment variables named ``OSTEOHOOKS_...``. A wrong one stops the start.

Names and defaults are the fields of `Settings`; docs/deploy describes them for operators.
"""

import difflib
import os
import ssl
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from cds_service.addresses import is_loopback as is_loopback
from cds_service.addresses import is_origin, secure_address
from cds_service.operations.logs import FORMATS, LEVELS
from cds_service.operations.rates import OFF, read_rate
from hooks.choices import DEFAULT_EDITION, EDITIONS, LANGUAGES

PREFIX = "OSTEOHOOKS_"
SHORTEST_SECRET = 32  # characters

# What to write instead, by setting. Values are never repeated: later settings may be secrets.
REMEDIES = {
    "host": "the address to listen on, for example 127.0.0.1 or 0.0.0.0",
    "port": "a whole number from 0 to 65535, for example 8080",
    "edition": f"one of {', '.join(EDITIONS)}",
    "language": f"one of {', '.join(LANGUAGES)}",
    "timezone": "'system' or a name of the IANA time zone database, for example Europe/Paris",
    "max_body_bytes": "a whole number of bytes, at least 1024, for example 33554432",
    "fetch_deadline": "seconds, more than 0 and at most 10, for example 3",
    "fetch_ca_file": "the path of a file of certificates in PEM format",
    "cors_origins": "origins separated by commas, for example https://ehr.example.org, or * for any",
    "sandbox": "true or false",
    "allow_unauthenticated": "true or false",
    "clients": "the path of the clients file; osteohooks clients example prints one",
    "public_url": "the address EHRs call, without /cds-services, for example https://cds.example.org; never plain http://",
    "workers": "a number of processes from 1 to 64, for example 2",
    "threads": "a number of threads in each worker from 1 to 256, for example 8",
    "keepalive": "whole seconds from 0 to 3600, for example 75",
    "request_timeout": "whole seconds from 1 to 3600, for example 30",
    "grace": "whole seconds from 1 to 600, for example 20",
    "max_requests": "a number of requests, or 0 for never",
    "rate_limit": "a number of calls and a time, for example 6000/minute, or off",
    "metrics": "true or false",
    "log_level": f"one of {', '.join(LEVELS)}",
    "log_format": f"one of {', '.join(FORMATS)}",
    "tracing": "true or false",
    "database": "sqlite:///path of a file, or postgresql://user:password@host/name",
    "secret": f"at least {SHORTEST_SECRET} random characters, for example of: openssl rand -hex 32",
    "secret_file": "the path of a file that holds the secret",
    "state_dir": "the path of a folder on a local disk",
    "operator_token_file": "the path of a file that holds at least 24 random characters",
    "policy": "the path of a policy file, or of a folder with its versions",
}


def _one_of(known: tuple[str, ...]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError("not known")
        return value

    return check


def _split(value: object) -> object:
    return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


def _origins(values: tuple[str, ...]) -> tuple[str, ...]:
    if not all(value == "*" or is_origin(value) for value in values):
        raise ValueError("not an origin")
    return values


def _rate(text: str) -> str:
    rate = read_rate(text)
    if rate is not None and rate.amount < 1:
        raise ValueError("allows nothing")
    return text


def _long_enough(secret: SecretStr) -> SecretStr:
    words = secret.get_secret_value().split()
    if not words or any(len(word) < SHORTEST_SECRET for word in words):
        raise ValueError("too short")
    return secret


def _zone(name: str) -> str:
    if name != "system":
        try:
            ZoneInfo(name)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError("not a time zone") from error
    return name


def _certificates(path: Path) -> Path:
    try:
        ssl.create_default_context().load_verify_locations(cafile=path)
    except OSError as error:
        raise ValueError("no certificates") from error
    return path


class Settings(BaseSettings):
    """One installation.

    Attributes:
        sandbox: the demonstration page and its synthetic patients; by default on only in development mode: where no
            clients are configured and no other machine can reach it; and with one worker. Elsewhere it cannot be had.
        allow_unauthenticated: listen on an address other machines can reach although callers are not authenticated; for
            a container or a machine behind a proxy that authenticates.
        cors_origins: web origins whose pages may call the service, besides those of the clients; by default any in
            development mode, none elsewhere. Cookies and other credentials are never allowed across origins.
        clients: the TOML file of the EHR clients (docs/clients.md). Without it nobody is authenticated.
        public_url: the address EHRs call, without ``/cds-services``: the ``aud`` of their tokens begins with it.
        fetch_deadline: seconds within which missing data are fetched from an EHR's FHIR server, all of them together.
        fetch_ca_file: certificates to trust when fetching, besides those of the system: a hospital's own authority.
        workers, threads: processes, and threads in each of them.
        keepalive: how long (s) an unused connection stays open; longer than the proxy in front keeps it.
        request_timeout: how long (s) a caller may take to send a request.
        grace: how long (s) calls under way may take when the service is stopped.
        max_requests: after how many requests a worker is replaced by a fresh one; 0 for never.
        rate_limit: calls of one client to one worker, where nothing else was agreed with it; off in development mode.
        metrics: whether `/metrics` is served; by default only in development mode.
        log_level, log_format: what is logged, and for whom: ``auto`` writes for people on a terminal, JSON elsewhere.
        tracing: whether OpenTelemetry spans are sent; where to is said by the ``OTEL_...`` variables.
        database: what is decided and reported is kept here; by default a SQLite file in ``state_dir``.
        secret: of the keyed hashes and the chain of the log; several, between blanks, where it was changed, the current
            one first. ``secret_file`` holds the same, one per line. In development one is made in ``state_dir``.
        state_dir: for what must outlive the process; on a local disk.
        operator_token_file: holds the token that opens `/report`; without one it is open in development alone.
        policy: the site's policy (docs/policy.md), for every client that has none of its own; none leaves everything as
            shipped.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", env_ignore_empty=True)

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:\-]+$")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    edition: Annotated[str, AfterValidator(_one_of(EDITIONS))] = DEFAULT_EDITION
    language: Annotated[str, AfterValidator(_one_of(LANGUAGES))] = LANGUAGES[0]
    timezone: Annotated[str, AfterValidator(_zone)] = "system"
    max_body_bytes: Annotated[int, Field(ge=1024)] = 32 * 1024 * 1024
    cors_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split), AfterValidator(_origins)] = ()
    fetch_deadline: Annotated[float, Field(gt=0, le=10)] = 3.0
    fetch_ca_file: Annotated[FilePath, AfterValidator(_certificates)] | None = None
    sandbox: bool = False
    allow_unauthenticated: bool = False
    clients: Path | None = None
    public_url: Annotated[str, AfterValidator(secure_address)] | None = None
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    threads: Annotated[int, Field(ge=1, le=256)] = 8
    keepalive: Annotated[int, Field(ge=0, le=3600)] = 75
    request_timeout: Annotated[int, Field(ge=1, le=3600)] = 30
    grace: Annotated[int, Field(ge=1, le=600)] = 20
    max_requests: Annotated[int, Field(ge=0)] = 0
    rate_limit: Annotated[str, AfterValidator(_rate)] = "6000/minute"
    metrics: bool = False
    log_level: Annotated[str, AfterValidator(_one_of(LEVELS))] = "info"
    log_format: Annotated[str, AfterValidator(_one_of(FORMATS))] = "auto"
    tracing: bool = False
    database: SecretStr | None = None
    secret: Annotated[SecretStr, AfterValidator(_long_enough)] | None = None
    secret_file: Path | None = None
    state_dir: Path = Path("var")
    operator_token_file: Path | None = None
    policy: Path | None = None

    @model_validator(mode="before")
    @classmethod
    def _open_on_this_machine_only(cls, given: dict[str, Any]) -> dict[str, Any]:
        if not is_loopback(str(given.get("host", "127.0.0.1"))) or "clients" in given:
            return given
        alone = str(given.get("workers", 1)) == "1"  # the sandbox lives in the memory of one process
        return {"sandbox": alone, "metrics": True, "rate_limit": OFF, "cors_origins": ("*",), **given}

    @property
    def zone(self) -> tzinfo | None:
        """The time zone in which "today" is meant; None for the system's."""
        return None if self.timezone == "system" else ZoneInfo(self.timezone)

    def today(self) -> date:
        """The day in the time zone of the installation: the clock of the house."""
        return datetime.now(self.zone).date()

    def now(self) -> datetime:
        """The time in that zone, with its offset: what is written into a record today."""
        return datetime.now(UTC).astimezone(self.zone)


def load_settings(**overrides: Any) -> Settings:
    """Read the environment; ``overrides`` (from the command line) win, None among them means "not given".

    Raises:
        SystemExit: with one line per wrong variable: its name and what to write instead.
    """
    problems = [_unknown(name) for name in sorted(os.environ) if _is_unknown(name)]
    try:
        settings = Settings(**{name: value for name, value in overrides.items() if value is not None})
    except ValidationError as error:
        names = dict.fromkeys(str(detail["loc"][0]) for detail in error.errors())
        problems += [f"{PREFIX}{name.upper()} must be {REMEDIES.get(name, 'left out')}." for name in names]
        raise SystemExit(_message(problems)) from None
    if problems:
        raise SystemExit(_message(problems))
    return settings


def _is_unknown(name: str) -> bool:
    return name.upper().startswith(PREFIX) and name.upper().removeprefix(PREFIX).lower() not in Settings.model_fields


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name.upper().removeprefix(PREFIX).lower(), Settings.model_fields, n=1)
    if near:
        return f"{name} is not a setting: did you mean {PREFIX}{near[0].upper()}?"
    return f"{name} is not a setting: known are {', '.join(PREFIX + field.upper() for field in Settings.model_fields)}."


def _message(problems: list[str]) -> str:
    return "\n".join(["Osteohooks cannot start.", *(f"  {problem}" for problem in problems)])
