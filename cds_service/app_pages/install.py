"""Puts the pages of the app into the application, as far as an installation can serve them.

The reference of the guideline concerns nobody and needs nothing. The page of a patient needs a session, and the forms
somewhere to keep answers that no EHR takes: both live in the store, so without one neither is there.
"""

from typing import TYPE_CHECKING, Any

from flask import Flask

from cds_service.app_pages.routes import create_app_pages
from cds_service.fetching.fetcher import Fetcher
from cds_service.form_pages import install as form_pages
from cds_service.settings import Settings
from cds_service.site.policies import Site
from cds_service.smart.sessions import current

if TYPE_CHECKING:
    from cds_service.answered import KeptAnswers


def install_pages(app: Flask, settings: Settings, site: Site, fetcher: Fetcher, answers: "KeptAnswers | None") -> None:
    """The reference of the guideline; where sessions and answers can be kept, the page of a patient and the forms.

    Args:
        app: the application; its other parts are there already.
        settings: the language of whoever asks for none.
        site: what is asked, by client and day.
        fetcher: reads the record of the patient with the token of the session.
        answers: given in the app and known to no EHR; None without a store.
    """
    kept: dict[str, Any] = {} if answers is None else {"current": current, "answered": answers.for_page}
    app.register_blueprint(create_app_pages(site, fetcher, settings.language, form_pages.form_of, **kept))
    if answers is not None:
        form_pages.install(app, settings, site, fetcher, answers)


def needs_a_store(path: str) -> bool:
    """Whether a page lives on sessions or answers: every page of the app but the reference."""
    return path.startswith("/app") and not path.startswith("/app/reference")
