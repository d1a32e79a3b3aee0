"""The forms of the product: TOML tables in ``hooks/forms`` poured into `fhir_mappers.forms.Form`.

A question's link id and every option must be a local code that the value sets know, and the texts must stand in every
language: a misspelt item would be asked and never read. A question is described once, whatever forms ask it.
"""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_mappers.form_prefill import concept_of
from fhir_mappers.forms import KINDS, OPENED, Form, Option, Question
from fhir_mappers.terminology import LOCAL_SYSTEM, default_terminology
from hooks.limits import BadTable
from hooks.texts import LANGUAGES

_ABOUT_FORM = {"code", "title", "purpose", "rules", "questions", "note"}
_ABOUT_QUESTION = {"text", "kind", "options", "unit", "low", "high", "repeats", "required", "help", "valid"}
_TABLES = {"form", "question", "options"}
_SUBMITTED = "form-"  # how the local codes of forms whose submission is a fact begin


@cache
def forms() -> Mapping[str, Form]:
    """Every shipped form by id, in the order of their files' names.

    Raises:
        BadTable: a table does not fit.
    """
    folder = files("hooks").joinpath("forms")
    found = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return read_forms(tomllib.loads(file.read_text("utf-8")) for file in sorted(found, key=lambda file: file.name))


def form_for(rule_id: str) -> Form | None:
    """The form whose answers a rule waits for: the one that names it first; None when no form serves it."""
    return next((each for each in forms().values() if rule_id in each.rules), None)


def form_asking(rule_id: str, concepts: Collection[str]) -> Form | None:
    """Of the forms that serve a rule the one that asks for most of what it lacks; None when none asks for any of it.

    Args:
        concepts: what the rule lacks.
    """
    lacked = set(concepts)
    asked = {
        form.id: len(lacked.intersection(map(concept_of, form.questions)))
        for form in forms().values()
        if rule_id in form.rules
    }
    most = max(asked, key=lambda each: asked[each], default=None)
    return forms()[most] if most is not None and asked[most] else None


def read_forms(tables: Iterable[Mapping[str, Any]]) -> Mapping[str, Form]:
    """The forms of several tables, each with ``[form.ID]``, ``[question.LINK]`` and shared ``[options]``.

    Raises:
        BadTable: a key is unknown, missing or said twice, a text lacks a language, a code is not among the local codes,
            or a form asks a question nobody describes.
    """
    whole: dict[str, dict[str, Any]] = {name: {} for name in _TABLES}
    for table in tables:
        _fits("a table of forms", table, _TABLES, set())
        for name, rows in table.items():
            if twice := sorted(set(rows) & set(whole[name])):
                raise BadTable(f"{name} {twice[0]} is described twice")
            whole[name] |= rows
    questions = {link: _question(link, row, whole["options"]) for link, row in whole["question"].items()}
    made = {key: _form(key, row, questions) for key, row in whole["form"].items()}
    unasked = set(questions) - {question.link for form in made.values() for question in form.questions}
    if unasked:
        raise BadTable(f"no form asks {sorted(unasked)}")
    return made


def _form(key: str, table: Mapping[str, Any], questions: Mapping[str, Question]) -> Form:
    where = f"form {key}"
    _fits(where, table, _ABOUT_FORM, {"title", "purpose", "rules", "questions"})
    links, code = table["questions"], table.get("code")
    if len(set(links)) != len(links) or not set(links) <= set(questions):
        raise BadTable(f"{where}: a question stands in it twice, or is described nowhere")
    if code is not None:
        _known(where, code)
    return Form(
        key,
        code,
        _words(where, table["title"]),
        _words(where, table["purpose"]),
        tuple(table["rules"]),
        tuple(questions[link] for link in links),
        _words(where, table["note"]) if "note" in table else None,
        code is not None and code.startswith(_SUBMITTED),
    )


def _question(link: str, row: Mapping[str, Any], shared: Mapping[str, Any]) -> Question:
    where = f"question {link}"
    _fits(where, row, _ABOUT_QUESTION, {"text", "kind"})
    _known(where, link)
    if link == OPENED:
        raise BadTable(f"{where}: it is answered by submitting the form")
    if row["kind"] not in KINDS or (row["kind"] == "choice") != ("options" in row):
        raise BadTable(f"{where}: kind {row['kind']!r} is unknown, or does not go with its options")
    if (row["kind"] == "quantity") != ("unit" in row):
        raise BadTable(f"{where}: a quantity, and nothing else, has a unit")
    return Question(
        link,
        _words(where, row["text"]),
        row["kind"],
        tuple(_options(where, _listed(where, row.get("options", ()), shared))),
        row.get("unit"),
        _limit(row, "low"),
        _limit(row, "high"),
        row.get("repeats", False),
        row.get("required", False),
        _words(where, row["help"]) if "help" in row else None,
        row.get("valid"),
    )


def _listed(where: str, options: Any, shared: Mapping[str, Any]) -> Any:
    """The options themselves, or those of a list that several questions share."""
    if not isinstance(options, str):
        return options
    if options not in shared:
        raise BadTable(f"{where}: there is no list of options {options!r}")
    return shared[options]


def _options(where: str, rows: Iterable[Mapping[str, Any]]) -> Iterable[Option]:
    for row in rows:
        _known(where, row["code"])
        label = dict.fromkeys(LANGUAGES, row["label"]) if "label" in row else row
        yield Option(row["code"], _words(where, {language: label.get(language) for language in LANGUAGES}))


def _limit(row: Mapping[str, Any], name: str) -> Decimal | None:
    return Decimal(row[name]) if name in row else None


def _words(where: str, words: Any) -> dict[str, str]:
    if not isinstance(words, Mapping) or set(words) != set(LANGUAGES) or not all(words.values()):
        raise BadTable(f"{where}: a text needs {' and '.join(LANGUAGES)}")
    return {language: words[language] for language in LANGUAGES}


def _known(where: str, code: str) -> None:
    if not default_terminology().concepts(LOCAL_SYSTEM, code):
        raise BadTable(f"{where}: {code!r} is no local code")


def _fits(where: str, table: Mapping[str, Any], allowed: set[str], needed: set[str]) -> None:
    surplus, missing = sorted(set(table) - allowed), sorted(needed - set(table))
    if surplus or missing:
        raise BadTable(f"{where}: surplus {surplus or 'nothing'}, missing {missing or 'nothing'}")
