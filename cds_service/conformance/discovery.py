"""Discovery: what the service says of itself."""

import re
from typing import Any

from cds_service.conformance.caller import Reply
from cds_service.conformance.results import rows
from cds_service.conformance.target import Json, Target
from cds_service.conformance.templates import check_templates
from hooks.request import HOOKS

_ID = re.compile(r"[A-Za-z0-9\-._~]+")
_SEMVER = re.compile(r"\d+\.\d+(\.\d+)?(-[0-9A-Za-z.-]+)?")
_HOOK = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)+|[a-z0-9-]+(\.[a-z0-9-]+)+")
_KNOWN = {"hook", "id", "title", "description", "prefetch", "usageRequirements", "version", "hookVersion", "extension"}
_DEPRECATED = {"medication-prescribe", "order-review"}
_PUBLISHED = {
    "patient-view": {"1.0"},
    "order-select": {"1.0", "1.0.1", "1.0.2"},
    "order-sign": {"1.0", "1.1", "1.1.0", "1.1.1"},
    "order-dispatch": {"1.0", "1.1"},
    "encounter-start": {"1.0"},
    "encounter-discharge": {"1.0"},
    "appointment-book": {"1.0"},
    "medication-refill": {"0.1.0"},
    "problem-list-item-create": {"0.1.0"},
    "allergyintolerance-create": {"0.1.0"},
}


def check(target: Target) -> None:
    """Read discovery twice, judge every entry, and keep those that can be called."""
    reply = target.caller.get(target.discovery)
    if reply.status in (401, 403):
        _closed(target, reply)
        return
    target.findings.note("DISC-01", reply.status == 200, str(reply))
    found = reply.json
    services: Any = found.get("services") if isinstance(found, dict) else None
    if not target.findings.note("DISC-02", isinstance(services, list), f"{reply}: no object with a list services"):
        target.findings.skip_family("DISC-", "discovery cannot be read")
        return
    _stable(target, reply)
    _unique(target, services)
    for number, entry in enumerate(services):
        where = f"services[{number}]"
        if target.findings.note("DISC-04", isinstance(entry, dict), f"{where} is no object"):
            _entry(target, entry, where)


def _closed(target: Target, reply: Reply) -> None:
    """Discovery may ask for a token too (DISC-16); without one, or with one that is refused, nothing can be seen."""
    if target.signed_by is not None:
        target.findings.note(target.signed_by, False, f"{reply}: a valid token for discovery")
    for row in rows():
        target.findings.skip(row, "discovery asks for a token: --key and --issuer of a client the service knows")


def _stable(target: Target, first: Reply) -> None:
    second = target.caller.get(target.discovery)
    target.findings.note("DISC-17", second.body == first.body, "two readings differ")


def _unique(target: Target, services: list[Any]) -> None:
    pairs = [(str(s.get("id")), str(s.get("hook"))) for s in services if isinstance(s, dict)]
    twice = sorted({pair for pair in pairs if pairs.count(pair) > 1})
    target.findings.note("DISC-12", not twice, f"twice: {twice}")


def _entry(target: Target, entry: Json, where: str) -> None:
    note = target.findings.note
    named = {
        name: isinstance(entry.get(name), str) and bool(entry[name].strip()) for name in ("hook", "id", "description")
    }
    note("DISC-04", named["hook"], f"{where}: hook is missing or no string")
    fits = named["id"] and _ID.fullmatch(entry["id"])
    note("DISC-05", fits, f"{where}: id is missing, or does not fit a URL segment")
    note("DISC-06", named["description"], f"{where}: description is missing or no string")
    note("DISC-07", isinstance(entry.get("title"), str), f"{where}: no title")
    if "usageRequirements" in entry:
        note("DISC-09", isinstance(entry["usageRequirements"], str), f"{where}: usageRequirements is no string")
    version = entry.get("version")
    note("DISC-10", isinstance(version, str) and _SEMVER.fullmatch(version), f"{where}: version {version!r}")
    if "extension" in entry:
        note("DISC-13", isinstance(entry["extension"], dict), f"{where}: extension is no object")
    unknown = sorted(entry.keys() - _KNOWN)
    note("DISC-14", not unknown, f"{where}: {', '.join(unknown)}")
    if named["hook"]:
        _hook(target, entry, where)
    if "prefetch" in entry:
        _prefetch(target, entry, where)
    if named["hook"] and fits:
        target.services.append(entry)


def _hook(target: Target, entry: Json, where: str) -> None:
    hook = entry["hook"]
    fine = _HOOK.fullmatch(hook) and hook not in _DEPRECATED
    target.findings.note("DISC-15", fine, f"{where}: hook {hook!r}")
    if "hookVersion" in entry:
        published = _PUBLISHED.get(hook)
        known = isinstance(entry["hookVersion"], str) and (published is None or entry["hookVersion"] in published)
        target.findings.note("DISC-11", known, f"{where}: hookVersion {entry['hookVersion']!r}")


def _prefetch(target: Target, entry: Json, where: str) -> None:
    prefetch = entry["prefetch"]
    shaped = isinstance(prefetch, dict) and prefetch and all(isinstance(value, str) for value in prefetch.values())
    if target.findings.note("DISC-08", shaped, f"{where}: prefetch is no object of strings, or empty"):
        check_templates(target.findings, prefetch, str(entry.get("hook")), where)


def reachable(target: Target) -> None:
    """Each listed id is found where discovery says it is."""
    for service, hook in target.each():
        reply = target.call(service, {"hook": hook})
        target.findings.note("DISC-05", reply.status not in (404, 405), f"{reply}: the id leads nowhere")
    callable_hooks = {hook for _, hook in target.each() if hook in HOOKS}
    if target.services and not callable_hooks:
        for family in ("REQ-", "PF-", "RESP-", "CARD-", "SRC-", "SUG-", "ACT-", "MAL-"):
            target.findings.skip_family(family, "no service has a hook for which a call can be made up")
