"""What every reader needs: whose record it is, what codes mean, what references point at, where gaps are noted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from fhir_mappers.codings import Coder, relative
from fhir_mappers.datatypes import Reference
from fhir_mappers.lookalikes import Lookalikes
from fhir_mappers.record.answer import UNREADABLE
from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.events import Gap, Source, TreatmentCourse
from fhir_mappers.shapes import Medication

OTHER_PATIENT = "other-patient"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a resource stands: its kind of data, its name (``Observation/42``) and how it reached us."""

    kind: str
    resource: str
    origin: str = "prefetch"

    def source(self, code: str | None = None) -> Source:
        """This place as the source of a fact understood by ``code``."""
        return Source(self.resource, code, self.origin)


class Owner:
    """Tells whether a resource is about the patient of this call; each reference is looked at once."""

    __slots__ = ("_known",)

    def __init__(self, patient_id: str, urls: frozenset[str] = frozenset()) -> None:
        self._known: dict[str, bool] = {patient_id: True, f"Patient/{patient_id}": True, **dict.fromkeys(urls, True)}

    def is_patient(self, who: Reference | None) -> bool:
        """True for this patient, and where nobody is named by reference (identifier only, or nothing)."""
        if who is None or who.reference is None:
            return True
        known = self._known.get(who.reference)
        if known is None:
            name = relative(who.reference)
            known = self._known[who.reference] = name is not None and self._known.get(name, False)
        return known


@dataclass(slots=True)
class Library:
    """What references of this call can point at, by ``Type/id`` and by ``fullUrl``."""

    medications: dict[str, Medication] = field(default_factory=dict)
    conditions: dict[str, tuple[str, ...]] = field(default_factory=dict)
    orders: dict[str, TreatmentCourse] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)

    def name(self, reference: str | None) -> str | None:
        """``Type/id`` of what a reference points at, as far as this call tells; else the reference as sent."""
        if reference is None:
            return None
        return self.names.get(reference) or relative(reference) or reference


@dataclass(slots=True)
class Clerk:
    """The readers' common desk for one call."""

    owner: Owner
    coder: Coder
    library: Library
    conventions: Conventions
    as_of: date
    gaps: list[Gap] = field(default_factory=list)
    unreadable: set[str] = field(default_factory=set)
    origins: Mapping[str, str] = field(default_factory=dict)
    lookalikes: Lookalikes = field(default_factory=Lookalikes)

    def note(self, place: Place, why: str, detail: str = "") -> None:
        """Write down a gap that leaves its kind of data complete."""
        self.gaps.append(Gap(place.kind, place.resource, why, detail))

    def refuse(self, place: Place, detail: str) -> None:
        """Write down a gap because of which absence proves nothing for its kind of data."""
        self.unreadable.add(place.kind)
        self.note(place, UNREADABLE, detail)

    def is_ours(self, place: Place, *who: Reference | None) -> bool:
        """Whether a resource is about this patient; another's is written down and must be ignored."""
        if all(self.owner.is_patient(one) for one in who):
            return True
        self.note(place, OTHER_PATIENT)
        return False

    def status(self, place: Place, sent: str | None) -> str | None:
        """A status in lower case; a missing one is a gap, since the resource may have been entered in error."""
        if sent and sent.strip():
            return sent.strip().lower()
        self.refuse(place, "no status")
        return None
