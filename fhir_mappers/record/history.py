"""A history of results, each read when it is first looked at.

A patient may have thousands of results, and a check mostly wants the newest. Their days are known beforehand, so they
can be put in order; the value of one is made out when somebody comes to it. Who stops early saves the rest.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload

from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import Measurement


class Unread:
    """A result of which only the day is known yet; ``read`` is called once, by the first who wants to know more."""

    __slots__ = ("_found", "_read", "when")

    def __init__(self, when: PartialDate, read: Callable[[], Measurement]) -> None:
        self.when = when
        self._read = read
        self._found: Measurement | None = None

    def measurement(self) -> Measurement:
        """The result."""
        if self._found is None:
            self._found = self._read()
        return self._found


class History(Sequence[Measurement]):
    """Results in an order. It equals any sequence of the same results, and does not change."""

    __slots__ = ("dated",)

    def __init__(self, dated: Iterable[Measurement | Unread]) -> None:
        self.dated = tuple(dated)
        """The same, as far as they were read: each tells at least its day (``when``)."""

    def __len__(self) -> int:
        return len(self.dated)

    @overload
    def __getitem__(self, index: int) -> Measurement: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Measurement, ...]: ...
    def __getitem__(self, index: int | slice) -> Measurement | tuple[Measurement, ...]:
        if isinstance(index, slice):
            return tuple(map(_measurement, self.dated[index]))
        return _measurement(self.dated[index])

    def __iter__(self) -> Iterator[Measurement]:
        return map(_measurement, self.dated)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and len(self) == len(other) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]  # equal to tuples, and never asked for: as the language has it

    def __repr__(self) -> str:
        return f"History({list(self)!r})"


def newest_first(histories: Iterable[Sequence[Measurement]]) -> History:
    """The results of all, the newest first; those of the same moment in the order they come in."""
    dated = [one for each in histories for one in (each.dated if type(each) is History else each)]
    return History(sorted(dated, key=lambda one: (one.when.latest, one.when.earliest), reverse=True))


def _measurement(one: Measurement | Unread) -> Measurement:
    return one.measurement() if isinstance(one, Unread) else one
