"""Scopes of both versions, and what a card tells the app."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cds_service.smart import scopes
from cds_service.smart.tokens import kinds_read
from hooks.app_context import AppContext, read_app_context


@pytest.mark.parametrize(
    ("scope", "gives"),
    [
        ("patient/Observation.rs", "rs"),
        ("patient/Observation.cruds", "crsud"),
        ("patient/Observation.c", "c"),
        ("patient/*.r", "r"),
        ("user/Observation.rs", "rs"),
        ("patient/Observation.read", "rs"),
        ("patient/Observation.write", "cud"),
        ("patient/*.*", "crsud"),
        ("patient/Observation.*", "crsud"),
        ("patient/Observation.", ""),
        ("patient/Observation.sr", ""),  # the letters have an order
        ("patient/Observation.rs?category=laboratory", ""),
        ("patient/Condition.rs", ""),
        ("system/*.rs", ""),
        ("launch/patient", ""),
        ("openid", ""),
    ],
)
def test_what_a_scope_gives_on_observations(scope: str, gives: str) -> None:
    assert {each for each in "cruds" if scopes.covers([scope], each, "Observation")} == set(gives)


def test_answers_need_both_to_be_created() -> None:
    assert scopes.may_write(["patient/Observation.c", "patient/QuestionnaireResponse.cruds"])
    assert scopes.may_write(["patient/*.write"])
    assert not scopes.may_write(["patient/Observation.c"])
    assert not scopes.may_write(["patient/*.rs"])


def test_what_is_read_is_what_the_services_ask_for() -> None:
    kinds = kinds_read()
    assert {"Patient", "Observation", "Condition", "MedicationRequest", "QuestionnaireResponse"} <= set(kinds)
    assert kinds == tuple(sorted(kinds))
    assert scopes.kinds_of(["Encounter/{{context.encounterId}}", "Goal?patient={{context.patientId}}", "odd"]) == (
        *("Encounter", "Goal"),
        *("Medication", "Patient", "QuestionnaireResponse"),
    )


@pytest.mark.parametrize(
    "context",
    [AppContext(), AppContext("ZOL-DOSE-01"), AppContext(None, "mirels"), AppContext("SKEL-MIRELS-01", "mirels")],
    ids=str,
)
def test_a_context_comes_back_as_it_was_sent(context: AppContext) -> None:
    assert read_app_context(str(context)) == context
    assert read_app_context(json.dumps({"rule": context.rule, "form": context.form})) == context
    assert read_app_context({"rule": context.rule, "form": context.form}) == context


@pytest.mark.parametrize(
    "odd",
    ["", "rule=", "rule=zol", "form=Mirels", "form=../x", "rule=<b>", "[1]", "7", "{", 7, None, [], 501 * "a", 9 * "["],
)
def test_anything_else_opens_the_app_at_the_patient(odd: object) -> None:
    assert read_app_context(odd) == AppContext()


@settings(max_examples=50)
@given(st.text())
def test_no_text_breaks_it(text: str) -> None:
    found = read_app_context(text)
    assert read_app_context(str(found)) == found
