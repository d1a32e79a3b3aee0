"""What an EHR and an app do at the sandbox, for tests: FHIR over HTTP, paging, prefetch by template."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

from cds_service import error_answers
from cds_service.app import create_app
from cds_service.sandbox.pages import create_sandbox
from cds_service.settings import Settings

TODAY = date(2026, 6, 1)
BASE = "http://localhost/sandbox/fhir"
MAN = "syn-lung-zol-clearance-42"
Json = dict[str, Any]


def sandbox(clock: Callable[[], date] = lambda: TODAY) -> FlaskClient:
    """The sandbox alone, without the service: quick to make."""
    app = Flask("sandbox")
    error_answers.install(app)
    app.register_blueprint(create_sandbox(clock, "en", "aura-2026"))
    return app.test_client()


def service_with_sandbox() -> FlaskClient:
    return create_app(Settings(), lambda: TODAY).test_client()


def parsed(body: bytes | str) -> Any:
    return json.loads(body, parse_float=Decimal)


def get(client: FlaskClient, path: str, status: int = 200, **headers: str) -> Any:
    response = client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type.startswith("application/fhir+json")
    return parsed(response.data)


def send(client: FlaskClient, method: str, path: str, body: Any, **headers: str) -> Any:
    """A write; the response itself."""
    data = body if isinstance(body, bytes) else json.dumps(body, default=float).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.open(path, method=method, data=data, content_type="application/fhir+json", headers=names)


def resources(bundle: Json) -> list[Json]:
    return [entry["resource"] for entry in bundle.get("entry", [])]


def pages(client: FlaskClient, path: str, **headers: str) -> Iterator[Json]:
    """Every page of a search, by following ``next``."""
    following: str | None = path
    while following is not None:
        page = get(client, following, **headers)
        yield page
        links = [link["url"] for link in page["link"] if link["relation"] == "next"]
        parts = urlsplit(links[0]) if links else None
        following = f"{parts.path}?{parts.query}" if parts else None


def everything(client: FlaskClient, path: str, **headers: str) -> list[Json]:
    return [each for page in pages(client, path, **headers) for each in resources(page)]


def filled(template: str, context: Json) -> str:
    return re.sub(r"\{\{context\.(\w+)\}\}", lambda token: str(context[token[1]]), template)


def fetched(client: FlaskClient, template: str, context: Json, base: str = "/sandbox/fhir") -> Json:
    """A prefetch value as an EHR obtains it, with the Medications that orders point at."""
    path = f"{base}/{filled(template, context)}"
    if "?" not in path:
        return dict(get(client, path))
    found = everything(client, path)
    named = {each.get("medicationReference", {}).get("reference", "") for each in found}
    found += [get(client, f"{base}/{name}") for name in sorted(named) if name.startswith("Medication/")]
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in found]}


@cache
def bundle_types() -> Any:
    from fhir.resources.R4B.bundle import Bundle

    return Bundle


def is_valid(resource: Json) -> bool:
    """Whether R4B accepts it; raises with the reason where it does not."""
    from fhir.resources.R4B import get_fhir_model_class

    get_fhir_model_class(resource["resourceType"]).model_validate(resource)
    return True


def observation(patient: str = MAN, **more: Any) -> Json:
    concept = {"coding": [{"system": "http://loinc.org", "code": "14682-9"}], "text": "Creatinine"}
    told = {"resourceType": "Observation", "status": "final", "code": concept}
    subject = {"subject": {"reference": f"Patient/{patient}"}, "effectiveDateTime": "2026-06-01"}
    value = {"valueQuantity": {"value": 80, "unit": "µmol/L", "system": "http://unitsofmeasure.org", "code": "umol/L"}}
    return told | subject | value | more


def outcome(response: Any, status: int) -> Json:
    """The OperationOutcome of a refusal, which is valid and of this status."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type.startswith("application/fhir+json")
    told = parsed(response.data)
    assert told["resourceType"] == "OperationOutcome"
    assert is_valid(told)
    issue: Json = told["issue"][0]
    return issue
