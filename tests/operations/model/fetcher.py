"""Reads what was not sent, for the model: as a good client of a FHIR server does, or with one habit it must not have."""

import json
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from hooks.request import HookRequest

DEADLINE = 0.6  # seconds


@dataclass
class Fetcher:
    """``habits`` are the bad ones: see each place that asks for one."""

    habits: set[str] = field(default_factory=set)
    tokens: list[str] = field(default_factory=list)

    def read(self, call: HookRequest, kind: str, template: str) -> list[Any] | None:
        """The resources of a kind, or None where they could not be had."""
        if call.fhir_server is None or "never" in self.habits:
            return None
        try:
            return self._read(call, kind, template)
        except (requests.RequestException, HTTPError, ValueError, KeyError, TypeError, AttributeError):
            return [] if "silent" in self.habits else None

    def _read(self, call: HookRequest, kind: str, template: str) -> list[Any]:
        path = template.replace("{{context.patientId}}", call.context.patient_id)
        if "wrong path" in self.habits:
            path = "Basic/x"
        base = call.fhir_server or ""
        url = f"{base}/{path}" if "slashes" in self.habits else f"{base.rstrip('/')}/{path}"
        if "write" in self.habits:
            requests.put(url, json={}, headers=self._headers(call), timeout=DEADLINE)
        found: list[Any] = []
        end = time.monotonic() + (30 if "patient" in self.habits else DEADLINE)
        for _ in range(20):
            page = self._get(call, url, end)
            if kind == "Patient":
                return self._patient(page)
            if page["resourceType"] != "Bundle":
                raise ValueError
            found += [entry["resource"] for entry in page.get("entry", [])]
            following = [link["url"] for link in page.get("link", []) if link["relation"] == "next"]
            if not following or "first page" in self.habits:
                return found
            if urlsplit(following[0]).netloc != urlsplit(url).netloc and "foreign" not in self.habits:
                raise ValueError
            url = following[0]
        raise ValueError

    def _patient(self, page: Any) -> list[Any]:
        if page["resourceType"] != "Patient":
            raise ValueError
        return [page]

    def _get(self, call: HookRequest, url: str, end: float) -> Any:
        if "token in URL" in self.habits and call.authorization:
            url += f"{'&' if '?' in url else '?'}access_token={call.authorization.access_token}"
        # A session trusts the environment; without it, and by hand, redirects keep the token if told so.
        with requests.get(
            url,
            headers=self._headers(call),
            timeout=max(0.05, end - time.monotonic()),
            stream=True,
            allow_redirects=False,
        ) as reply:
            if reply.is_redirect and "redirect" in self.habits:
                return self._get(call, reply.headers["Location"], end)
            if reply.status_code != 200:
                raise ValueError
            body, length = b"", int(reply.headers["Content-Length"])
            while piece := reply.raw.read1(65536):
                body += piece
                if time.monotonic() > end:
                    raise ValueError
        if len(body) != length:
            raise ValueError
        return json.loads(body)

    def _headers(self, call: HookRequest) -> dict[str, str]:
        accept = {"Accept": "text/html" if "html" in self.habits else "application/fhir+json"}
        granted = call.authorization
        if granted is None or "no token" in self.habits or (not granted.is_bearer and "any type" not in self.habits):
            return accept
        self.tokens.append(granted.access_token)
        token = self.tokens[0] if "old token" in self.habits else granted.access_token
        return accept | {"Authorization": f"Bearer {token}"}
