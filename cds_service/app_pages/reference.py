"""The reference of the guideline: one page for each chapter, made of the same tables and texts as the cards."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from cds_service.app_pages.page import shell, templates
from cds_service.app_pages.words import Words, inline, page_words
from cds_service.pipeline import Parts
from fhir_mappers.record.quantity import Quantity
from hooks.choices import EDITIONS
from hooks.ledger import Ledger, name_of, read_ledger
from hooks.limits import Rule, load_tables, table_names
from hooks.texts import Speaker, load_texts

REFERENCE = "/app/reference"
_FIELD = re.compile(r"\{(\w+)(?::\w+)?\}")
_OPEN = "…"


@dataclass(frozen=True, slots=True)
class Case:
    """What a rule says in one of its cases: the class of its colour and shape, its word, the sentence."""

    tone: str
    status: str
    summary: Markup


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One number: its name, its address, its value in each edition (and whether it is this project's choice)."""

    name: str
    address: str
    values: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class RuleSheet:
    """One rule on the page of its chapter; ``departures`` is what a site's policy changed in it."""

    id: str
    title: str
    kind: str
    strength: str
    moments: tuple[str, ...]
    cases: tuple[Case, ...]
    paragraphs: tuple[Markup, ...]
    numbers: tuple[NumberRow, ...]
    ours: tuple[str, ...]
    sources: tuple[tuple[str, str], ...]
    elsewhere: str
    departures: tuple[Markup, ...]

    @property
    def absent(self) -> bool:
        """Whether the edition asked for does not have it; ``elsewhere`` then names those that have."""
        return bool(self.elsewhere)


@cache
def chapters() -> Mapping[str, tuple[str, ...]]:
    """The rules of each chapter, by the name of its table."""
    folder = files("hooks").joinpath("guidelines")
    stems = ((name.removesuffix(".toml"), folder.joinpath(name).read_text("utf-8")) for name in table_names())
    return {stem: tuple(tomllib.loads(text)) for stem, text in stems}


def address_of(rule: str, language: str, edition: str) -> str | None:
    """Where a rule stands; the list of chapters for no rule, None for one that is not ours."""
    query = urlencode({"lang": language, "edition": edition})
    if not rule:
        return f"{REFERENCE}?{query}"
    chapter = next((stem for stem, rules in chapters().items() if rule in rules), None)
    return None if chapter is None else f"{REFERENCE}/{chapter}?{query}#{rule}"


def contents_page(parts: Parts, language: str, edition: str) -> str:
    """The list of chapters."""
    words = page_words(language)
    listed = [(stem, chapter_name(stem, words), len(rules)) for stem, rules in chapters().items()]
    return _render("app/contents.html", words, edition, parts, chapters=sorted(listed, key=lambda row: row[1]))


def chapter_page(chapter: str, parts: Parts, language: str, edition: str) -> str:
    """Every rule of one chapter.

    Raises:
        KeyError: there is no such chapter.
    """
    words, speaker = page_words(language), parts.speakers[language, edition]
    sheets = [sheet(parts.rules[rule], speaker, words) for rule in chapters()[chapter] if rule in parts.rules]
    name = chapter_name(chapter, words)
    return _render("app/chapter.html", words, edition, parts, name=name, chapter=chapter, sheets=sheets)


def chapter_name(stem: str, words: Words) -> str:
    """What a reader calls a chapter; one without words of its own goes by the name of its table."""
    key = f"chapter-{stem}"
    return words(key) if words.has(key) else stem.replace("_", " ").capitalize()


def sheet(rule: Rule, speaker: Speaker, words: Words) -> RuleSheet:
    """One rule: what it says in each case, why, its numbers in each edition, where they stand."""
    edition = speaker.edition.id
    moments = tuple(words(f"at-{hook}") for hook in rule.hooks)
    return RuleSheet(
        rule.id,
        speaker.title(rule),
        words(f"kind-{rule.kind}"),
        rule.strength[speaker.language],
        moments,
        tuple(_cases(rule, speaker, words)),
        tuple(inline(text) for text in _paragraphs(rule, speaker)),
        tuple(_numbers(rule, speaker, words)),
        rule.ours,
        tuple((key, rule.sources[key][speaker.language]) for key in EDITIONS if key in rule.sources),
        "" if edition in rule.sources else "; ".join(words(key) for key in EDITIONS if key in rule.sources),
        tuple(dict.fromkeys(inline(speaker.departure(each)) for each in rule.departures)),
    )


def _render(template: str, words: Words, edition: str, parts: Parts, **more: object) -> str:
    labels = {key: found.label[words.language] for key, found in parts.editions.items()}
    given = {**shell(words), "edition": edition, "editions": EDITIONS, "labels": labels, "path": REFERENCE, **more}
    return templates().get_template(template).render(**given)


def _cases(rule: Rule, speaker: Speaker, words: Words) -> Iterator[Case]:
    """The sentences of the cards, figures of a patient left open."""
    texts = load_texts()[0][rule.id]
    for case, row in texts.items():
        said = row.get(speaker.language, {}) if isinstance(row, dict) else {}
        if isinstance(said, dict) and "summary" in said:
            tone = "unknown" if case == "undecided" else rule.severity_of(case).value
            yield Case(tone, words(f"tone-{tone}"), inline(_open(said["summary"], rule, speaker)))


def _paragraphs(rule: Rule, speaker: Speaker) -> Iterator[str]:
    texts = load_texts()[0][rule.id]
    own = texts[speaker.language]
    if "text" in own:
        yield own["text"]
    if rule.reason is not None:
        yield rule.reason[speaker.language]
    yield from (_open(own[key], rule, speaker) for key in ("why", "change") if key in own)
    told = texts.get("editions", {}).get(speaker.edition.id)
    if told:
        yield told[speaker.language]


def _open(template: str, rule: Rule, speaker: Speaker) -> str:
    """A sentence with the numbers of the edition; what only a patient tells stays open."""
    numbers = rule.numbers.get(speaker.edition.id)

    def fill(found: re.Match[str]) -> str:
        value = getattr(numbers, found[1], None)
        return speaker.figures.show(value) if isinstance(value, Quantity | int) else _OPEN

    return _FIELD.sub(fill, template)


@cache
def _ledger() -> Ledger:
    return read_ledger(load_tables(), {})


def _numbers(rule: Rule, speaker: Speaker, words: Words) -> Iterator[NumberRow]:
    """The numbers that stand in the rule's own table; those of another rule stand there."""
    for address, number in _ledger().numbers.items():
        if number.rule == rule.id:
            values = tuple(
                (_said(number.shipped[key], speaker, words) if key in number.shipped else "–", key in number.ours)
                for key in EDITIONS
            )
            yield NumberRow(_name(address, speaker.language), address.partition(".")[2], values)


def _name(address: str, language: str) -> str:
    try:
        return name_of(address)[language]
    except KeyError:  # a number no policy may name, such as one of a list
        return address.partition(".")[2].replace("_", " ").replace(".", " ")


def _said(raw: Any, speaker: Speaker, words: Words) -> str:
    if isinstance(raw, bool):
        return words("yes" if raw else "no")
    try:
        return speaker.figures.quantity(Quantity.of(raw))
    except (ValueError, ArithmeticError, AttributeError):
        return str(raw)
