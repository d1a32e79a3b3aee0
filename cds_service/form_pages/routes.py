"""The addresses of the forms: ``/app/forms``, one form, its score while somebody types, saving, paper, download."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4, uuid5

from flask import Blueprint, Request, Response, render_template, request

from cds_service.assets import page, page_policy
from cds_service.errors import JSON
from cds_service.form_pages.desk import Desk, Sheet
from cds_service.form_pages.person import person
from cds_service.form_pages.results import Results, results
from cds_service.form_pages.view import Given, as_given, fields
from cds_service.form_pages.words import form_words, other_language, problem_words
from cds_service.form_pages.writing import Written
from cds_service.operations.openapi_fhir import FHIR_JSON
from cds_service.smart.sessions import AppSession
from fhir_mappers.form_answers import Submission, read_submission
from fhir_mappers.forms import Form
from hooks.evaluate import Findings
from hooks.exact_json import dumps_exact
from hooks.questionnaires import form_for, forms
from hooks.texts import LANGUAGES

FORMS = "/app/forms"
PREFIX = "q."  # before the link id of a question, so that no field of ours can be mistaken for one
IN_THE_FUTURE = "in-the-future"
_Current = Callable[[Request], AppSession]


class _NoForm(Exception):
    """The address names a form there is not."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request for one form: whose, which, in which language, with what in its fields."""

    session: AppSession
    form: Form
    language: str
    submission: Submission
    given: Given

    @property
    def sound(self) -> bool:
        return not self.submission.problems


def create_forms(desk: Desk, current: _Current) -> Blueprint:
    """The pages; ``current`` tells the session of a request."""
    pages = Blueprint("forms", __name__, template_folder="templates")

    @pages.get(FORMS)
    def listed() -> Response:
        return _list(desk, current(request))

    @pages.get(f"{FORMS}/<form_id>")
    def one(form_id: str) -> Response:
        session = current(request)
        return _opened(desk, session, _form(form_id), _language(session))

    @pages.post(f"{FORMS}/<form_id>")
    def save(form_id: str) -> Response:
        return _save(desk, _asked(current(request), form_id, desk))

    @pages.post(f"{FORMS}/<form_id>/scored")
    def scored(form_id: str) -> Response:
        return _filled_in(desk, _asked(current(request), form_id, desk))

    @pages.post(f"{FORMS}/<form_id>/score")
    def score(form_id: str) -> Response:
        return _score(desk, _asked(current(request), form_id, desk))

    @pages.post(f"{FORMS}/<form_id>/paper")
    def paper(form_id: str) -> Response:
        return _filled_in(desk, _asked(current(request), form_id, desk), "forms/paper.html")

    @pages.post(f"{FORMS}/<form_id>/answers.json")
    def download(form_id: str) -> Response:
        return _download(desk, _asked(current(request), form_id, desk))

    @pages.errorhandler(_NoForm)
    def unknown(error: _NoForm) -> Response:
        return _list(desk, current(request), status=404)

    return pages


def _list(desk: Desk, session: AppSession, status: int = 200) -> Response:
    language, context = _language(session), session.app_context
    meant = form_for(context.rule) if context.rule is not None else None
    opened = context.form or (meant.id if meant is not None else None)
    ordered = sorted(forms().values(), key=lambda form: (form.id != opened, form.title[language].casefold()))
    kept = desk.answers(session)
    return _page("forms/list.html", session, language, FORMS, status, forms=ordered, kept=kept, opened=opened)


def _opened(desk: Desk, session: AppSession, form: Form, language: str) -> Response:
    """The form as somebody finds it: with what was kept, else what the record says."""
    sheet = desk.open(session, form, language)
    answers = {**{link: each.values for link, each in sheet.filled.items()}, **sheet.kept}
    asked = _Asked(session, form, language, Submission(answers), as_given(answers, language))
    return _sheet_page(desk, asked, sheet, kept=bool(sheet.kept))


def _filled_in(desk: Desk, asked: _Asked, template: str = "forms/form.html") -> Response:
    """The form with what was sent, scored; or the same on paper."""
    sheet = desk.open(asked.session, asked.form, asked.language, again=False)
    return _sheet_page(desk, asked, sheet, template)


def _save(desk: Desk, asked: _Asked) -> Response:
    if not asked.sound:
        return _refused(desk, asked)
    saved = desk.save(asked.session, asked.form, asked.submission.answers, _name(asked))
    sheet = desk.open(asked.session, asked.form, asked.language)
    submission = str(uuid4()) if saved.written is Written.ALL else _submission()
    return _sheet_page(desk, asked, sheet, saved=saved.word, submission=submission)


def _score(desk: Desk, asked: _Asked) -> Response:
    """For the module of the page: what is wrong, and what the rules say, as the fragment the page has."""
    sheet = desk.open(asked.session, asked.form, asked.language, again=False)
    html = render_template("forms/results.html", w=form_words(asked.language), **_found(desk, asked, sheet))
    body = {"problems": problem_words(asked.submission.problems, asked.language), "results": html}
    return Response(dumps_exact(body), content_type=JSON)


def _download(desk: Desk, asked: _Asked) -> Response:
    """The answers as a FHIR transaction, which another system can take in."""
    if not asked.sound:
        return _refused(desk, asked)
    body = desk.bundle(asked.session, asked.form, asked.submission.answers, _name(asked))
    response = Response(dumps_exact(body), content_type=FHIR_JSON)
    response.headers["Content-Disposition"] = f'attachment; filename="{asked.form.id}-{desk.today}.json"'
    return response


def _refused(desk: Desk, asked: _Asked) -> Response:
    sheet = desk.open(asked.session, asked.form, asked.language, again=False)
    return _sheet_page(desk, asked, sheet, tried=True, status=422)


def _sheet_page(
    desk: Desk, asked: _Asked, sheet: Sheet, template: str = "forms/form.html", status: int = 200, **more: Any
) -> Response:
    language, session = asked.language, asked.session
    words, figures = form_words(language), sheet.parts.speakers[language, sheet.parts.edition].figures
    problems = asked.submission.problems
    shown = fields(asked.form, asked.given, sheet.filled, problems, figures)
    who = person(sheet.data.prefetch.get("patient"), session.patient_id, sheet.record, figures)
    told = {
        "form": asked.form,
        "fields": shown,
        "labels": {field.link: field.label for field in shown},
        "wrong": problem_words(problems, language),
        "sourced": any(field.source for field in shown),
        "not_had": [words[f"kind-{kind}"] for kind in sheet.data.failures],
        "today": desk.today.isoformat() if template == "forms/form.html" else figures.show(desk.today),
        "submission": _submission(),
        "who": who,
        **_found(desk, asked, sheet),
        **more,
    }
    return _page(template, session, language, f"{FORMS}/{asked.form.id}", status=status, **told)


def _found(desk: Desk, asked: _Asked, sheet: Sheet) -> dict[str, Any]:
    """What the rules say; nothing is asked while an answer cannot be used."""
    speaker = sheet.parts.speakers[asked.language, sheet.parts.edition]
    if not asked.sound:
        return {"found": Results((), False, True), "blocked": True}
    findings: Findings = desk.score(asked.session, sheet, asked.submission.answers)
    return {"found": results(findings, speaker), "blocked": False}


def _page(template: str, session: AppSession, language: str, path: str, status: int = 200, **told: Any) -> Response:
    other = other_language(language)
    shared = {
        "w": form_words(language),
        "lang": language,
        "session": session,
        "other": other,
        "other_name": form_words(other)["language-name"],
        "elsewhere": session.at(path, lang=other),
    }
    html = render_template(template, **{"who": None, **shared, **told})
    return page(html, status=status, policy=page_policy(frame_ancestors=session.frame_ancestors))


def _asked(session: AppSession, form_id: str, desk: Desk) -> _Asked:
    form = _form(form_id)
    given = _fields_sent(request.form.lists())
    read = read_submission(form, given)
    late = {
        link: IN_THE_FUTURE
        for link, values in read.answers.items()
        if form.question(link).kind == "dateTime" and any(str(value) > desk.today.isoformat() for value in values)
    }
    answers = {link: values for link, values in read.answers.items() if link not in late}
    return _Asked(session, form, _language(session), Submission(answers, {**read.problems, **late}), given)


def _fields_sent(sent: Any) -> Mapping[str, tuple[str, ...]]:
    return {name.removeprefix(PREFIX): tuple(texts) for name, texts in sent if name.startswith(PREFIX)}


def _name(asked: _Asked) -> str:
    """What tells these answers from all others: sent again they are the same, changed ones are not."""
    return str(uuid5(UUID(_submission()), repr(sorted(asked.submission.answers.items()))))


def _submission() -> str:
    """The name of the page that is sent, as it was given one; a new one where it is none of ours."""
    try:
        return str(UUID(request.form.get("submission", "")))
    except ValueError:
        return str(uuid4())


def _form(form_id: str) -> Form:
    if form_id not in forms():
        raise _NoForm
    return forms()[form_id]


def _language(session: AppSession) -> str:
    wished = request.values.get("lang")
    return wished if wished in LANGUAGES else session.language
