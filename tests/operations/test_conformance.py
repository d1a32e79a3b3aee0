"""The conformance checks: a service that does everything right passes every row, and each row fails where it should."""

import itertools
import threading
import time
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from cds_service.conformance import answers as judging
from cds_service.conformance import web
from cds_service.conformance.jwt import Signer
from cds_service.conformance.results import Result, Status, rows
from cds_service.conformance.run import SECTIONS, check
from cds_service.conformance.target import Options, Target
from hooks.request import HookRequest
from tests.operations.model.breaks import (
    CARD,
    accepting,
    action,
    answers,
    card,
    changing,
    context,
    entry,
    listing,
    part,
    prefetch,
    refusals,
    remade,
    sent,
    slow,
    template,
    when,
)
from tests.operations.model.fetcher import Fetcher
from tests.operations.model.guard import Guard
from tests.operations.model.service import Break, Model, serving
from tests.service.calls import DemoReply

DAY = date(2026, 11, 21)
ISSUER = "https://ehr.example.org"
PATIENT = "{{context.patientId}}"
SECTION = {
    "DISC": "discovery",
    "PRE": "discovery",
    "MAL": "malformed",
    "FB": "feedback",
    "JWT": "tokens",
    "PERF": "pace",
    "CORS": "web",
    "FHIR": "fetching",
    "PF": "prefetch",
    "REQ": "refusals",
}
OF_OTHERS = {
    **dict.fromkeys(("REQ-07", "REQ-08", "REQ-09", "REQ-14", "PF-05", "EXT-03", "HOOK-04", "HTTP-08"), "calls"),
    **dict.fromkeys(("REQ-01", "REQ-15", "PF-01"), "cards"),
    **dict.fromkeys(("HTTP-02", "PRE-12", "REQ-10", "FHIR-13"), "prefetch"),
    **dict.fromkeys(("HTTP-04", "HTTP-05", "HTTP-07", "FHIR-10", "SEC-04", "CORS-02"), "refusals"),
    **{"PF-09": "fetching", "FB-11": "tokens", "INF-05": "tokens"},
}


@cache
def keys() -> tuple[Signer, Signer]:
    return (
        Signer(ECKey.generate_key("P-384"), ISSUER, "ec", "tenant-1"),
        Signer(RSAKey.generate_key(2048), ISSUER, "rsa", "tenant-1"),
    )


def guard(*lax: str, kids: tuple[str, ...] = ("ec", "rsa")) -> Guard:
    return Guard(ISSUER, {signer.kid: signer.key for signer in keys() if signer.kid in kids}, set(lax))


def section(row: str) -> str:
    return OF_OTHERS.get(row, SECTION.get(row.split("-")[0], "cards"))


def asked(
    model: Model, *sections: str, signed: bool = False, listen: str | None = None, patients: int = 1
) -> dict[str, Result]:
    with serving(model) as url:
        options = Options(url, patients=patients, pace=0.0, listen=listen)
        found = check(options, DAY, keys() if signed else (), sections or SECTIONS)
    return {one.row.id: one for one in found}


@pytest.fixture(scope="module", autouse=True)
def before() -> set[threading.Thread]:
    """The threads that tests of other files have left running."""
    return set(threading.enumerate())


# ---- a service that does everything right ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def right() -> dict[str, Result]:
    """The verdicts on the model as it is, without and with tokens."""
    alone = asked(Model(), listen="127.0.0.1", patients=3)
    guarded = asked(Model(guard=guard()), "tokens", signed=True)
    chosen = {"JWT", "FB-11"}
    return {row: guarded[row] if {row, row.split("-")[0]} & chosen else alone[row] for row in alone}


NEVER_SEEN = {
    "DISC-11": "the model says no hookVersion",
    "DISC-13": "the model has no extension in discovery",
    "PRE-05": "the model uses no FHIRPath",
    "SYS-01": "the model has no system actions",
    "SYS-02": "the model has no system actions",
    "SYS-03": "the model has no system actions",
    "SEC-01": "the model runs on this machine",
    "INF-01": "the model runs without TLS",
}


@pytest.mark.parametrize("row", rows())
def test_a_right_service_passes(right: dict[str, Result], row: str) -> None:
    manual = rows()[row].manual is not None
    expected = Status.SKIP if manual or row in NEVER_SEEN else Status.PASS
    assert right[row].status is expected, right[row].why


# ---- each row fails where it should ---------------------------------------------------------------------------------

ORDER = {"resourceType": "ServiceRequest", "status": "draft", "intent": "order", "subject": {"reference": "Patient/x"}}
FAILED = "OperationOutcome"
count = itertools.count()


def values(request: Any) -> list[Any]:
    return list(prefetch(request).values())


def kinds(request: Any) -> list[Any]:
    return [value.get("resourceType") for value in values(request) if isinstance(value, dict)]


def entries(request: Any) -> list[Any]:
    held = [value.get("entry") for value in values(request) if isinstance(value, dict)]
    return [each for entries in held if isinstance(entries, list) for each in entries]


def three(request: Any) -> bool:
    return {"patient", "conditions", "observations"} <= prefetch(request).keys()


def some_missing(request: Any) -> bool:
    return bool(request.method == "POST" and sent(request) and context(request) and not three(request))


def page(request: Any) -> bool:
    return request.get_data() == b"" and request.method == "GET"


def duplicated(answer: Any) -> Any:
    answer["cards"] = answer["cards"] * 2
    return answer


def system(**members: Any) -> Break:
    one = {"type": "create", "description": "x", "resource": {**ORDER, "subject": {"reference": "Patient/PATIENT"}}}
    one = {name: value for name, value in {**one, **members}.items() if value is not ...}
    return answers(lambda answer: {**answer, "systemActions": [one]})


BREAKS: list[tuple[str, Break]] = [
    ("JSON-01", lambda q, a: remade(a, a.get_data().replace(b'{"cards"', b'{"x":NaN,"cards"'))),
    ("JSON-01", lambda q, a: remade(a, a.get_data().replace(b'{"cards"', b'{"cards":[],"cards"'))),
    ("JSON-01", lambda q, a: remade(a, b"\xef\xbb\xbf" + a.get_data())),
    ("JSON-01", lambda q, a: remade(a, a.get_data()[:-1] + b",}")),
    ("JSON-01", lambda q, a: remade(a, a.get_data().replace(b'{"cards"', b'{"x":"\xff","cards"'))),
    ("JSON-02", card(detail=None)),
    ("JSON-03", card(extension={})),
    ("JSON-03", answers(lambda a: {**a, "systemActions": []})),
    ("JSON-04", card(detail=" ")),
    ("JSON-05", action(0, resource={**ORDER, "note": []})),
    ("HTTP-01", answers(lambda a: a, status=201)),
    ("HTTP-02", when(lambda q: "prefetch" not in (sent(q) or {"prefetch": 1}), 400)),
    ("HTTP-04", refusals(lambda a: remade(a, {"error": "wrong"}))),
    ("HTTP-05", refusals(lambda a: remade(a, b"<html>no</html>", Content_Type="text/html"))),
    ("HTTP-05", refusals(lambda a: remade(a, {"error": 'File "/app/x.py", line 3'}))),
    ("HTTP-05", lambda q, a: remade(a, {"error": q.path}) if a.status_code == 404 else None),
    ("HTTP-06", lambda q, a: remade(a, Content_Type="text/plain") if a.status_code == 200 else None),
    ("HTTP-07", lambda q, a: remade(a, status=400) if a.status_code == 404 else None),
    ("HTTP-07", lambda q, a: remade(a, status=404) if a.status_code == 405 else None),
    ("HTTP-07", lambda q, a: remade(a, Allow="") if a.status_code == 405 else None),
    ("HTTP-07", lambda q, a: remade(a, status=500) if a.status_code == 400 else None),
    ("HTTP-08", when(lambda q: "charset" in (q.content_type or ""), 415)),
    ("HTTP-08", when(lambda q: "JSON" in (q.content_type or ""), 415)),
    ("DISC-01", lambda q, a: remade(a, status=301) if q.path == "/cds-services" else None),
    ("DISC-02", listing(lambda found: {"services": {}})),
    ("DISC-02", listing(lambda found: found["services"])),
    ("DISC-04", entry(hook=...)),
    ("DISC-04", listing(lambda found: {"services": ["x"]})),
    ("DISC-05", entry(id="model order/sign")),
    ("DISC-05", entry(id="elsewhere")),
    ("DISC-06", entry(description=...)),
    ("DISC-07", entry(title=...)),
    ("DISC-08", entry(prefetch={})),
    ("DISC-08", entry(prefetch={"patient": 7})),
    ("DISC-09", entry(usageRequirements=7)),
    ("DISC-10", entry(version="two")),
    ("DISC-10", entry(version=...)),
    ("DISC-11", entry(hookVersion="9.9")),
    ("DISC-12", listing(lambda found: {"services": found["services"] * 2})),
    ("DISC-13", entry(extension=[{"url": "x"}])),
    ("DISC-14", entry(vendor="x")),
    ("DISC-15", entry(hook="order-review")),
    ("DISC-15", entry(hook="OrderSign")),
    ("DISC-17", listing(lambda found: {**found, "extension": {"org.example.n": next(count)}})),
    ("PRE-01", template("Patient/{{context.patientId}")),
    ("PRE-01", template("Patient/{context.patientId}")),
    ("PRE-02", template("Patient/{{Patient.id}}")),
    ("PRE-02", template("Patient/{{patientId}}")),
    ("PRE-03", template("Encounter/{{context.visitId}}")),
    ("PRE-03", template("Bundle/{{context.draftOrders}}")),
    ("PRE-04", template("Medication?_id={{context.draftOrders.entry.resource.ofType(MedicationRequest).id}}")),
    ("PRE-04", template(f"Observation?patient={PATIENT}&date=ge{{{{now()}}}}")),
    ("PRE-05", template("Observation?patient={{%later.id}}")),
    ("PRE-06", template(f"/Patient/{PATIENT}")),
    ("PRE-06", template(f"https://ehr.example.org/Patient/{PATIENT}")),
    ("PRE-06", template(f"patient={PATIENT}")),
    ("PRE-07", template(f"MedicationRequest?patient={PATIENT}&_include=MedicationRequest:medication")),
    ("PRE-07", template(f"Observation?patient={PATIENT}&code:above=x")),
    ("PRE-07", template(f"Observation?patient={PATIENT}&date=ne2026-01-01")),
    ("PRE-07", template("Observation?subject.name=x")),
    ("PRE-08", template("Observation?code=x")),
    ("PRE-09", template("Encounter/{{context.encounterId}}")),
    ("PRE-10", template(f"Observation?patient={PATIENT}&code={'1234-5,' * 700}")),
    ("PRE-10", template(f"Observation?patient={PATIENT}&code=a b")),
    ("PRE-12", when(some_missing, 400)),
    ("REQ-01", when(three, 404)),
    ("REQ-02", accepting(lambda q: (sent(q) or {}).get("hook") != "order-sign")),
    ("REQ-03", accepting(lambda q: "hookInstance" not in (sent(q) or {}))),
    ("REQ-03", when(lambda q: str((sent(q) or {}).get("hookInstance", "x")).isupper(), 400)),
    ("REQ-04", accepting(lambda q: sent(q) and "userId" not in context(q))),
    ("REQ-05", accepting(lambda q: "fhirAuthorization" in (sent(q) or {}) and "fhirServer" not in (sent(q) or {}))),
    ("REQ-06", when(lambda q: (sent(q) or {}).get("fhirAuthorization") in ("x", [], 7), 500)),
    ("REQ-07", changing(lambda q: "user" in (sent(q) or {}))),
    ("REQ-08", changing(lambda q: "somethingNew" in context(q))),
    ("REQ-09", when(lambda q: "PractitionerRole" in str(context(q).get("userId")), 400)),
    ("REQ-09", when(lambda q: "encounterId" in context(q), 400)),
    ("REQ-09", when(lambda q: sent(q) and context(q) and three(q) and "encounterId" not in context(q), 400)),
    ("REQ-11", accepting(lambda q: "/" in str(context(q).get("patientId")))),
    ("REQ-12", accepting(lambda q: q.get_data().count(b'"patientId":') > 1)),
    ("REQ-12", accepting(lambda q: q.get_data().count(b'"hook":') > 1)),
    ("REQ-13", accepting(lambda q: b"[" * 1000 in q.get_data())),
    ("REQ-13", when(lambda q: b"[" * 1000 in q.get_data(), 500)),
    ("REQ-15", answers(lambda a: {"cards": [{**c, "detail": str(next(count))} for c in a["cards"]]})),
    ("PF-01", when(three, 412)),
    ("PF-02", when(lambda q: sent(q) and context(q) and not prefetch(q), 400)),
    ("PF-03", when(lambda q: None in values(q), 400)),
    ("PF-04", when(lambda q: FAILED in kinds(q), 400)),
    ("PF-05", changing(lambda q: "somethingNew" in prefetch(q))),
    ("PF-07", when(lambda q: any(isinstance(v, dict) and v.get("entry") == [] for v in values(q)), 412)),
    ("PF-07", when(lambda q: any(isinstance(v, dict) and v.get("total") == 0 for v in values(q)), 412)),
    ("PF-08", when(some_missing, 400)),
    ("PF-10", when(lambda q: any(isinstance(v, dict) and "link" in v for v in values(q)), 400)),
    ("PF-11", when(lambda q: any(isinstance(v, dict) and v.get("type") == "collection" for v in values(q)), 400)),
    ("PF-11", when(lambda q: b'"_birthDate"' in q.get_data(), 400)),
    ("PF-12", when(lambda q: "Basic" in kinds(q), 500)),
    ("FHIR-10", when(lambda q: str((sent(q) or {}).get("fhirServer")).startswith("file"), 200, {"cards": [], "x": "root:x:0"})),
    ("FHIR-13", when(some_missing, 200, {"cards": []})),
    ("RESP-01", lambda q, a: remade(a, Content_Type="text/html") if a.status_code == 200 else None),
    ("RESP-02", answers(lambda a: a["cards"])),
    ("RESP-03", answers(lambda a: {"extension": {"org.example.x": 1}})),
    ("RESP-03", answers(lambda a: {"cards": {}})),
    ("RESP-04", answers(lambda a: {**a, "vendor": 1})),
    ("CARD-01", answers(lambda a: {"cards": ["x"]})),
    ("CARD-02", card(summary="x" * 140)),
    ("CARD-02", card(summary=...)),
    ("CARD-03", card(summary="**Stop**")),
    ("CARD-03", card(summary="One\ntwo")),
    ("CARD-04", card(detail="<script>alert(1)</script>")),
    ("CARD-04", card(detail="[x](javascript:alert(1))")),
    ("CARD-04", card(detail=7)),
    ("CARD-05", card(indicator="hard-stop")),
    ("CARD-05", card(indicator="INFO")),
    ("CARD-06", card(source="x")),
    ("CARD-07", card(uuid=...)),
    ("CARD-07", answers(duplicated)),
    ("CARD-08", card(uuid="card-1")),
    ("CARD-09", card(priority=1)),
    ("CARD-10", card(selectionBehavior=...)),
    ("CARD-10", card(selectionBehavior="all")),
    ("CARD-11", card(overrideReasons={"a": 1})),
    ("CARD-12", card(links={"a": 1})),
    ("CARD-13", card(uuid=CARD["uuid"])),
    ("SRC-01", part("source", label=" ")),
    ("SRC-02", part("source", url="guideline.pdf")),
    ("SRC-03", part("source", icon="icon.png")),
    ("SRC-04", part("source", topic="x")),
    ("SRC-04", part("source", topic={"code": "x"})),
    ("SRC-05", part("source", topic=...)),
    ("SUG-01", part("suggestions", label=...)),
    ("SUG-01", card(suggestions=["x"])),
    ("SUG-01", card(suggestions={"label": "x"})),
    ("SUG-02", part("suggestions", uuid=...)),
    ("SUG-03", part("suggestions", isRecommended="yes")),
    ("SUG-03", answers(lambda a: {"cards": [{**c, "suggestions": [{**s, "isRecommended": True} for s in c["suggestions"]]} if "suggestions" in c else c for c in a["cards"]]})),
    ("SUG-04", part("suggestions", actions={"type": "create"})),
    ("SUG-04", part("suggestions", actions=[])),
    ("SUG-05", part("suggestions", actionSelectionBehavior="any")),
    ("SUG-06", part("suggestions", priority=1)),
    ("ACT-01", action(0, type="patch")),
    ("ACT-01", part("suggestions", actions=["x"])),
    ("ACT-02", action(0, description=...)),
    ("ACT-03", action(0, resource=...)),
    ("ACT-03", action(0, 1, resource={"resourceType": "MedicationRequest", "status": "draft"})),
    ("ACT-04", action(1, 1, resourceId="zol")),
    ("ACT-04", action(1, 1, resource="zol", resourceId=...)),
    ("ACT-05", action(0, resource={"resourceType": "ServiceRequest", "status": "draft"})),
    ("ACT-05", action(0, resource={"resourceType": "Nonsense"})),
    ("ACT-05", action(0, resource={**ORDER, "authoredOn": "yesterday"})),
    ("ACT-06", action(1, 1, resourceId="MedicationRequest/elsewhere")),
    ("ACT-06", action(0, 1, resource={**ORDER, "id": "elsewhere"})),
    ("ACT-07", action(0, resource=ORDER)),
    ("ACT-08", action(0, priority=1)),
    ("SYS-01", answers(lambda a: {**a, "systemActions": []})),
    ("SYS-02", system(type="patch")),
    ("SYS-02", system(resource=ORDER)),
    ("SYS-03", system(description=...)),
    ("SYS-04", system()),
    ("OVR-01", part("overrideReasons", display=...)),
    ("OVR-02", card(overrideReasons=[{"code": "a", "system": "x", "display": "A"}, {"code": "a", "system": "x", "display": "B"}])),
    ("LINK-01", part("links", label=" ")),
    ("LINK-02", part("links", url="read.html")),
    ("LINK-03", part("links", type="launch")),
    ("LINK-04", part("links", appContext="x")),
    ("LINK-05", part("links", autolaunchable=..., autoLaunchable=True)),
    ("LINK-05", part("links", autolaunchable="yes")),
    ("LINK-06", part("links", url="http://example.org/read")),
    ("LINK-06", part("links", target="_blank")),
    ("LINK-06", answers(lambda a: {"cards": [{**c, "links": [{"label": "x", "type": "absolute", "url": f"https://x.org/{c['summary'].split()[1].rstrip(':')}"}]} for c in a["cards"]]})),
    ("COD-01", part("overrideReasons", version="1")),
    ("COD-01", part("source.topic", userSelected=True)),
    ("EXT-01", card(extension=[{"url": "x"}])),
    ("EXT-02", card(extension={"counted": 1})),
    ("EXT-03", changing(lambda q: "extension" in (sent(q) or {}))),
    ("HOOK-04", when(lambda q: b"MedicationOrder" in q.get_data(), 500)),
    ("SEC-04", lambda q, a: remade(a, {"cards": [{**CARD, "detail": str((sent(q) or {}).get("fhirAuthorization"))}]}) if "fhirAuthorization" in (sent(q) or {}) else None),
    ("CORS-01", lambda q, a: remade(a, status=401) if q.method == "OPTIONS" else None),
    ("CORS-01", lambda q, a: remade(a, Access_Control_Allow_Headers="content-type") if q.method == "OPTIONS" else None),
    ("CORS-01", lambda q, a: remade(a, Access_Control_Allow_Methods="GET") if q.method == "OPTIONS" else None),
    ("CORS-01", lambda q, a: remade(a, Access_Control_Allow_Origin="https://other.org") if q.method == "OPTIONS" else None),
    ("CORS-02", refusals(lambda a: remade(a, Access_Control_Allow_Origin=""))),
    ("CORS-03", lambda q, a: remade(a, Access_Control_Allow_Credentials="true")),
    ("CORS-03", lambda q, a: remade(a, Access_Control_Allow_Origin=q.headers.get("Origin", ""), Vary="Accept")),
    ("CORS-03", lambda q, a: remade(a, Access_Control_Allow_Origin=q.headers.get("Origin", ""), Access_Control_Allow_Credentials="true", Vary="Origin")),
    ("INF-05", when(lambda q: "Authorization" in q.headers, 401)),
    ("MAL-01", accepting(lambda q: not q.get_data().strip())),
    ("MAL-01", when(lambda q: q.method == "POST" and not q.get_data().strip(), 500)),
    ("MAL-02", accepting(lambda q: q.get_data() == b"null")),
    ("MAL-02", when(lambda q: q.get_data()[:1] == b"[", 500)),
    ("MAL-03", accepting(lambda q: q.get_data().startswith(b"/*"))),
    ("MAL-03", accepting(lambda q: q.get_data().endswith(b",}"))),
    ("MAL-04", accepting(lambda q: b"[NaN]" in q.get_data())),
    ("MAL-05", accepting(lambda q: q.get_data().startswith(b"\xef\xbb\xbf"))),
    ("MAL-05", when(lambda q: b"\\ud800" in q.get_data(), 500)),
    ("MAL-06", accepting(lambda q: isinstance((sent(q) or {}).get("prefetch"), list))),
    ("MAL-06", when(lambda q: (sent(q) or {}).get("context") == "x", 500)),
    ("MAL-07", accepting(lambda q: context(q).get("userId") == 7)),
    ("MAL-07", accepting(lambda q: context(q).get("draftOrders") == "x")),
    ("MAL-08", accepting(lambda q: (q.content_type or "").startswith("text/plain"))),
    ("MAL-09", when(lambda q: True in values(q), 500)),
    ("MAL-10", when(lambda q: None in entries(q), 500)),
    ("MAL-11", when(lambda q: b"0000-13-45" in q.get_data(), 500)),
]  # fmt: skip


def is_wrong(found: dict[str, Result], row: str) -> bool:
    expected = Status.FAIL if rows()[row].is_binding else Status.WARN
    assert found[row].status is expected, (found[row].status, found[row].why)
    assert found[row].why
    return True


@pytest.mark.parametrize(("row", "spoil"), BREAKS, ids=[row for row, _ in BREAKS])
def test_a_wrong_service_fails(row: str, spoil: Break) -> None:
    assert is_wrong(asked(Model([spoil]), section(row)), row)


class _Shared:
    """State of one request kept on a singleton."""

    patient = ""

    def advise(self, call: HookRequest, *_: Any) -> DemoReply:
        self.patient = call.context.patient_id
        time.sleep(0.02)
        return DemoReply([Model().card(call, {self.patient: []})])


def test_req_14_patients_that_are_mixed_up() -> None:
    assert is_wrong(asked(Model(advise=_Shared().advise), "calls", patients=3), "REQ-14")


def test_req_10_another_patients_data() -> None:
    assert is_wrong(asked(Model(fetcher=Fetcher({"any patient"})), "prefetch"), "REQ-10")


@pytest.mark.parametrize(
    ("row", "habit"),
    [
        ("FHIR-01", "never"),
        ("FHIR-02", "no token"),
        ("FHIR-02", "token in URL"),
        ("FHIR-03", "wrong path"),
        ("FHIR-04", "first page"),
        ("FHIR-05", "html"),
        ("FHIR-05", "slashes"),
        ("FHIR-06", "write"),
        ("FHIR-07", "old token"),
        ("FHIR-08", "redirect"),
        ("FHIR-08", "foreign"),
        ("FHIR-09", "first page"),
        ("FHIR-11", "null again"),
        ("FHIR-15", "any type"),
        ("PF-09", "all keys"),
    ],
)
def test_bad_habits_of_fetching(row: str, habit: str) -> None:
    found = asked(Model(fetcher=Fetcher({habit})), "fetching", listen="127.0.0.1")
    if row == "FHIR-01":  # nothing was read at all: a recommendation, and the others cannot be told
        assert found[row].status is Status.WARN
        assert found["FHIR-02"].status is Status.SKIP
    else:
        assert is_wrong(found, row)


@pytest.mark.parametrize(
    ("row", "is_so"),
    [
        ("FHIR-12", lambda q: "status-500" in str((sent(q) or {}).get("fhirServer"))),
        ("FHIR-14", lambda q: "fhirServer" in (sent(q) or {}) and "fhirAuthorization" not in (sent(q) or {})),
    ],
)
def test_faults_when_the_fhir_server_is_sick(row: str, is_so: Any) -> None:
    part = "faults" if row == "FHIR-12" else "fetching"
    assert is_wrong(asked(Model([when(is_so, 500)]), part, listen="127.0.0.1"), row)


def test_silence_when_the_fhir_server_is_sick() -> None:
    is_so = lambda q: "html" in str((sent(q) or {}).get("fhirServer"))  # noqa: E731 # one line
    spoil = when(is_so, 200, {"cards": []})
    assert is_wrong(asked(Model([spoil]), "faults", listen="127.0.0.1"), "FHIR-13")


@pytest.mark.parametrize(
    ("row", "slack"),
    [
        ("FB-02", "single"), ("FB-03", "accepted"), ("FB-04", "reason"), ("FB-05", "comment"), ("FB-06", "fraction"),
        ("FB-07", "repeats"), ("FB-08", "created"), ("FB-09", "lax"), ("FB-10", "unknown"), ("FB-13", "found"),
    ],
)  # fmt: skip
def test_feedback_that_is_taken_wrongly(row: str, slack: str) -> None:
    assert is_wrong(asked(Model(feedback={slack}), "feedback"), row)


def test_feedback_is_voluntary() -> None:
    found = asked(Model(feedback=False), "feedback")
    assert {one.status for row, one in found.items() if row.startswith("FB-")} == {Status.SKIP}


@pytest.mark.parametrize(
    ("row", "lax"),
    [
        ("JWT-02", "list"), ("JWT-03", "RS384"), ("JWT-04", "silent"), ("JWT-04", "nobody"), ("JWT-05", "exp"),
        ("JWT-06", "aud"), ("JWT-07", "iss"), ("JWT-08", "jku"), ("JWT-09", "jti"), ("JWT-10", "none"),
        ("JWT-11", "hmac"), ("JWT-12", "signature"), ("JWT-13", "kid"), ("JWT-14", "typ"), ("JWT-15", "claims"),
        ("JWT-16", "iat"), ("JWT-17", "tenant"), ("JWT-18", "jwk"), ("JWT-18", "crit"), ("JWT-19", "telling"),
        ("JWT-21", "body first"), ("JWT-21", "preflight"), ("JWT-22", "case"), ("FB-11", "feedback"),
    ],
)  # fmt: skip
def test_tokens_that_are_believed_wrongly(row: str, lax: str) -> None:
    assert is_wrong(asked(Model(guard=guard(lax)), "tokens", signed=True), row)


def test_jwt_01_a_valid_token_that_is_refused() -> None:
    assert is_wrong(asked(Model(guard=guard(kids=("rsa",))), "tokens", signed=True), "JWT-01")


@pytest.mark.parametrize("whole", [False, True])
def test_a_service_that_asks_for_tokens_asked_without(whole: bool) -> None:
    """Its 401 is looked at; the rest says what it needs."""
    protected = guard()
    protected.whole = whole
    found = asked(Model(guard=protected), "tokens", "feedback")
    assert found["JWT-04"].status is (Status.SKIP if whole else Status.PASS)
    assert found["JWT-09"].status is Status.SKIP
    assert "--key" in found["JWT-09"].why
    assert Status.FAIL not in {one.status for one in found.values()}


def test_discovery_may_ask_for_a_token_too() -> None:
    protected = guard()
    protected.whole = True
    found = asked(Model(guard=protected), "tokens", signed=True)
    assert {found[row].status for row in ("DISC-01", "JWT-01", "JWT-03", "JWT-09")} == {Status.PASS}
    stranger = guard(kids=("rsa",))
    stranger.whole = True
    found = asked(Model(guard=stranger), "tokens", signed=True)
    assert found["JWT-01"].status is Status.FAIL
    assert found["DISC-01"].status is Status.SKIP


def test_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "AIM", 0.05)
    monkeypatch.setattr(judging, "SLOW", 0.05)
    found = asked(Model([slow(0.1)]), "pace")
    assert is_wrong(found, "PERF-01")
    assert is_wrong(found, "PERF-02")


def test_sec_01_an_address_without_tls() -> None:
    target = Target(Options("http://cds.example.org"))
    web._tls(target)
    assert is_wrong({one.row.id: one for one in target.findings.results()}, "SEC-01")


TOLD_ELSEWHERE = {"INF-01", "FB-01"}  # old TLS: test_conformance_command; offering feedback is a MAY


def test_every_row_that_can_be_seen_has_been_seen_to_fail() -> None:
    tried = {row for row, _ in BREAKS} | {
        "REQ-10",
        "REQ-14",
        "PERF-01",
        "PERF-02",
        "SEC-01",
        "JWT-01",
        "FHIR-12",
        "FHIR-14",
    }
    for test in (
        test_bad_habits_of_fetching,
        test_feedback_that_is_taken_wrongly,
        test_tokens_that_are_believed_wrongly,
    ):
        (mark,) = [mark for mark in test.pytestmark if mark.name == "parametrize"]
        tried |= {row for row, *_ in mark.args[1]}
    assert {row for row, asked_for in rows().items() if asked_for.manual is None} - tried == TOLD_ELSEWHERE


def test_threads_are_gone(before: set[threading.Thread]) -> None:
    assert not [thread for thread in set(threading.enumerate()) - before if not thread.daemon]


def test_nobody_there() -> None:
    found = {one.row.id: one for one in check(Options("http://127.0.0.1:9", pace=0.0, timeout=1.0), DAY)}
    assert is_wrong(found, "DISC-01")
    assert is_wrong(found, "HTTP-07")


@pytest.fixture(autouse=True, scope="module")
def _quiet_server() -> Iterator[None]:
    import logging

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    yield
    logging.getLogger("werkzeug").setLevel(logging.NOTSET)
