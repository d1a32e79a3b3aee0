"""Condition → Problem, AllergyIntolerance → Allergy (catalogue P1)."""

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end, plain_code, start
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.events import Allergy, Problem
from fhir_mappers.shapes import AllergyIntolerance, Condition

_STATUSES = frozenset({"active", "recurrence", "relapse", "inactive", "remission", "resolved"})
_AS_IF_ABSENT = frozenset({"refuted", "entered-in-error"})
_DOUBTFUL = frozenset({"provisional", "differential", "unconfirmed"})


def read_problem(sent: Condition, place: Place, clerk: Clerk) -> Problem | None:
    """The problem, or None when its code means nothing to us, or when it was refuted or entered in error.

    A missing clinical status counts as active, unless the condition says that it ended.
    """
    understood = clerk.coder.codes(sent.code)
    verified = plain_code(sent.verification_status)
    if not understood.concepts or verified in _AS_IF_ABSENT:
        return None
    return Problem(
        place.source(understood.token),
        understood.concepts,
        _status(sent),
        date_of(
            sent.onset_date_time,
            start(sent.onset_period),
            sent.recorded_date,
            sent.asserted_date,
            sent.date_recorded,
        ),
        date_of(sent.abatement_date_time, end(sent.abatement_period), start(sent.abatement_period)),
        certain=verified not in _DOUBTFUL,
        sites=clerk.coder.all(sent.body_site),
    )


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


def _status(sent: Condition) -> str:
    status = plain_code(sent.clinical_status)
    if status in _STATUSES:
        return status
    ended = sent.abatement_date_time or sent.abatement_period or sent.abatement_boolean
    return "resolved" if ended else "active"


def _first(texts: list[str | None]) -> PartialDate | None:
    dates = [date for text in texts if text and (date := parse_date(text)) is not None]
    return min(dates, key=lambda date: date.earliest, default=None)
