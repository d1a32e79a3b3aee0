"""The forms put together for an installation that has a store."""

from typing import TYPE_CHECKING

from flask import Flask

from cds_service.answered import KeptAnswers
from cds_service.fetching.fetcher import Fetcher
from cds_service.fetching.posting import Poster
from cds_service.form_pages.desk import Desk
from cds_service.form_pages.routes import FORMS, create_forms
from cds_service.form_pages.words import form_words
from cds_service.settings import Settings
from cds_service.site.policies import Site
from cds_service.smart.routes import APP
from cds_service.smart.sessions import current
from hooks.app_context import AppContext
from hooks.questionnaires import form_for, forms

if TYPE_CHECKING:
    from cds_service.store.store import Store


def kept_answers(store: "Store | None") -> KeptAnswers | None:
    """Where answers are kept that no EHR has; nowhere without a store."""
    return None if store is None else KeptAnswers(store.vault, store.ring.current, store.clock)


def install(app: Flask, settings: Settings, site: Site, fetcher: Fetcher, answers: KeptAnswers) -> None:
    """Serve the form pages.

    Raises:
        BadTable, BadWords: a form or a word does not fit; nothing is served.
    """
    forms(), form_words(settings.language)  # what is missing stops the start
    ca_file = None if settings.fetch_ca_file is None else str(settings.fetch_ca_file)
    desk = Desk(site, fetcher, Poster(ca_file), answers, settings.now)
    app.register_blueprint(create_forms(desk, current))


def opens_at(context: AppContext) -> str:
    """The page that the app opens at: the form that a card waits for, else the patient."""
    return f"{FORMS}/{context.form}" if context.form in forms() else APP


def form_of(rule_id: str) -> str | None:
    """The id of the form whose answers a rule waits for; None when no form serves it."""
    form = form_for(rule_id)
    return None if form is None else form.id
