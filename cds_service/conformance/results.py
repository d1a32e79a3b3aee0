"""The rows and what was found for each: many observations become one verdict."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib.resources import files

_BINDING = frozenset({"SHALL", "SHALL NOT"})
_TOLD = 3  # reasons shown of a row that fails in many places


class Status(StrEnum):
    """The verdict on one row."""

    PASS = "PASS"
    FAIL = "FAIL"  # what the specification demands is not so
    WARN = "WARN"  # what it recommends, or good practice, is not so
    SKIP = "SKIP"  # nothing was seen that would tell


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement. ``manual`` says why it cannot be seen from outside."""

    id: str
    level: str
    says: str
    manual: str | None = None

    @property
    def is_binding(self) -> bool:
        """Whether the specification demands it."""
        return self.level in _BINDING


@dataclass(frozen=True, slots=True)
class Result:
    """One row with its verdict and why."""

    row: Row
    status: Status
    why: str


@cache
def rows() -> Mapping[str, Row]:
    """Every row by id, in order."""
    table = tomllib.loads(files("cds_service.conformance").joinpath("rows.toml").read_text("utf-8"))
    return {name: Row(name, **fields) for name, fields in table.items()}


@dataclass(slots=True)
class Findings:
    """What was observed so far."""

    _seen: dict[str, int] = field(default_factory=dict)
    _wrong: dict[str, list[str]] = field(default_factory=dict)
    _skipped: dict[str, str] = field(default_factory=dict)

    def note(self, row: str, ok: object, why: str) -> bool:
        """One observation: ``ok`` says whether the row held here, ``why`` what was seen where it did not.

        Raises:
            KeyError: there is no such row.
        """
        rows()[row]
        self._seen[row] = self._seen.get(row, 0) + 1
        if not ok:
            self._wrong.setdefault(row, []).append(why)
        return bool(ok)

    def skip(self, row: str, why: str) -> None:
        """The row could not be looked at; an observation made elsewhere counts more.

        Raises:
            KeyError: there is no such row.
        """
        rows()[row]
        self._skipped.setdefault(row, why)

    def skip_family(self, prefix: str, why: str) -> None:
        """As `skip`, for all rows whose id begins so."""
        for row in rows():
            if row.startswith(prefix):
                self.skip(row, why)

    def results(self) -> tuple[Result, ...]:
        """The verdict on every row, in the order of the table."""
        return tuple(self._result(row) for row in rows().values())

    def _result(self, row: Row) -> Result:
        if row.manual is not None:
            return Result(row, Status.SKIP, row.manual)
        if wrong := list(dict.fromkeys(self._wrong.get(row.id, ()))):
            more = f" (and {len(wrong) - _TOLD} more)" if len(wrong) > _TOLD else ""
            return Result(row, Status.FAIL if row.is_binding else Status.WARN, "; ".join(wrong[:_TOLD]) + more)
        if seen := self._seen.get(row.id):
            return Result(row, Status.PASS, f"seen {seen} times" if seen > 1 else "seen once")
        return Result(row, Status.SKIP, self._skipped.get(row.id, "nothing was answered that would tell"))
