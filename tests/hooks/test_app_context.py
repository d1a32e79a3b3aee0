"""Where a card opens the app: at the form whose answers it waits for, else at its rule; one link, in the card's language."""

import pytest
from msgspec.structs import replace

from cds_service.form_pages.install import opens_at
from cds_service.pipeline import advise
from cds_service.sandbox.scenarios import hook_request, scenario
from fhir_mappers.record.answer import ABSENT, NOT_FETCHED, TOO_OLD, Missing
from hooks.app_context import AppContext, waits_for, with_app
from hooks.cards import Composed
from hooks.check import Outcome
from hooks.exact_json import dumps_exact
from hooks.questionnaires import form_asking, forms
from hooks.request import HookRequest
from hooks.response import Link
from hooks.services import services
from tests.app_pages.seen import NEWEST, parts, speaker

WHERE = "https://cds.example.org/smart/launch"


def composed(name: str, hook: str) -> list[Composed]:
    """What the cards of a shipped patient are made of."""
    about = scenario(name)
    call = HookRequest.parse(dumps_exact(hook_request(about, hook=hook)), hook)
    service = next(each for each in services() if each.hook == hook)
    return [one.made for one in advise(call, service, parts(), "en", as_of=about.as_of, edition=NEWEST).shown]


def link(made: Composed, language: str = "en") -> Link:
    (found,) = with_app(made, WHERE, speaker(language)).links or ()
    assert found.url == WHERE
    return found


@pytest.mark.parametrize(
    ("language", "label"),
    [
        ("en", "Answer in the form: Frankel grade and deficit"),
        ("fr", "Répondre dans le formulaire : Grade de Frankel et déficit"),
    ],
)
def test_a_card_that_waits_for_a_person_opens_the_form(language: str, label: str) -> None:
    asking = next(m for m in composed("lung-board-request-complete", "order-select") if waits_for(m.findings[0]))
    found = link(asking, language)
    assert (found.label, found.app_context) == (label, "rule=SPINE-NEURO-01&form=frankel")


@pytest.mark.parametrize(("name", "hook"), [("lung-femur-mirels-10", "order-sign"), ("lung-xgeva-stop", "order-sign")])
def test_a_card_that_waits_for_nobody_opens_at_its_rule(name: str, hook: str) -> None:
    for made in composed(name, hook):
        found = link(made)
        assert found.label == "Open this patient in Osteohooks"
        assert found.app_context == f"rule={made.findings[0].rule.id}"


@pytest.mark.parametrize(("why", "form"), [(ABSENT, "frankel"), (TOO_OLD, "frankel"), (NOT_FETCHED, None)])
def test_what_could_not_be_read_is_not_asked_of_a_person(why: str, form: str | None) -> None:
    made = composed("lung-board-request-complete", "order-select")
    finding = next(f for m in made for f in m.findings if waits_for(f))
    lacking = replace(finding.verdict, missing=(Missing("motor_deficit", why),))
    found = waits_for(replace(finding, verdict=lacking))
    assert (found.id if found else None) == form
    assert waits_for(replace(finding, verdict=replace(lacking, outcome=Outcome.DUE))) is None


@pytest.mark.parametrize(
    ("rule", "lacks", "form"),
    [
        ("SURG-PROPH-01", ("pain_mechanism",), "mirels"),
        ("SURG-PROPH-01", ("lesion_site", "weight_bearing_lytic"), "fracture"),
        ("MDT-OOS-02", ("board_pain", "board_prognosis_and_project"), "board"),
        ("CA-INTAKE-01", ("dietary_calcium_intake",), "calcium"),
        ("CA-INTAKE-01", ("creatinine",), None),
        ("ZOL-DOSE-01", ("creatinine",), None),
        ("MDT-OOS-02", (), None),
    ],
)
def test_of_several_forms_the_one_that_asks_for_most(rule: str, lacks: tuple[str, ...], form: str | None) -> None:
    found = form_asking(rule, lacks)
    assert (found.id if found else None) == form


def test_the_app_opens_at_a_form_there_is() -> None:
    assert {opens_at(AppContext("X-1", form)) for form in forms()} == {f"/app/forms/{form}" for form in forms()}
    assert opens_at(AppContext("X-1", "no-such-form")) == opens_at(AppContext("X-1")) == "/app"
