"""A patient record that notes what is looked at, and one that holds only what a check says it reads.

Kinds of data are noted by their prefetch key, results as ``observations:<concept>``, as in ``Check.reads``. A result
noted as plain ``observations`` was looked for without being there.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from fhir_mappers.record.events import TreatmentCourse
from fhir_mappers.record.facts import (
    ADMINISTRATIONS,
    ALLERGIES,
    APPOINTMENTS,
    CARE_PLANS,
    CONDITIONS,
    ORDERS,
    PATIENT,
    PROCEDURES,
    REPORTS,
    SERVICES,
    STATEMENTS,
    Person,
)
from fhir_mappers.record.patient_record import PatientRecord

Note = Callable[[str], None]
FIELDS = {
    "problems": CONDITIONS,
    "procedures": PROCEDURES,
    "doses": ADMINISTRATIONS,
    "requests": SERVICES,
    "appointments": APPOINTMENTS,
    "care_plans": CARE_PLANS,
    "allergies": ALLERGIES,
}
COURSES = {"order": ORDERS, "statement": STATEMENTS}


def watched(record: PatientRecord, note: Note) -> PatientRecord:
    """The same record; whatever is looked at is noted. Nothing derived is remembered from before."""
    rows = {name: _Row(getattr(record, name), kind, note) for name, kind in FIELDS.items()}
    courses = tuple(_Course(course, note) for course in record.courses)
    person = _Person(record.person, note)
    looked = _Looked(record.looked_for, note)
    results = _Results(record.measurements, note)
    seen: dict[str, Any] = {**rows, "courses": courses, "person": person, "looked_for": looked, "measurements": results}
    return replace(record, **seen, _memo={})


def restricted(record: PatientRecord, reads: Iterable[str]) -> PatientRecord:
    """The record as it would be had only these kinds and concepts been asked for."""
    kinds = set(reads)
    concepts = {name.removeprefix("observations:") for name in kinds if name.startswith("observations:")}
    kinds |= {"observations"} if concepts else set()
    kept: dict[str, Any] = {name: getattr(record, name) if kind in kinds else () for name, kind in FIELDS.items()}
    reports = tuple(p for p in record.procedures if p.source.resource.startswith("DiagnosticReport"))
    done = tuple(p for p in record.procedures if p not in reports)
    kept["procedures"] = (*(done if PROCEDURES in kinds else ()), *(reports if REPORTS in kinds else ()))
    kept["courses"] = tuple(c for c in record.courses if COURSES[c.kind] in kinds)
    kept["person"] = record.person if PATIENT in kinds else Person()
    kept["measurements"] = {c: found for c, found in record.measurements.items() if c in concepts}
    kept["looked_for"] = {k: why for k, why in record.looked_for.items() if k in kinds}
    return replace(record, **kept, _memo={})


class _Row(tuple[Any, ...]):
    """Events of one kind; looking through them is noted."""

    _kind: str
    _note: Note

    def __new__(cls, events: Iterable[Any], kind: str, note: Note) -> "_Row":
        row = super().__new__(cls, events)
        row._kind, row._note = kind, note
        return row

    def __iter__(self) -> Iterator[Any]:
        self._note(self._kind)
        return super().__iter__()


class _Course:
    """An order or a statement; looking at more than which of the two it is is noted."""

    def __init__(self, course: TreatmentCourse, note: Note) -> None:
        self._course, self._note = course, note

    @property
    def __class__(self) -> type:
        return TreatmentCourse

    def __getattr__(self, name: str) -> Any:
        if name != "kind":
            self._note(COURSES[self._course.kind])
        return getattr(self._course, name)


class _Person:
    """Who the patient is; every look is noted."""

    def __init__(self, person: Person, note: Note) -> None:
        self._person, self._note = person, note

    def __getattr__(self, name: str) -> Any:
        self._note(PATIENT)
        return getattr(self._person, name)


class _Looked(Mapping[str, str | None]):
    """What was searched; asking about a kind is noted."""

    def __init__(self, searched: Mapping[str, str | None], note: Note) -> None:
        self._searched, self._note = searched, note

    def __getitem__(self, kind: str) -> str | None:
        self._note(kind)
        return self._searched[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._searched)

    def __len__(self) -> int:
        return len(self._searched)


class _Results(Mapping[str, Any]):
    """Results by concept; asking for one is noted."""

    def __init__(self, results: Mapping[str, Any], note: Note) -> None:
        self._results, self._note = results, note

    def __getitem__(self, concept: str) -> Any:
        self._note(f"observations:{concept}")
        return self._results[concept]

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)
