"""The addresses of the app's pages: the patient of a session, and the reference of the guideline for anyone."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from flask import Blueprint, Flask, Request, Response, abort, request

from cds_service.app_pages.asking import request_for, wanted
from cds_service.app_pages.entries import FormOf
from cds_service.app_pages.page import Links, patient_page
from cds_service.app_pages.reference import REFERENCE, address_of, chapter_page, chapters, contents_page
from cds_service.app_pages.view import patient_view
from cds_service.assets import page, page_policy
from cds_service.auth import own_address
from cds_service.clients import Client
from cds_service.fetching.fetcher import Fetcher
from cds_service.prefetch import Completed
from cds_service.settings import Settings
from cds_service.site.policies import EVERYONE, Site
from hooks.cards import Composed
from hooks.choices import EDITIONS
from hooks.texts import LANGUAGES, Speaker

if TYPE_CHECKING:
    from cds_service.advising import CardPage
    from cds_service.answered import KeptAnswers

APP = "/app"


class OpenedFor(Protocol):
    """The rule or form of the card that opened the app."""

    @property
    def rule(self) -> str | None:
        """Its id."""

    @property
    def form(self) -> str | None:
        """Its id."""


class Session(Protocol):
    """What the page needs to know of a session; `cds_service.smart.sessions.AppSession` is one."""

    @property
    def client(self) -> Client:
        """The EHR."""

    @property
    def patient_id(self) -> str:
        """Whose page it is."""

    @property
    def user(self) -> str | None:
        """Who reads it."""

    @property
    def fhir_server(self) -> str:
        """Where the data are."""

    @property
    def access_token(self) -> str:
        """What they are asked for with."""

    @property
    def language(self) -> str:
        """Of the page, unless its address says otherwise."""

    @property
    def app_context(self) -> OpenedFor:
        """Why it was opened."""

    @property
    def frame_ancestors(self) -> tuple[str, ...]:
        """Who may show it in a frame."""

    @property
    def hidden(self) -> Mapping[str, str]:
        """Fields of every form."""

    @property
    def ticket(self) -> str:
        """What every address carries."""

    def at(self, path: str, **query: str) -> str:
        """An address of the session."""


Current = Callable[[Request], Session]
Answered = Callable[[Session, Completed], Completed]
"""Adds the answers of forms that are kept for the session only."""


def install_pages(app: Flask, settings: Settings, site: Site, fetcher: Fetcher, answers: "KeptAnswers | None") -> None:
    """Everything of the app: the reference of the guideline, which concerns nobody; and where there is a store for
    sessions and ``answers``, the page of a patient and the forms.
    """
    from cds_service.form_pages import install as form_pages
    from cds_service.smart.sessions import current

    kept: dict[str, Any] = {} if answers is None else {"current": current, "answered": answers.for_page}
    app.register_blueprint(create_app_pages(site, fetcher, settings.language, form_pages.form_of, **kept))
    if answers is not None:
        form_pages.install(app, settings, site, fetcher, answers)


def card_pages(settings: Settings) -> "CardPage":
    """Where the rule that leads a card can be read: below the public address of the installation; for the EHR of the
    sandbox, which only this machine reaches, below the address of the request at hand. A card without findings, such as
    that of a fault, has no rule to read about.
    """

    def home(fhir_server: str | None) -> str | None:
        if settings.public_url is not None or not settings.sandbox:
            return settings.public_url
        own = own_address(request)
        return own if own is not None and fhir_server == f"{own}/sandbox/fhir" else None

    def card_page(made: Composed, fhir_server: str | None, speaker: Speaker) -> str | None:
        here = home(fhir_server) if made.findings else None
        path = address_of(made.findings[0].rule.id, speaker.language, speaker.edition.id) if here else None
        return None if path is None else f"{here}{path}"

    return card_page


def create_app_pages(
    site: Site,
    fetcher: Fetcher,
    language: str,
    form_of: FormOf | None = None,
    current: Current | None = None,
    answered: Answered = lambda session, data: data,
) -> Blueprint:
    """The pages. Without ``current``, who tells the session of a request, there is only the reference; without
    ``form_of`` no form is linked to.
    """
    pages = Blueprint("app_pages", __name__)
    _reference(pages, site, language)
    if current is not None:
        _patient(pages, site, fetcher, current, form_of, answered)
    return pages


def _patient(
    pages: Blueprint, site: Site, fetcher: Fetcher, current: Current, form_of: FormOf | None, answered: Answered
) -> None:
    has_forms = form_of is not None

    @pages.get(APP)
    def patient() -> Response:
        """The page of the session's patient, by the records of this moment."""
        session, day = current(request), site.today()
        parts = site.parts(session.client, day)
        chosen = _one_of(request.args.get("lang"), LANGUAGES) or session.language
        edition = _one_of(request.args.get("edition"), EDITIONS) or parts.edition
        call = request_for(session.patient_id, session.fhir_server, session.access_token, session.user)
        data = answered(session, fetcher.complete(call, wanted(parts), session.client))
        view = patient_view(session.patient_id, data, parts, day, chosen, edition, form_of or _no_form)
        links = _links(session, chosen, edition, has_forms=has_forms)
        html = patient_page(view, links, session.app_context.rule)
        return page(html, policy=page_policy(frame_ancestors=session.frame_ancestors))


def _links(session: Session, language: str, edition: str, *, has_forms: bool) -> Links:
    fields = {"s": session.ticket, "lang": language}
    form = session.app_context.form if has_forms else None
    return Links(
        APP,
        fields,
        lambda wished: session.at(APP, lang=wished, edition=edition),
        lambda name: session.at(f"{APP}/forms/{name}", lang=language),
        lambda rule: address_of(rule, language, edition),
        session.at(f"{APP}/forms", lang=language) if has_forms else None,
        session.at(f"{APP}/forms/{form}", lang=language) if form else None,
        ("/smart/close", {**session.hidden, "lang": language}),
    )


def _no_form(rule: str) -> None:
    """There are no forms."""


def _reference(pages: Blueprint, site: Site, language: str) -> None:
    @pages.get(REFERENCE)
    def contents() -> Response:
        """Every chapter."""
        return page(contents_page(site.parts(EVERYONE, site.today()), *_wished(language)))

    @pages.get(f"{REFERENCE}/<chapter>")
    def one_chapter(chapter: str) -> Response:
        """Every rule of one chapter."""
        if chapter not in chapters():
            abort(404)
        return page(chapter_page(chapter, site.parts(EVERYONE, site.today()), *_wished(language)))


def _wished(default: str) -> tuple[str, str]:
    """Language and edition of a page without a session."""
    asked = _one_of(request.args.get("lang"), LANGUAGES) or request.accept_languages.best_match(
        (default, *(each for each in LANGUAGES if each != default))
    )
    return asked or default, _one_of(request.args.get("edition"), EDITIONS) or EDITIONS[0]


def _one_of(wished: str | None, known: Iterable[str]) -> str | None:
    return wished if wished in tuple(known) else None
