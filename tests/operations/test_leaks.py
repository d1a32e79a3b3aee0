"""Everything that is shipped, sent through the real server with the log wide open: nothing of it can be found afterwards.

Searched are standard output and error of all processes, the metrics and the health page, for every string and number of
every request: names, ids, dates, results, codes, tokens. What stands there must be words and numbers of ours.
"""

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import orjson
import pytest

from cds_service.sandbox.scenarios import hook_request, scenarios
from hooks.exact_json import dumps_exact
from hooks.limits import EDITIONS
from hooks.request import HOOKS
from hooks.services import services
from tests.service.test_server import Server, serving

TOKEN = "eyJhbGciOiJFUzM4NCJ9.Duponttoken1950.c2lnbmF0dXJl"
GRANTED = {
    "access_token": "some-opaque-fhir-access-token-1950",
    "token_type": "Bearer",
    "expires_in": 86399,
    "scope": "user/Observation.rs patient/Duponttoken.read",
    "subject": "cds-service-Duponttoken",
}
PLANTED = ("Dupont", "1950-07-14", "0612345678", "jean.dupont@example.org", "13 rue de la Paix")
OURS = frozenset({*HOOKS, *EDITIONS})
# Fields whose values are numbers and ids made by us: a patient's 63 may well be somebody's 63 milliseconds.
MADE_HERE = frozenset({"time", "call", "incident", "ms", "bytes", "status", "cards", "fires", "undecided", "broken", "pid", "port", "workers"})  # fmt: skip


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from leaves(member)
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


@cache
def requests() -> tuple[tuple[str, dict[str, Any]], ...]:
    """Every shipped request, with a name, an address, a telephone number and tokens that no synthetic patient has."""
    found = []
    for each in scenarios():
        call = hook_request(each)
        patient = call["prefetch"]["patient"]
        patient["name"] = [{"family": PLANTED[0], "given": ["Jean-Baptiste"]}]
        patient["telecom"] = [{"system": "phone", "value": PLANTED[2]}, {"system": "email", "value": PLANTED[3]}]
        patient["address"] = [{"line": [PLANTED[4]], "city": "Clermont-Ferrand"}]
        call |= {"fhirServer": "https://ehr.duponttoken.example.org/fhir", "fhirAuthorization": GRANTED}
        found.append((each.service, call))
    return tuple(found)


def secrets() -> frozenset[str]:
    found = {leaf for _, call in requests() for leaf in leaves(call)}
    return frozenset(each for each in found | {TOKEN, *PLANTED} if len(each) > 1) - OURS  # an "a" says nothing


def bent(call: dict[str, Any]) -> Iterator[bytes]:
    """The request as it is and in ways that are refused, each at another place."""
    body = dumps_exact(call)
    yield body
    yield body[: len(body) // 2]
    yield body[:-1] + b',"hook":"order-sign"}'
    yield dumps_exact(call | {"context": {**call["context"], "patientId": "Dupont/1950-07-14"}})
    yield dumps_exact(call | {"hookInstance": "jean.dupont@example.org"})
    yield dumps_exact(call | {"prefetch": {}})
    yield dumps_exact(call | {"hook": "Dupont"})


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving(OSTEOHOOKS_LOG_LEVEL="debug", OSTEOHOOKS_WORKERS="2") as running:
        for number, (service, call) in enumerate(requests()):
            headers = {"Authorization": f"Bearer {TOKEN}", "Accept_Language": ("en", "fr")[number % 2]}
            for body in bent(call):
                running.get(f"/cds-services/{service}?patient={PLANTED[1]}", body, **headers)
            patient = call["context"]["patientId"]
            running.get(f"/Patient/{patient}?name={PLANTED[0]}", Cookie=f"user={PLANTED[3]}", X_Request_Id=PLANTED[0])
            running.get(f"/cds-services/{patient}", b"{}", User_Agent=PLANTED[0], Referer=f"https://x/{patient}")
        yield running


def logged(server: Server) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in server.written().splitlines() if line.startswith("{")]


def told(server: Server) -> Iterator[str]:
    """Everything said, without the numbers, ids and words made here."""
    for line in server.written().splitlines():
        if line.startswith("{"):
            line = json.dumps({name: value for name, value in orjson.loads(line).items() if name not in MADE_HERE})
        yield cleaned(line)
    for line in server.get("/metrics")[2].decode().splitlines():
        if not line.startswith("#"):  # a constant of the code
            yield cleaned(re.sub(r'(le|status|kind)="[^"]+"', "", line.rpartition(" ")[0]))
    yield server.get("/readyz")[2].decode()
    yield server.get("/livez")[2].decode()


def cleaned(line: str) -> str:
    """Without ids of services, names of hooks, process ids, and line numbers of code."""
    line = re.sub("|".join(re.escape(word) for word in (*(service.id for service in services()), *HOOKS)), "", line)
    return re.sub(r"\(\d+\)|pid: ?\d+|(?<=\.py):\d+", "", line)


def found_in(text: str, wanted: Iterable[str]) -> set[str]:
    """Whole words of the text that are wanted, and long wanted strings anywhere in it."""
    words = set(re.split(r"[\s\"'{}\[\](),:=]+", text))
    return {each for each in wanted if each in words or (len(each) >= 6 and each in text)}


def test_nothing_of_any_patient_is_found(server: Server) -> None:
    text = "\n".join(told(server))
    assert len(logged(server)) > 9 * len(requests())
    assert found_in(text, secrets()) == set()


def test_the_lines_hold_nothing_that_had_to_be_refused(server: Server) -> None:
    lines = logged(server)
    assert {line["event"] for line in lines} <= {"started", "library", "request"}
    assert not [line for line in lines if "refused" in line]
    assert {line["status"] for line in lines if line["event"] == "request"} == {200, 400, 404, 412}


def test_the_search_finds_what_is_there(server: Server) -> None:
    """The same search over a request finds every secret, and over a log that leaks one, that one."""
    whole = frozenset(each for each in secrets() if each.strip())
    assert len(whole) > 1000
    request = "".join(dumps_exact(call).decode() for _, call in requests())
    named = {each for each in whole if re.fullmatch(r"[\w.\-]+", each)} - {TOKEN, *PLANTED}
    assert named - found_in(request, named) == set()
    for leak in ("63.0", "Dupont", "syn-lung-zol-clearance-42", GRANTED["access_token"], "1957-09-04"):
        assert found_in(f'{{"event": "request", "x": "{leak}"}}', whole) >= {leak}
