"""The log as FHIR R4: an AuditEvent for each call and each report, a GuidanceResponse for each decision.

Patients and users appear by their keyed hash, as identifiers of a system of ours: nothing here leads back to a person
without the records of the EHR and the secret of the installation.
"""

from collections.abc import Iterator
from typing import Any

from cds_service.store.columns import encoded
from cds_service.store.export import Logged
from hooks.cards import RECOMMENDATION_SYSTEM

Resource = dict[str, Any]

_BASE = "https://osteohooks.github.io/fhir"
PATIENT_SYSTEM, USER_SYSTEM = f"{_BASE}/NamingSystem/patient-key", f"{_BASE}/NamingSystem/user-key"
CARD_SYSTEM = f"{_BASE}/NamingSystem/card"
EVENT_SYSTEM = f"{_BASE}/CodeSystem/audit-event"
DECISION_EXTENSION = f"{_BASE}/StructureDefinition/decision"
_TERMINOLOGY = "http://terminology.hl7.org/CodeSystem"
_STATUS = {"fires": "success", "needs-data": "data-required"}


def resources(logged: Logged) -> Iterator[Resource]:
    """The resources of one entry."""
    if logged.kind == "feedback":
        yield _report(logged.row)
        return
    yield _call(logged)
    for position, decision in enumerate(logged.decisions):
        yield _decision(logged.row, position, decision)


def _call(logged: Logged) -> Resource:
    call = logged.row
    names = ("service", "hook", "hook_instance", "edition", "language", "software_version", "config_version")
    more = ("policy_version", "cards_shown", "cards_withheld", "duration_us", "seq", "hash")
    event = _event(call["id"], call["at"], "call", call)
    event["agent"] += [{"who": _identified(USER_SYSTEM, call["user_key"]), "requestor": False}] * bool(call["user_key"])
    event["entity"] = [
        {
            "what": _identified(PATIENT_SYSTEM, call["patient_key"]),
            "type": {"system": f"{_TERMINOLOGY}/audit-entity-type", "code": "1", "display": "Person"},
            "role": {"system": f"{_TERMINOLOGY}/object-role", "code": "1", "display": "Patient"},
            "detail": _details(call, (*names, *more)),
        },
        *({"what": {"reference": f"GuidanceResponse/{_id(call, at)}"}} for at in range(len(logged.decisions))),
    ]
    return event


def _report(report: Resource) -> Resource:
    event = _event(report["id"], report["received_at"], "feedback", report)
    names = ("service", "outcome", "outcome_at", "reason_system", "reason_code", "seq", "hash")
    accepted = [{"type": "accepted", "valueString": uuid} for uuid in report["accepted"]]
    card = _identified(CARD_SYSTEM, f"urn:uuid:{report['card']}")
    event["entity"] = [{"what": card, "detail": [*_details(report, names), *accepted]}]
    return event


def _event(id_: str, at: str, kind: str, row: Resource) -> Resource:
    client = f"{row['client']}/{row['tenant']}" if row["tenant"] else row["client"]
    return {
        "resourceType": "AuditEvent",
        "id": id_,
        "type": {"system": f"{_TERMINOLOGY}/audit-event-type", "code": "rest", "display": "RESTful Operation"},
        "subtype": [{"system": EVENT_SYSTEM, "code": kind}],
        "action": "E",
        "recorded": at,
        "outcome": "0",
        "agent": [{"who": {"display": client}, "requestor": True}],
        "source": {"observer": {"display": "Osteohooks"}},
    }


def _decision(call: Resource, position: int, decision: Resource) -> Resource:
    kept = ("case", "severity", "figures", "evidence_hashes", "missing", "fingerprint", "shown", "withheld_because")
    coding = {"system": RECOMMENDATION_SYSTEM, "code": decision["rule"]}
    card = decision["card"]
    return {
        "resourceType": "GuidanceResponse",
        "id": _id(call, position),
        "extension": [
            {"url": DECISION_EXTENSION, "valueString": encoded({name: decision[name] for name in kept})},
        ],
        "requestIdentifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{call['hook_instance']}"},
        **({"identifier": [{"system": CARD_SYSTEM, "value": f"urn:uuid:{card}"}]} if card else {}),
        "moduleUri": f"{_BASE}/PlanDefinition/{decision['rule']}",
        "status": _STATUS[decision["status"]],
        "subject": _identified(PATIENT_SYSTEM, call["patient_key"]),
        "occurrenceDateTime": call["at"],
        "performer": {"display": f"Osteohooks {call['software_version']}, {call['edition']}"},
        "reasonCode": [{"coding": [coding]}],
    }


def _details(row: Resource, names: tuple[str, ...]) -> list[Resource]:
    return [{"type": name, "valueString": str(row[name])} for name in names if row[name] not in (None, "")]


def _identified(system: str, value: str) -> Resource:
    return {"identifier": {"system": system, "value": value}}


def _id(call: Resource, position: int) -> str:
    return f"{call['id']}-{position}"
