"""What a check says, and how all of them are run: one that breaks is a line too, and the others go on."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from cds_service.clients_file import ClientsFile
from cds_service.settings import Settings


class Level(StrEnum):
    """How it is: as it should be, something to know, something that keeps the service from working."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One finding.

    Attributes:
        check: the name of the check.
        about: what it is about: a client, a host, a folder; may be empty.
        said: one sentence.
        remedy: what to do; empty where nothing is to be done.
    """

    check: str
    level: Level
    said: str
    about: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Patient:
    """The installation that is examined.

    Attributes:
        clients: None in development mode, and where the clients file does not fit.
    """

    settings: Settings
    clients: ClientsFile | None = None

    def now(self) -> datetime:
        """The clock of this machine."""
        return datetime.now(UTC)


Check = Callable[[Patient], Iterator[Line]]


def ok(check: str, said: str, about: str = "") -> Line:
    """As it should be."""
    return Line(check, Level.OK, said, about)


def warn(check: str, said: str, remedy: str, about: str = "") -> Line:
    """It works, and somebody should know."""
    return Line(check, Level.WARN, said, about, remedy)


def fail(check: str, said: str, remedy: str, about: str = "") -> Line:
    """It does not work."""
    return Line(check, Level.FAIL, said, about, remedy)


def examine(
    patient: Patient, checks: Iterable[Check], advance: Callable[[int, str], None] = lambda done, name: None
) -> Iterator[Line]:
    """The lines of all checks, in order. A check that breaks is told by its kind, never by a message with a value."""
    for check in checks:
        name = check.__name__.replace("_", " ").strip()
        try:
            yield from check(patient)
        except Exception as error:  # one broken check must not hide what the others find
            yield fail(
                name, f"The check itself broke: {type(error).__name__}.", "Report it to the makers of Osteohooks."
            )
        advance(1, name)


def worst(lines: Iterable[Line]) -> Level:
    """As bad as the worst line."""
    order = list(Level)
    return max((line.level for line in lines), key=order.index, default=Level.OK)
