"""Whatever bytes a FHIR server sends, the call is answered with cards or refused with a reason."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fetching.desk import BODY, TOKEN, ehr, product
from tests.service.calls import blanks, post
from tests.support import faults
from tests.support.ehr import Ehr, Json, calling, running

fuzz = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSONS = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)
TYPES = st.sampled_from(["Bundle", "Patient", "Observation", "Condition", "OperationOutcome", "Binary", "", "x"])
LINKS = st.lists(st.fixed_dictionaries({"relation": st.sampled_from(["self", "next", ""]), "url": JSONS}), max_size=2)
PAGES = st.fixed_dictionaries(
    {}, optional={"resourceType": TYPES | JSONS, "link": LINKS | JSONS, "entry": JSONS, "id": JSONS, "total": JSONS}
)
HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Encoding", "Retry-After", "Link", "X-Odd"]),
    st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=20),
    max_size=3,
)


@pytest.fixture(scope="module")
def hospital() -> Iterator[Ehr]:
    with running(ehr()) as server:
        yield server


@pytest.fixture(scope="module")
def service() -> FlaskClient:
    return product.__wrapped__(deadline=1.0)


def answered(service: FlaskClient, hospital: Ehr, behaviour: faults.Behaviour, kind: str) -> Json:
    hospital.faults.clear()
    hospital.faults[kind] = behaviour
    response = post(service, calling(BODY, hospital, TOKEN), "/cds-services/bone-order-sign")
    answer: Json = json.loads(response.data)
    assert response.status_code in (200, 412), answer
    assert blanks(answer) == []
    assert answer.get("cards") or answer.get("issue"), "this order always has something to be said"
    return answer


@fuzz
@given(st.binary(max_size=200), st.sampled_from(["Observation", "Patient", "*"]))
def test_any_bytes(service: FlaskClient, hospital: Ehr, sent: bytes, kind: str) -> None:
    answered(service, hospital, faults.body(sent), kind)


@fuzz
@given(PAGES | JSONS, st.sampled_from(["Observation", "Patient", "Condition", "*"]))
def test_any_json(service: FlaskClient, hospital: Ehr, sent: Any, kind: str) -> None:
    answered(service, hospital, faults.body(json.dumps(sent).encode()), kind)


@fuzz
@given(st.integers(200, 599), HEADERS)
def test_any_status_with_any_headers(service: FlaskClient, hospital: Ehr, code: int, headers: dict[str, str]) -> None:
    shown = {name.replace("-", "_"): value for name, value in headers.items()}
    answered(service, hospital, lambda handler: handler.say(code, b"{}", **shown), "Condition")
