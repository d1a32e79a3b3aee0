"""Every number of the product by its address: ``AR-DENTAL-01.freshness``, ``ZOL-DOSE-01.table.floors.3``,
``calcium.recent``. What a site's policy may change, what it rests on, and who uses it.

Rules stand in capitals, the shared conventions in small letters; positions in a list count from 1.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from hooks.limits import EDITIONS

_ABOUT = frozenset({"id", "source", "ours"})
_WHOLE_RULE = "whole rule"


@dataclass(frozen=True, slots=True)
class Number:
    """One number: as written in each edition that has it, and the editions in which it is this project's choice.

    ``is_shared``: a convention, the same in every edition. ``note`` says why no policy may change it.
    """

    name: str
    shipped: Mapping[str, Any]
    ours: frozenset[str]
    is_shared: bool = False
    note: str | None = None

    @property
    def rule(self) -> str:
        """The rule, or the section of the conventions."""
        return self.name.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Ledger:
    """All numbers of the product, and what else `hooks/policy.toml` says about them.

    Attributes:
        numbers: those that stand somewhere of their own, by address.
        borrowed: address of a number that is taken from elsewhere -> where from.
        uses: (rule, edition) -> the addresses its numbers rest on.
        leads: address -> the addresses that must always be equal to it and are changed with it.
        chains: addresses with ``<`` or ``<=`` between them that must stay in order.
    """

    numbers: Mapping[str, Number]
    borrowed: Mapping[str, str]
    uses: Mapping[tuple[str, str], frozenset[str]]
    leads: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    chains: tuple[str, ...] = ()

    @property
    def leader(self) -> dict[str, str]:
        """Address -> the one it follows."""
        return {follower: name for name, followers in self.leads.items() for follower in followers}


@cache
def about_numbers() -> Mapping[str, Any]:
    """``hooks/policy.toml``: names of numbers, those fixed, those that go together, their order."""
    return tomllib.loads(files("hooks").joinpath("policy.toml").read_text("utf-8"))


def read_ledger(tables: Mapping[str, Any], conventions: Mapping[str, Any]) -> Ledger:
    """The ledger of these guideline tables (rule -> table) and conventions (section -> name -> entry), as written."""
    about = about_numbers()
    numbers: dict[str, Number] = {}
    borrowed: dict[str, str] = {}
    for rule_id, table in tables.items():
        for name, found in _of_rule(rule_id, table).items():
            homes = [raw for raw in found.values() if isinstance(raw, str) and raw.startswith("@")]
            if homes:
                borrowed[name] = homes[0][1:]
            else:
                numbers[name] = Number(name, found, _ours(name, table, found), note=_note(name))
    numbers |= {number.name: number for number in _conventions(conventions)}
    uses = {
        (rule_id, row["id"]): frozenset(_homes(tables, rule_id, row["id"], ""))
        for rule_id, table in tables.items()
        for row in table["edition"]
    }
    leads = {name: tuple(followers) for name, followers in about["same"].items()}
    return Ledger(numbers, borrowed, uses, leads, tuple(about["order"]["chains"]))


def put(row: dict[str, Any], path: str, value: Any) -> None:
    """Write one number into a row of a table, in place; the path is known to exist."""
    *above, last = path.split(".")
    node: Any = row
    for step in above:
        node = node[int(step) - 1] if isinstance(node, list) else node[step]
    node[int(last) - 1 if isinstance(node, list) else last] = value


def name_of(number: str) -> Mapping[str, str]:
    """What a reader calls a number, by language: by its address, else by its last word."""
    names: Mapping[str, Mapping[str, str]] = about_numbers()["names"]
    return names.get(number) or names[number.rpartition(".")[2]]


def _of_rule(rule_id: str, table: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in table["edition"]:
        for path, raw in _leaves({key: value for key, value in row.items() if key not in _ABOUT}):
            found.setdefault(f"{rule_id}.{path}", {})[row["id"]] = raw
    return found


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(node, Mapping):
        members = [(str(key), value) for key, value in node.items()]
    elif isinstance(node, list):
        members = [(str(position), value) for position, value in enumerate(node, 1)]
    else:
        yield path, node
        return
    for step, value in members:
        yield from _leaves(value, f"{path}.{step}" if path else step)


def _ours(name: str, table: Mapping[str, Any], found: Mapping[str, Any]) -> frozenset[str]:
    """The editions in which a number is this project's choice: said of the rule, or of one edition."""
    path = name.partition(".")[2]
    if path in (said := table.get("ours", ())) or _WHOLE_RULE in said:
        return frozenset(found)
    return frozenset(row["id"] for row in table["edition"] if row["id"] in found and path in row.get("ours", ()))


def _note(name: str) -> str | None:
    """Why a number is fixed, said of it or of anything it stands under."""
    fixed: Mapping[str, str] = about_numbers()["fixed"]
    steps = name.split(".")
    return next((fixed[above] for end in range(len(steps), 0, -1) if (above := ".".join(steps[:end])) in fixed), None)


def _conventions(table: Mapping[str, Any]) -> Iterator[Number]:
    for section, entries in table.items():
        for key, entry in entries.items():
            name, is_ours = f"{section}.{key}", bool(entry.get("ours", False))
            note = _note(name) or (None if is_ours else f"it is a published constant ({entry['source']})")
            shipped = dict.fromkeys(EDITIONS, entry["value"])
            yield Number(name, shipped, frozenset(EDITIONS if is_ours else ()), is_shared=True, note=note)


def _homes(tables: Mapping[str, Any], rule_id: str, edition: str, below: str) -> Iterator[str]:
    """The addresses under one of a rule (all of it when ``below`` is empty), references followed to where they end."""
    row = next(row for row in tables[rule_id]["edition"] if row["id"] == edition)
    for path, raw in _leaves({key: value for key, value in row.items() if key not in _ABOUT}):
        if below and path != below and not path.startswith(f"{below}."):
            continue
        if isinstance(raw, str) and raw.startswith("@"):
            other, _, key = raw[1:].partition(".")
            yield from _homes(tables, other, edition, key)
        else:
            yield f"{rule_id}.{path}"
