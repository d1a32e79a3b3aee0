"""AllergyIntolerance → Allergy, with what it showed itself by."""

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, plain_code
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.events import Allergy
from fhir_mappers.shapes import AllergyIntolerance

_AS_IF_ABSENT = frozenset({"entered-in-error", "refuted"})


def read_allergy(sent: AllergyIntolerance, place: Place, clerk: Clerk) -> Allergy | None:
    """An allergy to something we know, by code or by the name of a drug; None when refuted or entered in error."""
    reactions = sent.reaction or []
    known = [clerk.coder.names(one) for one in (sent.code, sent.substance, *(r.substance for r in reactions))]
    concepts = tuple(dict.fromkeys(concept for part in known for concept in part.concepts))
    said = {plain_code(sent.verification_status), plain_code(sent.status)}
    if not concepts or not said.isdisjoint(_AS_IF_ABSENT):
        return None
    signs = [clerk.coder.codes(sign).concepts for reaction in reactions for sign in reaction.manifestation or ()]
    return Allergy(
        place.source(next((part.token for part in known if part.token), None)),
        concepts,
        plain_code(sent.clinical_status) or plain_code(sent.status) or "active",
        date_of(sent.onset_date_time, sent.onset, sent.recorded_date, sent.asserted_date),
        manifestations=tuple(dict.fromkeys(concept for sign in signs for concept in sign)),
        unrecognised_manifestations=not all(signs),
        kind=(sent.type or "").strip().lower(),
        onset=_first([reaction.onset for reaction in reactions]),
    )


def _first(texts: list[str | None]) -> PartialDate | None:
    dates = [date for text in texts if text and (date := parse_date(text)) is not None]
    return min(dates, key=lambda date: date.earliest, default=None)
