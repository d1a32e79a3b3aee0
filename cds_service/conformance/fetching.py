"""Fetching: what the service reads from the FHIR server of a call, with whose token, and what it does if it cannot."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

from cds_service.conformance import synthetic
from cds_service.conformance.calls import Asked
from cds_service.conformance.fhir_stub import SICK, Seen, Stub, running
from cds_service.conformance.prefetching import FAILED
from cds_service.conformance.target import Json, Target
from cds_service.conformance.told import in_time, is_silent, said

NEEDS_LISTEN = "needs --listen: an address of this machine that the service can reach and may read from"
LONGEST = 10.0  # seconds
ROWS = ("FHIR-01", "FHIR-02", "FHIR-03", "FHIR-04", "FHIR-05", "FHIR-06", "FHIR-07", "FHIR-08", "FHIR-09", "FHIR-11",
        "FHIR-12", "FHIR-14", "FHIR-15", "PF-09")  # fmt: skip


def check(target: Target, asked: Sequence[Asked], part: Callable[[Fetching], None]) -> None:
    """Offer the service a FHIR server, for the first call that asks for data; ``part`` is what is then tried."""
    asking = [each for each in asked if each.body.get("prefetch")]
    if target.options.listen is None or not asking:
        why = NEEDS_LISTEN if asking or not asked else "no service asks for prefetch"
        for row in ROWS:
            target.findings.skip(row, why)
        return
    host, _, port = target.options.listen.partition(":")
    with ExitStack() as servers:
        canary = servers.enter_context(running(host))
        stub = servers.enter_context(running(host, int(port or 0), canary.url("whole")))
        stub.record += _record(asking[0].body)
        canary.record += stub.record
        part(Fetching(target, asking[0], stub, canary))


class Fetching:
    """One service reading one patient."""

    def __init__(self, target: Target, asked: Asked, stub: Stub, canary: Stub) -> None:
        self._target, self._service, self._body = target, asked.service, asked.body
        self._stub, self._canary, self._with_data = stub, canary, asked.reply
        self._note = target.findings.note

    def healthy(self) -> None:
        """A FHIR server that answers: what is read from it, and with which token."""
        self._whole()
        if not self._stub.seen:
            self._unused()
            return
        self._partial()
        self._answered_keys()
        self._tokens()

    def sick(self) -> None:
        """A FHIR server that fails in every way."""
        self._call("whole")
        if not self._stub.seen:
            self._unused()
            return
        for case in (*SICK, "refused"):
            reply, _ = self._call(case) if case != "refused" else self._call(case, fhirServer=_nowhere())
            fine = in_time(reply) and reply.seconds <= LONGEST
            self._note("FHIR-12", fine, f"{reply} after {reply.seconds:.1f} s: FHIR server {case}")
            if self._with_data.cards and case not in ("loop", "endless"):
                self._note("FHIR-13", not is_silent(reply), f"{reply}: no cards, FHIR server {case}")

    def _unused(self) -> None:
        for row in ROWS:
            self._target.findings.skip(row, "the service did not read from the FHIR server that was offered")

    def _call(self, case: str, prefetch: Any = ..., slash: str = "", **changes: Any) -> tuple[Any, str]:
        token = f"conformance-{uuid4()}"
        self._target.tokens.append(token)
        granted = {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": 300,
            "scope": "user/*.read",
            "subject": "x",
        }
        body = {**self._body, "fhirServer": self._stub.url(case) + slash, "fhirAuthorization": granted, **changes}
        body = {name: value for name, value in body.items() if value is not ...} | {"hookInstance": str(uuid4())}
        body = synthetic.without(body, "prefetch") if prefetch is ... else body | {"prefetch": prefetch}
        return self._target.call(self._service, body), token

    def _whole(self) -> None:
        """No prefetch at all: everything is read."""
        reply, token = self._call("whole")
        asked = self._stub.asked("whole")
        self._note("FHIR-01", asked and reply.status == 200, f"{reply}: {len(asked)} reads")
        if not asked:
            return
        self._note("FHIR-02", all(each.token == token for each in asked), "a read without the token of the call")
        self._note("FHIR-02", not any(token in each.query + each.path for each in asked), "the token in a URL")
        self._note("FHIR-05", all(_wants_fhir(each) for each in asked), "Accept is not FHIR JSON")
        writes = [each.method for each in asked if each.method != "GET"]
        self._note("FHIR-06", not set(writes) - {"POST"}, f"{', '.join(writes)}")
        missing = self._unread(asked)
        self._note("FHIR-03", not missing, f"not read: {', '.join(missing)}")
        self._note("FHIR-09", said(reply) == said(self._with_data), f"{reply}: other cards than by prefetch")
        pages = [each for each in asked if "_page=" in each.query]
        several = [kind for kind in {each["resourceType"] for each in self._stub.record} if self._count(kind) > 2]
        if several:
            self._note("FHIR-04", pages, "no second page was read")
        slashed, _ = self._call("slash", slash="/")
        joined = [each for each in self._stub.asked("slash") if each.path.startswith("/")]
        self._note("FHIR-05", slashed.status == 200 and not joined, f"{slashed}: fhirServer that ends in a slash")

    def _partial(self) -> None:
        """All keys but one: only that one is read."""
        for number, key in enumerate(self._body["prefetch"]):
            case = f"partial-{number}"
            given = {name: value for name, value in self._body["prefetch"].items() if name != key}
            reply, _ = self._call(case, given)
            wanted = _kind(self._service["prefetch"][key])
            others = {each.path.partition("/")[0] for each in self._stub.asked(case)} - {wanted, ""}
            self._note("PF-09", not others, f"without {key} read: {', '.join(sorted(others))}")
            self._note("FHIR-09", said(reply) == said(self._with_data), f"{reply}: other cards when {key} was fetched")

    def _answered_keys(self) -> None:
        """null and OperationOutcome are answers: nothing is asked again."""
        for case, value in (("null", None), ("failed", FAILED)):
            self._call(case, dict.fromkeys(self._body["prefetch"], value))
            asked = self._stub.asked(case)
            self._note("FHIR-11", not asked, f"{len(asked)} reads although every key was answered with {case}")

    def _tokens(self) -> None:
        """Only the token of the call, only to the origin of fhirServer, only as Bearer."""
        self._call("first")
        _, second = self._call("second")
        mixed = [each for each in self._stub.asked("second") if each.token not in (None, second)]
        self._note("FHIR-07", not mixed, "the token of an earlier call was used")
        for case in ("redirect", "foreign"):
            self._call(case)
        leaked = [each for each in self._canary.seen if each.token is not None]
        self._note("FHIR-08", not leaked, f"{len(leaked)} tokens sent to another origin")
        open_server, _ = self._call("open", fhirAuthorization=...)
        self._note("FHIR-14", in_time(open_server), f"{open_server}: without fhirAuthorization")
        closed, _ = self._call("status-401", fhirAuthorization=...)
        self._note("FHIR-14", in_time(closed), f"{closed}: without fhirAuthorization, refused with 401")
        granted = {"access_token": "mac-token", "token_type": "mac", "expires_in": 9, "scope": "x", "subject": "x"}
        self._call("mac", fhirAuthorization=granted)
        used = [each for each in self._stub.asked("mac") if "mac-token" in str(each.headers)]
        self._note("FHIR-15", not used, "a token of type mac was sent")

    def _unread(self, asked: list[Seen]) -> list[str]:
        kinds = {each.path.partition("/")[0] for each in asked}
        return [
            key for key, template in self._service["prefetch"].items() if (_kind(template) or "Patient") not in kinds
        ]

    def _count(self, kind: str) -> int:
        return sum(each["resourceType"] == kind for each in self._stub.record)


def _record(body: Json) -> list[Json]:
    found: dict[str, Json] = {}
    for value in body["prefetch"].values():
        for each in synthetic.resources(value):
            found[f"{each['resourceType']}/{each['id']}"] = each
    return list(found.values())


def _kind(template: str) -> str | None:
    found = re.match(r"([A-Z][A-Za-z]+)[/?]", template)
    return found[1] if found else None


def _wants_fhir(seen: Seen) -> bool:
    accept = seen.headers.get("accept", "")
    return "application/fhir+json" in accept or "application/json" in accept


def _nowhere() -> str:
    return "http://127.0.0.1:9/fhir"  # the discard port: nobody listens
