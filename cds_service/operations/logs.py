"""The log: one JSON object per line on standard error, made of nothing but the fields of `fields.FIELDS`.

On a terminal the same lines are written for people. Until `configure` is called nothing is written: tests and the
command line stay quiet.
"""

import logging
import sys
import threading
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, BinaryIO

import orjson

from cds_service.operations.fields import EVENTS, FIELDS, UNNAMED, Refused, Vocabulary
from cds_service.operations.health import OK, Part, Status

LEVELS = ("debug", "info", "warning", "error", "critical")
FORMATS = ("auto", "json", "console")

Line = MutableMapping[str, Any]
Lost = Callable[[], None]


class AllowList:
    """The one way into the log: keeps the fields of the table that accept their value, counts the others."""

    def __init__(self, words: Vocabulary) -> None:
        self._words = words

    def __call__(self, level: str, line: Line) -> Line:
        """The line as it may be written; the event is one of `EVENTS`, or `UNNAMED`."""
        event = line.pop("event", None)
        kept: Line = {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": level,
            "event": event if isinstance(event, str) and event in EVENTS else UNNAMED,
        }
        refused = 0
        for name, value in line.items():
            if value is None:
                continue
            try:
                accepted = FIELDS[name](value, self._words)
            except (KeyError, Refused):
                refused += 1
                continue
            if accepted is not None:
                kept[name] = accepted
        if refused:
            kept["refused"] = refused
        return kept


class Log:
    """Writes lines; a line that cannot be written is counted and never disturbs the answer it tells of."""

    def __init__(self, stream: BinaryIO, words: Vocabulary, level: str, pretty: bool, lost: Lost) -> None:
        self._stream, self._lowest = stream, logging.getLevelNamesMapping()[level.upper()]
        self._listed, self._render = AllowList(words), _pretty() if pretty else _json
        self._lost, self.failing = lost, False
        self._lock = threading.Lock()

    def write(self, level: int, event: str, fields: Mapping[str, Any]) -> None:
        """One line, if the level is asked for."""
        if level < self._lowest:
            return
        try:
            line = self._render(self._listed(logging.getLevelName(level).lower(), {"event": event, **fields}))
            with self._lock:
                self._stream.write(line + b"\n")
                self._stream.flush()
            self.failing = False
        except (OSError, ValueError):  # the disk is full, the pipe closed; a closed stream is a ValueError
            self.failing = True
            self._lost()


_current: Log | None = None


def configure(
    words: Vocabulary,
    level: str = "info",
    style: str = "auto",
    stream: BinaryIO | None = None,
    lost: Lost = lambda: None,
) -> None:
    """Send everything, also what libraries log and what no one caught, through the one list.

    Args:
        words: the words this installation defines.
        level: one of `LEVELS`.
        style: one of `FORMATS`; ``auto`` writes for people where standard error is a terminal.
        stream: where to; standard error by default.
        lost: called for each line that could not be written.
    """
    global _current
    pretty = style == "console" or (style == "auto" and stream is None and sys.stderr.isatty())
    _current = Log(stream or sys.stderr.buffer, words, level, pretty, lost)
    root = logging.getLogger()
    root.handlers[:] = [_Bridge()]
    root.setLevel(
        logging.INFO if level == "debug" else level.upper()
    )  # libraries' debug lines are not ours to answer for
    logging.captureWarnings(True)
    threading.excepthook = _uncaught


def as_part() -> Part:
    """The verdict on the log for `/readyz`: answers go out without it, and somebody should look."""
    failing = _current is not None and _current.failing
    return Part(Status.DEGRADED, "The last line could not be written to the log.") if failing else OK


def silence() -> None:
    """Write nothing any more; for tests."""
    global _current
    _current = None


def debug(event: str, **fields: Any) -> None:
    """Something an operator wants to see only when looking for it."""
    _write(logging.DEBUG, event, fields)


def info(event: str, **fields: Any) -> None:
    """Something that is as it should be."""
    _write(logging.INFO, event, fields)


def warning(event: str, **fields: Any) -> None:
    """Something an operator should know."""
    _write(logging.WARNING, event, fields)


def error(event: str, **fields: Any) -> None:
    """Something that failed."""
    _write(logging.ERROR, event, fields)


def _write(level: int, event: str, fields: Mapping[str, Any]) -> None:
    if _current is not None:
        _current.write(level, event, fields)


class _Bridge(logging.Handler):
    """What the standard library's loggers say: the fields they carry if they are ours, otherwise where it was said."""

    def emit(self, record: logging.LogRecord) -> None:
        carried = {name: getattr(record, name) for name in FIELDS if name in record.__dict__}
        event = carried.pop("event", None) or getattr(record, "event", None)
        origin = {} if event else {"library": record, "at": record, "said": record}
        failed = {"error": record.exc_info[0], "place": record.exc_info[2]} if record.exc_info else {}
        _write(record.levelno, event or "library", origin | failed | carried)


def _uncaught(args: threading.ExceptHookArgs) -> None:
    error("thread failed", error=args.exc_type, place=args.exc_traceback)


def _json(line: Line) -> bytes:
    return orjson.dumps(line)


def _pretty() -> Callable[[Line], bytes]:
    import structlog  # here: where no person reads along, the start need not wait for it

    renderer = structlog.dev.ConsoleRenderer(colors=True, sort_keys=False, timestamp_key="time")
    return lambda line: str(renderer(None, str(line["level"]), line)).encode()
