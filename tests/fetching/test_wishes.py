"""What is missing from a call and where it is found: key by key, and nothing that the EHR has answered already."""

import json
from typing import Any

import pytest

from cds_service.fetching.medications import loose_medications
from cds_service.prefetch import Completed, fill, merge, wishes
from hooks.exact_json import dumps_exact
from tests.fetching.desk import BODY, KEYS, MAN, SIGN, parse
from tests.support.drawn import rows

PATIENT = f"syn-{MAN.id}"
REFUSAL = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
EMPTY = {"resourceType": "Bundle", "type": "searchset", "total": 0}
PAGES = [{"relation": "self", "url": "x"}, {"relation": "next", "url": "y"}]
CONDITION = {"resourceType": "Condition", "id": "c"}
RESULT = {"resourceType": "Observation", "id": "o"}


def bundle(*resources: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources], **more}


def wished(**prefetch: Any) -> dict[str, Any]:
    """What is to be fetched when only these keys differ from a complete call; ``...`` leaves one out."""
    sent = {key: value for key, value in {**BODY["prefetch"], **prefetch}.items() if value is not ...}
    call = parse({**BODY, "prefetch": sent})
    return {wish.key: wish for wish in wishes(call, SIGN, 500)}


def test_a_complete_call_wishes_nothing() -> None:
    assert wished() == {}


def test_without_prefetch_every_key_is_wished_as_its_template_says() -> None:
    found = {wish.key: wish for wish in wishes(parse({**BODY, "prefetch": None}), SIGN, 500)}
    assert tuple(found) == KEYS
    assert (found["patient"].path, found["patient"].kind) == (f"Patient/{PATIENT}", "Patient")
    assert found["conditions"].path == f"Condition?patient={PATIENT}&_count=500"
    assert found["observations"].path.startswith(f"Observation?patient={PATIENT}&code=")
    assert all(wish.begun is None for wish in found.values())
    assert not any("{" in wish.path or " " in wish.path for wish in found.values())


@pytest.mark.parametrize("key", KEYS)
def test_one_missing_key_is_one_wish(key: str) -> None:
    assert list(wished(**{key: ...})) == [key]


@pytest.mark.parametrize(
    "value",
    [
        None,
        REFUSAL,
        EMPTY,
        {**EMPTY, "entry": []},
        bundle(REFUSAL),
        bundle(RESULT),
        bundle(RESULT, CONDITION),
        RESULT,
        bundle(RESULT, link=PAGES[:1]),
        bundle({**RESULT, "note": [{"text": "next"}]}),
        {**bundle(RESULT), "link": {"relation": "next"}},  # of a shape that only the reader can mend
    ],
)
def test_what_the_ehr_has_answered_is_not_asked_again(value: Any) -> None:
    assert wished(observations=value) == {}


@pytest.mark.parametrize(
    "value",
    [bundle(CONDITION), CONDITION, "text", 7, [], {}, {"entry": []}, True, {"resourceType": "Binary", "id": "b"}],
)
def test_another_type_under_a_key_is_as_if_nothing_was_sent(value: Any) -> None:
    found = wished(observations=value)
    assert list(found) == ["observations"]
    assert found["observations"].begun is None


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("medicationRequests", "MedicationOrder"),
        ("medicationAdministrations", "MedicationDispense"),
        ("serviceRequests", "ProcedureRequest"),
    ],
)
def test_the_older_names_of_a_type_are_right_too(key: str, kind: str) -> None:
    assert wished(**{key: bundle({"resourceType": kind, "id": "1"})}) == {}


def test_a_list_with_pages_to_come_is_continued() -> None:
    begun = bundle(RESULT, link=PAGES)
    (wish,) = wished(observations=begun).values()
    assert wish.begun is not None
    assert json.loads(wish.begun) == begun
    (empty,) = wished(observations={**EMPTY, "link": PAGES}).values()
    assert empty.begun is not None


FILLED = """
template                          | field     | value            | is asked for
----------------------------------+-----------+------------------+--------------
Patient/{{context.patientId}}     | patientId | a-1.B            | Patient/a-1.B
{{context.userId}}                | userId    | Practitioner/abc | Practitioner/abc
X?p={{context.a}}&q={{context.a}} | a         | 1                | X?p=1&q=1
Patient/{{context.patientId}}     | patientId | ..               | nothing
Patient/{{context.patientId}}     | patientId | .                | nothing
Patient/{{context.patientId}}     | patientId | a/../b           | nothing
Patient/{{context.patientId}}     | patientId | a b              | nothing
Patient/{{context.patientId}}     | patientId | a?x=1            | nothing
Patient/{{context.patientId}}     | patientId | a%2f             | nothing
Patient/{{context.patientId}}     | patientId |                  | nothing
Patient/{{context.patientId}}     | other     | 1                | nothing
Patient/{{userPractitionerId}}    | userId    | Practitioner/abc | nothing
Patient/{{Patient.id}}            | Patient   | 1                | nothing
"""


@pytest.mark.parametrize("row", rows(FILLED), ids=lambda row: f"{row['template']}-{row['value']}")
def test_tokens_become_ids_or_nothing(row: dict[str, str]) -> None:
    found = fill(row["template"], {row["field"]: row["value"]})
    assert (found or "nothing") == row["is asked for"]


@pytest.mark.parametrize("value", [None, 7, True, ["1"], {"id": "1"}, "x" * 65])
def test_a_token_that_is_no_id_is_nothing(value: object) -> None:
    assert fill("Patient/{{context.patientId}}", {"patientId": value}) is None


def test_of_what_could_not_be_had_completely_nothing_is_kept() -> None:
    given = {"conditions": None, "observations": b"page one"}
    merged = merge(given, {"patient": b"p"}, {"observations": "timed-out"})
    failures = {"observations": "timed-out"}
    assert merged == Completed({"conditions": None, "patient": b"p"}, {"patient": "fetched"}, failures)


# ---- Medications that orders only point at ---------------------------------------------------------------------------

SERVER = "https://ehr.example.org/fhir"


def order(reference: Any, **more: Any) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "medicationReference": {"reference": reference}, **more}


def loose(*values: Any, **context: Any) -> list[str]:
    keys = ("medicationRequests", "medicationStatements", "medicationAdministrations")
    sent = {key: None if value is None else dumps_exact(value) for key, value in zip(keys, values, strict=False)}
    return loose_medications(sent, context, SERVER)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("Medication/m-1", "m-1"),
        ("Medication/m-1/_history/2", "m-1"),
        (f"{SERVER}/Medication/m.1", "m.1"),
        ("https://other.example.org/fhir/Medication/m", None),
        ("#contained", None),
        ("urn:uuid:2866af9c-137d-4458-a8a9-eeeec0ce5583", None),
        ("Medication/..", None),
        ("Medication/a/b", None),
        ("Substance/m", None),
        ("", None),
        (None, None),
        (7, None),
    ],
)
def test_a_medication_pointed_at_is_looked_up_on_this_server(reference: Any, name: str | None) -> None:
    expected = [] if name is None else [name]
    assert loose(bundle(order(reference))) == expected
    assert loose(order(reference)) == expected
    assert loose(draftOrders=bundle(order(reference))) == expected


def test_what_came_along_is_not_looked_up() -> None:
    drug = {"resourceType": "Medication", "id": "m"}
    assert loose(bundle(order("Medication/m"), drug)) == []
    assert loose(bundle(order("Medication/m")), bundle(drug)) == []
    assert loose(bundle(order("Medication/m")), draftOrders=bundle(drug)) == []
    url = f"{SERVER}/Medication/m"
    named = {"fullUrl": url, "resource": {"resourceType": "Medication"}}
    assert loose({"resourceType": "Bundle", "entry": [{"resource": order(url)}, named]}) == []
    sent = {"medicationRequests": dumps_exact(order("Medication/m")), "anything": dumps_exact(bundle(drug))}
    assert loose_medications(sent, {}, SERVER) == []


def test_each_is_looked_up_once_and_odd_things_pass_by() -> None:
    twice = bundle(order("Medication/a"), order("Medication/b"), order("Medication/a"))
    assert loose(twice, None, twice) == ["a", "b"]
    odd = {"entry": [7, {"resource": 7}, {"resource": order("Medication/c")}]}
    assert loose(draftOrders=odd, medications={"entry": 5}, other="x") == ["c"]
    assert loose_medications({"medicationRequests": b'{"medicationReference"', "x": b'"Medication"'}, {}, SERVER) == []
