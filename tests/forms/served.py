"""The whole service on this machine, with its sandbox as the other hospital, and sessions of the app in it."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from cds_service.app import create_app
from cds_service.clients import DEVELOPMENT
from cds_service.settings import Settings
from cds_service.smart.configuration import Configuration
from cds_service.smart.holding import Opened
from cds_service.smart.sessions import EXTENSION, Sessions
from cds_service.store.installation import open_installation
from tests.sandbox.app import App

TODAY = date(2026, 6, 3)
READS = "patient/*.rs"
WRITES = "patient/*.cruds"


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Nothing."""


@dataclass(frozen=True)
class Service:
    """The running service."""

    app: Flask
    url: str

    def open(self, patient: str, scopes: str = READS, fhir: str = "/sandbox/fhir", **more: Any) -> "Chart":
        """A session of the app for a patient of the sandbox."""
        server = fhir if fhir.startswith("http") else f"{self.url}{fhir}"
        token = more.pop("token", None) or self.token(patient, scopes)
        told = {"language": "en", "context": "", "user": "Practitioner/7", "encounter": None, **more}
        opened = Opened(
            client=DEVELOPMENT.id,
            fhir_server=server,
            patient=patient,
            access_token=token,
            refresh_token=None,
            token_ends=None,
            scopes=frozenset(scopes.split()),
            configuration=Configuration(f"{self.url}/sandbox/auth/authorize", f"{self.url}/sandbox/auth/token"),
            **told,
        )
        sessions: Sessions = self.app.extensions[EXTENSION]
        client = sessions._registry.find(DEVELOPMENT.id, server)
        assert client is not None
        key = sessions.open(opened, client)
        return Chart(self, key.whole, key.csrf, patient, server, token)

    def token(self, patient: str, scopes: str) -> str:
        """What the authorization server of the sandbox gives the app."""
        app = App(self.app.test_client())
        code = app.launch(f"launch {scopes}", patient=patient)["code"]
        return str(app.redeem(code).get_json()["access_token"])

    def call(self, service: str, body: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.app.test_client().post(f"/cds-services/{service}", json=body)
        assert answer.status_code == 200, answer.text
        cards: list[dict[str, Any]] = answer.get_json()["cards"]
        return cards


@dataclass(frozen=True)
class Page:
    """A page, and what can be read on it."""

    status: int
    html: str
    headers: Any

    @property
    def text(self) -> str:
        """The words, without marks."""
        return unescape(" ".join(re.sub(r"<[^>]+>", " ", self.html).split()))

    def field(self, name: str) -> str:
        found = re.search(rf'name="{re.escape(name)}"[^>]*value="([^"]*)"', self.html)
        assert found is not None, name
        return unescape(found[1])

    def checked(self, link: str) -> list[str]:
        return re.findall(rf'name="q\.{re.escape(link)}" value="([^"]*)" checked', self.html)

    def area(self, link: str) -> str:
        found = re.search(rf'<textarea name="q\.{re.escape(link)}"[^>]*>\n(.*?)</textarea>', self.html, re.DOTALL)
        assert found is not None, link
        return unescape(found[1])


@dataclass(frozen=True)
class Chart:
    """One open session, as a browser without cookies uses it."""

    service: Service
    ticket: str
    csrf: str
    patient: str
    fhir_server: str
    token: str

    def get(self, path: str, **query: str) -> Page:
        return _page(self.service.app.test_client().get(path, query_string={"s": self.ticket, **query}))

    def post(self, path: str, answers: dict[str, Any] | None = None, **fields: str) -> Page:
        sent = {f"q.{link}": value for link, value in (answers or {}).items()}
        hidden = {"s": self.ticket, "csrf": self.csrf, **fields}
        return _page(self.service.app.test_client().post(path, data={**hidden, **sent}))

    def stored(self, kind: str) -> list[dict[str, Any]]:
        """What the FHIR server has of this patient."""
        answer = self.service.app.test_client().get(f"/sandbox/fhir/{kind}?patient={self.patient}&_count=200")
        return [entry["resource"] for entry in json.loads(answer.data).get("entry", ())]

    def hook(self, hook: str = "patient-view") -> dict[str, Any]:
        """A call of the EHR for the same patient, which leaves fetching to us."""
        context = {"patientId": self.patient, "userId": "Practitioner/7"}
        access = {"access_token": self.token, "token_type": "Bearer", "expires_in": 300, "scope": READS, "subject": "x"}
        return {
            "hook": hook,
            "hookInstance": str(uuid4()),
            "context": context,
            "fhirServer": self.fhir_server,
            "fhirAuthorization": access,
        }


def _page(answer: Any) -> Page:
    return Page(answer.status_code, answer.get_data(as_text=True), answer.headers)


@contextmanager
def serving(folder: Path, today: date = TODAY, **settings: Any) -> Iterator[Service]:
    """The service with a store and its sandbox, reachable on 127.0.0.1."""
    here = Settings(state_dir=folder, **{"fetch_deadline": 10, **settings})  # no test is about a slow machine
    store = open_installation(here, development=True)
    store.start()
    app = create_app(here, lambda: today, store=store)
    running = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    try:
        yield Service(app, f"http://127.0.0.1:{running.server_port}")
    finally:
        running.shutdown()
        thread.join()
        running.server_close()
        store.close(5)
