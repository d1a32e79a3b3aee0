"""For mkdocs: an example card of each rule that speaks, in both languages, made by the product itself.

From a shipped patient where one needs the rule, else from the first row of its test tables in which it speaks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from msgspec.structs import replace

from cds_service.sandbox.scenarios import Scenario, scenarios
from docs.site_rows import patient_of
from fhir_mappers.record.proposals import Literal
from hooks.cards import show
from hooks.evaluate import Finding, Findings
from hooks.limits import EDITIONS
from hooks.registry import CHECKS
from hooks.response import Card
from hooks.texts import LANGUAGES
from tests.cohorts.cohort import ask
from tests.hooks.said import context_of, longest, speaker
from tests.support.bedside import RULES, Bedside

_STYLES = {"info": "info", "warning": "warning", "critical": "danger"}


@dataclass(frozen=True, slots=True)
class Shown:
    """A card as a page shows it: ``style`` of its box, first line, and the lines below (Markdown)."""

    style: str
    summary: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """Where a card comes from, in a sentence, and the card by language."""

    about: str
    cards: Mapping[str, Shown]


@cache
def examples() -> dict[str, Example]:
    """Rule id to its example; rules that never have a card of their own are not in it."""
    found = {rule: _of_patient(rule, patient) for rule, patient in _spoken().items()}
    spare = (check.id for check in CHECKS if check.id not in found and RULES[check.id].severity and not check.sums_up)
    return found | {rule: _of_row(rule) for rule in spare}


def _spoken() -> dict[str, Scenario]:
    """Rule id to a shipped patient on whose screen it speaks; best where it leads the card."""
    found: dict[str, tuple[bool, Scenario]] = {}
    for patient in scenarios():
        for card in ask(patient, EDITIONS[0], LANGUAGES[0]).cards:
            for rule in _carried(card):
                follows = card.source.topic.code != rule
                if rule not in found or follows < found[rule][0]:
                    found[rule] = (follows, patient)
    return {rule: patient for rule, (_, patient) in found.items()}


def _of_patient(rule: str, patient: Scenario) -> Example:
    about = (
        f"[{patient.title['en']}](http://127.0.0.1:8080/sandbox?scenario={patient.id}&hook={patient.hook}): "
        f"a synthetic patient, `{patient.id}`, at {patient.hook}. The link works while `make run` runs."
    )
    said = {language: ask(patient, EDITIONS[0], language).cards for language in LANGUAGES}
    return Example(about, _both(said, rule))


def _of_row(rule: str) -> Example:
    """The card of the first test row in which the rule speaks; where none has a patient, its figures are left open."""
    known = patient_of(rule)
    patient, findings, test = known or (Bedside(), Findings((_open(rule),)), "")
    edition = findings.all[0].edition
    about = (
        f"A patient of the test rows (`{test}`)." if test else "No patient is drawn: figures are left open, as ‹name›."
    )
    said = {
        language: show(findings, context_of(patient, language), speaker(language, edition)) for language in LANGUAGES
    }
    return Example(about, _both(said, rule))


def _open(rule: str) -> Finding:
    """A finding of the rule's first case that shows the names of its figures in their place."""
    finding = longest(rule, next(iter(RULES[rule].severity)), next(iter(RULES[rule].sources)))
    figures = {name: Literal(f"‹{name.replace('_', ' ')}›") for name in finding.verdict.figures}
    verdict = replace(finding.verdict, figures=figures, evidence=(), missing=(), notes=())
    return replace(finding, verdict=verdict)


def _both(said: Mapping[str, list[Card]], rule: str) -> dict[str, Shown]:
    """In each language the card that carries the rule."""
    return {
        language: _shown(next(card for card in cards if rule in _carried(card))) for language, cards in said.items()
    }


def _carried(card: Card) -> list[str]:
    return [row["rule"] for row in (card.extension or {}).get("io.github.osteohooks.findings", ())]


def _shown(card: Card) -> Shown:
    return Shown(_STYLES[card.indicator.value], card.summary.replace('"', "&quot;"), tuple(_lines(card)))


def _lines(card: Card) -> Iterator[str]:
    yield from (card.detail or "").splitlines()
    yield ""
    yield from (f"- **[ {suggestion.label} ]**" for suggestion in card.suggestions or ())
