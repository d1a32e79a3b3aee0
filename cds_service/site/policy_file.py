"""Reads a site's policy from TOML: one file, or a folder of files that hold versions of the same policy.

What a version may say is `hooks.policy`; here every mistake becomes a sentence that names the file and the place.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt, StrictStr, ValidationError

from cds_service.site.code_maps import Rows, read_code_map
from cds_service.site.mistakes import explained
from fhir_mappers.local_codes import BadCodeMap, with_local_codes
from fhir_mappers.terminology import default_terminology
from hooks.choices import EDITIONS
from hooks.policy import (
    BadPolicy,
    LimitChange,
    OverrideChange,
    Policy,
    Retirement,
    SeverityChange,
    SiteReason,
    SnoozeChange,
)
from hooks.policy_rules import amend
from hooks.registry import CHECKS

_Line = Annotated[StrictStr, Field(min_length=1, max_length=120, pattern=r"^[^\r\n\t\x00-\x1f]*\S[^\r\n\t\x00-\x1f]*$")]
_Name = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Said(_Entry):
    en: _Line
    fr: _Line


class _Limit(_Entry):
    name: StrictStr
    value: StrictBool | StrictInt | StrictStr
    editions: tuple[StrictStr, ...] | None = None
    deviation: StrictBool = False
    reason: _Said | None = None


class _Severity(_Entry):
    rule: StrictStr
    case: StrictStr
    severity: StrictStr
    deviation: StrictBool = False
    reason: _Said | None = None


class _Override(_Entry):
    rule: StrictStr
    reasons: tuple[StrictStr, ...]


class _Snooze(_Entry):
    rule: StrictStr
    case: StrictStr
    time: StrictStr


class _Retired(_Entry):
    rule: StrictStr
    reason: _Line


class _Reason(_Entry):
    code: _Name
    system: Annotated[StrictStr, Field(pattern=r"^(https?://|urn:)\S+$", max_length=200)]
    en: _Line
    fr: _Line


class _CodeMap(_Entry):
    file: StrictStr


class _Version(_Entry):
    starts: date = Field(alias="from")
    ends: date | None = Field(default=None, alias="until")
    approved_by: _Line
    approved_on: date
    limit: tuple[_Limit, ...] = ()
    severity: tuple[_Severity, ...] = ()
    override: tuple[_Override, ...] = ()
    snooze: tuple[_Snooze, ...] = ()
    retired: tuple[_Retired, ...] = ()
    reason: tuple[_Reason, ...] = ()
    code_map: tuple[_CodeMap, ...] = ()


class _File(_Entry):
    id: _Name
    version: Annotated[tuple[_Version, ...], Field(min_length=1)]


@dataclass(frozen=True, slots=True)
class Versions:
    """Every version of one policy, oldest first; no two hold on one day."""

    id: str
    all: tuple[Policy, ...]

    def on(self, day: date) -> Policy | None:
        """The version in force on a day; None leaves everything as shipped."""
        return next((version for version in self.all if version.in_force(day)), None)


def read_policy(path: Path) -> Versions:
    """Read and check a file, or every ``*.toml`` of a folder.

    Raises:
        BadPolicy: every mistake found, one sentence each, naming file and place.
    """
    files = sorted(path.glob("*.toml")) if path.is_dir() else [path]
    if not files:
        raise BadPolicy((f"{path}: there is no .toml file in this folder.",))
    read = [_read(file) for file in files]
    if len(names := sorted({name for name, _ in read})) > 1:
        raise BadPolicy((f"{path}: holds several policies ({', '.join(names)}); give each its own folder.",))
    versions = tuple(sorted((version for _, found in read for version in found), key=lambda version: version.starts))
    if overlaps := tuple(_overlaps(versions)):
        raise BadPolicy(tuple(f"{path}: {sentence}" for sentence in overlaps))
    return Versions(names[0], versions)


def _read(file: Path) -> tuple[str, list[Policy]]:
    try:
        sent = _File.model_validate(tomllib.loads(file.read_text("utf-8")))
    except OSError as error:
        raise BadPolicy((f"{file}: it cannot be read: {error.strerror}.",)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadPolicy((f"{file}: it is no readable TOML: {error}.",)) from None
    except ValidationError as error:
        raise BadPolicy(tuple(f"{file}: {sentence}" for sentence in explained(error, _File))) from None
    problems: list[str] = []
    made: list[Policy] = []
    for version in sent.version:
        where = f"{file}, version from {version.starts}"
        try:
            made.append(_checked(version, sent.id, file))
        except BadPolicy as wrong:
            problems += [f"{where}: {sentence}" for sentence in wrong.problems]
    if problems:
        raise BadPolicy(tuple(problems))
    return sent.id, made


def _checked(sent: _Version, policy_id: str, file: Path) -> Policy:
    codes, problems = _codes(sent.code_map, file)
    policy = Policy(
        policy_id,
        sent.starts,
        sent.approved_by,
        sent.approved_on,
        sent.ends,
        limits=tuple(LimitChange(m.name, m.value, m.editions, m.deviation, _said(m.reason)) for m in sent.limit),
        severities=tuple(
            SeverityChange(m.rule, m.case, m.severity, m.deviation, _said(m.reason)) for m in sent.severity
        ),
        overrides=tuple(OverrideChange(m.rule, m.reasons) for m in sent.override),
        snoozes=tuple(SnoozeChange(m.rule, m.case, m.time) for m in sent.snooze),
        retired=tuple(Retirement(m.rule, m.reason) for m in sent.retired),
        reasons=tuple(SiteReason(m.code, m.system, m.en, m.fr) for m in sent.reason),
        codes=codes,
    )
    problems += _wrong_dates(policy)
    try:
        amend(policy, CHECKS)
    except BadPolicy as wrong:
        problems += wrong.problems
    if problems:
        raise BadPolicy(tuple(problems))
    return policy


def _codes(maps: Iterable[_CodeMap], policy_file: Path) -> tuple[Rows, list[str]]:
    rows: Rows = ()
    problems: list[str] = []
    for one in maps:
        try:
            rows += read_code_map(policy_file.parent / one.file)
        except BadCodeMap as wrong:
            problems += [f"code map {one.file}: {sentence}" for sentence in wrong.problems]
    try:
        with_local_codes(default_terminology(), rows)
    except BadCodeMap as wrong:
        problems += [f"the code maps together: {sentence}" for sentence in wrong.problems]
    return rows, problems


def _wrong_dates(policy: Policy) -> Iterator[str]:
    if policy.ends is not None and policy.ends < policy.starts:
        yield f"until {policy.ends} lies before from {policy.starts}."
    if policy.approved_on > policy.starts:
        yield f"approved on {policy.approved_on}, after it comes into force on {policy.starts}."
    for limit in policy.limits:
        if unknown := [edition for edition in limit.editions or () if edition not in EDITIONS]:
            yield f"{limit.name}: edition {', '.join(unknown)} is not known; known are {', '.join(EDITIONS)}."


def _overlaps(versions: tuple[Policy, ...]) -> Iterator[str]:
    for earlier, later in pairwise(versions):
        if earlier.ends is None or later.starts <= earlier.ends:
            end = f"until {earlier.ends}" if earlier.ends else "without an end"
            yield (
                f"the versions from {earlier.starts} ({end}) and from {later.starts} overlap: "
                f"write 'until' in the earlier one, before {later.starts}."
            )


def _said(reason: _Said | None) -> Mapping[str, str]:
    return {} if reason is None else {"en": reason.en, "fr": reason.fr}
