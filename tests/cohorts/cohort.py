"""What the product says about every shipped patient, in each edition, as a page that a clinician can read.

Everything goes the way of a real call: the request body of the scenario, the parser, the pipeline. Pure but for reading
the files of this folder.
"""

import json
import tomllib
from collections.abc import Iterable, Mapping
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from typing import Any

from cds_service.pipeline import Parts, Reply, advise, build_parts
from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenario, scenarios
from hooks.limits import EDITIONS
from hooks.request import HookRequest
from hooks.services import Service, services
from hooks.texts import LANGUAGES, Speaker

FOLDER = Path(__file__).parent
ALL = "every edition"
_SERVICES: Mapping[str, Service] = {service.id: service for service in services()}


def page_of(about: Scenario) -> Path:
    """Where the reviewed page of a scenario lies."""
    return FOLDER / f"{about.id}.txt"


def pages() -> dict[Path, str]:
    """Every page as it should be now, by path."""
    return {page_of(each): page(each) for each in scenarios()}


def page(about: Scenario) -> str:
    """The page of one scenario; editions that agree are written once, those that differ one below the other."""
    lines = [about.title["en"], about.title["fr"], ""]
    lines += [about.shows["en"], about.shows["fr"], "", _setting(about), ""]
    lines += ["CARDS", "-----", *(_cards(about, about.service) or ["none, in every edition", ""])]
    lines += ["FINDINGS THAT SPEAK", "-------------------", *(_findings(about) or ["none, in every edition", ""])]
    lines += ["AT THE OTHER HOOKS", "------------------", *_elsewhere(about)]
    return "\n".join(lines).rstrip("\n") + "\n"


def ask(about: Scenario, edition: str, language: str, service: str | None = None) -> Reply:
    """The reply to one scenario, by default of its own service; ``service`` asks another one about the same patient."""
    return _ask(about.id, edition, language, service or about.service)


@cache
def _ask(scenario_id: str, edition: str, language: str, service_id: str) -> Reply:
    about, service = scenario(scenario_id), _SERVICES[service_id]
    call = HookRequest.parse(_body(scenario_id, service.hook), service.hook)
    reply = advise(call, service, _parts(about.as_of), language, as_of=about.as_of, edition=edition)
    assert not reply.findings.broken, reply.findings.broken
    return reply


@cache
def _parts(day: date) -> Parts:
    return build_parts(lambda: day, EDITIONS[0])


@cache
def _body(scenario_id: str, hook: str) -> bytes:
    return hook_request_bytes(scenario(scenario_id), hook=hook)


def _setting(about: Scenario) -> str:
    clearance = f"; clearance {about.clearance} mL/min" if about.clearance is not None else ""
    return f"{about.hook} to {about.service} on {about.as_of}{clearance}"


def _elsewhere(about: Scenario) -> list[str]:
    """The cards of the same patient at the other five hooks: one that was shown at an earlier hook is only named, and
    the hooks without a card are named in the last line.
    """
    others = [service for service in _SERVICES.values() if service.hook != about.hook]
    said = {service.hook: _cards(about, service.id) for service in others}
    shown = {tuple(card): about.hook for card in _apart(_cards(about, about.service))}
    lines: list[str] = []
    for hook, cards in said.items():
        lines += [hook.upper()] if cards else []
        for card in map(tuple, _apart(cards)):
            lines += [f"{card[0]}, as at {shown[card]}", ""] if card in shown else [*card, ""]
            shown.setdefault(card, hook)
    silent = [hook for hook, cards in said.items() if not cards]
    return [*lines, *([f"no card in any edition: {', '.join(silent)}"] if silent else [])]


def _apart(lines: list[str]) -> list[list[str]]:
    """The blocks between the empty lines."""
    return [list(block) for filled, block in groupby(lines, bool) if filled]


def _cards(about: Scenario, service: str) -> list[str]:
    """Card by card; cards of two editions are the same card when they have the same leading rule."""
    blocks: dict[str, dict[str, list[str]]] = {}
    for edition in EDITIONS:
        replies = [ask(about, edition, language, service) for language in LANGUAGES]
        for said in zip(*(reply.cards for reply in replies), strict=True):
            texts = [
                line for reply, card in zip(replies, said, strict=True) for line in _text(reply.speaker, card.detail)
            ]
            blocks.setdefault(said[0].source.topic.code, {})[edition] = [*_card(said), *texts]
    return [line for lead, found in blocks.items() for line in _compared(lead, found, "no card")]


def _card(said: Iterable[Any]) -> list[str]:
    """One card in both languages."""
    spoken = dict(zip(LANGUAGES, said, strict=True))
    first = spoken[LANGUAGES[0]]
    carried = [row["rule"] for row in (first.extension or {}).get("io.github.osteohooks.findings", ())]
    lines = [f"{first.indicator.value}, carries {', '.join(carried)}"]
    lines += [f"{language}  {card.summary}" for language, card in spoken.items()]
    labels = [[suggestion.label for suggestion in card.suggestions or ()] for card in spoken.values()]
    lines += [f"->  {' / '.join(label)}" for label in zip(*labels, strict=True)]
    return lines


def _text(speaker: Speaker, detail: str) -> list[str]:
    """What a card says below its summary; the evidence, the section and the name of the edition are left out."""
    left_out = tuple(f"{speaker.word(name)}{speaker.figures.colon}" for name in ("rests-on", "source"))
    said = [block for block in detail.split("\n\n")[:-1] if not block.startswith(left_out)]
    wrapped = [wrap(block, 108, break_long_words=False, break_on_hyphens=False) for block in said]
    return [f"{speaker.language}  |  {line}" for block in wrapped for line in block]


def _findings(about: Scenario) -> list[str]:
    blocks: dict[str, dict[str, list[str]]] = {}
    for edition in EDITIONS:
        replies = {language: ask(about, edition, language) for language in LANGUAGES}
        for finding in replies[LANGUAGES[0]].findings.speaking:
            said = [f"{language}  {reply.speaker.summary(finding)}" for language, reply in replies.items()]
            head = f"{finding.status}, {finding.severity.value}, case {finding.verdict.case}"
            blocks.setdefault(finding.rule.id, {}).setdefault(edition, []).extend([head, *said])
    return [line for rule, found in blocks.items() for line in _compared(rule, found, _silence(about, rule, found))]


def _silence(about: Scenario, rule: str, found: Mapping[str, Any]) -> str:
    """Why a rule that speaks in one edition is silent in another."""
    silent = next((edition for edition in EDITIONS if edition not in found), None)
    if silent is None:
        return ""
    finding = next(f for f in ask(about, silent, "en").findings.all if f.rule.id == rule)
    return f"silent, {finding.because or finding.verdict.outcome.value}"


def _compared(name: str, found: Mapping[str, list[str]], absent: str) -> list[str]:
    """The blocks of one card or rule: once for the editions that agree, and what the others do instead."""
    said: dict[tuple[str, ...], list[str]] = {}
    for edition in EDITIONS:
        said.setdefault(tuple(found.get(edition, [absent])), []).append(edition)
    lines = [name]
    for block, editions in said.items():
        lines.append(f"  [{ALL if len(said) == 1 else ', '.join(editions)}]")
        lines += [f"    {line}" for line in block]
    return [*lines, ""]


@cache
def expected() -> dict[str, Any]:
    """The judgement of a reader of the guideline, written by hand: ``expected.toml``."""
    return tomllib.loads((FOLDER / "expected.toml").read_text("utf-8"))


def words(reply: Reply) -> str:
    """Everything a user reads on the cards of a reply, suggestions and actions included."""
    shown = [json.loads(card.model_dump_json(exclude={"extension"})) for card in reply.cards]
    return json.dumps(shown, ensure_ascii=False)
