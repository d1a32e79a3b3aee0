"""Addresses, methods, headers, sizes, languages and origins."""

import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fhir.resources.R4B.operationoutcome import OperationOutcome
from flask.testing import FlaskClient

from cds_service.errors import MissingData, Refusal
from tests.service.calls import DemoReply, blanks, demo_app, post, valid_call, with_context

SIGN = "/cds-services/demo-order-sign"


def refused(response: Any, status: int, code: str) -> dict[str, Any]:
    assert (response.status_code, response.content_type) == (status, "application/json")
    found = json.loads(response.data)
    OperationOutcome.model_validate(found)
    assert found["issue"][0]["code"] == code
    return dict(found["issue"][0])


def test_discovery_lists_services_in_order(client: FlaskClient) -> None:
    response = client.get("/cds-services")
    assert (response.status_code, response.content_type) == (200, "application/json")
    services = json.loads(response.data)["services"]
    assert [service["id"] for service in services] == ["demo-order-sign", "demo-patient-view"]
    assert list(services[0]["prefetch"]) == ["patient", "aged"]  # as listed, not sorted
    assert services[0]["usageRequirements"] == "FHIR R4"
    assert {service["version"] for service in services} == {"2.0.1"}
    assert not any("hookVersion" in service for service in services)
    assert blanks(json.loads(response.data)) == []


def test_discovery_is_stable_and_needs_no_exact_address(client: FlaskClient) -> None:
    assert client.get("/cds-services").data == client.get("/cds-services").data == client.get("/cds-services/").data
    assert client.head("/cds-services").status_code == 200


def test_livez(client: FlaskClient) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json) == (200, {"status": "ok"})


def test_nothing_to_say_is_an_empty_list() -> None:
    response = post(demo_app(lambda *_: DemoReply([])).test_client(), valid_call())
    assert (response.status_code, response.data) == (200, b'{"cards":[]}')


def test_cards_hold_nothing_empty(client: FlaskClient) -> None:
    response = post(client, valid_call())
    answer = json.loads(response.data)
    assert blanks(answer) == []
    assert answer["cards"][0]["summary"] == "1288992 en"


def test_the_checker_of_emptiness_finds_it() -> None:
    assert blanks({"cards": []}) == []
    assert blanks({"cards": [{"links": [], "a": None, "b": " ", "c": {}, "d": [None, 0, False]}]}) == [
        "$.cards[0].links",
        "$.cards[0].a",
        "$.cards[0].b",
        "$.cards[0].c",
        "$.cards[0].d[0]",
    ]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8; x=y",
        "application/fhir+json",
        "APPLICATION/FHIR+JSON; fhirVersion=4.0",
    ],
)
def test_json_by_any_spelling(client: FlaskClient, content_type: str) -> None:
    assert post(client, valid_call(), content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/xml",
        "application/fhir+xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "json",
        ";",
        "*/*",
    ],
)
def test_other_content_is_not_read(client: FlaskClient, content_type: str | None) -> None:
    response = client.post(SIGN, data=json.dumps(valid_call()), content_type=content_type)
    issue = refused(response, 415, "not-supported")
    assert "application/json" in issue["diagnostics"]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_compressed_bodies_are_not_read(client: FlaskClient, encoding: str) -> None:
    refused(post(client, valid_call(), headers={"Content-Encoding": encoding}), 415, "not-supported")


def test_identity_is_no_compression(client: FlaskClient) -> None:
    assert post(client, valid_call(), headers={"Content-Encoding": "Identity"}).status_code == 200


def test_missing_body(client: FlaskClient) -> None:
    issue = refused(client.post(SIGN, content_type="application/json"), 400, "structure")
    assert issue["details"]["text"] == "The body is empty."


@pytest.mark.parametrize("surplus", [0, 1])
def test_size_limit(surplus: int) -> None:
    client = demo_app(max_body_bytes=2048).test_client()
    body = json.dumps(valid_call()).encode().ljust(2048 + surplus)
    response = post(client, body)
    if surplus:
        issue = refused(response, 413, "too-long")
        assert "2048" in issue["details"]["text"]
    else:
        assert response.status_code == 200


@pytest.mark.parametrize(("surplus", "status"), [(0, 200), (1, 413), (1_000_000, 413)])
def test_size_limit_of_chunked_bodies(surplus: int, status: int) -> None:
    client = demo_app(max_body_bytes=2048).test_client()
    body = json.dumps(valid_call()).encode().ljust(2048 + surplus)
    response = client.post(
        SIGN,
        input_stream=io.BytesIO(body),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == status


def test_a_connection_that_ends_early(client: FlaskClient) -> None:
    body = json.dumps(valid_call()).encode()
    response = client.post(
        SIGN,
        input_stream=io.BytesIO(body[:100]),
        content_type="application/json",
        environ_overrides={"CONTENT_LENGTH": str(len(body))},
    )
    refused(response, 400, "structure")


@pytest.mark.parametrize(
    "path", ["/", "/cds-service", "/cds-services/a/b/c", "/cds-services/x/feedback", "/%00", "/%ff", "/static/app.js"]
)
def test_unknown_addresses(client: FlaskClient, path: str) -> None:
    refused(client.get(path), 404, "not-found")


def test_a_doubled_slash_is_no_redirect(client: FlaskClient) -> None:
    refused(post(client, valid_call(), "/cds-services//demo-order-sign"), 404, "not-found")


@pytest.mark.parametrize("service", ["unknown", "demo-order-sign2", "%2e%2e", "%ff", "é", "DEMO-ORDER-SIGN"])
def test_unknown_services(client: FlaskClient, service: str) -> None:
    refused(post(client, valid_call(), f"/cds-services/{service}"), 404, "not-found")


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", SIGN, {"POST", "OPTIONS"}),
        ("PUT", SIGN, {"POST", "OPTIONS"}),
        ("DELETE", SIGN, {"POST", "OPTIONS"}),
        ("POST", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("TRACE", "/cds-services", {"GET", "HEAD", "OPTIONS"}),
        ("POST", "/livez", {"GET", "HEAD", "OPTIONS"}),
    ],
)
def test_wrong_methods_say_which_are_right(client: FlaskClient, method: str, path: str, allow: set[str]) -> None:
    response = client.open(path, method=method)
    refused(response, 405, "not-supported")
    assert set(response.headers["Allow"].split(", ")) == allow


def test_missing_data_names_the_keys() -> None:
    def demand(*_: Any) -> Any:
        raise MissingData(("patient", "observations"))

    issue = refused(post(demo_app(demand).test_client(), valid_call()), 412, "required")
    assert issue["expression"] == ["prefetch.patient", "prefetch.observations"]
    assert "patient, observations" in issue["details"]["text"]


def test_our_own_failure_has_a_number_and_no_values(caplog: pytest.LogCaptureFixture) -> None:
    def fail(call: Any, *_: Any) -> Any:
        raise KeyError(f"patient {call.context.patient_id}")

    with caplog.at_level(logging.DEBUG):
        response = post(demo_app(fail).test_client(), with_context(patientId="Dupont-1950"))
    issue = refused(response, 500, "exception")
    incident = issue["details"]["text"].split()[-1].rstrip(".")
    (record,) = [record for record in caplog.records if record.name == "osteohooks"]
    assert incident in record.getMessage()
    assert "KeyError" in record.getMessage()
    assert "test_http.py" in record.getMessage()
    assert "Dupont" not in caplog.text + response.text


def test_failures_of_the_server_itself_are_ours_too() -> None:
    from werkzeug.exceptions import BadGateway, TooManyRequests

    def raising(error: Exception) -> FlaskClient:
        def fail(*_: Any) -> Any:
            raise error

        return demo_app(fail).test_client()

    refused(post(raising(BadGateway()), valid_call()), 500, "exception")
    refused(post(raising(TooManyRequests()), valid_call()), 429, "throttled")
    refused(post(raising(Refusal("a.", "b.", "c.")), valid_call()), 400, "invalid")


@pytest.mark.parametrize(
    ("header", "default", "language"),
    [
        (None, "en", "en"),
        (None, "fr", "fr"),
        ("", "fr", "fr"),
        ("fr", "en", "fr"),
        ("fr-FR", "en", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "en", "fr"),
        ("FR", "en", "fr"),
        ("en-GB", "fr", "en"),
        ("en;q=0.5, fr;q=0.6", "en", "fr"),
        ("en;q=0.6, fr;q=0.5", "fr", "en"),
        ("de, fr;q=0.2", "en", "fr"),
        ("de", "en", "en"),
        ("de", "fr", "fr"),
        ("*", "fr", "fr"),
        ("*", "en", "en"),
        ("fr;q=0", "en", "en"),
        ("fr;q=x", "en", "en"),
    ],
)
def test_language(header: str | None, default: str, language: str) -> None:
    client = demo_app(language=default).test_client()
    response = post(client, valid_call(), headers={} if header is None else {"Accept-Language": header})
    assert response.headers["Content-Language"] == language
    assert "Accept-Language" in response.headers["Vary"]
    assert json.loads(response.data)["cards"][0]["summary"] == f"1288992 {language}"


EVERY_KIND_OF_RESPONSE = [
    ("GET", "/cds-services", b"", 200),
    ("POST", SIGN, json.dumps(valid_call()).encode(), 200),
    ("POST", SIGN, b"x", 400),
    ("POST", "/cds-services/unknown", b"", 404),
    ("GET", "/nothing", b"", 404),
    ("GET", SIGN, b"", 405),
    ("POST", SIGN, b" " * 5000, 413),
    ("OPTIONS", SIGN, b"", 200),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), EVERY_KIND_OF_RESPONSE)
def test_every_response_may_be_read_across_origins_and_is_kept_safe(
    method: str, path: str, body: bytes, status: int
) -> None:
    client = demo_app(max_body_bytes=4096).test_client()
    origin = {"Origin": "https://sandbox.cds-hooks.org"}
    response = client.open(path, method=method, data=body, headers=origin, content_type="application/json")
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_failures_may_be_read_across_origins_too() -> None:
    def fail(*_: Any) -> Any:
        raise ZeroDivisionError

    response = post(demo_app(fail).test_client(), valid_call(), headers={"Origin": "https://a.example"})
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (500, "*")


@pytest.mark.parametrize("path", ["/cds-services", SIGN])
def test_preflight(client: FlaskClient, path: str) -> None:
    response = client.options(
        path,
        headers={
            "Origin": "https://sandbox.cds-hooks.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        },
    )
    assert response.status_code == 200
    assert "POST" in response.headers["Access-Control-Allow-Methods"]
    allowed = {name.strip().lower() for name in response.headers["Access-Control-Allow-Headers"].split(",")}
    assert allowed >= {"authorization", "content-type"}


@pytest.mark.parametrize(("origin", "allowed"), [("https://ehr.example.org", True), ("https://evil.example", False)])
def test_named_origins_only(origin: str, allowed: bool) -> None:
    client = demo_app(cors_origins="https://ehr.example.org https://other.example.org").test_client()
    for body in (valid_call(), b"x"):
        response = post(client, body, headers={"Origin": origin})
        assert response.headers.get("Access-Control-Allow-Origin") == (origin if allowed else None)
        assert "Origin" in response.vary


def test_no_origins_where_the_network_can_reach_us() -> None:
    client = demo_app(host="0.0.0.0").test_client()
    response = post(client, valid_call(), headers={"Origin": "https://a.example"})
    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response.headers


def test_simultaneous_calls_do_not_mix() -> None:
    app = demo_app()

    def ask(number: int) -> bool:
        language = ("en", "fr")[number % 2]
        response = post(app.test_client(), with_context(patientId=f"p{number}"), headers={"Accept-Language": language})
        return bool(json.loads(response.data)["cards"][0]["summary"] == f"p{number} {language}")

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(ask, range(400)))


def test_uuids_are_new_for_every_answer(client: FlaskClient) -> None:
    first, second = (json.loads(post(client, valid_call()).data)["cards"][0] for _ in range(2))
    assert first.pop("uuid") != second.pop("uuid")
    assert first == second


def test_two_services_of_one_id_stop_the_start() -> None:
    from cds_service.hooks_api import create_blueprint
    from tests.service.calls import SIGN as SERVICE
    from tests.service.calls import repeat_patient

    with pytest.raises(ValueError, match="same id"):
        create_blueprint((SERVICE, SERVICE), repeat_patient, "en")
