"""What the tests of the launch share: the product's side of it with a page that tells its session, and a browser."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask import Flask, Response, request
from flask.testing import FlaskClient

from cds_service import error_answers
from cds_service.assets import page_policy
from cds_service.clients import Client, SmartApp
from cds_service.clients_file import Agreement, ClientsFile
from cds_service.settings import Settings
from cds_service.smart import routes, sessions
from cds_service.store.engine import Database
from cds_service.store.held import Vault
from cds_service.store.keys import Ring
from tests.smart.hospital import Hospital

SECRET = "a secret of the tests, and of nobody else"
PUBLIC = "https://cds.example.org"
Json = dict[str, Any]


class Clock:
    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Desk:
    """One installation of the product and one hospital."""

    hospital: Hospital
    database: Database
    clock: Clock
    app: Flask

    def browser(self, *, cookies: bool = True) -> "Browser":
        return Browser(self.app.test_client(use_cookies=cookies), self.hospital)


@dataclass
class Browser:
    """Follows the addresses it is sent to, one by one."""

    client: FlaskClient
    hospital: Hospital

    def get(self, address: str, **headers: str) -> Any:
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return self.client.get(path, base_url=PUBLIC, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def launch(self, headers: Json | None = None, **query: str) -> str:
        """The address of the EHR's login."""
        sent = {"iss": self.hospital.fhir, "launch": "abc"} | query
        return location(self.get(f"/smart/launch?{urlencode(sent)}", **(headers or {})))

    def back(self, login: str, **changes: str) -> Any:
        """The answer at the callback, once the user has logged in."""
        return self.get(self.hospital.login(login, **changes))

    def arrive(self, answer: Any) -> str:
        """The address of the app, from the answer at the callback."""
        return location(self.get(location(answer)))

    def open(self, **query: str) -> str:
        """The address of the app after a launch that goes well."""
        return self.arrive(self.back(self.launch(**query)))

    def told(self, address: str) -> Json:
        """What the page of the app knows of its session."""
        answer = self.get(address)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        found: Json = json.loads(answer.data)
        return found

    def post(self, path: str, form: Json, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.post(path, data=form, base_url=PUBLIC, headers=named)


def location(answer: Any) -> str:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return str(answer.headers["Location"])


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def reason(answer: Any, status: int) -> str:
    """The reason on a page of refusal, which tells nothing else of what happened."""
    text: str = answer.get_data(as_text=True)
    assert answer.status_code == status, text
    assert answer.content_type == "text/html; charset=utf-8"
    assert "Traceback" not in text
    return text.partition("<code>")[2].partition("</code>")[0]


def north(hospital: Hospital, **changes: Any) -> Client:
    app = SmartApp(hospital.fhir, hospital.client_id, frame_ancestors=("https://ehr.example.org",))
    return Client("north", fhir_servers=(hospital.fhir,), smart=replace(app, **changes))


def product(hospital: Hospital, database: Database, *clients: Client, public_url: str | None = PUBLIC) -> Desk:
    clock = Clock()
    app = Flask("cds_service", static_folder=None)
    error_answers.install(app)
    known = ClientsFile(tuple(Agreement(client, None) for client in clients or (north(hospital),)))
    settings = Settings(public_url=public_url, clients="clients.toml")
    vault = Vault(database, Ring(SECRET), clock)
    routes.install(app, settings, routes.build_registry(settings, known), vault)
    page_of(app)
    return Desk(hospital, database, clock, app)


def page_of(app: Flask, path: str = "/app") -> None:
    """A page that tells what it knows, in place of those of the product."""

    @app.route(path, methods=["GET", "POST"])
    def told() -> Response:
        session = sessions.current(request)
        known = {name: getattr(session, name) for name in session.__slots__ if name != "client"}
        known |= {"client": session.client.id, "next": session.at("/app/forms/mirels", lang="fr")}
        known |= {"hidden": dict(session.hidden), "shown": repr(session)}
        known |= {"app_context": str(session.app_context), "reads": session.may("r", "Observation")}
        answer = Response(json.dumps(known, default=list), content_type="application/json")
        answer.headers["Content-Security-Policy"] = page_policy(frame_ancestors=session.frame_ancestors)
        return answer
