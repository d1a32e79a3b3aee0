"""The life of one call without HTTP: what is refused, what is reported, which day, which edition, which language."""

import json
import logging
import re
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import pytest

from cds_service.errors import MissingData
from cds_service.pipeline import Parts, Reply, advise, build_parts, read
from cds_service.sandbox.scenarios import hook_request, scenario
from hooks.check import Check, Outcome, Verdict
from hooks.exact_json import dumps_exact
from hooks.limits import DEFAULT_EDITION, EDITIONS
from hooks.request import HookRequest
from hooks.response import Indicator
from hooks.services import Service, services
from hooks.texts import LANGUAGES
from tests.support.bedside import PRODUCTS, order

MAN = scenario("lung-zol-clearance-42")
SIGN, SELECT, VIEW, *_ = services()


@dataclass
class Clock:
    """Counts how often it is read."""

    day: date = MAN.as_of
    readings: list[date] = field(default_factory=list)

    def __call__(self) -> date:
        self.readings.append(self.day)
        return self.day


@pytest.fixture(scope="module")
def parts() -> Parts:
    return build_parts(lambda: MAN.as_of, DEFAULT_EDITION)


def call_of(body: dict[str, Any] | None = None, hook: str = "order-sign", **prefetch: Any) -> HookRequest:
    """The man's call; ``prefetch`` replaces keys, a value of ``...`` removes one."""
    whole = json.loads(dumps_exact(body or hook_request(MAN)))
    sent = {key: value for key, value in (whole["prefetch"] | prefetch).items() if value is not ...}
    return HookRequest.parse(dumps_exact(whole | {"prefetch": sent}), hook)


def draft(product: str, dose: str | None = None, **extra: Any) -> dict[str, Any]:
    patient = {"subject": {"reference": "Patient/syn-lung-zol-clearance-42"}}
    row = {"resourceType": "MedicationRequest", "id": "d1", "status": "draft", **patient}
    return row | order(product, dose, **extra)


def ordering(*drafts: dict[str, Any], **prefetch: Any) -> HookRequest:
    body = hook_request(MAN)
    body["context"]["draftOrders"]["entry"] = [{"resource": one} for one in drafts]
    return call_of(body, **prefetch)


NOTHING = dict.fromkeys(hook_request(MAN)["prefetch"], ...)
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}


def rules(reply: Reply) -> list[str]:
    return [card.source.topic.code for card in reply.cards]


# ---- what is answered ------------------------------------------------------------------------------------------------


def test_a_call_is_read_asked_said_and_shown(parts: Parts) -> None:
    reply = advise(call_of(), SIGN, parts, "en")
    assert rules(reply)[0] == "ZOL-DOSE-01"
    assert [f.rule.id for f in reply.findings.all] == [check.id for check in SIGN.checks]
    assert reply.record.as_of == MAN.as_of
    suggestion = (reply.cards[1].suggestions or ())[0]
    created = (suggestion.actions or ())[0].resource or {}
    assert created["subject"] == {"reference": "Patient/syn-lung-zol-clearance-42"}
    assert created["requester"] == {"reference": "Practitioner/syn-prescriber"}
    assert created["authoredOn"] == str(MAN.as_of)


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_language_and_edition_are_those_asked_for(parts: Parts, language: str, edition: str) -> None:
    reply = advise(call_of(), SIGN, parts, language, edition=edition)
    assert {finding.edition for finding in reply.findings.all} == {edition}
    assert (reply.speaker.language, reply.speaker.edition.id) == (language, edition)
    assert {card.source.label for card in reply.cards} == {parts.editions[edition].label[language]}


def test_the_edition_of_the_installation_is_the_default() -> None:
    earlier = build_parts(lambda: MAN.as_of, "aura-earlier")
    assert advise(call_of(), SIGN, earlier, "en").speaker.edition.id == "aura-earlier"


def test_the_editions_differ_where_the_guideline_does(parts: Parts) -> None:
    call = ordering(draft("zometa", "3.3 mg", over="15 min"))
    outcomes = {}
    for edition in EDITIONS:
        found = advise(call, SIGN, parts, "en", edition=edition).findings.all
        outcomes[edition] = next(f.verdict.outcome for f in found if f.rule.id == "ZOL-INFUS-01")
    assert outcomes["aura-2026"] is Outcome.DUE
    assert outcomes["aura-earlier"] is Outcome.SATISFIED


def test_the_clock_is_read_once_for_each_call() -> None:
    clock = Clock()
    parts = build_parts(clock, DEFAULT_EDITION)
    assert clock.readings == [], "not while the house is built"
    for calls in (1, 2):
        assert advise(call_of(), SIGN, parts, "en").record.as_of == MAN.as_of
        assert len(clock.readings) == calls


def test_a_given_day_replaces_the_clock() -> None:
    clock = Clock()
    later = date(2026, 12, 1)
    reply = advise(call_of(), SIGN, build_parts(clock, DEFAULT_EDITION), "en", as_of=later)
    assert clock.readings == []
    assert reply.record.as_of == later
    assert next(f for f in reply.findings.all if f.rule.id == "AR-RENAL-01").verdict.case == "too_old"


def test_selections_narrow_only_the_selecting_hook(parts: Parts) -> None:
    body = hook_request(MAN)
    body["context"]["selections"] = ["MedicationRequest/another"]
    signed = read(call_of(body), parts, MAN.as_of)
    selected = read(call_of(body | {"hook": "order-select"}, "order-select"), parts, MAN.as_of)
    assert [one.selected for one in signed.drafts] == [True]
    assert [one.selected for one in selected.drafts] == [False]
    assert advise(call_of(body | {"hook": "order-select"}, "order-select"), SELECT, parts, "en").cards == []


# ---- what is refused -------------------------------------------------------------------------------------------------


def test_without_any_data_a_call_that_needs_some_is_refused(parts: Parts) -> None:
    with pytest.raises(MissingData) as refusal:
        advise(call_of(**NOTHING), SIGN, parts, "en")
    with pytest.raises(MissingData):
        advise(call_of(**dict.fromkeys(NOTHING, FAILED)), SIGN, parts, "en")
    assert refusal.value.status == 412
    assert refusal.value.keys == tuple(SIGN.prefetch)


def test_data_of_kinds_the_service_did_not_ask_for_are_no_data(parts: Parts) -> None:
    assert "appointments" not in SELECT.prefetch
    body = hook_request(MAN, hook="order-select")
    with pytest.raises(MissingData):
        advise(call_of(body, "order-select", **NOTHING | {"appointments": None}), SELECT, parts, "en")


@pytest.mark.parametrize("sent", [None, "x"], ids=["nothing found", "unreadable"])
def test_one_answered_key_is_enough(parts: Parts, sent: Any) -> None:
    reply = advise(call_of(**NOTHING | {"conditions": sent}), SIGN, parts, "en")
    assert any(card.summary.startswith("Not checked") for card in reply.cards)


def test_without_data_what_the_order_alone_tells_is_said(parts: Parts) -> None:
    reply = advise(ordering(draft("zometa", "8 mg"), **NOTHING), SIGN, parts, "en")
    assert reply.cards[0].indicator is Indicator.CRITICAL
    assert rules(reply)[0] == "ZOL-DOSE-01"


def test_without_data_an_order_that_concerns_no_rule_is_no_error(parts: Parts) -> None:
    paracetamol = draft("paracetamol")
    assert paracetamol["medicationCodeableConcept"] == PRODUCTS["paracetamol"]
    assert advise(ordering(paracetamol, **NOTHING), SIGN, parts, "en").cards == []


# ---- what is reported ------------------------------------------------------------------------------------------------


def breaking(service: Service, rule: str) -> Service:
    """The service with one check that fails on a value of the patient."""

    def fail(*_: object) -> Verdict:
        raise ZeroDivisionError("patient syn-lung-zol-clearance-42 weighs 63.0 kg")

    def broken(check: Check) -> Check:
        return replace(check, judge=fail) if check.id == rule else check

    return replace(service, checks=tuple(map(broken, service.checks)))


def test_a_broken_check_is_logged_by_rule_and_kind_and_the_others_answer(
    parts: Parts, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        reply = advise(call_of(), breaking(SIGN, "AR-DENTAL-01"), parts, "en")
    (record,) = caplog.records
    assert (record.name, record.levelname) == ("osteohooks", "ERROR")
    assert record.getMessage() == "check AR-DENTAL-01 failed: ZeroDivisionError"
    assert (record.__dict__["rule"], record.__dict__["error"]) == ("AR-DENTAL-01", ZeroDivisionError)
    assert record.exc_info is None
    assert not re.search(r"63\.0|syn-|weighs", caplog.text)
    assert "ZOL-DOSE-01" in rules(reply)
    assert "AR-DENTAL-01" not in {finding.rule.id for finding in reply.findings.all}
    last = reply.cards[-1]
    assert last.indicator is Indicator.INFO
    assert (last.detail or "").endswith("AR-DENTAL-01")
    assert "63.0" not in (last.detail or "")


def test_an_ordinary_call_logs_nothing(parts: Parts, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        advise(call_of(), SIGN, parts, "fr")
    assert caplog.records == []


def test_parts_speak_every_language_and_edition(parts: Parts) -> None:
    assert set(parts.speakers) == {(language, edition) for language in LANGUAGES for edition in EDITIONS}
    assert all(parts.speakers[key].edition is parts.editions[key[1]] for key in parts.speakers)
    assert VIEW.hook == "patient-view"
