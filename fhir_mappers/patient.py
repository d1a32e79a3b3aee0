"""Patient → who the patient is: birth date and administrative sex."""

from collections.abc import Iterable

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.datatypes import Reference
from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.facts import Person
from fhir_mappers.shapes import Patient
from fhir_mappers.wire import Found

SEXES = frozenset({"male", "female"})


def read_patient(sent: Patient, place: Place, clerk: Clerk) -> Person:
    """The person; ``other`` and ``unknown`` sex become None (catalogue P4: never assumed).

    A birth date that is given but cannot be read is a gap. ``deceased`` and profiles' birth sex are not looked at.
    """
    born = parse_date(sent.birth_date) if sent.birth_date else None
    if sent.birth_date and born is None:
        clerk.refuse(place, "birthDate")
    gender = (sent.gender or "").strip().lower()
    return Person(place.resource, born, gender if gender in SEXES else None, place.origin)


def find_patient(patients: Iterable[tuple[Place, Patient]], clerk: Clerk) -> Person:
    """The patient of the call, nobody when not among them; another one is a gap."""
    mine: Person | None = None
    for place, sent in patients:
        whose = None if sent.id is None else Reference(f"Patient/{sent.id}")
        if clerk.is_ours(place, whose) and mine is None:
            mine = read_patient(sent, place, clerk)
    return mine or Person()


def patient_urls(found: Iterable[Found], patient_id: str) -> frozenset[str]:
    """The ``fullUrl`` under which a Bundle refers to the patient."""
    return frozenset(
        url
        for value in found
        for _, url, resource in value.others
        if type(resource) is Patient and url is not None and resource.id in (None, patient_id)
    )
