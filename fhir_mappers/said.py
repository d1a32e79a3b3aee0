"""What things are called in the EHR's own words: also drugs we have no concept for.

The record keeps what rules can ask about. A text for colleagues needs all of it: a list of drugs from which one is
missing is worse than none.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import msgspec

from fhir_mappers.clerk import Owner
from fhir_mappers.codings import date_of
from fhir_mappers.datatypes import Contained, Named, Period, Reference, Shape
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.wire import Prefetched

LONGEST = 200  # characters of a name


@dataclass(frozen=True, slots=True)
class Said:
    """One resource: ``Type/id``, its name, its status and its day. ``name`` is None where nothing says it."""

    kind: str
    resource: str
    name: str | None
    status: str
    when: PartialDate | None


class _Sent(Shape):
    resource_type: str | None = None
    id: str | None = None
    status: str | None = None
    subject: Reference | None = None
    patient: Reference | None = None
    code: Named | None = None
    medication_codeable_concept: Named | None = None
    medication_reference: Reference | None = None
    contained: list[Contained] | None = None
    authored_on: str | None = None
    date_written: str | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    date_asserted: str | None = None
    performed_date_time: str | None = None
    performed_period: Period | None = None
    onset_date_time: str | None = None
    recorded_date: str | None = None


class _Bundle(Shape):
    entry: list[msgspec.Raw] | None = None


class _Entry(Shape):
    resource: _Sent | None = None


_bundle = msgspec.json.Decoder(_Bundle)
_entry = msgspec.json.Decoder(_Entry)


def said(sent: Prefetched, patient_id: str, medications: Iterable[bytes] = ()) -> tuple[Said, ...]:
    """The resources of one prefetch value that are this patient's, those that cannot be read as ones without a name.

    ``medications`` are Medications that orders point at and that did not come with them.
    """
    if sent is None:
        return ()
    try:
        entries = _bundle.decode(sent).entry or ()
    except (ValueError, RecursionError):
        return (_unreadable(0),)
    owner = Owner(patient_id)
    referred = dict(_medications((*map(bytes, entries), *(b'{"resource":%b}' % one for one in medications))))
    found = []
    for number, raw in enumerate(entries):
        try:
            one = _entry.decode(raw).resource
        except (ValueError, RecursionError):
            found.append(_unreadable(number))
            continue
        if one is not None and owner.is_patient(one.subject) and owner.is_patient(one.patient):
            found.append(_told(one, referred, number))
    return tuple(each for each in found if each.kind != "Medication")


def _told(one: _Sent, referred: Mapping[str, str | None], number: int) -> Said:
    kind = one.resource_type or ""
    when = date_of(
        *(one.authored_on, one.date_written, one.effective_date_time, _end(one.effective_period), one.date_asserted),
        *(one.performed_date_time, _end(one.performed_period), one.onset_date_time, one.recorded_date),
    )
    name = f"{kind}/{one.id}" if one.id else f"{kind}[{number}]"
    return Said(kind, name, _name(one, referred), (one.status or "").strip().lower(), when)


def _name(one: _Sent, referred: Mapping[str, str | None]) -> str | None:
    named = _words(one.medication_codeable_concept) or _words(one.code)
    if named is not None or one.medication_reference is None:
        return named
    target = one.medication_reference.reference or ""
    inside = next((c for c in one.contained or () if target == f"#{c.id}"), None)
    shown = one.medication_reference.display
    return _short(shown) or (_words(inside.code) if inside is not None else referred.get(target))


def _medications(entries: Iterable[bytes]) -> Iterator[tuple[str, str | None]]:
    """The names of Medications among the entries, by the reference to them."""
    for raw in entries:
        if b'"Medication"' in raw:
            try:
                one = _entry.decode(raw).resource
            except (ValueError, RecursionError):
                continue
            if one is not None and one.resource_type == "Medication" and one.id:
                yield f"Medication/{one.id}", _words(one.code)


def _words(named: Named | None) -> str | None:
    """The text, which is what the clinician saw, else the first display, else the first code."""
    if named is None:
        return None
    codings = named.coding or ()
    told = (named.text, *(coding.display for coding in codings), *(coding.code for coding in codings))
    return next((words for text in told if (words := _short(text)) is not None), None)


def _short(text: str | None) -> str | None:
    line = " ".join((text or "").split())
    return line[:LONGEST] or None


def _end(period: Period | None) -> str | None:
    return None if period is None else period.end or period.start


def _unreadable(number: int) -> Said:
    return Said("", f"[{number}]", None, "", None)
