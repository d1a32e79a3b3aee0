"""Questions to a record that are answered once.

A record does not change while it is asked, and many checks ask the same: is the patient treated, how high is the
calcium, were the observations sent? `remembered` keeps each answer beside its question and its arguments, in the record
itself, so that it goes when the record goes.
"""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_UNASKED: Any = object()


class Remembering(Protocol):
    """What a class needs whose questions are remembered."""

    @property
    def _memo(self) -> dict[Any, Any]: ...


R = TypeVar("R", bound=Remembering)


def remembered(question: Callable[Concatenate[R, P], T]) -> Callable[Concatenate[R, P], T]:
    """A method whose answer for the same arguments is worked out once per object.

    The arguments must be hashable, and the answer must not be changed by whoever gets it.
    """
    name = f"{question.__module__}.{question.__qualname__}"

    def ask(self: R, /, *args: P.args, **kwargs: P.kwargs) -> T:
        key = (name, args, tuple(kwargs.items())) if kwargs else (name, args)
        memo = self._memo
        answer: T = memo.get(key, _UNASKED)
        if answer is _UNASKED:  # no exception: every question is asked a first time, and those are slow
            answer = memo[key] = question(self, *args, **kwargs)
        return answer

    update_wrapper(ask, question)
    return ask
