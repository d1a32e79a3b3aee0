"""JSON as RFC 8259 has it, and nothing else: one fast pass over the whole body, a careful one over its small parts.

A body is read once by msgspec, two levels deep, each member of an inner object left as an untouched span of bytes. That
pass refuses what is not JSON (NaN, comments, trailing commas, byte order marks, lone surrogates), also in members that
nobody reads; invalid UTF-8 is looked for separately because msgspec does not check strings it skips.

Keys are decoded into objects that are never equal, so a repeated key is still there to be counted, at no extra cost.
Deeper repetitions cost a second decoding: they are looked for in small values only (`SMALL`, see `refuse_duplicates`).
"""

import codecs
import json
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NoReturn, TypeVar

import msgspec
import orjson

from hooks.refusal import MAX_DEPTH, BadRequest, number_too_long, repeated, too_deep

SMALL = 8 * 1024  # bytes; larger prefetch values are not decoded a second time just to find repeated keys
MAX_DIGITS = 400  # characters of a number, and its decimal exponent; FHIR asks for 18 digits
CHUNK = 1 << 20  # bytes checked for UTF-8 at a time, so that a 26 MB body is not held twice

_OBJECT = re.compile(rb"[ \t\r\n]*\{")
_BLANK = re.compile(rb"[ \t\r\n]*")
_POSITION = re.compile(r"\(byte (\d+)\)")


class _Key:
    """The name of a member. Identity is its equality, so that ``{"a": 1, "a": 2}`` keeps both."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


_V = TypeVar("_V")
_Spans = dict[_Key, msgspec.Raw] | list[msgspec.Raw] | str | int | float | bool | None
Member = dict[str, msgspec.Raw] | list[msgspec.Raw] | str | int | float | bool | None
"""One top-level member: an object as its own members' bytes, a list as its items' bytes, or a plain value."""


def _decode_key(kind: type, text: str) -> _Key:
    return _Key(text)


_two_levels = msgspec.json.Decoder(dict[_Key, _Spans], dec_hook=_decode_key)


class _Duplicate(ValueError):
    """A name occurs twice in one object."""


def members(body: bytes) -> dict[str, Member]:
    """The members of a JSON object, two levels deep, without decoding what lies below.

    Raises:
        BadRequest: the bytes are not one strict JSON object, or a name occurs twice on either level.
    """
    _require_utf8(body)
    if not _OBJECT.match(body):
        _refuse_non_object(body)
    try:
        pairs = _two_levels.decode(body)
    except RecursionError:
        raise too_deep("") from None
    except msgspec.ValidationError:
        raise number_too_long("") from None
    except msgspec.DecodeError as error:
        raise _not_json(str(error)) from None
    outer = _distinct(pairs, "the body")
    return {name: _distinct(value, _known(name)) if isinstance(value, dict) else value for name, value in outer.items()}


def loads(raw: bytes | msgspec.Raw, field: str) -> object:
    """Decode a value fully: no repeated keys at any level, `MAX_DEPTH` levels, decimals as Decimal with their digits.

    Raises:
        BadRequest: naming ``field``.
    """
    text = str(memoryview(raw), "utf-8")
    try:
        value: object = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_no_constant,
        )
    except _Duplicate:
        raise repeated(field) from None
    except RecursionError:
        raise too_deep(field) from None
    except (ValueError, ArithmeticError):
        raise number_too_long(field) from None
    if text.count("{") + text.count("[") >= MAX_DEPTH:  # fewer cannot lie that deep
        _require_depth(value, field)
    return value


def refuse_duplicates(text: bytes, field: str) -> None:
    """Refuse a repeated key anywhere in a value of at most `SMALL` bytes; larger values are let through unread.

    The quick way counts quotation marks before and after decoding: a repeated key takes at least its own two with it.
    Escapes by number could hide or add some; where they occur, or the counts differ, the value is decoded carefully.
    """
    if len(text) > SMALL or text[:1] not in (b"{", b"["):
        return
    try:
        once = orjson.dumps(orjson.loads(text))
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):  # depth or numbers beyond what orjson takes
        once = b""
    if text.count(b'"') != once.count(b'"') or (b"\\" in text and b"\\u" in text):
        loads(text, field)


def _distinct(pairs: Mapping[_Key, _V], field: str) -> dict[str, _V]:
    named: dict[str, _V] = {}
    for position, (key, value) in enumerate(pairs.items(), start=1):
        if key.text in named:
            raise repeated(field, position)
        named[key.text] = value
    return named


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise _Duplicate
    return named


def _decimal(text: str) -> Decimal:
    number = Decimal(text)
    if len(text) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        raise ValueError
    return number


def _integer(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError
    return int(text)


def _no_constant(text: str) -> NoReturn:
    raise ValueError


def _require_depth(value: object, field: str) -> None:
    """Walk down level by level: a loop, so that no depth of input can exhaust the stack."""
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise too_deep(field)


def _children(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _require_utf8(body: bytes) -> None:
    if body.isascii():
        return
    decoder = codecs.getincrementaldecoder("utf-8")()
    view = memoryview(body)
    try:
        for start in range(0, len(view), CHUNK):
            decoder.decode(view[start : start + CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        raise BadRequest(
            "",
            "The body is not valid UTF-8.",
            "JSON is exchanged as UTF-8; a name or unit read in another encoding would be wrong without notice.",
            "Encode the body as UTF-8, without a byte order mark.",
            "structure",
        ) from None


def _refuse_non_object(body: bytes) -> NoReturn:
    if body.startswith(codecs.BOM_UTF8):
        what, remedy = "The body begins with a byte order mark.", "Send the JSON without a byte order mark."
    elif _BLANK.fullmatch(body):
        what, remedy = "The body is empty.", "Send the CDS Hooks request as a JSON object."
    else:
        what, remedy = "The body is not a JSON object.", "Send one JSON object, beginning with a brace."
    raise BadRequest("", what, "A CDS Hooks request is one JSON object.", remedy, "structure")


def _not_json(message: str) -> BadRequest:
    place = _POSITION.search(message)
    where = f" (at byte {place.group(1)})" if place else ": it ends in the middle of a value"
    return BadRequest(
        "",
        f"The body is not valid JSON{where}.",
        "RFC 8259 knows no NaN or Infinity, no comments, no trailing commas and no lone surrogates.",
        "Produce the body with a JSON library in its strict mode.",
        "structure",
    )


def _known(name: str) -> str:
    """The name itself if the specification defines it: any other name comes from the sender and is not repeated."""
    return name if name in ("context", "prefetch", "fhirAuthorization", "extension") else "an unknown field"
