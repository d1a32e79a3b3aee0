"""Patient → who the patient is: birth date and administrative sex."""

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.record.dates import parse_date
from fhir_mappers.record.facts import Person
from fhir_mappers.shapes import Patient

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
