"""Well-formed calls: every hook of the service, its users, its optional fields, its data in every lawful form."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

from cds_service.conformance import synthetic
from cds_service.conformance.caller import Reply
from cds_service.conformance.cards import check_answer
from cds_service.conformance.target import Json, Target
from cds_service.conformance.told import said, same
from hooks.request import HOOKS

PARALLEL = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """One service asked about several patients.

    Attributes:
        bodies, replies: what was sent and answered, in order.
        best: the number of the call that is bent later on: one that got cards, if any did.
    """

    service: Json
    bodies: Sequence[Json]
    replies: Sequence[Reply]

    @property
    def best(self) -> int:
        """The last one with cards, or the first."""
        return next((n for n in reversed(range(len(self.replies))) if self.replies[n].cards), 0)

    @property
    def body(self) -> Json:
        """The call that is bent."""
        return self.bodies[self.best]

    @property
    def reply(self) -> Reply:
        """Its answer."""
        return self.replies[self.best]


def ask(target: Target, day: date) -> list[Asked]:
    """Every service for which a call can be made up, about several patients and with the user's own requests."""
    found = []
    for service, hook in target.each():
        bodies = list(synthetic.calls(service, day, target.options.patients))
        bodies += [body for body in target.options.bodies if body.get("hook") == hook]
        if bodies:
            found.append(Asked(service, bodies, [target.call(service, body) for body in bodies]))
    return found


def check_cards(target: Target, asked: Asked) -> None:
    """The answers, and the same call once more under a new hookInstance."""
    for body, reply in zip(asked.bodies, asked.replies, strict=True):
        target.findings.note("REQ-01", reply.status is not None and reply.status != 404, str(reply))
        target.findings.note("PF-01", reply.status == 200, f"{reply}, with every key given")
        if reply.status is not None and 200 <= reply.status < 300:
            check_answer(target.findings, reply, body)
    second = target.call(asked.service, asked.body | {"hookInstance": str(uuid4())})
    target.findings.note("REQ-15", same(asked.reply, second), f"{second}: other cards for the same call")
    cards = [card for reply in (asked.reply, second) for card in reply.cards or () if isinstance(card, dict)]
    if cards:
        uuids = {card.get("uuid") for card in cards}
        target.findings.note("CARD-13", len(uuids) == len(cards), "a uuid of an earlier answer is used again")


def check(target: Target, asked: Asked) -> None:
    """One call in every lawful form."""
    service, body = asked.service, asked.body
    _users(target, service, body, HOOKS[service["hook"]].users)
    _unknown(target, service, body, asked.reply)
    _versions(target, service, body)
    _parallel(target, asked)


def _users(target: Target, service: Json, body: Json, users: tuple[str, ...]) -> None:
    """Every kind of user of the hook, and the optional fields left out."""
    patient = body["context"]["patientId"]
    for kind in users:
        reply = target.call(service, synthetic.with_user(body, kind, patient))
        target.findings.note("REQ-09", reply.status == 200, f"{reply}: with {kind}")
    shape = HOOKS[service["hook"]]
    optional = [] if shape.user_required else ["userId"]
    optional += [] if shape.encounter_required else ["encounterId"]
    for name in optional:
        reply = target.call(service, synthetic.without(body, "context", name))
        target.findings.note("REQ-09", reply.status == 200, f"{reply}: without {name}")
    if users and not shape.encounter_required:
        reply = target.call(service, synthetic.replaced(body, "conf-stay", "context", "encounterId"))
        target.findings.note("REQ-09", reply.status == 200, f"{reply}: with encounterId")


def _unknown(target: Target, service: Json, body: Json, first: Reply) -> None:
    """What is not known must change nothing."""
    note = target.findings.note
    extension = {"org.example.conformance": {"a": [1, {"b": None}]}}
    more = {**body.get("prefetch", {}), "somethingNew": {"resourceType": "Basic", "id": "x"}}
    for row, changed in (
        ("REQ-07", body | {"user": "Practitioner/x", "somethingNew": {"a": [1]}}),
        ("EXT-03", body | {"extension": extension}),
        ("REQ-08", synthetic.replaced(body, {"a": [1]}, "context", "somethingNew")),
        ("PF-05", body | {"prefetch": more}),
        ("HOOK-04", _with_old_order(body)),
    ):
        reply = target.call(service, changed)
        ok = same(first, reply) if row != "HOOK-04" else reply.status is not None and reply.status < 500
        note(row, ok, f"{reply}: another answer")


def _with_old_order(body: Json) -> Json:
    """With a DSTU2 order among the drafts, where the hook has any."""
    old: Json = {
        "resourceType": "MedicationOrder",
        "id": "dstu2",
        "patient": {"reference": "Patient/x"},
        "status": "draft",
    }
    for name in ("draftOrders", "medications"):
        if isinstance(body["context"].get(name), dict):
            entries = [*body["context"][name].get("entry", []), {"resource": old}]
            return synthetic.replaced(body, {**body["context"][name], "entry": entries}, "context", name)
    return synthetic.replaced(body, old, "context", "somethingOld")


def _versions(target: Target, service: Json, body: Json) -> None:
    """Media types in other spellings."""
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/json;charset=UTF-8"):
        reply = target.call(service, body, Content_Type=kind)
        target.findings.note("HTTP-08", reply.status == 200, f"{reply}: with {kind}")


def _parallel(target: Target, asked: Asked) -> None:
    """All at once: each patient must get the cards of before."""
    alone = [said(reply) for reply in asked.replies]
    with ThreadPoolExecutor(PARALLEL) as pool:
        together: list[Any] = list(
            pool.map(lambda body: said(target.call(asked.service, body)), [*asked.bodies, *asked.bodies])
        )
    target.findings.note("REQ-14", together == alone * 2, f"{asked.service['id']}: other cards when called in parallel")
