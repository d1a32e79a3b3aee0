"""The view of a patient as HTML: served with the shared stylesheets, or as one file that needs nothing else."""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined

from cds_service.app_pages import drawing
from cds_service.app_pages.series import Course, Curve
from cds_service.app_pages.view import PatientView
from cds_service.app_pages.words import Words, inline, page_words
from hooks.choices import EDITIONS
from hooks.texts import LANGUAGES

SHEETS = ("static/osteohooks.css", "static/app.css")


@dataclass(frozen=True, slots=True)
class Links:
    """Where the page leads; each gives an address, or None where there is nothing to lead to.

    ``fields`` are hidden fields of the form that switches the edition, ``page`` its target; None: no switches.
    ``forms`` lists the forms; ``wanted_form`` is the one the app was opened for; ``close`` where and with which fields
    a session is ended.
    """

    page: str | None = None
    fields: Mapping[str, str] | None = None
    language: Callable[[str], str | None] = lambda language: None
    form: Callable[[str], str | None] = lambda form: None
    reference: Callable[[str], str | None] = lambda rule: None
    forms: str | None = None
    wanted_form: str | None = None
    close: tuple[str, Mapping[str, str]] | None = None


def patient_page(view: PatientView, links: Links, opened: str | None = None, *, alone: bool = False) -> str:
    """The page; ``opened`` is a rule whose evidence is shown at once, ``alone`` makes it one file."""
    words = page_words(view.language)
    known = opened if any(entry.rule == opened for entry in view.entries) else None
    return (
        templates()
        .get_template("app/patient.html")
        .render(
            **shell(words, alone=alone),
            view=view,
            day=lambda day: view_day(view, day),
            pictures=_pictures(view, words),
            links=links,
            opened=known,
            editions=EDITIONS,
        )
    )


def shell(words: Words, *, alone: bool = False) -> dict[str, object]:
    """What every template of the app is given."""
    return {
        "w": words,
        "lang": words.language,
        "languages": LANGUAGES,
        "inline": inline,
        "style": style() if alone else None,
        "csp": alone_policy() if alone else None,
        "version": version("osteohooks"),
    }


def view_day(view: PatientView, day: object) -> str:
    """A day in words."""
    from babel.dates import format_date

    return format_date(day, format="d MMM y", locale=view.language)  # type: ignore[arg-type]  # only days are given


def alone_policy() -> str:
    """The content security policy of a page that is one file: its style by its hash, its pictures, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def style() -> str:
    """Both stylesheets as they stand in a page that is one file."""
    return "\n".join(files("cds_service").joinpath(sheet).read_text("utf-8") for sheet in SHEETS)


@cache
def templates() -> Environment:
    """The templates of the app; a name that is not given is an error."""
    loader = PackageLoader("cds_service.app_pages")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _pictures(view: PatientView, words: Words) -> Mapping[str, drawing.Picture]:
    """By key; none where nothing can be drawn."""
    if not drawing.can_draw():
        return {}
    wanted: list[Course | Curve] = [*([view.course] if view.course.lanes else []), *view.curves]
    return {one.key: drawing.draw(one, view.axis, words) for one in wanted}
