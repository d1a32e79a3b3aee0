"""Nothing is ever reassuring because it was not sent: each prefetch key of each shipped patient is lost in every way.

Searched and not found (null, an empty Bundle) is knowledge; not asked for (absent), refused (an OperationOutcome) and
broken (something else) are not.
"""

import copy
import json
from functools import cache
from typing import Any

import pytest

from cds_service.errors import MissingData
from cds_service.pipeline import Reply, advise, build_parts
from cds_service.sandbox.scenarios import PREFETCH_TYPES, hook_request, scenario, scenarios
from hooks.check import Outcome
from hooks.evaluate import Finding
from hooks.exact_json import dumps_exact
from hooks.limits import EDITIONS
from hooks.request import HookRequest
from hooks.services import services

EACH = [each.id for each in scenarios() if each.id != "breast-long-history"]
SOME = ["lung-zol-clearance-42", "lung-zol-renewal-monthly", "lung-xgeva-stop", "lung-fracture-untreated"]
KEYS = ["patient", *PREFETCH_TYPES]
DAY = scenarios()[0].as_of
PARTS = build_parts(lambda: DAY, EDITIONS[0])
FAILED = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "timeout"}]}
LOST: dict[str, Any] = {"absent": ..., "refused": FAILED, "broken": {"resourceType": "Binary"}, "nonsense": 7}
EMPTY: dict[str, Any] = {
    "null": None,
    "empty": {"resourceType": "Bundle", "type": "searchset", "total": 0},
    "no entries": {"resourceType": "Bundle", "type": "searchset", "total": 0, "entry": []},
}
UNFINISHED = {"link": [{"relation": "next", "url": "https://ehr.example.org/fhir?page=2"}]}
SERVICES = {each.id: each for each in services()}


@cache
def request(name: str) -> Any:
    return hook_request(scenario(name), DAY)


def ask(name: str, call: Any) -> Reply:
    service = SERVICES[scenario(name).service]
    reply = advise(HookRequest.parse(dumps_exact(call), service.hook), service, PARTS, "en")
    assert not reply.findings.broken
    return reply


@cache
def complete(name: str) -> Reply:
    return ask(name, request(name))


def changed(name: str, **values: Any) -> Any:
    """The request with other prefetch values; ``...`` leaves a key out."""
    call = {**request(name), "prefetch": {**request(name)["prefetch"], **values}}
    call["prefetch"] = {key: value for key, value in call["prefetch"].items() if value is not ...}
    return call


def speaking(reply: Reply) -> set[str]:
    return {finding.rule.id for finding in reply.findings.speaking}


# An unknown extent of the disease is silence by the catalogue, not a question; BRIDGE-01 speaks for BRIDGE-03, and for an
# osteonecrosis by definition ONJ-DEF-01 asks for the item that is open.
SILENT_WHEN_UNKNOWN = {"ZOL-SPACE-01", "DMAB-OLIGO-01"}
SPOKEN_FOR = {"AR-START-02": "AR-START-01", "BRIDGE-03": "BRIDGE-01", "ONJ-REF-01": "ONJ-DEF-01"}


def cases(names: list[str]) -> list[Any]:
    """Every patient with every other list: each list is lost to half of them."""
    pairs = [(name, key) for at, name in enumerate(names) for key in KEYS[at % 2 :: 2]]
    return [pytest.param(name, key, id=f"{name}-{key}") for name, key in pairs]


@pytest.mark.parametrize(("name", "key"), cases(EACH))
def test_a_lost_list_never_silences_and_never_reassures(name: str, key: str) -> None:
    for how in ("absent", "refused"):
        compare(name, key, how)


@pytest.mark.parametrize(("name", "key"), cases(["lung-zol-clearance-42", "lung-zol-all-clear"]))
def test_an_unreadable_list_is_a_lost_one(name: str, key: str) -> None:
    for how in ("broken", "nonsense"):
        compare(name, key, how)


def compare(name: str, key: str, how: str) -> None:
    """What spoke still speaks; what rested on the lost data asks for them or rests on others."""
    lost = ask(name, changed(name, **{key: LOST[how]}))
    before = {asked(finding): finding for finding in complete(name).findings.all}
    for now in lost.findings.all:
        was = before[asked(now)]
        if was.speaks and not now.because:
            assert now.speaks or SPOKEN_FOR.get(now.rule.id) in speaking(lost), (now.rule.id, how)
        elif was.verdict.outcome is Outcome.SATISFIED and rested_on(was, key) and not now.because:
            fine = now.speaks or (now.verdict.outcome is Outcome.SATISFIED and now.verdict.evidence)
            spoken_for = SPOKEN_FOR.get(now.rule.id) in speaking(lost)
            assert fine or spoken_for or now.rule.id in SILENT_WHEN_UNKNOWN, (now.rule.id, now.verdict.outcome, how)
    shown = {row["rule"] for c in lost.cards for row in (c.extension or {})["io.github.osteohooks.findings"]}
    assert shown == speaking(lost)


def asked(finding: Finding) -> tuple[str, str | None]:
    return finding.rule.id, finding.draft.source.resource if finding.draft else None


def rested_on(finding: Finding, key: str) -> bool:
    kind = PREFETCH_TYPES.get(key, "Patient")
    return any(p.origin == "prefetch" and p.resource.startswith(f"{kind}/") for p in finding.verdict.evidence)


@pytest.mark.parametrize("name", EACH)
def test_an_unfinished_list_is_no_complete_one(name: str) -> None:
    """The same rules speak as without the list: page 1 may lack the newest result, so nothing may rest on it."""
    for key in ("observations", "procedures", "medicationRequests", "medicationAdministrations"):
        bundle = request(name)["prefetch"][key]
        cut = {**bundle, **UNFINISHED}
        assert speaking(ask(name, changed(name, **{key: cut}))) == speaking(ask(name, changed(name, **{key: ...}))), key


@pytest.mark.parametrize("key", KEYS[1:])
@pytest.mark.parametrize("name", SOME)
def test_null_and_an_empty_bundle_are_the_same_knowledge(name: str, key: str) -> None:
    told = [ask(name, changed(name, **{key: value})) for value in EMPTY.values()]
    assert len({json.dumps([c.summary for c in reply.cards]) for reply in told}) == 1
    assert len({str([(f.rule.id, f.status, f.verdict.case) for f in reply.findings.all]) for reply in told}) == 1
    assert all(gap.why != "not-fetched" for reply in told for f in reply.findings.speaking for gap in f.verdict.missing)


def test_not_found_and_not_sent_are_told_apart() -> None:
    name = "lung-zol-clearance-42"
    found = {f.rule.id: f for f in ask(name, changed(name, procedures=None)).findings.all}
    lost = {f.rule.id: f for f in ask(name, changed(name, procedures=...)).findings.all}
    assert (found["AR-DENTAL-01"].status, lost["AR-DENTAL-01"].status) == ("fires", "needs-data")
    assert [gap.what for gap in lost["AR-DENTAL-01"].verdict.missing]
    assert {gap.why for gap in lost["AR-DENTAL-01"].verdict.missing} == {"not-fetched"}


@pytest.mark.parametrize("name", EACH)
def test_without_any_data_it_refuses_or_says_so(name: str) -> None:
    """412, or a card; an empty answer only where the order alone is none of our business."""
    for prefetch in (..., None, {}, dict.fromkeys(KEYS, FAILED), {"somethingElse": None}):
        call = copy.copy(request(name))
        call.pop("prefetch") if prefetch is ... else call.update(prefetch=prefetch)
        try:
            reply = ask(name, call)
        except MissingData:  # 412, see the tests of the street
            continue
        assert speaking(complete(name)) <= speaking(reply)
        assert bool(reply.cards) or not complete(name).cards


@pytest.mark.parametrize("name", ["lung-zol-all-clear", "lung-zol-renewal-monthly"])
@pytest.mark.parametrize("key", ["patient", "observations", "conditions", "medicationAdministrations", "procedures"])
def test_all_clear_is_never_said_without_looking(name: str, key: str) -> None:
    """Where silence rests on data, losing them ends the silence."""
    rests = {p.resource.partition("/")[0] for f in complete(name).findings.all for p in f.verdict.evidence}
    lost = ask(name, changed(name, **{key: ...}))
    assert complete(name).cards == []
    assert bool(lost.cards) or PREFETCH_TYPES.get(key, "Patient") not in rests
