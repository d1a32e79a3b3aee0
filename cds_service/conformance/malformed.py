"""The matrix of malformed input: what must be refused with a 4xx, and what must do no harm."""

from typing import Any

from cds_service.conformance import synthetic
from cds_service.conformance.answers import CANARY
from cds_service.conformance.target import Json, Target
from cds_service.conformance.told import harmless
from hooks.exact_json import dumps_exact
from hooks.request import HOOKS

_WRONG: tuple[Any, ...] = (7, True, "x", [], [1])
_SHAPES: tuple[Any, ...] = (7, "x", True, [], {}, [1])
_ENTRIES: tuple[Any, ...] = (None, 7, "x", [], {}, {"resource": None}, {"resource": 7}, {"resource": {}})
_WILD: tuple[Any, ...] = (None, 7, "", CANARY, [], {}, [None], {"value": "x"}, "0000-13-45", "\u0000", -1e308)


def check(target: Target, service: Json, body: Json) -> None:
    """Everything malformed, made from one call of a service."""
    _bytes(target, service, body)
    _members(target, service, body)
    _media(target, service, body)
    _data(target, service, body)


def _refused(target: Target, service: Json, row: str, body: Json | bytes, what: str, **headers: str) -> None:
    reply = target.call(service, body, **headers)
    target.findings.note(row, reply.is_refused, f"{reply}: {what}")


def _bytes(target: Target, service: Json, body: Json) -> None:
    text = dumps_exact(body)
    _refused(target, service, "MAL-01", b"", "empty")
    _refused(target, service, "MAL-01", b" \r\n\t ", "blank")
    for value in (b"null", b"true", b"42", b'"order-sign"', b"[]", b"[" + text + b"]"):
        _refused(target, service, "MAL-02", value, value[:12].decode())
    broken = {
        "cut off": text[: len(text) // 2],
        "cut at the last byte": text[:-1],
        "trailing comma": text[:-1] + b",}",
        "comment": b"/* x */" + text,
        "single quotes": text.replace(b'"', b"'"),
        "text after": text + b"x",
        "two objects": text + text,
        "a raw control character": text[:-1] + b',"x":"\x01"}',
    }
    for what, sent in broken.items():
        _refused(target, service, "MAL-03", sent, what)
    for word in (b"NaN", b"Infinity", b"-Infinity"):
        _refused(target, service, "MAL-04", text[:-1] + b',"x":[%s]}' % word, word.decode())
    strange = {
        "invalid UTF-8": text[:-1] + b',"x":"\xff"}',
        "latin-1": text[:-1] + b',"x":"\xe9t\xe9"}',
        "a lone surrogate": text[:-1] + b',"x":"\\ud800"}',
        "UTF-16": text.decode().encode("utf-16"),
        "a byte order mark": b"\xef\xbb\xbf" + text,
    }
    for what, sent in strange.items():
        _refused(target, service, "MAL-05", sent, what)


def _members(target: Target, service: Json, body: Json) -> None:
    for name in ("hook", "hookInstance", "context", "prefetch", "extension"):
        for value in _WRONG:
            if not (name in ("hook", "hookInstance") and isinstance(value, str)):
                _refused(target, service, "MAL-06", body | {name: value}, f"{name} {type(value).__name__}")
    shape = HOOKS[service["hook"]]
    fields: dict[str, tuple[Any, ...]] = {"patientId": (7, True, [], {})}
    if shape.users:
        fields["userId"] = (7, [], {}, CANARY, "Device/1", "Practitioner/")
    if shape.bundle:
        fields[shape.bundle] = (7, "x", [], {"resourceType": "Patient"})
    for field in shape.reference_lists:
        fields[field] = (7, "x", {}, [7])
    for name, values in fields.items():
        for value in values:
            changed = synthetic.replaced(body, value, "context", name)
            _refused(target, service, "MAL-07", changed, f"context.{name} {type(value).__name__}")


def _media(target: Target, service: Json, body: Json) -> None:
    text = dumps_exact(body)
    for kind in (
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ):
        reply = target.call(service, text, Content_Type=kind)
        target.findings.note("MAL-08", reply.is_refused, f"{reply}: {kind}")
        target.findings.note("HTTP-07", reply.status in (415, 400, 406), f"{reply}: {kind} is not refused with 415")


def _data(target: Target, service: Json, body: Json) -> None:
    """Data, in contrast to the envelope, may be wrong: the service survives and answers by the rules."""
    if not body.get("prefetch"):
        for row in ("MAL-09", "MAL-10", "MAL-11"):
            target.findings.skip(row, "the service asks for no prefetch")
        return
    for key in body["prefetch"]:
        for value in _SHAPES:
            reply = target.call(service, synthetic.replaced(body, value, "prefetch", key))
            target.findings.note("MAL-09", harmless(reply), f"{reply}: {key} {type(value).__name__}")
    for entry in _ENTRIES:
        changed = {key: _with_entry(bundle, entry) for key, bundle in body["prefetch"].items()}
        reply = target.call(service, body | {"prefetch": changed})
        target.findings.note("MAL-10", harmless(reply), f"{reply}: an entry {type(entry).__name__}")
    for wild in _WILD:
        changed = {key: _bent(value, wild) for key, value in body["prefetch"].items()}
        reply = target.call(service, body | {"prefetch": changed})
        target.findings.note("MAL-11", harmless(reply), f"{reply}: every element {type(wild).__name__}")


def _with_entry(bundle: Any, entry: Any) -> Any:
    if not (isinstance(bundle, dict) and bundle.get("resourceType") == "Bundle"):
        return bundle
    return {**bundle, "entry": [entry, *bundle.get("entry", [])]}


def _bent(value: Any, wild: Any) -> Any:
    """The same resources with every element but type and id replaced."""
    if not isinstance(value, dict):
        return value
    if value.get("resourceType") == "Bundle":
        entries = [{**entry, "resource": _bent(entry["resource"], wild)} for entry in value.get("entry", [])]
        return {**value, "entry": entries}
    return {name: member if name in ("resourceType", "id") else wild for name, member in value.items()}
