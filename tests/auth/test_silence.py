"""Shadow mode: silent rules are asked and reported, and what is shown is as if they did not exist."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from cds_service.clients import Silence
from cds_service.pipeline import Parts, Reply, advise, build_parts
from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenario, scenarios
from hooks.cards import FINDINGS_EXTENSION
from hooks.evaluate import Findings
from hooks.limits import DEFAULT_EDITION
from hooks.quiet import Reason
from hooks.request import HookRequest
from hooks.services import Service, services
from tests.service.test_pipeline import NOTHING, call_of

MAN = scenario("lung-zol-clearance-42")
SIGN, *_ = services()
BY_ID = {service.id: service for service in services()}


@pytest.fixture(scope="module")
def parts() -> Parts:
    return build_parts(lambda: MAN.as_of, DEFAULT_EDITION)


def ask(each: Scenario, parts: Parts, silence: Silence, service: Service | None = None) -> Reply:
    asked = service or BY_ID[each.service]
    call = HookRequest.parse(hook_request_bytes(each), asked.hook)
    return advise(call, asked, parts, "en", as_of=each.as_of, silence=silence)


def without(service: Service, rules: Iterable[str]) -> Service:
    """The service as it would be if these rules did not exist."""
    gone = set(rules)
    return replace(service, checks=tuple(check for check in service.checks if check.id not in gone))


def shown(reply: Reply) -> list[dict[str, Any]]:
    """Cards without their random ids."""

    def strip(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: strip(member) for key, member in value.items() if key not in ("uuid", "id", "fullUrl")}
        return [strip(member) for member in value] if isinstance(value, list) else value

    return [strip(card.model_dump(mode="json")) for card in reply.cards]


def rules_of_cards(reply: Reply) -> list[list[str]]:
    return [[row["rule"] for row in card["extension"][FINDINGS_EXTENSION]] for card in shown(reply)]


def withheld(reply: Reply) -> list[str]:
    return [finding.rule.id for one in reply.withheld for finding, _ in one.card.findings]


def speaking(findings: Findings) -> list[str]:
    return [finding.rule.id for finding in findings.speaking]


def test_nothing_is_silent_unless_told(parts: Parts) -> None:
    reply = ask(MAN, parts, Silence())
    assert reply.cards
    assert reply.withheld == ()


@pytest.mark.parametrize("silence", [Silence(everything=True), Silence(services=frozenset({"bone-order-sign"}))])
def test_a_silent_service_shows_nothing_and_reports_all(parts: Parts, silence: Silence) -> None:
    loud, reply = ask(MAN, parts, Silence()), ask(MAN, parts, silence)
    assert reply.cards == []
    assert sorted(withheld(reply)) == sorted(speaking(loud.findings))
    assert {one.reasons for one in reply.withheld} == {(Reason.SILENT,)}
    assert reply.extension is None, "the EHR is not told"
    assert (reply.memos, reply.seen) == ((), ()), "nothing was shown"
    assert [f.verdict for f in reply.findings.all] == [f.verdict for f in loud.findings.all]
    assert [one.card.made.card.summary for one in reply.withheld] == [card.summary for card in loud.cards]


def test_another_service_is_not_silent(parts: Parts) -> None:
    reply = ask(MAN, parts, Silence(services=frozenset({"bone-patient-view"}), rules=frozenset({"JAW-EXTR-99"})))
    assert reply.cards
    assert reply.withheld == ()


def test_a_card_goes_out_without_what_is_silent(parts: Parts) -> None:
    """The steps before the first dose share one card."""
    start = scenario("lung-xgeva-start")
    assert ["AR-RENAL-01", "AR-DENTAL-01"] in rules_of_cards(ask(start, parts, Silence()))
    reply = ask(start, parts, Silence(rules=frozenset({"AR-RENAL-01"})))
    assert ["AR-DENTAL-01"] in rules_of_cards(reply)
    assert "AR-RENAL-01" not in str(shown(reply))
    assert withheld(reply) == ["AR-RENAL-01"]


@pytest.mark.parametrize("each", scenarios()[::3], ids=lambda each: each.id)
def test_what_is_shown_is_as_if_silent_rules_did_not_exist(each: Scenario, parts: Parts) -> None:
    """For every rule that speaks of a patient, and for all of them but one."""
    service = BY_ID[each.service]
    loud = ask(each, parts, Silence())
    rules = sorted(set(speaking(loud.findings)))
    for hushed in [{rule} for rule in rules] + [set(rules) - {rule} for rule in rules]:
        reply = ask(each, parts, Silence(rules=frozenset(hushed)))
        assert shown(reply) == shown(ask(each, parts, Silence(), without(service, hushed)))
        assert set(withheld(reply)) == hushed
        assert [f.rule.id for f in reply.findings.all] == [f.rule.id for f in loud.findings.all]


def test_who_is_muted_by_a_silent_rule_is_heard(parts: Parts) -> None:
    """A rule in trial must not take a warning away: of a child, the scope alone speaks, unless it is silent."""
    child = {"resourceType": "Patient", "id": "syn-lung-zol-clearance-42", "gender": "male", "birthDate": "2016-01-01"}
    loud = advise(call_of(patient=child), SIGN, parts, "en")
    assert speaking(loud.findings) == ["AR-SCOPE-01"]
    assert {f.because for f in loud.findings.all if f.rule.id == "AR-DENTAL-01"} == {"muted by AR-SCOPE-01"}
    reply = advise(call_of(patient=child), SIGN, parts, "en", silence=Silence(rules=frozenset({"AR-SCOPE-01"})))
    assert withheld(reply) == ["AR-SCOPE-01"]
    assert "AR-DENTAL-01" in speaking(reply.findings)
    assert any("AR-DENTAL-01" in rules for rules in rules_of_cards(reply))


def test_a_broken_check_that_is_silent_shows_no_card(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    broken = replace(
        SIGN, checks=tuple(replace(check, judge=fail) if check.id == "ZOL-DOSE-01" else check for check in SIGN.checks)
    )
    reply = ask(MAN, parts, Silence(rules=frozenset({"ZOL-DOSE-01"})), broken)
    assert [each.rule for each in reply.findings.broken] == ["ZOL-DOSE-01"]
    assert shown(reply) == shown(ask(MAN, parts, Silence(), without(SIGN, {"ZOL-DOSE-01"})))
    assert caplog.text.count("check ZOL-DOSE-01 failed") == 1
    loud = ask(MAN, parts, Silence(rules=frozenset({"AR-DENTAL-01"})), broken)
    assert caplog.text.count("check ZOL-DOSE-01 failed") == 2, "once for each call"
    assert len(loud.cards) == len(reply.cards)


def test_a_silent_service_asks_for_no_data(parts: Parts) -> None:
    """It must not disturb: where it would refuse for want of data, it shows nothing."""
    reply = advise(call_of(**NOTHING), SIGN, parts, "en", silence=Silence(everything=True))
    assert reply.cards == []
    assert reply.withheld
