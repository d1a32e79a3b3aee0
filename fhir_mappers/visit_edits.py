"""A change of when a drafted appointment takes place, within its own day. See ``draft_edits``."""

import re
from dataclasses import dataclass

from fhir_mappers.draft_edits import Change
from fhir_mappers.rates import Json
from fhir_mappers.record.quantity import Quantity

_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::\d{2}(?:\.\d+)?)?([+-]\d{2}:\d{2})")


def move_visit(earliest: Quantity, latest: Quantity, instruction: str | None) -> Change:
    """A booking begins at ``earliest`` (h) of its own day and is over by ``latest``, as long as it was; the patient is
    told the instruction where none stands yet.

    The hours are local ones: a time written in UTC does not tell which they are, and a reserved slot cannot be moved.
    """

    def change(order: Json) -> bool:
        begins, ends = (_moment(order.get(name)) for name in ("start", "end"))
        if begins is None or order.get("slot") or ("end" in order and ends is None):
            return False
        length = 0 if ends is None else ends.minutes - begins.minutes
        first = int(earliest.value * 60)
        if length < 0 or first + length > latest.value * 60 or (ends is not None and ends.day != begins.day):
            return False
        order["start"] = begins.at(first)
        if ends is not None:
            order["end"] = ends.at(first + length)
        if instruction is not None:
            order.setdefault("patientInstruction", instruction)
        return True

    return change


@dataclass(frozen=True, slots=True)
class _Moment:
    """An instant as it was written: its day, the minutes since midnight, and its offset."""

    day: str
    minutes: int
    offset: str

    def at(self, minutes: int) -> str:
        """Another time of the same day, in the same offset."""
        return f"{self.day}T{minutes // 60:02}:{minutes % 60:02}:00{self.offset}"


def _moment(sent: object) -> _Moment | None:
    match = _LOCAL.fullmatch(sent) if isinstance(sent, str) else None
    if match is None or match[4][1:] == "00:00":
        return None
    return _Moment(match[1], int(match[2]) * 60 + int(match[3]), match[4])
