"""The answer to a call: cards, suggestions, links, override reasons."""

import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

from cds_service.conformance.actions import check_action
from cds_service.conformance.caller import Reply
from cds_service.conformance.results import Findings
from cds_service.conformance.target import Json

_TOP = {"cards", "systemActions", "extension"}
_CARD = {"uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior", "overrideReasons",
         "links", "extension"}  # fmt: skip
_SUGGESTION = {"label", "uuid", "isRecommended", "actions", "actionSelectionBehavior", "extension"}
_LINK = {"label", "url", "type", "appContext", "autolaunchable", "extension"}
_CODING = {"code", "system", "display"}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_MARKUP = re.compile(r"\*\*|__|^#|`|\]\(|^\s*[-*] ", re.MULTILINE)
_HTML = re.compile(r"(?<!\\)<[a-zA-Z/!][^>]*>|\]\(\s*javascript:|\bon\w+\s*=\s*[\"']", re.IGNORECASE)


def check_answer(findings: Findings, reply: Reply, request: Json) -> None:
    """Everything about the answer to one call. ``request`` is the call it answers."""
    findings.note("HTTP-01", reply.status == 200 and reply.cards is not None, f"{reply}: not 200 with cards")
    found = reply.json
    if not findings.note("RESP-02", isinstance(found, dict), f"{reply}: no JSON object"):
        return
    if not findings.note("RESP-03", isinstance(found.get("cards"), list), f"{reply}: no list cards"):
        return
    findings.note("RESP-01", "application/json" in reply.headers.get("content-type", ""), f"{reply}: Content-Type")
    unknown = sorted(found.keys() - _TOP)
    findings.note("RESP-04", not unknown, f"{reply}: {', '.join(unknown)}")
    _uuids(findings, found["cards"])
    for number, card in enumerate(found["cards"]):
        where = f"cards[{number}]"
        if findings.note("CARD-01", isinstance(card, dict), f"{where} is no object"):
            _card(findings, card, where, request)
    findings.note("SYS-04", "systemActions" not in found, f"{reply}: systemActions without an agreement")
    if "systemActions" in found:
        _system_actions(findings, found["systemActions"], request)


def _card(findings: Findings, card: Json, where: str, request: Json) -> None:
    summary = card.get("summary")
    long_enough = isinstance(summary, str) and summary.strip() and len(summary) < 140
    findings.note("CARD-02", long_enough, f"{where}: summary is missing, blank, or has 140 characters or more")
    plain = isinstance(summary, str) and "\n" not in summary and not _MARKUP.search(summary)
    findings.note("CARD-03", plain, f"{where}: summary has lines or Markdown")
    if "detail" in card:
        sound = isinstance(card["detail"], str) and not _HTML.search(card["detail"])
        findings.note("CARD-04", sound, f"{where}: detail is no text, or holds HTML")
    indicator = card.get("indicator")
    findings.note("CARD-05", indicator in ("info", "warning", "critical"), f"{where}: indicator {indicator!r}")
    findings.note("CARD-07", isinstance(card.get("uuid"), str), f"{where}: no uuid")
    if "uuid" in card:
        findings.note("CARD-08", _UUID.fullmatch(str(card["uuid"])), f"{where}: uuid is no UUID")
    unknown = sorted(card.keys() - _CARD)
    findings.note("CARD-09", not unknown, f"{where}: {', '.join(unknown)}")
    if findings.note("CARD-06", isinstance(card.get("source"), dict), f"{where}: source is no object"):
        _source(findings, card["source"], where)
    _suggestions(findings, card, where, request)
    _lists(findings, card, where, request)


def _source(findings: Findings, source: Json, where: str) -> None:
    findings.note("SRC-01", _is_text(source.get("label")), f"{where}: source.label is blank")
    if "url" in source:
        findings.note("SRC-02", _is_url(source["url"]), f"{where}: source.url")
    if "icon" in source:
        findings.note("SRC-03", _is_url(source["icon"]), f"{where}: source.icon")
    findings.note("SRC-05", "topic" in source, f"{where}: no source.topic")
    if "topic" in source:
        topic = source["topic"]
        findings.note("SRC-04", isinstance(topic, dict) and _is_coding(topic), f"{where}: source.topic is no Coding")
        _coding(findings, topic, f"{where}.source.topic")


def _suggestions(findings: Findings, card: Json, where: str, request: Json) -> None:
    suggestions = card.get("suggestions")
    if suggestions is None:
        return
    behavior = card.get("selectionBehavior")
    findings.note("CARD-10", behavior in ("at-most-one", "any"), f"{where}: selectionBehavior {behavior!r}")
    if not findings.note("SUG-01", isinstance(suggestions, list), f"{where}: suggestions is no list"):
        return
    recommended = 0
    for number, suggestion in enumerate(suggestions):
        place = f"{where}.suggestions[{number}]"
        if not findings.note("SUG-01", isinstance(suggestion, dict), f"{place} is no object"):
            continue
        findings.note("SUG-01", _is_text(suggestion.get("label")), f"{place}: no label")
        _suggestion(findings, suggestion, place, request)
        recommended += suggestion.get("isRecommended") is True
    findings.note("SUG-03", recommended <= 1 or behavior == "any", f"{where}: {recommended} recommended")


def _suggestion(findings: Findings, suggestion: Json, place: str, request: Json) -> None:
    findings.note("SUG-02", isinstance(suggestion.get("uuid"), str), f"{place}: no uuid")
    if "isRecommended" in suggestion:
        findings.note("SUG-03", isinstance(suggestion["isRecommended"], bool), f"{place}: isRecommended is no boolean")
    findings.note("SUG-05", "actionSelectionBehavior" not in suggestion, f"{place}: actionSelectionBehavior")
    unknown = sorted(suggestion.keys() - _SUGGESTION)
    findings.note("SUG-06", not unknown, f"{place}: {', '.join(unknown)}")
    if "actions" in suggestion:
        actions = suggestion["actions"]
        if findings.note("SUG-04", isinstance(actions, list) and actions, f"{place}: actions is no list, or empty"):
            for number, action in enumerate(actions):
                check_action(findings, action, f"{place}.actions[{number}]", request)


def _lists(findings: Findings, card: Json, where: str, request: Json) -> None:
    if "overrideReasons" in card:
        reasons = card["overrideReasons"]
        if findings.note("CARD-11", isinstance(reasons, list), f"{where}: overrideReasons is no list"):
            _reasons(findings, reasons, where)
    if "links" in card and findings.note("CARD-12", isinstance(card["links"], list), f"{where}: links is no list"):
        for number, link in enumerate(card["links"]):
            _link(findings, link, f"{where}.links[{number}]", request)


def _reasons(findings: Findings, reasons: list[Any], where: str) -> None:
    shown: dict[tuple[Any, Any], Any] = {}
    for number, reason in enumerate(reasons):
        place = f"{where}.overrideReasons[{number}]"
        complete = isinstance(reason, dict) and all(
            _is_text(reason.get(name)) for name in ("code", "system", "display")
        )
        if findings.note("OVR-01", complete, f"{place}: code, system or display is missing"):
            pair = reason["system"], reason["code"]
            findings.note("OVR-02", pair not in shown, f"{place}: {pair[1]} twice")
            shown[pair] = reason["display"]
        _coding(findings, reason, place)


def _link(findings: Findings, link: Any, place: str, request: Json) -> None:
    if not findings.note("LINK-01", isinstance(link, dict) and _is_text(link.get("label")), f"{place}: no label"):
        return
    url, kind = link.get("url"), link.get("type")
    findings.note("LINK-02", _is_url(url), f"{place}: url is no absolute http(s) URL")
    findings.note("LINK-03", kind in ("absolute", "smart"), f"{place}: type {kind!r}")
    if "appContext" in link:
        fits = isinstance(link["appContext"], str) and kind == "smart"
        findings.note("LINK-04", fits, f"{place}: appContext is no text, or not on a smart link")
    else:
        findings.note("LINK-04", True, "")
    if misspelt := [name for name in link if name.casefold() == "autolaunchable"]:
        fine = misspelt == ["autolaunchable"] and isinstance(link["autolaunchable"], bool)
        findings.note("LINK-05", fine, f"{place}: {misspelt[0]}")
    patient = str(request.get("context", {}).get("patientId"))
    safe = str(url).startswith("https://") and patient not in str(url) and not link.keys() - _LINK
    findings.note("LINK-06", safe, f"{place}: not https, an attribute of its own, or the patient in the URL")


def _system_actions(findings: Findings, actions: Any, request: Json) -> None:
    if not findings.note("SYS-01", isinstance(actions, list) and actions, "systemActions is no list, or empty"):
        return
    for number, action in enumerate(actions):
        place = f"systemActions[{number}]"
        described = isinstance(action, dict) and _is_text(action.get("description"))
        findings.note("SYS-03", described, f"{place}: no description")
        findings.note("SYS-02", check_action(findings, action, place, request), f"{place}: no sound action")


def _uuids(findings: Findings, cards: list[Any]) -> None:
    for row, found in (("CARD-07", cards), ("SUG-02", [s for c in cards for s in _list(c, "suggestions")])):
        uuids = Counter(str(each["uuid"]) for each in found if isinstance(each, dict) and "uuid" in each)
        twice = [uuid for uuid, times in uuids.items() if times > 1]
        if uuids:
            findings.note(row, not twice, "a uuid occurs twice in one answer")


def _list(value: Any, name: str) -> list[Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, list) else []


def _coding(findings: Findings, value: Any, place: str) -> None:
    sound = isinstance(value, dict) and _is_coding(value) and not value.keys() - _CODING
    findings.note("COD-01", sound, f"{place}: no Coding of code, system and display")


def _is_coding(value: Json) -> bool:
    return _is_text(value.get("code")) and _is_text(value.get("system"))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_url(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)
