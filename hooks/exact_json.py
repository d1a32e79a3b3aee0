"""JSON as it leaves the house: decimals with exactly their own digits, and nothing empty."""

import math
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from pydantic import BaseModel


def dumps_exact(value: object) -> bytes:
    """JSON in which a Decimal is a number with exactly its own digits: 7.10 stays 7.10. Pydantic models may be in it.

    Not for values that may hold NaN or Infinity, which JSON does not have: `tidy` refuses them.
    """
    return _encoder.encode(value)


def _members(model: object) -> dict[str, Any]:
    """What a pydantic model is as JSON: its members under their names there, without those that are absent. Only the
    models themselves are looked at: the resources and extensions in them are JSON already.
    """
    if not isinstance(model, BaseModel):
        raise TypeError(f"{type(model).__name__} is no JSON")
    return {name: value for field, name in _names(type(model)) if (value := getattr(model, field)) is not None}


@cache
def _names(kind: type[BaseModel]) -> tuple[tuple[str, str], ...]:
    return tuple((field, about.alias or field) for field, about in kind.model_fields.items())


_encoder = msgspec.json.Encoder(enc_hook=_members, decimal_format="number")


def tidy(value: Mapping[str, Any]) -> dict[str, Any] | None:
    """Drop what FHIR and CDS Hooks forbid: null, blank strings, empty lists and objects; None if nothing is left.

    Our own values have none, but the draft of an EHR, edited and sent back, may. A null in a list stays where FHIR
    aligns that list by position with the extensions of its items (``given`` and ``_given``).

    Raises:
        ValueError: a number is NaN or infinite.
    """
    kept = {}
    for key, member in value.items():
        if type(member) is str:  # most members are: said first, and in place, it halves the time
            tidied: Any = member if member.strip() else None
        elif type(member) is dict:
            tidied = tidy(member)
        else:
            tidied = _tidy(member, key.startswith("_") or f"_{key}" in value)
        if tidied is not None:
            kept[key] = tidied
    return kept or None


def _tidy(value: Any, aligned: bool) -> Any:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, dict):
        return tidy(value)
    if isinstance(value, (list, tuple)):
        items = [tidy(item) if type(item) is dict else _tidy(item, False) for item in value]
        filled = [item for item in items if item is not None]
        return (items if aligned else filled) if filled else None
    if isinstance(value, (float, Decimal)):
        if not math.isfinite(value):
            raise ValueError("JSON has no NaN or Infinity")
        return value
    return tidy(value) if not isinstance(value, int) and isinstance(value, Mapping) else value
