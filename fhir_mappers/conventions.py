"""Loads the shared conventions (windows and constants) of ``conventions.toml`` into their mould."""

import tomllib
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any, get_type_hints

from fhir_mappers.record.conventions import Conventions
from fhir_mappers.record.quantity import Quantity

_ENTRY = frozenset({"value", "source", "ours"})


class BadConventions(ValueError):
    """The table of conventions does not fit its mould; the message names the key."""


@cache
def default_conventions() -> Conventions:
    """The conventions shipped with the product, read once."""
    return load_conventions(conventions_table())


def conventions_table() -> dict[str, Any]:
    """The shipped table as written: section -> name -> value, source, ours; a fresh copy each time."""
    return tomllib.loads((files("fhir_mappers") / "conventions.toml").read_text(encoding="utf-8"))


def load_conventions(table: Mapping[str, Any]) -> Conventions:
    """Fill the mould from a table of sections.

    Raises:
        BadConventions: a key is missing, surplus or has no readable value or no source.
    """
    moulds = get_type_hints(Conventions)
    _require_keys("the table", table, moulds)
    return Conventions(**{name: _section(name, table[name], mould) for name, mould in moulds.items()})


def _section(name: str, table: Any, mould: Any) -> Any:
    kinds = get_type_hints(mould)
    _require_keys(f"[{name}]", table, kinds)
    return mould(**{f.name: _value(f"{name}.{f.name}", table[f.name], kinds[f.name]) for f in fields(mould)})


def _require_keys(where: str, table: Any, wanted: Mapping[str, Any]) -> None:
    if not isinstance(table, Mapping):
        raise BadConventions(f"{where} must be a table")
    missing, surplus = sorted(wanted.keys() - table.keys()), sorted(table.keys() - wanted.keys())
    if missing or surplus:
        raise BadConventions(f"{where}: missing {missing or 'nothing'}, surplus {surplus or 'nothing'}")


def _value(where: str, entry: Any, kind: Any) -> Quantity | Decimal:
    if not isinstance(entry, Mapping) or not entry.keys() <= _ENTRY or not entry.get("source"):
        raise BadConventions(f"{where} needs a value and a source, and may say ours; got {entry!r}")
    try:
        return Quantity.of(entry["value"]) if kind is Quantity else Decimal(entry["value"])
    except (KeyError, TypeError, AttributeError, ValueError, InvalidOperation):
        raise BadConventions(f"{where}: {entry.get('value')!r} is not a {kind.__name__}") from None
