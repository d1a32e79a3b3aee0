"""The forms of the product: TOML tables in ``hooks/forms`` poured into `fhir_mappers.forms.Form`.

A question's link id and every option must be a local code that the value sets know, the texts must stand in every
language, and every rule must be one of the guideline: a misspelt item would be asked and never read.
"""

import tomllib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_mappers.forms import KINDS, Form, Option, Question
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology
from hooks.limits import BadTable
from hooks.texts import LANGUAGES

_ABOUT_FORM = {"code", "title", "purpose", "rules", "question", "note"}
_ABOUT_QUESTION = {
    "link", "text", "kind", "options", "unit", "low", "high", "repeats", "required", "help", "valid",
}  # fmt: skip


@cache
def forms() -> Mapping[str, Form]:
    """Every shipped form by id, in the order of their files' names."""
    folder = files("hooks").joinpath("forms")
    found: dict[str, Form] = {}
    for file in sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name):
        for key, table in tomllib.loads(file.read_text("utf-8")).items():
            found[key] = form(key, table)
    return found


def form_for(rule_id: str) -> Form | None:
    """The form whose answers a rule waits for: the one that names it first; None when no form serves it."""
    return next((each for each in forms().values() if rule_id in each.rules), None)


def form(key: str, table: Mapping[str, Any]) -> Form:
    """One form from its table.

    Raises:
        BadTable: a key is unknown or missing, a text lacks a language, or a code is not among the local codes.
    """
    _fits(key, table, _ABOUT_FORM, {"code", "title", "purpose", "rules", "question"})
    _known(key, table["code"])
    questions = tuple(_question(key, row) for row in table["question"])
    links = [question.link for question in questions]
    if len(set(links)) != len(links):
        raise BadTable(f"form {key}: a question stands in it twice")
    return Form(
        key,
        table["code"],
        _words(key, table["title"]),
        _words(key, table["purpose"]),
        tuple(table["rules"]),
        questions,
        _words(key, table["note"]) if "note" in table else None,
    )


def _question(key: str, row: Mapping[str, Any]) -> Question:
    where = f"form {key}, {row.get('link')}"
    _fits(where, row, _ABOUT_QUESTION, {"link", "text", "kind"})
    _known(where, row["link"])
    if row["kind"] not in KINDS or (row["kind"] == "choice") != ("options" in row):
        raise BadTable(f"{where}: kind {row['kind']!r} is unknown, or does not go with its options")
    if (row["kind"] == "quantity") != ("unit" in row):
        raise BadTable(f"{where}: a quantity, and nothing else, has a unit")
    return Question(
        row["link"],
        _words(where, row["text"]),
        row["kind"],
        tuple(_options(where, row.get("options", ()))),
        row.get("unit"),
        _limit(row, "low"),
        _limit(row, "high"),
        row.get("repeats", False),
        row.get("required", False),
        _words(where, row["help"]) if "help" in row else None,
        row.get("valid"),
    )


def _options(where: str, rows: Iterable[Mapping[str, Any]]) -> Iterable[Option]:
    for row in rows:
        _known(where, row["code"])
        label = dict.fromkeys(LANGUAGES, row["label"]) if "label" in row else row
        yield Option(row["code"], _words(where, {language: label.get(language) for language in LANGUAGES}))


def _limit(row: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(str(row[name])) if name in row else None


def _words(where: str, words: Any) -> dict[str, str]:
    if not isinstance(words, Mapping) or set(words) != set(LANGUAGES) or not all(words.values()):
        raise BadTable(f"{where}: a text needs {' and '.join(LANGUAGES)}")
    return dict(words)


def _known(where: str, code: str) -> None:
    if not default_terminology().concepts(LOCAL_SYSTEM, code):
        raise BadTable(f"{where}: {code!r} is no local code")


def _fits(where: str, table: Mapping[str, Any], allowed: set[str], needed: set[str]) -> None:
    surplus, missing = sorted(set(table) - allowed), sorted(needed - set(table))
    if surplus or missing:
        raise BadTable(f"{where}: surplus {surplus or 'nothing'}, missing {missing or 'nothing'}")
