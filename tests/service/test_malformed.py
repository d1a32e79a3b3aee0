"""Every body an EHR should not send: refused with a 4xx, an OperationOutcome that helps, and no value of the body."""

import json
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient

from tests.service.calls import demo_app, post, valid_call, with_context

SECRET = "Dupont-1950"  # stands for what must never come back
VALID = json.dumps(valid_call())


def spliced(member: str) -> bytes:
    """The valid call with one more top-level member, given as JSON text."""
    return (VALID[:-1] + "," + member + "}").encode()


def in_context(member: str) -> bytes:
    return VALID.replace('"userId"', member + ',"userId"', 1).encode()


def in_prefetch(member: str) -> bytes:
    return VALID.replace('"prefetch": {', '"prefetch": {' + member + ",", 1).encode()


def drafts(value: Any) -> dict[str, Any]:
    return with_context(draftOrders=value)


DEEP = "[" * 100_000 + "]" * 100_000
DEEP_OBJECT = '{"a":' * 100_000 + "1" + "}" * 100_000
BROKEN_JSON: dict[str, bytes] = {
    "empty": b"",
    "blank": b" \r\n\t ",
    "null": b"null",
    "true": b"true",
    "number": b"42",
    "string": b'"order-sign"',
    "list": b"[]",
    "list of calls": f"[{VALID}]".encode(),
    "two objects": (VALID + VALID).encode(),
    "text after": (VALID + " x").encode(),
    "NUL after": (VALID + "\0").encode(),
    "form": b"hook=order-sign&hookInstance=1",
    "xml": b"<Bundle xmlns='http://hl7.org/fhir'/>",
    "html": b"<!DOCTYPE html><html></html>",
    "byte order mark": b"\xef\xbb\xbf" + VALID.encode(),
    "UTF-16": VALID.encode("utf-16"),
    "UTF-32": VALID.encode("utf-32"),
    "10 MB of junk": b"x" * 10_000_000,
    "10 MB of braces": b"{" * 10_000_000,
    "10 MB of quotes": b'{"' * 5_000_000,
    "10 MB of blanks": b" " * 10_000_000,
    "single quotes": VALID.replace('"', "'").encode(),
    "unquoted key": spliced("a: 1"),
    "comment": spliced("/* note */ 'a': 1"),
    "line comment": VALID.encode() + b"// note",
    "trailing comma": VALID.encode()[:-1] + b",}",
    "NaN": spliced('"a": NaN'),
    "NaN nested": spliced('"a": {"b": [NaN]}'),
    "Infinity": spliced('"a": Infinity'),
    "-Infinity in prefetch": in_prefetch('"a": {"b": -Infinity}'),
    "NaN in context": in_context('"a": NaN'),
    "leading zero": spliced('"a": [01]'),
    "number ends in dot": spliced('"a": [1.]'),
    "plus sign": spliced('"a": [+1]'),
    "hexadecimal": spliced('"a": [0x1]'),
    "raw control character": spliced('"a": ["\x01"]'),
    "raw line break in string": spliced('"a": ["\n"]'),
    "unknown escape": spliced(r'"a": ["\x41"]'),
    "half escape": spliced(r'"a": ["\u12"]'),
    "lone high surrogate": spliced(r'"a": ["\ud800"]'),
    "lone high surrogate, more text": spliced(r'"a": ["\ud800 and more text"]'),
    "lone low surrogate": spliced(r'"a": ["\udc00 and more text"]'),
    "lone surrogate in prefetch": in_prefetch(r'"a": {"b": "\ud800 and more text"}'),
    "lone surrogate in key": spliced(r'"\ud800abcdefgh": 1'),
    "invalid UTF-8": spliced('"a": "?"').replace(b"?", b"\xff"),
    "invalid UTF-8 in skipped string": in_prefetch('"a": {"b": ["?"]}').replace(b"?", b"\xc3\x28"),
    "invalid UTF-8 in key": spliced('"?": 1').replace(b"?", b"\xff"),
    "overlong UTF-8": spliced('"a": "?"').replace(b"?", b"\xc0\xaf"),
    "surrogate as UTF-8": spliced('"a": "?"').replace(b"?", b"\xed\xa0\x80"),
    "UTF-8 cut off": b'{"a": "\xc3',
    "latin-1": spliced('"a": "é"').decode().encode("latin-1"),
}
BROKEN_JSON |= {f"cut at {n}": VALID.encode()[:n] for n in (1, 2, 10, 30, 77, len(VALID) // 2, len(VALID) - 1)}

TOO_MUCH: dict[str, bytes] = {
    "deep list": DEEP.encode(),
    "deep list in unknown field": spliced('"a": ' + DEEP),
    "deep object in unknown field": spliced('"a": ' + DEEP_OBJECT),
    "deep list in context": in_context('"a": ' + DEEP),
    "65 levels in context": in_context('"a": ' + "[" * 65 + "]" * 65),
    "65 levels in extension": spliced('"extension": {"a": ' + "[" * 65 + "]" * 65 + "}"),
    "900 levels in unknown field": spliced('"a": {"b": ' + "[" * 900 + "]" * 900 + "}"),
    "deep object in prefetch": in_prefetch('"a": ' + DEEP_OBJECT),
    "deep list in prefetch": in_prefetch('"a": ' + DEEP),
    "deep, never closed": spliced('"a": ' + "[" * 1_000_000),
    "5,000 digits on top": spliced('"a": ' + "9" * 5000),
    "5,000 digits in unknown field": spliced('"a": [' + "9" * 5000 + "]"),
    "5,000 digits in context": in_context('"a": ' + "9" * 5000),
    "5,000 digits in prefetch": in_prefetch('"a": {"b": ' + "9" * 5000 + "}"),
    "5,000 decimals in context": in_context('"a": 0.' + "9" * 5000),
    "exponent in context": in_context('"a": 1e5000000000'),
    "exponent beyond Decimal": in_context('"a": 1e99999999999999999999'),
    "exponent on top": spliced('"a": 1e999'),
}

REPEATED: dict[str, bytes] = {
    "hook": spliced('"hook": "order-sign"'),
    "context": spliced('"context": {}'),
    "prefetch": spliced('"prefetch": {}'),
    "unknown field": spliced(f'"{SECRET}": 1, "{SECRET}": 1'),
    "escaped key": spliced(r'"h\u006fok": "order-sign"'),
    "patientId": in_context('"patientId": "1"'),
    "unknown field in context": in_context('"a": 1, "a": 1'),
    "deep in context": in_context('"a": [{"b": {"c": 1, "c": 2}}]'),
    "in draft": VALID.replace('"status": "draft"', '"status": "draft", "status": "draft"').encode(),
    "prefetch key": in_prefetch('"patient": null'),
    "prefetch key, escaped": in_prefetch(r'"p\u0061tient": null'),
    "in the Patient": VALID.replace('"birthDate"', '"birthDate": "1951", "birthDate"').encode(),
    "in the Patient, spaced": VALID.replace('"birthDate"', '"birthDate"  : "1951" , "birthDate"').encode(),
    "in the Patient, escaped": VALID.replace('"birthDate"', r'"birthDat\u0065": "1951", "birthDate"').encode(),
    "in the Patient, key ends in backslash": in_prefetch(r'"a": {"x\\": 1, "x\\": 2}'),
    "masked by an escaped quote": in_prefetch(r'"a": {"x": 1, "x": 2, "y": "\u0022\u0022"}'),
    "in a list in prefetch": in_prefetch('"a": [{"b": 1, "b": 1}]'),
    "in an unknown field": spliced('"a": {"b": {"c": 1, "c": 1}}'),
    "in an unknown list": spliced('"a": [{"c": 1, "c": 1}]'),
    "on the second level of an unknown field": spliced('"a": {"c": 1, "c": 1}'),
    "in fhirAuthorization": spliced('"fhirAuthorization": {"scope": "a", "scope": "b"}'),
    "in extension": spliced('"extension": {"a": {"b": 1, "b": 1}}'),
}

ODD_VALUES: list[Any] = ["text", 5, True, [], {}, None, [1, {"a": "b"}], 1.5]
TOKEN = {"access_token": SECRET, "token_type": "Bearer", "expires_in": 300, "scope": "user/*.rs", "subject": "me"}
SERVER = "https://ehr.example.org/fhir"


def authorised(**changes: Any) -> dict[str, Any]:
    token = {name: value for name, value in (TOKEN | changes).items() if value is not ...}
    return valid_call(fhirServer=SERVER, fhirAuthorization=token)


WRONG_FIELDS: list[tuple[str, str, Any]] = [
    ("hook", "required", valid_call(hook=...)),
    ("hook", "required", valid_call(hook=None)),
    ("hook", "structure", valid_call(hook=1)),
    ("hook", "structure", valid_call(hook=True)),
    ("hook", "structure", valid_call(hook=["order-sign"])),
    ("hook", "structure", valid_call(hook={"a": 1})),
    ("hook", "value", valid_call(hook="")),
    ("hook", "value", valid_call(hook="patient-view")),
    ("hook", "value", valid_call(hook="ORDER-SIGN")),
    ("hook", "value", valid_call(hook=SECRET)),
    ("hookInstance", "required", valid_call(hookInstance=...)),
    ("hookInstance", "required", valid_call(hookInstance=None)),
    ("hookInstance", "structure", valid_call(hookInstance=7)),
    ("hookInstance", "value", valid_call(hookInstance="")),
    ("hookInstance", "value", valid_call(hookInstance=SECRET)),
    ("hookInstance", "value", valid_call(hookInstance="d1577c69dfbe44adba6d3e05e953b2ea")),
    ("hookInstance", "value", valid_call(hookInstance="{d1577c69-dfbe-44ad-ba6d-3e05e953b2ea}")),
    ("hookInstance", "value", valid_call(hookInstance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea\n")),
    ("hookInstance", "value", valid_call(hookInstance="d1577c69-dfbe-44ad-ba6d-3e05e953b2eag"[1:])),
    ("context", "required", valid_call(context=...)),
    ("context", "required", valid_call(context=None)),
    ("context", "structure", valid_call(context=[])),
    ("context", "structure", valid_call(context="x")),
    ("context", "structure", valid_call(context=0)),
    ("context.draftOrders", "required", valid_call(context={})),
    ("context.patientId", "required", with_context(patientId=...)),
    ("context.patientId", "required", with_context(patientId=None)),
    ("context.patientId", "structure", with_context(patientId=1288992)),
    ("context.patientId", "structure", with_context(patientId={})),
    ("context.patientId", "value", with_context(patientId="")),
    ("context.patientId", "value", with_context(patientId="a" * 65)),
    ("context.patientId", "value", with_context(patientId="Patient/1288992")),
    ("context.patientId", "value", with_context(patientId="../Patient")),
    ("context.patientId", "value", with_context(patientId="1&_count=1000")),
    ("context.patientId", "value", with_context(patientId="1?x")),
    ("context.patientId", "value", with_context(patientId="1#x")),
    ("context.patientId", "value", with_context(patientId="1%2f")),
    ("context.patientId", "value", with_context(patientId="1\n")),
    ("context.patientId", "value", with_context(patientId="1\u0000")),
    ("context.patientId", "value", with_context(patientId="１２")),
    ("context.patientId", "value", with_context(patientId="https://ehr.example.org/fhir/Patient/1")),
    ("context.userId", "required", with_context(userId=...)),
    ("context.userId", "required", with_context(userId=None)),
    ("context.userId", "structure", with_context(userId=1)),
    ("context.userId", "structure", with_context(userId=["Practitioner/1"])),
    ("context.userId", "value", with_context(userId="")),
    ("context.userId", "value", with_context(userId="abc")),
    ("context.userId", "value", with_context(userId="Practitioner")),
    ("context.userId", "value", with_context(userId="Practitioner/")),
    ("context.userId", "value", with_context(userId="/abc")),
    ("context.userId", "value", with_context(userId="practitioner/abc")),
    ("context.userId", "value", with_context(userId="Patient/1288992")),
    ("context.userId", "value", with_context(userId="Device/1")),
    ("context.userId", "value", with_context(userId="Practitioner/abc/_history/1")),
    ("context.userId", "value", with_context(userId="https://ehr.example.org/Practitioner/abc")),
    ("context.encounterId", "structure", with_context(encounterId=5)),
    ("context.encounterId", "value", with_context(encounterId="")),
    ("context.encounterId", "value", with_context(encounterId="Encounter/5")),
    ("context.encounterId", "value", with_context(encounterId="../5")),
    ("context.draftOrders", "required", with_context(draftOrders=...)),
    ("context.draftOrders", "required", drafts(None)),
    ("context.draftOrders", "structure", drafts([])),
    ("context.draftOrders", "structure", drafts("x")),
    ("context.draftOrders", "structure", drafts(1)),
    ("context.draftOrders", "structure", drafts({})),
    ("context.draftOrders", "structure", drafts({"resourceType": "MedicationRequest"})),
    ("context.draftOrders", "structure", drafts({"resourceType": "Patient", "entry": []})),
    ("context.draftOrders", "structure", drafts({"resourceType": None, "entry": []})),
    ("context.draftOrders.entry", "structure", drafts({"entry": {"resource": {}}})),
    ("context.draftOrders.entry", "structure", drafts({"resourceType": "Bundle", "entry": "x"})),
    ("context.draftOrders.entry", "structure", drafts({"resourceType": "Bundle", "entry": 3})),
    ("prefetch", "structure", valid_call(prefetch=[])),
    ("prefetch", "structure", valid_call(prefetch=[{"patient": {}}])),
    ("prefetch", "structure", valid_call(prefetch="x")),
    ("prefetch", "structure", valid_call(prefetch=False)),
    ("extension", "structure", valid_call(extension=[])),
    ("extension", "structure", valid_call(extension=[{"url": "x"}])),
    ("extension", "structure", valid_call(extension="x")),
    ("fhirServer", "structure", valid_call(fhirServer=1)),
    ("fhirServer", "structure", valid_call(fhirServer=["x"])),
    ("fhirServer", "value", valid_call(fhirServer="")),
    ("fhirServer", "value", valid_call(fhirServer="ehr.example.org/fhir")),
    ("fhirServer", "value", valid_call(fhirServer="file:///etc/passwd")),
    ("fhirServer", "value", valid_call(fhirServer="ftp://ehr.example.org")),
    ("fhirServer", "value", valid_call(fhirServer="javascript:alert(1)")),
    ("fhirServer", "value", valid_call(fhirServer="https://")),
    ("fhirServer", "value", valid_call(fhirServer="https://[::1")),
    ("fhirServer", "value", valid_call(fhirServer="https://ehr.example.org:99999/")),
    ("fhirServer", "value", valid_call(fhirServer="https://user:secret@ehr.example.org/")),
    ("fhirServer", "value", valid_call(fhirServer="https://ehr.example.org/?a=1")),
    ("fhirServer", "value", valid_call(fhirServer="https://ehr.example.org/\r\nX: y")),
    ("fhirServer", "required", valid_call(fhirAuthorization=TOKEN)),
    ("fhirServer", "required", valid_call(fhirAuthorization=TOKEN, fhirServer=None)),
    ("fhirAuthorization", "structure", valid_call(fhirServer=SERVER, fhirAuthorization="x")),
    ("fhirAuthorization", "structure", valid_call(fhirServer=SERVER, fhirAuthorization=[])),
    *[(f"fhirAuthorization.{name}", "required", authorised(**{name: ...})) for name in TOKEN],
    *[(f"fhirAuthorization.{name}", "required", authorised(**{name: None})) for name in TOKEN],
    *[(f"fhirAuthorization.{name}", "structure", authorised(**{name: []})) for name in TOKEN],
    ("fhirAuthorization.access_token", "structure", authorised(access_token=" ")),
    ("fhirAuthorization.access_token", "structure", authorised(access_token="a\r\nX-Evil: 1")),
    ("fhirAuthorization.expires_in", "structure", authorised(expires_in=True)),
    ("fhirAuthorization.expires_in", "structure", authorised(expires_in=-1)),
    ("fhirAuthorization.expires_in", "structure", authorised(expires_in="300")),
    ("fhirAuthorization.expires_in", "structure", authorised(expires_in=0.5)),
    ("fhirAuthorization.patient", "structure", authorised(patient=7)),
]


def issue_of(body: bytes) -> dict[str, Any]:
    """The single issue of a valid OperationOutcome that says something and leaks nothing."""
    assert SECRET.encode() not in body
    assert b"Traceback" not in body
    found = json.loads(body)
    OperationOutcome.model_validate(found)
    (issue,) = found["issue"]
    assert issue["severity"] == "error"
    assert issue["details"]["text"].endswith(".")
    assert len(issue["diagnostics"].split()) > 5
    return dict(issue)


@pytest.mark.parametrize("body", BROKEN_JSON.values(), ids=BROKEN_JSON.keys())
def test_what_is_not_one_json_object_is_refused(client: FlaskClient, body: bytes) -> None:
    response = post(client, body)
    assert (response.status_code, response.content_type) == (400, "application/json")
    assert issue_of(response.data)["code"] == "structure"


@pytest.mark.parametrize("body", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_is_too_deep_or_too_long_is_refused(client: FlaskClient, body: bytes) -> None:
    response = post(client, body)
    assert response.status_code == 400
    assert issue_of(response.data)["code"] in ("too-costly", "value", "structure")


@pytest.mark.parametrize("body", REPEATED.values(), ids=REPEATED.keys())
def test_repeated_names_are_refused(client: FlaskClient, body: bytes) -> None:
    response = post(client, body)
    assert response.status_code == 400
    assert issue_of(response.data)["code"] == "duplicate"


@pytest.mark.parametrize(("field", "code", "call"), WRONG_FIELDS, ids=lambda value: value if type(value) is str else "")
def test_wrong_fields_are_named(client: FlaskClient, field: str, code: str, call: dict[str, Any]) -> None:
    response = post(client, call)
    assert response.status_code == 400
    issue = issue_of(response.data)
    assert (issue["expression"], issue["code"]) == ([field], code)


@pytest.mark.parametrize(
    "call",
    [
        valid_call(),
        valid_call(user="Practitioner/1", unknown={"a": [1]}, future=["x", {"y": 1}]),
        valid_call(hookInstance="D1577C69-DFBE-04AD-0A6D-3E05E953B2EA"),
        valid_call(prefetch=...),
        valid_call(prefetch=None),
        valid_call(prefetch={}),
        valid_call(extension=None, fhirServer=None, fhirAuthorization=None),
        valid_call(extension={"pddi-configuration-items": {"alert-non-serious": False}}),
        valid_call(fhirServer="http://[::1]:8080/fhir/"),
        authorised(),
        authorised(token_type="mac", patient="1288992"),
        with_context(encounterId="89284", future={"a": None}),
        with_context(encounterId=None),
        with_context(userId="PractitionerRole/A-1.b"),
        drafts({"resourceType": "Bundle"}),
        drafts({"resourceType": "Bundle", "entry": None}),
        drafts({"entry": []}),
        drafts({"entry": [None, 1, "x", {"resource": {"category": {}, "resourceType": "MedicationOrder"}}]}),
        *(valid_call(prefetch={"patient": odd}) for odd in ODD_VALUES),
        valid_call(prefetch={"patient": {"resourceType": "OperationOutcome", "issue": []}}),
        valid_call(prefetch={"patient": {"text": 'a "quoted" \\ back\\slash é \u20ac \U0001f600 "x": 1'}}),
    ],
)
def test_unusual_but_acceptable_calls_are_answered(client: FlaskClient, call: dict[str, Any]) -> None:
    assert post(client, call).status_code == 200


def test_numbers_at_the_limit_are_accepted(client: FlaskClient) -> None:
    for number in ("9" * 400, "0." + "9" * 398, "1e400", "1e-400", "-0", "-0.0e-0"):
        assert post(client, in_context(f'"a": {number}')).status_code == 200, number
    for number in ("9" * 401, "0." + "9" * 399, "1e401", "1e-401"):
        assert post(client, in_context(f'"a": {number}')).status_code == 400, number


def test_nesting_at_the_limit_is_accepted(client: FlaskClient) -> None:
    assert post(client, in_context('"a": ' + "[" * 64 + "]" * 64)).status_code == 200
    assert post(client, in_context('"a": ' + "[" * 65 + "]" * 65)).status_code == 400


def test_a_reader_that_runs_out_of_stack_is_a_refusal() -> None:
    def exhausted(*_: Any) -> Any:
        raise RecursionError

    response = post(demo_app(exhausted).test_client(), valid_call())
    assert response.status_code == 400
    assert issue_of(response.data)["code"] == "too-costly"
