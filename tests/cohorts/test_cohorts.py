"""The shipped patients: the words are those that were read and accepted, and the advice is what the guideline says."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

import pytest

from cds_service.sandbox.scenarios import Scenario, scenario, scenarios
from hooks.evaluate import Finding
from hooks.limits import EDITIONS
from hooks.services import Service, services
from hooks.texts import LANGUAGES
from tests.cohorts.cohort import FOLDER, ask, expected, page, page_of, words

EXPECTED = expected()
EACH = [pytest.param(each, id=each.id) for each in scenarios()]


def test_every_patient_is_judged_and_has_a_page() -> None:
    known = [each.id for each in scenarios()]
    assert list(EXPECTED) == known
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == sorted(known)


@pytest.mark.parametrize("about", EACH)
def test_the_page_is_the_one_that_was_read(about: Scenario) -> None:
    """To accept a change: ``python -m tests.cohorts``, and read the difference."""
    assert page(about) == page_of(about).read_text("utf-8")


@pytest.mark.parametrize("about", EACH)
def test_the_advice_is_what_the_guideline_says(about: Scenario) -> None:
    judged = EXPECTED[about.id]
    for edition, language in product(EDITIONS, LANGUAGES):
        reply = ask(about, edition, language)
        wanted = judged.get("editions", {}).get(edition, judged["findings"])
        assert sorted(map(said, reply.findings.speaking)) == sorted(wanted), edition
        assert bool(reply.cards) == bool(wanted), edition
        if reply.cards and "offers" in judged:
            more = judged.get("also_offers", {}).get(edition, [])
            assert list(offers(reply.cards)) == [*judged["offers"], *more], edition
        if reply.cards:
            for figure in judged.get("says", ()) if language == "en" else ():
                assert figure in words(reply), (figure, edition)
        for word in judged.get("never", ()):
            assert word not in words(reply), (word, edition)


@pytest.mark.parametrize("name", [name for name, judged in EXPECTED.items() if "only" in judged])
@pytest.mark.parametrize("edition", EDITIONS)
def test_what_one_edition_says_the_others_do_not(name: str, edition: str) -> None:
    by_edition, shown = EXPECTED[name]["only"], words(ask(scenario(name), edition, "en"))
    mine = by_edition.get(edition, [])
    assert [figure for figure in mine if figure not in shown] == []
    others = {figure for figures in by_edition.values() for figure in figures if figure not in mine}
    assert [figure for figure in others if figure in shown] == []


def said(finding: Finding) -> str:
    status = "needs-data " if finding.status == "needs-data" else ""
    return f"{finding.rule.id} {status}{finding.severity.value}"


def offers(cards: Any) -> Iterator[str]:
    for card in cards:
        for suggestion in card.suggestions or ():
            for action in suggestion.actions:
                kind = action.resource["resourceType"] if action.resource else action.resource_id.split("/")[0]
                yield f"{action.type.value} {kind}"


@pytest.mark.parametrize("about", EACH)
def test_severities_lead_the_cards(about: Scenario) -> None:
    ranks = {"critical": 2, "warning": 1, "info": 0}
    for edition in EDITIONS:
        cards = ask(about, edition, "en").cards
        indicators = [ranks[card.indicator.value] for card in cards]
        assert indicators == sorted(indicators, reverse=True)
        assert len({card.summary for card in cards}) == len(cards)
        carried = [row["rule"] for card in cards for row in (card.extension or {})["io.github.osteohooks.findings"]]
        assert sorted(carried) == sorted(f.rule.id for f in ask(about, edition, "en").findings.speaking)


@pytest.mark.parametrize("about", EACH)
def test_the_other_hooks_say_what_belongs_to_their_moment(about: Scenario) -> None:
    judged = EXPECTED[about.id]
    hooks = {service.hook: service for service in services() if service.hook != about.hook}
    named = [judged.get("at", {}), *judged.get("but", {}).values()]
    assert {hook for each in named for hook in each} <= set(hooks)
    for edition, (hook, service) in product(EDITIONS, hooks.items()):
        found = ask(about, edition, "en", service.id)
        wanted = {**judged.get("at", {}), **judged.get("but", {}).get(edition, {})}.get(hook, [])
        assert sorted(map(said, found.findings.speaking)) == sorted(wanted), (hook, edition)
        assert bool(found.cards) == bool(wanted), (hook, edition)


@pytest.mark.parametrize("name", ["osteoporosis-aclasta-no-cancer", "osteoporosis-prolia-no-cancer"])
def test_where_nothing_is_asked_every_hook_is_silent(name: str) -> None:
    assert_silent(scenario(name), services())


@pytest.mark.parametrize("name", ["lung-zol-renewal-monthly", "breast-long-history"])
def test_where_all_is_well_only_the_handout_of_a_discharge_is_given(name: str) -> None:
    about = scenario(name)
    assert_silent(about, [service for service in services() if service.hook != "encounter-discharge"])
    for edition in EDITIONS:
        (card,) = ask(about, edition, "en", "bone-encounter-discharge").cards
        assert (card.indicator.value, card.suggestions) == ("info", None)
        assert (card.detail or "").startswith("To tell the patient or hand over:")


def assert_silent(about: Scenario, asked: Iterable[Service]) -> None:
    for edition, service in product(EDITIONS, asked):
        found = ask(about, edition, "en", service.id)
        assert found.cards == [], (edition, service.id)
        assert found.findings.speaking == ()
