"""Prefetch templates: what discovery asks an EHR to fetch."""

import re
from collections.abc import Iterator, Mapping

from cds_service.conformance.results import Findings
from hooks.context import HOOKS

LONGEST = 4096  # characters that servers and proxies take in a URL as they are delivered
_TOKEN = re.compile(r"\{\{(.*?)\}\}")
_USER = {"userPractitionerId", "userPractitionerRoleId", "userPatientId", "userRelatedPersonId"}
_PATH = re.compile(r"context\.([A-Za-z][A-Za-z0-9]*)")
_FHIRPATH = re.compile(r"context\.\w+(\.|\[)|\b(today|now)\(\)|%\w+|\||\bresolve\(\)|\bofType\(")
_FUNCTION = re.compile(r"\b(\w+)\(")
_READ = re.compile(r"[A-Z][A-Za-z]+/\{\{[^}]+\}\}")
_SEARCH = re.compile(r"([A-Z][A-Za-z]+)\?(\S+)")
_SUBSET = re.compile(r"[a-zA-Z_][\w-]*(:in)?")
_PREFIX = re.compile(r"(ne|sa|eb|ap)\d{4}")
_SUBJECT = {"patient", "subject", "_id", "beneficiary", "actor", "individual"}
_PRIMITIVE = {"userId", "patientId", "encounterId", "performer"}
_LISTS = {"dispatchedOrders", "selections"}


def check_templates(findings: Findings, prefetch: Mapping[str, str], hook: str, where: str) -> None:
    """Every template of one service, in order."""
    earlier: list[str] = []
    for key, template in prefetch.items():
        place = f"{where}.prefetch.{key}"
        tokens = _TOKEN.findall(template)
        bare = _TOKEN.sub("", template)
        balanced = "{" not in bare and "}" not in bare and not any("{" in token for token in tokens)
        if findings.note("PRE-01", balanced, f"{place}: braces do not match"):
            for token in tokens:
                _token(findings, token.strip(), hook, place, earlier)
            _shape(findings, template, place)
        earlier.append(key)


def _token(findings: Findings, token: str, hook: str, place: str, earlier: list[str]) -> None:
    if _FHIRPATH.search(token):
        unknown = set(_FUNCTION.findall(token)) - {"ofType", "resolve", "today"}
        why = f"unknown functions {sorted(unknown)}" if unknown else "FHIRPath, which only 3.0 knows"
        findings.note("PRE-04", False, f"{place}: {why}")
        for key in re.findall(r"%(\w+)", token):
            findings.note("PRE-05", key in earlier, f"{place}: %{key} is not listed before")
        return
    findings.note("PRE-04", True, "")
    path = _PATH.fullmatch(token)
    if not findings.note("PRE-02", token in _USER or path, f"{place}: token {{{{{token}}}}}") or path is None:
        return
    field = path[1]
    if hook in HOOKS:
        allowed = {name for name, _ in _fields(hook)}
        findings.note("PRE-03", field in allowed, f"{place}: {field} is no token of {hook}")
        optional = {name for name, required in _fields(hook) if not required}
        findings.note("PRE-09", field not in optional, f"{place}: {field} is optional in {hook}")


def _fields(hook: str) -> Iterator[tuple[str, bool]]:
    """The fields of a hook that may be tokens, and whether the hook requires them."""
    shape = HOOKS[hook]
    yield "patientId", True
    if shape.users:
        yield "userId", shape.user_required
        yield "encounterId", shape.encounter_required
    yield from ((name, True) for name in (*shape.references, *shape.reference_lists) if name != "selections")


def _shape(findings: Findings, template: str, place: str) -> None:
    relative = not template.startswith("/") and "://" not in template
    kind = _READ.fullmatch(template) or _TOKEN.fullmatch(template) or _SEARCH.fullmatch(template)
    findings.note("PRE-06", relative and kind, f"{place}: no relative read, search or reference")
    sound = not re.search(r"\s", _TOKEN.sub("", template)) and len(template) < LONGEST
    findings.note("PRE-10", sound, f"{place}: {len(template)} characters, or a space among them")
    if (search := _SEARCH.fullmatch(template)) is not None:
        parameters = [part.partition("=") for part in search[2].split("&")]
        odd = [name for name, _, value in parameters if not _in_subset(name, value)]
        findings.note("PRE-07", not odd, f"{place}: {', '.join(odd)}")
        scoped = any(name in _SUBJECT and "{{" in value for name, _, value in parameters)
        findings.note("PRE-08", scoped, f"{place}: not restricted to the patient")


def _in_subset(name: str, value: str) -> bool:
    if name.startswith(("_include", "_revinclude", "_has")):
        return False
    return bool(_SUBSET.fullmatch(name)) and not _PREFIX.match(value)
