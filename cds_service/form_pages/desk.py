"""What the form pages do, without HTTP: open a form for a patient, score answers, save them."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from threading import Lock
from typing import Any

from cds_service.answered import KeptAnswers, Whose, with_answers
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.posting import Poster
from cds_service.form_pages import asking
from cds_service.form_pages.view import as_given
from cds_service.form_pages.writing import Written, bundle, write
from cds_service.pipeline import Parts
from cds_service.prefetch import Completed
from cds_service.site.policies import Site
from cds_service.smart.sessions import AppSession
from cds_service.store.engine import Unavailable
from fhir_mappers.form_answers import Answers, read_submission
from fhir_mappers.form_prefill import Filled, filled_from
from fhir_mappers.form_responses import About, answers_in, response
from fhir_mappers.forms import Form
from fhir_mappers.record.patient_record import PatientRecord
from fhir_mappers.said import said
from hooks import board_request
from hooks.evaluate import Findings
from hooks.texts import LANGUAGES

FRESH = 60.0  # s: while somebody types, the record is not fetched for every key
_KEPT = 32
_NAMED = ("medicationRequests", "medicationStatements", "medicationAdministrations", "conditions", "procedures")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form opened for a patient.

    Attributes:
        filled: what the record answers, by link id.
        kept: what was answered before and is kept here, by link id; empty when nothing is.
    """

    form: Form
    parts: Parts
    data: Completed
    record: PatientRecord
    filled: dict[str, Filled]
    kept: Answers


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of answers: at the EHR, and whether they are kept here where it does not have all of them."""

    written: Written
    kept: bool

    @property
    def word(self) -> str:
        """The key of the sentence that says so."""
        if self.written is Written.ALL or self.kept:
            return f"saved-{self.written.value}"
        return "saved-partly-lost" if self.written is Written.PARTLY else "saved-lost"


class Desk:
    """The forms of an installation.

    Args:
        site: what the pipeline works with.
        fetcher, poster: ask FHIR servers and store there.
        kept: answers that no EHR has.
        now: the time in the zone of the installation.
    """

    def __init__(
        self, site: Site, fetcher: Fetcher, poster: Poster, kept: KeptAnswers, now: Callable[[], datetime]
    ) -> None:
        self._site, self._fetcher, self._poster, self._kept, self._now = site, fetcher, poster, kept, now
        self._recent: OrderedDict[tuple[str, str], tuple[float, Completed]] = OrderedDict()
        self._lock = Lock()

    @property
    def today(self) -> date:
        """The day of the installation."""
        return self._site.today()

    def open(self, session: AppSession, form: Form, language: str, *, again: bool = True) -> Sheet:
        """The form for the patient of the session; ``again`` fetches the record even when it was fetched just now."""
        day = self.today
        parts = self._site.parts(session.client, day)
        data, others = self._data(session, form, parts, again=again), self.answers(session)
        mine = others.get(form.id)
        everything = with_answers(data, *(one for key, one in others.items() if key != form.id))
        record = asking.read(session.patient_id, parts, day, everything)
        filled = filled_from(form, record)
        if form.id == board_request.FORM:
            filled |= self._board(record, data, session, parts, language)
        return Sheet(form, parts, everything, record, filled, _sound(form, mine) if mine is not None else {})

    def score(self, session: AppSession, sheet: Sheet, answers: Answers) -> Findings:
        """What the rules of the form say to a record that has these answers too."""
        ours = {"id": f"osteohooks-{sheet.form.id}", **response(sheet.form, answers, self.about(session, "score"))}
        data = with_answers(sheet.data, ours)
        record = asking.read(session.patient_id, sheet.parts, self.today, data)
        return asking.found(sheet.form, record, sheet.parts)

    def save(self, session: AppSession, form: Form, answers: Answers, name: str) -> Saved:
        """Write the answers to the record as far as it takes them; else keep them for the next advice.

        Args:
            name: of this submission; the same answers sent twice are stored once.
        """
        whose = Whose.of_session(session)
        if self._kept.was_written(whose, name):
            return Saved(Written.ALL, kept=False)
        whole = self.bundle(session, form, answers, name)
        written = write(self._poster, session, whole)
        self._forget(session)
        try:
            if written is Written.ALL:
                self._kept.drop(whose, form.id)
                self._kept.note_written(whose, name)
                return Saved(written, kept=False)
            ours = {**whole["entry"][0]["resource"], "id": f"osteohooks-{form.id}"}
            self._kept.add(whose, form.id, ours)
        except Unavailable:
            return Saved(written, kept=False)
        return Saved(written, kept=True)

    def bundle(self, session: AppSession, form: Form, answers: Answers, name: str) -> Json:
        """The answers as a FHIR transaction, for the EHR or to download."""
        return bundle(form, answers, self.about(session, name))

    def answers(self, session: AppSession) -> dict[str, Json]:
        """What is kept for the patient, by form; nothing where the store cannot be reached."""
        try:
            return dict(self._kept.of(Whose.of_session(session)))
        except Unavailable:
            return {}

    def about(self, session: AppSession, name: str) -> About:
        """Who answers for whom, now: the time of the clock, on the day of the installation."""
        now = self._now()
        when = datetime.combine(self.today, now.timetz()).isoformat(timespec="seconds")
        return About(session.patient_id, when, name, session.user, session.encounter_id)

    def _forget(self, session: AppSession) -> None:
        """What was fetched for the session is not what the record has now."""
        with self._lock:
            for key in [key for key in self._recent if key[0] == session.id]:
                del self._recent[key]

    def _board(
        self, record: PatientRecord, data: Completed, session: AppSession, parts: Parts, language: str
    ) -> dict[str, Filled]:
        named = [each for key in _NAMED for each in said(data.prefetch.get(key), session.patient_id, data.referred)]
        return board_request.drafted(record, named, parts.speakers[language, parts.edition].figures)

    def _data(self, session: AppSession, form: Form, parts: Parts, *, again: bool) -> Completed:
        key = (session.id, form.id)
        with self._lock:
            self._tidy()
            _, data = self._recent.get(key, (0.0, None))
        if data is not None and not again:
            return data
        service = asking.wanted(form, parts)
        data = self._fetcher.complete(asking.request_of(session), service, session.client)
        with self._lock:
            self._recent[key] = (time.monotonic(), data)
            self._tidy()
        return data

    def _tidy(self) -> None:
        """Let go of what is not fresh, and of the oldest of too many: no patient's data stay longer than needed."""
        since = time.monotonic() - FRESH
        for key in [key for key, (at, _) in self._recent.items() if at < since]:
            del self._recent[key]
        while len(self._recent) > _KEPT:
            self._recent.popitem(last=False)


def _sound(form: Form, kept: Json) -> Answers:
    """Answers that were kept, as far as the form of this version still takes them."""
    given = as_given(answers_in(form, kept), LANGUAGES[0])
    return read_submission(form, given).answers
