"""JSON as a strict reader sees it, and the emptiness that CDS Hooks forbids."""

import codecs
import json
from collections.abc import Iterator
from typing import Any, NoReturn


class NotJson(ValueError):
    """The body is not the JSON that RFC 8259 and CDS Hooks mean; the message says why."""


def read(body: bytes) -> Any:
    """Decode a body.

    Raises:
        NotJson: bad UTF-8, a byte order mark, NaN, a repeated key, or no JSON at all.
    """
    if body.startswith(codecs.BOM_UTF8):
        raise NotJson("it begins with a byte order mark")
    try:
        return json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise NotJson("it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg.casefold()} at character {error.pos}") from None
    except RecursionError:
        raise NotJson("it is nested too deeply") from None


def nulls(value: Any, path: str = "$") -> Iterator[str]:
    """Places that hold null."""
    if value is None:
        yield path
    for name, member in _members(value):
        yield from nulls(member, f"{path}{name}")


def empties(value: Any, path: str = "$") -> Iterator[str]:
    """Places that hold an empty object or list, except ``cards`` and ``services``."""
    if value in ({}, []) and not isinstance(value, bool) and path not in ("$.cards", "$.services"):
        yield path
    for name, member in _members(value):
        yield from empties(member, f"{path}{name}")


def blanks(value: Any, path: str = "$") -> Iterator[str]:
    """Places that hold a string without content."""
    if isinstance(value, str) and not value.strip():
        yield path
    for name, member in _members(value):
        yield from blanks(member, f"{path}{name}")


def extensions(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Every ``extension`` of CDS Hooks: those of FHIR resources are lists and none of our business."""
    if isinstance(value, dict) and "resourceType" not in value:
        for name, member in value.items():
            if name == "extension":
                yield f"{path}.extension", member
            elif name != "resource":
                yield from extensions(member, f"{path}.{name}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from extensions(item, f"{path}[{index}]")


def _members(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((f".{name}", member) for name, member in value.items())
    elif isinstance(value, list):
        yield from ((f"[{index}]", item) for index, item in enumerate(value))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    named = dict(pairs)
    if len(named) != len(pairs):
        raise NotJson("a key occurs twice in one object")
    return named


def _no_constant(text: str) -> NoReturn:
    raise NotJson(f"{text} is not JSON")
