"""Prefetch at call time: each key missing, null, failed, empty, of the wrong type, or in an odd but lawful form."""

import copy
from typing import Any

from cds_service.conformance import synthetic
from cds_service.conformance.caller import Reply
from cds_service.conformance.target import Json, Target
from cds_service.conformance.told import harmless, in_time, is_silent, said

FAILED: Json = {
    "resourceType": "OperationOutcome",
    "issue": [{"severity": "error", "code": "timeout", "details": {"text": "The EHR could not read this."}}],
}
OTHER: Json = {"resourceType": "Basic", "id": "x"}
EMPTY: tuple[Json, ...] = ({"entry": []}, {"total": 0}, {})


def check(target: Target, service: Json, body: Json, first: Reply) -> None:
    """Bend the prefetch of one call that was answered; nothing at all of it for a service that asks for none."""
    if not body.get("prefetch"):
        for row in ("PF-03", "PF-04", "PF-08", "PF-12", "PRE-12"):
            target.findings.skip(row, "the service asks for no prefetch")
        _without_data(target, service, body, first)
        return
    _without_data(target, service, body, first)
    _one_by_one(target, service, body)
    _all_alike(target, service, body, first)
    _odd_forms(target, service, body, first)
    _other_patient(target, service, body, first)


def _without_data(target: Target, service: Json, body: Json, first: Reply) -> None:
    for changed in (synthetic.without(body, "prefetch"), body | {"prefetch": {}}):
        reply = target.call(service, changed)
        for row in ("PF-02", "HTTP-02"):
            target.findings.note(row, in_time(reply), f"{reply}: without prefetch and fhirServer")
        _not_silent(target, first, reply, "without data")


def _one_by_one(target: Target, service: Json, body: Json) -> None:
    for key in body["prefetch"]:
        gone = target.call(service, synthetic.without(body, "prefetch", key))
        for row in ("PF-08", "PRE-12"):
            target.findings.note(row, in_time(gone), f"{gone}: without {key}")
        null = target.call(service, synthetic.replaced(body, None, "prefetch", key))
        target.findings.note("PF-03", in_time(null), f"{null}: {key} null")
        failed = target.call(service, synthetic.replaced(body, FAILED, "prefetch", key))
        target.findings.note("PF-04", in_time(failed), f"{failed}: {key} an OperationOutcome")
        other = target.call(service, synthetic.replaced(body, OTHER, "prefetch", key))
        target.findings.note("PF-12", harmless(other), f"{other}: {key} of another type")


def _all_alike(target: Target, service: Json, body: Json, first: Reply) -> None:
    keys = body["prefetch"]
    nothing = target.call(service, body | {"prefetch": dict.fromkeys(keys)})
    target.findings.note("PF-03", in_time(nothing), f"{nothing}: all keys null")
    failed = target.call(service, body | {"prefetch": dict.fromkeys(keys, FAILED)})
    target.findings.note("PF-04", in_time(failed), f"{failed}: all keys OperationOutcomes")
    _not_silent(target, first, failed, "all keys failed")
    wrong = target.call(service, body | {"prefetch": dict.fromkeys(keys, OTHER)})
    _not_silent(target, first, wrong, "all keys of another type")
    target.findings.note("PF-12", not (wrong.status == 200 and said(wrong) == said(first) and first.cards), f"{wrong}")
    for empty in EMPTY:
        bundle: Json = {"resourceType": "Bundle", "type": "searchset", **empty}
        changed = {key: bundle if _is_bundle(value) else value for key, value in keys.items()}
        reply = target.call(service, body | {"prefetch": changed})
        target.findings.note("PF-07", reply.status == 200, f"{reply}: all searches empty ({empty})")


def _odd_forms(target: Target, service: Json, body: Json, first: Reply) -> None:
    """Lawful, if unusual; data that are the same must be understood the same where nothing was lost."""
    reply = target.call(service, body | {"prefetch": {k: _as_collection(v) for k, v in body["prefetch"].items()}})
    target.findings.note("PF-11", reply.status == 200, f"{reply}: Bundles of type collection")
    patient = target.call(service, _with_partial_dates(body))
    target.findings.note("PF-11", in_time(patient), f"{patient}: partial dates and underscore members")
    paged = target.call(service, body | {"prefetch": {k: _paged(v) for k, v in body["prefetch"].items()}})
    target.findings.note("PF-10", in_time(paged), f"{paged}: Bundles with a next page")


def _other_patient(target: Target, service: Json, body: Json, first: Reply) -> None:
    """Another patient under the key of this one: refused, or not used."""
    keys = [
        key
        for key, value in body["prefetch"].items()
        if isinstance(value, dict) and value.get("resourceType") == "Patient"
    ]
    if not keys:
        target.findings.skip("REQ-10", "the service asks for no Patient")
        return
    stranger = {**body["prefetch"][keys[0]], "id": "somebody-else"}
    reply = target.call(service, synthetic.replaced(body, stranger, "prefetch", keys[0]))
    without = target.call(service, synthetic.without(body, "prefetch", keys[0]))
    if said(without) != said(first):  # otherwise the Patient makes no difference, whoever it is
        target.findings.note("REQ-10", said(reply) != said(first), f"{reply}: used all the same")


def _not_silent(target: Target, first: Reply, reply: Reply, how: str) -> None:
    """What gave cards with data must not look like 'nothing to say' without."""
    if first.cards:
        target.findings.note("FHIR-13", not is_silent(reply), f"{reply}: no cards {how}")


def _is_bundle(value: Any) -> bool:
    return isinstance(value, dict) and value.get("resourceType") == "Bundle"


def _as_collection(value: Any) -> Any:
    if not _is_bundle(value):
        return value
    entries = [{"resource": entry["resource"]} for entry in value.get("entry", [])]
    stray = {"resource": {"resourceType": "Organization", "id": "conf-stray", "name": "Stray"}}
    return {"resourceType": "Bundle", "type": "collection", "entry": [*entries, stray]}


def _paged(value: Any) -> Any:
    link = [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]
    return {**value, "link": link} if _is_bundle(value) else value


def _with_partial_dates(body: Json) -> Json:
    changed = copy.deepcopy(body)
    for value in changed["prefetch"].values():
        if isinstance(value, dict) and value.get("resourceType") == "Patient":
            value["birthDate"] = value.get("birthDate", "1950")[:4]
            value["_birthDate"] = {"extension": [{"url": "http://example.org/x", "valueString": "y"}]}
        for entry in value.get("entry", []) if isinstance(value, dict) else []:
            for name in ("effectiveDateTime", "recordedDate", "authoredOn", "onsetDateTime"):
                if name in entry["resource"]:
                    entry["resource"][name] = entry["resource"][name][:7]
    return changed
