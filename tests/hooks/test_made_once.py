"""What is made once for all calls, or read only when it is looked at, changes nothing that is found."""

from dataclasses import replace
from datetime import date

from cds_service.pipeline import Parts, build_parts, read
from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenarios
from fhir_mappers.record.patient_record import PatientRecord
from hooks.check import Outcome
from hooks.evaluate import NOT_IN_EDITION, RETIRED, Guideline, evaluate
from hooks.limits import DEFAULT_EDITION, EDITIONS
from hooks.registry import CHECKS
from hooks.request import HookRequest
from hooks.services import services

BY_ID = {service.id: service for service in services()}


def record_of(about: Scenario, parts: Parts) -> PatientRecord:
    call = HookRequest.parse(hook_request_bytes(about), BY_ID[about.service].hook)
    return read(call, parts, about.as_of)


def test_neither_the_calls_before_nor_who_reads_everything_change_a_finding() -> None:
    parts = build_parts(date.today, DEFAULT_EDITION)
    for number, about in enumerate(scenarios()):
        edition = EDITIONS[number % len(EDITIONS)]
        record, checks = record_of(about, parts), BY_ID[about.service].checks
        whole = {concept: tuple(results) for concept, results in record_of(about, parts).measurements.items()}
        alone = evaluate(checks, replace(record, measurements=whole, _memo={}), Guideline(parts.rules, edition))
        assert evaluate(checks, record, parts.guideline(edition)) == alone, about.id


def test_a_silent_finding_is_one_for_all_who_ask_alike() -> None:
    parts = build_parts(date.today, DEFAULT_EDITION)
    guideline, check = parts.guideline(DEFAULT_EDITION), CHECKS[0]
    assert parts.guideline(DEFAULT_EDITION) is guideline
    question = guideline.question(check)
    silent = question.silent
    assert (silent.verdict.outcome, silent.edition, silent.because) == (Outcome.NOT_APPLICABLE, DEFAULT_EDITION, None)
    assert question.is_asked
    assert guideline.question(check) is question
    other = replace(check, card="another")
    assert guideline.question(other).silent.check is other


def test_a_rule_that_an_edition_does_not_have_or_a_site_has_retired_is_silent_with_the_reason() -> None:
    rules = build_parts(date.today, DEFAULT_EDITION).rules
    check = CHECKS[0]
    for changed, because in (({"sources": {}}, NOT_IN_EDITION), ({"retired": "by the board"}, RETIRED)):
        asked = Guideline({**rules, check.id: replace(rules[check.id], **changed)}, DEFAULT_EDITION).question(check)
        assert (asked.is_asked, asked.silent.because) == (False, because)
