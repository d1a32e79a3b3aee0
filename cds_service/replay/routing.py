"""One line of a source → whose it is, what it is, since when it was known; or why it is set aside.

Only what the service asks for is kept: a kind of data that no rule of the hook reads would not be asked of an EHR, nor
would an observation whose code is not in the prefetch template. The rest is counted and left.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs

import msgspec

from cds_service.replay.envelopes import Envelope, Record, known_since, read_envelope
from fhir_mappers.codings import relative
from fhir_mappers.kinds import KIND_OF_NAME
from hooks.services import Service

LONGEST_LINE = 64 * 2**20
REQUEST, MEDICATION, OBSERVATION = "request", "Medication", "Observation"
NOT_UTF8, NOT_JSON, NOT_FHIR = "not UTF-8", "not JSON", "no FHIR resource and no request"
NO_PATIENT, TOO_LONG, OTHER_HOOK = "no patient", "too long", "request of another hook"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_UNREADABLE = (ValueError, ArithmeticError, RecursionError)


class SetAside(ValueError):
    """Something that no patient's record can take; the message says why and holds no value."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is kept: ``kinds`` (prefetch keys), and of observations those with one of the ``codes`` (None: all)."""

    hook: str
    kinds: frozenset[str]
    codes: frozenset[str] | None

    @classmethod
    def of(cls, asked: Iterable[Service]) -> "Wanted":
        """By the templates of the services, all together."""
        services = tuple(asked)
        templates = [service.prefetch["observations"] for service in services if "observations" in service.prefetch]
        codes = [parse_qs(template.partition("?")[2]).get("code", [""])[0].split(",") for template in templates]
        kinds = frozenset(kind for service in services for kind in service.prefetch)
        return cls(services[0].hook, kinds, frozenset(code for some in codes for code in some))

    def keeps(self, kind: str, envelope: Envelope) -> bool:
        """Whether a resource would have been asked for. What cannot be told is kept for its reader to judge."""
        if kind not in self.kinds:
            return False
        if envelope.resource_type != OBSERVATION or self.codes is None or envelope.doubtful:
            return True
        for coding in (envelope.code.coding or ()) if envelope.code is not None else ():
            if coding.code in self.codes:
                return True
        return False


@dataclass(slots=True)
class Router:
    """Takes lines, one after the other, and hands on what is kept.

    Attributes:
        keep: takes a record of a patient, or a Medication (which has no patient).
        set_aside: takes the line and why.
        counts: lines, bytes, and resources by type and fate.
        types: every type that came, kept or not: what was exported.
    """

    wanted: Wanted
    keep: Callable[[Record], None]
    set_aside: Callable[[bytes, str], None]
    counts: Counter[str] = field(default_factory=Counter)
    types: set[str] = field(default_factory=set)
    count: int = 0
    length: int = 0
    _passed: Counter[str] = field(default_factory=Counter)

    def take(self, line: bytes) -> None:
        """One line, or one file that is one resource; blank ones are nothing."""
        text = line.removeprefix(_BYTE_ORDER_MARK).strip()
        if not text:
            return
        self.count += 1
        self.length += len(text)
        try:
            if not text.isascii():
                text.decode("utf-8")
            self._route(text)
        except UnicodeDecodeError:
            self._aside(text, NOT_UTF8)
        except SetAside as why:
            self._aside(text, str(why))
        except _UNREADABLE:
            self._aside(text, NOT_JSON)

    def tally(self) -> dict[str, int]:
        """All counts so far, by what became of the lines and resources."""
        passed = {f"not asked for: {name}": count for name, count in self._passed.items()}
        found = {"lines": self.count, "bytes": self.length, **self.counts, **passed}
        return {name: count for name, count in found.items() if count}

    def _aside(self, text: bytes, why: str) -> None:
        self.counts[f"set aside: {why}"] += 1
        self.set_aside(text, why)

    def _route(self, text: bytes) -> None:
        envelope = read_envelope(text)
        if envelope.resource_type == "Bundle":
            self._bundle(text)
        elif envelope.resource_type is not None:
            self._resource(envelope, text, "", {})
        elif envelope.hook is not None:
            self._request(envelope, text)
        else:
            raise SetAside(NOT_FHIR)

    def _request(self, envelope: Envelope, text: bytes) -> None:
        if envelope.hook != self.wanted.hook:
            raise SetAside(OTHER_HOOK)
        patient = envelope.context.get("patientId") if isinstance(envelope.context, dict) else None
        if not isinstance(patient, str) or not patient:
            raise SetAside(NO_PATIENT)
        self.counts["requests"] += 1
        self.keep(Record(patient, REQUEST, "", str(envelope.as_of or ""), "", "", text))

    def _bundle(self, text: bytes) -> None:
        """Every entry for itself; one that cannot be read is set aside alone."""
        entries = [one for one in _entries(text) if one.resource is not None]
        names: dict[str, str] = {}
        for one in entries:
            try:
                envelope = read_envelope(bytes(one.resource or b""))
            except _UNREADABLE:
                continue  # told below
            if isinstance(one.full_url, str) and envelope.resource_type and (envelope.id or one.full_url):
                names[one.full_url] = f"{envelope.resource_type}/{envelope.id or one.full_url}"
        for one in entries:
            raw = bytes(one.resource or b"")
            try:
                envelope = read_envelope(raw)
                if envelope.resource_type is None:
                    raise SetAside(NOT_FHIR)
                self._resource(envelope, raw, one.full_url if isinstance(one.full_url, str) else "", names)
            except SetAside as why:
                self._aside(raw, str(why))
            except _UNREADABLE:
                self._aside(raw, NOT_JSON)

    def _resource(self, envelope: Envelope, raw: bytes, url: str, names: Mapping[str, str]) -> None:
        name = envelope.resource_type or ""
        if name not in self.types:
            self.types.add(name)
        kind = KIND_OF_NAME.get(name)
        if name == MEDICATION:
            self.counts["kept: Medication"] += 1
            self.keep(Record("", name, envelope.id or url, "", url, "", raw))
            return
        if kind is None or not self.wanted.keeps(kind, envelope):
            self._passed[name] += 1
            return
        patients = list(dict.fromkeys(_patients(envelope, names)))
        if not patients:
            raise SetAside(NO_PATIENT)
        drug = envelope.drug
        medication = names.get(drug) or relative(drug) or "" if drug else ""
        self.counts[f"kept: {name}"] += 1
        since = known_since(envelope)
        for patient in patients:
            self.keep(Record(patient, name, envelope.id or "", since, url, medication, raw))


class _Entry(msgspec.Struct, rename="camel"):
    full_url: object = None
    resource: msgspec.Raw | None = None


class _Entries(msgspec.Struct):
    entry: list[_Entry] | None = None


_bundles = msgspec.json.Decoder(_Entries)


def _entries(text: bytes) -> list[_Entry]:
    try:
        return _bundles.decode(text).entry or []
    except msgspec.ValidationError:
        sent = json.loads(text).get("entry")
        found = [one for one in (sent if isinstance(sent, list) else [sent]) if isinstance(one, dict)]
        return [_Entry(one.get("fullUrl"), msgspec.Raw(json.dumps(one.get("resource")).encode())) for one in found]


def _patients(envelope: Envelope, names: Mapping[str, str]) -> Iterator[str]:
    """The ids of the patients a resource is about: of a Patient its own, of an appointment each who takes part."""
    if envelope.resource_type == "Patient":
        if envelope.id:
            yield envelope.id
        return
    for reference in envelope.about():
        name = names.get(reference) or relative(reference) or ""
        if name.startswith("Patient/"):
            yield name.removeprefix("Patient/")
