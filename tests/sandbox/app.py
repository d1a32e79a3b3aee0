"""A SMART app, as far as the authorization server sees one: PKCE, the code, the token."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from flask.testing import FlaskClient

from tests.sandbox.desk import BASE

REDIRECT = "http://127.0.0.1:9/smart/callback"
DATA = "patient/*.rs"


@dataclass
class App:
    """One app with one verifier; ``ask`` begins, ``redeem`` ends."""

    client: FlaskClient
    client_id: str = "an-app"
    secret: str | None = None
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    state: str = field(default_factory=lambda: secrets.token_urlsafe(8))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def parameters(self, scope: str, **changes: Any) -> dict[str, str]:
        """Those of an authorization request; ``changes`` replace some, None takes one away."""
        sent = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": REDIRECT,
            "scope": scope,
            "state": self.state,
            "aud": BASE,
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (sent | changes).items() if value is not None}

    def ask(self, scope: str, **changes: Any) -> Any:
        return self.client.get(f"/sandbox/auth/authorize?{urlencode(self.parameters(scope, **changes))}")

    def decide(self, scope: str, patient: str | None, decision: str = "allow", **changes: Any) -> Any:
        form = self.parameters(scope, **changes) | {"decision": decision} | ({"patient": patient} if patient else {})
        return self.client.post("/sandbox/auth/authorize", data=form)

    def launch(self, scope: str = f"launch openid fhirUser offline_access {DATA}", **fields: str) -> dict[str, str]:
        """What comes back to the redirect address after the EHR opened the app."""
        handle = self.client.post("/sandbox/auth/launch", data=fields).get_json()["launch"]
        return came_back(self.ask(scope, launch=handle))

    def redeem(self, given: str, /, **changes: Any) -> Any:
        sent = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": REDIRECT,
            "code_verifier": self.verifier,
        }
        return self.token(**(sent | changes))

    def refresh(self, token: str, **more: str) -> Any:
        return self.token(grant_type="refresh_token", refresh_token=token, **more)

    def token(self, **sent: Any) -> Any:
        return self.post("/sandbox/auth/token", sent)

    def revoke(self, token: str) -> Any:
        return self.post("/sandbox/auth/revoke", {"token": token})

    def post(self, path: str, sent: dict[str, Any]) -> Any:
        if self.secret is None:
            form = {"client_id": self.client_id, **sent}
            return self.client.post(path, data={name: value for name, value in form.items() if value is not None})
        pair = base64.b64encode(f"{self.client_id}:{self.secret}".encode()).decode()
        return self.client.post(path, data=sent, headers={"Authorization": f"Basic {pair}"})


def came_back(response: Any) -> dict[str, str]:
    """The parameters at the redirect address."""
    assert response.status_code == 302, response.get_data(as_text=True)
    assert response.headers["Location"].startswith(f"{REDIRECT}?")
    return {name: values[0] for name, values in parse_qs(urlsplit(response.headers["Location"]).query).items()}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
