"""What may stand in a line of the log: every event and every field by name, each with what it accepts. Nothing else.

The list makes leaks impossible by construction: a number passes as a number, an exception as the name of its class, a
word only if it is one of ours. Text that came from outside has no field it could stand in.
"""

import logging
import re
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID

from hooks.choices import EDITIONS, LANGUAGES
from hooks.request import HOOKS

EVENTS = frozenset(
    {
        "request",  # one per request, at its end
        "started",  # one per start of the service
        "incident",  # a fault of ours: 500, with the number the caller was given
        "check failed",  # one rule could not be asked; the others answered
        "not ready",  # /readyz refused, with the part that failed
        "unreadable request",  # refused by the server before it reached the application
        "caller refused",  # 401, with the reason the caller is not told
        "tokens not looked up",  # 503: it cannot be said whether a token was used before
        "keys read",  # the keys of a client, at the start and when they change
        "keys not read",  # its key server does not answer; the known keys still count
        "decision not logged",  # the answer went out, its entry could not be stored
        "decisions logged again",  # it can be stored again
        "app opened",  # a clinician opened the app, for one patient, from this client
        "app not opened",  # ... or could not, or not any more; with the reason
        "app closed",  # its session was ended by the user
        "thread failed",  # an exception nobody caught, outside a request
        "library",  # what a library logged: its place in the code, not its words
    }
)
UNNAMED = "unnamed"
PLACES = frozenset({"entry", "journal", "database", "connection", "memory"})  # where a decision goes (`store.health`)
METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "CONNECT"})
TRUSTED = frozenset({"gunicorn", "osteohooks"})  # their sentences are constants in the code, filled by arguments
_FRAMES = 8
_HOME = Path(__file__).resolve().parents[2]


class Refused(ValueError):
    """A field does not accept this value; it is left out and counted."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of one installation, for the fields that hold words.

    Attributes:
        services, clients, rules, routes: ids that this installation defines.
        extra: further words that fields of kind ``word`` accept, for example names of ready checks.
    """

    services: frozenset[str] = frozenset()
    clients: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    routes: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    hooks: frozenset[str] = field(default=frozenset(HOOKS))
    editions: frozenset[str] = field(default=frozenset(EDITIONS))
    languages: frozenset[str] = field(default=frozenset(LANGUAGES))
    methods: frozenset[str] = METHODS
    places: frozenset[str] = PLACES

    def knows(self, word: str) -> bool:
        """Whether it is one of ours, of whatever kind."""
        kinds = (self.services, self.clients, self.rules, self.extra, self.hooks, self.editions)
        return any(word in kind for kind in kinds)


Accept = Callable[[Any, Vocabulary], Any]
"""What a field makes of a value: what is written, or None to leave it out. Raises `Refused`: it must not be held."""


def _count(value: Any, words: Vocabulary) -> int:
    if type(value) is not int:
        raise Refused
    return value


def _number(value: Any, words: Vocabulary) -> float:
    if type(value) not in (int, float):
        raise Refused
    return float(value)


def _flag(value: Any, words: Vocabulary) -> bool:
    if type(value) is not bool:
        raise Refused
    return value


def _id(value: Any, words: Vocabulary) -> str:
    """An id that we made; a UUID that a caller sent has no field."""
    if not isinstance(value, UUID):
        raise Refused
    return str(value)


def _kind(value: Any, words: Vocabulary) -> str:
    """The class of an exception. The exception itself is refused: its message may hold anything."""
    if not (isinstance(value, type) and issubclass(value, BaseException)):
        raise Refused
    return value.__name__


def named(constant: StrEnum) -> str:
    """The name of a constant of ours as the log and the metrics write it: ``UNKNOWN_KEY`` is ``unknown-key``."""
    return constant.name.lower().replace("_", "-")


def _constant(value: Any, words: Vocabulary) -> str:
    """A reason from one of our own lists."""
    if not isinstance(value, StrEnum):
        raise Refused
    return named(value)


def _place(value: Any, words: Vocabulary) -> list[str]:
    """Where in our code an exception came from, innermost first: file, line, function."""
    if not isinstance(value, TracebackType):
        raise Refused
    return [
        f"{_short(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in reversed(traceback.extract_tb(value)[-_FRAMES:])
    ]


def _short(filename: str) -> str:
    path = Path(filename)
    return str(path.relative_to(_HOME)) if path.is_relative_to(_HOME) else "/".join(path.parts[-2:])


def _incident(value: Any, words: Vocabulary) -> str:
    """The number a caller was given with a 500, so that both sides can speak of the same failure."""
    return _id(value, words).replace("-", "")[:12]


def _record(value: Any) -> logging.LogRecord:
    if not isinstance(value, logging.LogRecord):
        raise Refused
    return value


def _library(value: Any, words: Vocabulary) -> str:
    name = _record(value).name
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.]{0,80}", name):
        raise Refused
    return name


def _origin(value: Any, words: Vocabulary) -> str:
    record = _record(value)
    return f"{_short(record.pathname)}:{record.lineno}"


def _template(value: Any, words: Vocabulary) -> str | None:
    """The sentence as it stands in the code, numbers filled in, all else left open; only of `TRUSTED` libraries.

    A sentence without arguments may have been put together before it was logged, with whatever came in: it is left out.
    """
    record = _record(value)
    trusted = record.name.partition(".")[0] in TRUSTED and record.levelno >= logging.INFO
    if not trusted or not isinstance(record.msg, str) or not isinstance(record.args, tuple) or not record.args:
        return None
    shown = tuple(a if type(a) in (int, float) or (isinstance(a, str) and words.knows(a)) else "…" for a in record.args)
    try:
        return re.sub(r"%[rdif]", "%s", record.msg) % shown
    except (TypeError, ValueError):
        return None


def _word_of(vocabulary: str) -> Accept:
    def accept(value: Any, words: Vocabulary) -> str:
        if not isinstance(value, str) or value not in getattr(words, vocabulary):
            raise Refused
        return value

    return accept


FIELDS: Mapping[str, Accept] = {
    # the request
    "call": _id,
    "client": _word_of("clients"),
    "service": _word_of("services"),
    "hook": _word_of("hooks"),
    "method": _word_of("methods"),
    "route": _word_of("routes"),
    "status": _count,
    "ms": _number,
    "bytes": _count,
    "edition": _word_of("editions"),
    "language": _word_of("languages"),
    # what it was answered
    "cards": _count,
    "withheld": _count,
    "fires": _count,
    "undecided": _count,
    "broken": _count,
    "fetched": _count,
    "unfetched": _count,
    "silent": _flag,
    # refusals and faults
    "error": _kind,
    "place": _place,
    "incident": _incident,
    "reason": _constant,
    "store": _word_of("places"),
    "lost": _count,
    "rule": _word_of("rules"),
    "part": _word_of("extra"),
    # the process
    "pid": _count,
    "port": _count,
    "workers": _count,
    "version": _word_of("extra"),
    # what a library logged
    "library": _library,
    "at": _origin,
    "said": _template,
}
"""Every field by name. A new one needs a kind of value that cannot hold what a caller sent."""
