"""The few elements by which a resource is routed, straight from its bytes, whatever shape the rest has."""

import json
import re
from collections.abc import Iterator
from typing import Any

import msgspec


class Record(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One resource of one patient, or one recorded request, on its way to the patient's record.

    Attributes:
        since: the day from which the record held it (YYYY-MM-DD), with a ``~`` behind it where only month or year are
            told; "" where nothing is.
        url: ``fullUrl`` in its Bundle.
        medication: ``Medication/id`` that it points at.
    """

    patient: str
    type: str
    id: str
    since: str
    url: str
    medication: str
    raw: bytes


class _Code(msgspec.Struct, gc=False):
    code: str | None = None


class _Concept(msgspec.Struct, gc=False):
    coding: list[_Code] | None = None


class _Reference(msgspec.Struct, gc=False):
    reference: str | None = None


class _Participant(msgspec.Struct, gc=False):
    actor: _Reference | None = None


class _Period(msgspec.Struct, gc=False):
    start: str | None = None


class Envelope(msgspec.Struct, rename="camel", gc=False):
    """What decides where a line goes. ``doubtful``: some element has another shape than FHIR gives it."""

    resource_type: str | None = None
    id: str | None = None
    subject: _Reference | None = None
    patient: _Reference | None = None
    participant: list[_Participant] | None = None
    medication_reference: _Reference | None = None
    code: _Concept | None = None
    issued: str | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: _Period | None = None
    performed_date_time: str | None = None
    performed_period: _Period | None = None
    when_handed_over: str | None = None
    when_prepared: str | None = None
    recorded_date: str | None = None
    date_recorded: str | None = None
    asserted_date: str | None = None
    authored_on: str | None = None
    date_written: str | None = None
    date_asserted: str | None = None
    authored: str | None = None
    created: str | None = None
    onset_date_time: str | None = None
    onset_period: _Period | None = None
    period: _Period | None = None
    hook: str | None = None
    context: Any = None
    as_of: str | None = None
    doubtful: bool = False

    def about(self) -> Iterator[str]:
        """References to those it is about."""
        people = [self.subject, self.patient, *(one.actor for one in self.participant or ())]
        return (one.reference for one in people if one is not None and one.reference)

    @property
    def drug(self) -> str:
        """The Medication it points at, as written."""
        return (self.medication_reference and self.medication_reference.reference) or ""


# When the record came to know of it: a result when it is issued, else when it was taken; an act when it was done; what
# somebody wrote down when it was written. The first that is given and can be read.
_KNOWN = (
    "issued", "effective_date_time", "effective_instant", "effective_period", "performed_date_time",
    "performed_period", "when_handed_over", "when_prepared", "recorded_date", "date_recorded", "asserted_date",
    "authored_on", "date_written", "date_asserted", "authored", "created", "onset_date_time", "onset_period", "period",
)  # fmt: skip
_DAY = re.compile(r"(\d{4})(?:-(\d\d)(?:-(\d\d)(?:T.*)?)?)?", re.DOTALL)
_decoder = msgspec.json.Decoder(Envelope)
_FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Envelope) if field.name != "doubtful"}


def read_envelope(text: bytes) -> Envelope:
    """The envelope of a line.

    Raises:
        ValueError, RecursionError: it is no JSON object.
    """
    try:
        found = _decoder.decode(text)
    except msgspec.ValidationError:
        return _tolerantly(text)
    found.doubtful = False
    return found


def known_since(envelope: Envelope) -> str:
    """The day from which a record held this, in the calendar of whoever wrote it; "" where that is not told. Of a bare
    month or year its first day, marked, since nothing happened on it. A patient is known from the beginning.
    """
    if envelope.resource_type == "Patient":
        return ""
    for name in _KNOWN:
        value = getattr(envelope, name)
        text = value.start if isinstance(value, _Period) else value
        match = _DAY.fullmatch(text) if text else None
        if match:
            return f"{match[1]}-{match[2] or '01'}-{match[3] or '01~'}"
    return ""


def _tolerantly(text: bytes) -> Envelope:
    """Element by element: one that does not fit is as if it were not there."""
    sent = json.loads(text)
    if not isinstance(sent, dict):
        raise msgspec.ValidationError("no object")
    json.dumps(sent, ensure_ascii=False).encode()  # half a surrogate pair is no text: it could not be written down
    fitting: dict[str, Any] = {}
    for name, value in sent.items():
        field = _FIELDS.get(name)
        if field is not None:
            try:
                fitting[field.name] = msgspec.convert(value, field.type)
            except msgspec.ValidationError:
                continue
    return Envelope(**fitting, doubtful=True)
