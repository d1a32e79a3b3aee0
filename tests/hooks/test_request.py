"""Reading a call: each hook's context, what is kept as bytes, and how repeated names are found."""

import json
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hooks import strict_json
from hooks.context import HOOKS
from hooks.request import BadRequest, HookRequest

INSTANCE = "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"
BUNDLE = {"resourceType": "Bundle", "entry": []}

# What each hook of the library demands, as its page says.
CONTEXTS: dict[str, dict[str, Any]] = {
    "patient-view": {"userId": "RelatedPerson/1", "patientId": "p"},
    "order-select": {
        "userId": "Practitioner/1",
        "patientId": "p",
        "selections": ["MedicationRequest/a", "ServiceRequest/b_1"],
        "draftOrders": BUNDLE,
    },
    "order-sign": {"userId": "PractitionerRole/1", "patientId": "p", "draftOrders": BUNDLE},
    "order-dispatch": {"patientId": "p", "dispatchedOrders": ["ServiceRequest/1"], "performer": "Organization/1"},
    "encounter-start": {"userId": "Practitioner/1", "patientId": "p", "encounterId": "e"},
    "encounter-discharge": {"userId": "Practitioner/1", "patientId": "p", "encounterId": "e"},
    "appointment-book": {"userId": "Patient/1", "patientId": "p", "appointments": BUNDLE},
    "medication-refill": {"patientId": "p", "medications": BUNDLE},
}


def parse(hook: str = "order-sign", context: Any = None, **members: Any) -> HookRequest:
    call = {"hook": hook, "hookInstance": INSTANCE, "context": context or CONTEXTS[hook]} | members
    return HookRequest.parse(json.dumps(call).encode(), hook)


def test_every_hook_is_tried() -> None:
    assert set(CONTEXTS) == set(HOOKS)


@pytest.mark.parametrize("hook", CONTEXTS)
def test_required_fields_are_enough(hook: str) -> None:
    call = parse(hook)
    assert (call.hook, call.hook_instance, call.context.patient_id) == (hook, UUID(INSTANCE), "p")
    assert dict(call.prefetch) == {}
    assert (call.fhir_server, call.authorization, dict(call.extension)) == (None, None, {})


@pytest.mark.parametrize(("hook", "field"), [(hook, field) for hook, fields in CONTEXTS.items() for field in fields])
@pytest.mark.parametrize("lost", [True, False], ids=["absent", "null"])
def test_every_required_field_is_required(hook: str, field: str, lost: bool) -> None:
    context: dict[str, Any] = CONTEXTS[hook] | {field: None}
    if lost:
        del context[field]
    with pytest.raises(BadRequest) as refusal:
        parse(hook, context)
    assert (refusal.value.field, refusal.value.code) == (f"context.{field}", "required")


@pytest.mark.parametrize("hook", [hook for hook, shape in HOOKS.items() if shape.users])
@pytest.mark.parametrize("kind", ["Practitioner", "PractitionerRole", "Patient", "RelatedPerson", "Device"])
def test_users_are_of_the_kinds_the_hook_has(hook: str, kind: str) -> None:
    context = CONTEXTS[hook] | {"userId": f"{kind}/1"}
    if kind in HOOKS[hook].users:
        assert parse(hook, context).context.user_id == f"{kind}/1"
    else:
        with pytest.raises(BadRequest) as refusal:
            parse(hook, context)
        assert refusal.value.field == "context.userId"


def test_a_refill_may_have_a_user_and_a_dispatch_has_none() -> None:
    refill = CONTEXTS["medication-refill"] | {"userId": "Practitioner/1"}
    assert parse("medication-refill", refill).context.user_id == "Practitioner/1"
    dispatch = CONTEXTS["order-dispatch"] | {"userId": 5}
    assert parse("order-dispatch", dispatch).context.user_id is None


def test_a_dispatch_may_be_of_hook_version_1_0() -> None:
    context = {"patientId": "p", "order": "ServiceRequest/1", "performer": "Organization/1"}
    assert parse("order-dispatch", context).context.fields["dispatchedOrders"] == ["ServiceRequest/1"]


@pytest.mark.parametrize(
    ("selections", "field"),
    [
        ("MedicationRequest/a", "context.selections"),
        ({"a": 1}, "context.selections"),
        ([1], "context.selections[0]"),
        (["MedicationRequest/a", None], "context.selections[1]"),
        (["MedicationRequest/a", "b"], "context.selections[1]"),
        (["urn:uuid:d1577c69-dfbe-44ad-ba6d-3e05e953b2ea"], "context.selections[0]"),
    ],
)
def test_selections_are_references(selections: Any, field: str) -> None:
    with pytest.raises(BadRequest) as refusal:
        parse("order-select", CONTEXTS["order-select"] | {"selections": selections})
    assert refusal.value.field == field


def test_selections_and_drafts_are_kept() -> None:
    call = parse("order-select")
    assert call.context.selections == ("MedicationRequest/a", "ServiceRequest/b_1")
    assert call.context.draft_orders == BUNDLE
    assert parse("patient-view").context.draft_orders is None
    assert parse("medication-refill").context.draft_orders is None  # not drafts of this user
    assert parse("medication-refill").context.fields["medications"] == BUNDLE


def test_numbers_of_a_draft_keep_their_digits() -> None:
    drafts = '{"resourceType": "Bundle", "entry": [{"resource": {"dose": 7.10, "n": 3, "e": 1.50e1}}]}'
    body = f"""{{"hook": "order-sign", "hookInstance": "{INSTANCE}", "context":
        {{"userId": "Practitioner/1", "patientId": "p", "draftOrders": {drafts}}}}}"""
    orders: Any = HookRequest.parse(body.encode(), "order-sign").context.draft_orders
    resource = orders["entry"][0]["resource"]
    assert repr(resource["dose"]) == "Decimal('7.10')"
    assert resource == {"dose": Decimal("7.1"), "n": 3, "e": Decimal("15.0")}


def test_prefetch_values_are_bytes_none_or_absent() -> None:
    call = parse(prefetch={"patient": {"resourceType": "Patient"}, "conditions": None, "odd": "nullable"})
    assert list(call.prefetch) == ["patient", "conditions", "odd"]
    assert json.loads(call.prefetch["patient"] or b"") == {"resourceType": "Patient"}
    assert call.prefetch["conditions"] is None
    assert call.prefetch["odd"] == b'"nullable"'
    assert "observations" not in call.prefetch


def test_repeated_names_are_not_looked_for_in_large_values() -> None:
    padding = "x" * strict_json.SMALL
    for pad, refused in ((padding, False), ("", True)):
        body = f"""{{"hook": "patient-view", "hookInstance": "{INSTANCE}", "prefetch": {{"a": {{"b": 1, "b": 2,
            "pad": "{pad}"}}}}, "context": {{"patientId": "p", "userId": "Patient/p"}}}}""".encode()
        if refused:
            with pytest.raises(BadRequest, match="occurs twice"):
                HookRequest.parse(body, "patient-view")
        else:
            assert list(HookRequest.parse(body, "patient-view").prefetch) == ["a"]


def test_the_access_token_is_not_shown() -> None:
    token = {"access_token": "s3cret", "token_type": "bearer", "expires_in": 300, "scope": "a b", "subject": "me"}
    call = parse(fhirServer="https://ehr.example.org/fhir", fhirAuthorization=token | {"patient": "p"})
    assert call.authorization is not None
    assert (call.authorization.access_token, call.authorization.patient) == ("s3cret", "p")
    assert call.authorization.is_bearer
    assert "s3cret" not in repr(call)
    other = parse(fhirServer="https://ehr.example.org", fhirAuthorization=token | {"token_type": "mac"}).authorization
    assert other is not None
    assert not other.is_bearer


def test_the_extension_is_decoded() -> None:
    assert parse(extension={"com.example.a": {"b": [True]}}).extension == {"com.example.a": {"b": [True]}}


def test_an_unknown_hook_of_ours_is_our_error() -> None:
    with pytest.raises(KeyError):
        HookRequest.parse(json.dumps({"hook": "x", "hookInstance": INSTANCE, "context": {"a": 1}}).encode(), "x")


@pytest.mark.parametrize("text", [b"NaN", b"[Infinity]", b"[" * 100_000, b'{"a": 1, "a": 1}', b"1e999", b"9" * 401])
def test_decoding_fully_is_strict_on_its_own(text: bytes) -> None:
    with pytest.raises(BadRequest):
        strict_json.loads(text, "context")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_VALUES, st.booleans(), st.sampled_from([(",", ":"), (" , ", " : "), (",\n\t", ":\n")]))
def test_no_false_alarm(value: Any, ascii_only: bool, separators: tuple[str, str]) -> None:
    try:
        text = json.dumps(value, ensure_ascii=ascii_only, separators=separators).encode()
    except UnicodeEncodeError:
        return
    if b"\\ud" not in text:
        strict_json.refuse_duplicates(text, "prefetch")


@given(
    st.lists(st.tuples(st.text(alphabet='ab"\\:é\u0001'), JSON_VALUES), min_size=1, max_size=4),
    st.lists(st.booleans(), min_size=8, max_size=8),
)
def test_the_quick_look_agrees_with_the_careful_one(pairs: list[tuple[str, Any]], ascii_only: list[bool]) -> None:
    members = [
        f"{json.dumps(key, ensure_ascii=ascii_only[index])}: {json.dumps(value)}"
        for index, (key, value) in enumerate(pairs)
    ]
    text = ("{" + ",".join(members) + "}").encode()
    if b"\\ud" in text:
        return
    repeated = len({key for key, _ in pairs}) < len(pairs)
    found = []
    try:
        strict_json.refuse_duplicates(text, "prefetch")
    except BadRequest as refusal:
        found.append(refusal.code)
    assert found == ["duplicate"] * repeated
