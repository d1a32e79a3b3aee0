"""The log holds what its list allows, and nothing that came from outside can get past it."""

import ast
import io
import logging
import threading
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any
from uuid import UUID, uuid4

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_service.client_token import Reason
from cds_service.operations import logs
from cds_service.operations.fields import EVENTS, FIELDS
from tests.operations.conftest import WORDS, Lines

SECRET = "Dupont-1950"
ROOT = Path(__file__).parents[2]


def traceback_of(error: Exception) -> TracebackType:
    with pytest.raises(type(error)) as raised:
        raise error
    return raised.tb


def test_a_line_is_one_json_object_with_time_level_and_event(lines: Lines) -> None:
    call = uuid4()
    logs.info("request", call=call, service="bone-order-sign", status=200, ms=1.25, silent=False)
    (line,) = lines()
    assert list(line) == ["time", "level", "event", "call", "service", "status", "ms", "silent"]
    assert line | {"time": ""} == {
        "time": "", "level": "info", "event": "request", "call": str(call), "service": "bone-order-sign",
        "status": 200, "ms": 1.25, "silent": False,
    }  # fmt: skip
    assert line["time"].endswith("Z")
    assert len(line["time"]) == len("2026-03-12T08:10:00.000Z")


SOUND: dict[str, Any] = {
    "call": UUID(int=1),
    "incident": UUID(int=1),
    "client": "north",
    "service": "bone-order-sign",
    "hook": "order-sign",
    "method": "POST",
    "route": "hooks_api.call",
    "edition": "aura-2026",
    "language": "fr",
    "rule": "ZOL-DOSE-01",
    "reason": Reason.UNKNOWN_KEY,
    "store": "journal",
    "lost": 2,
    "part": "rules",
    "version": "0.1.0",
    "error": KeyError,
    "place": traceback_of(KeyError(SECRET)),
    "silent": True,
    "ms": 0.5,
    **dict.fromkeys(
        ("status", "bytes", "cards", "withheld", "fires", "undecided", "broken", "fetched", "unfetched"), 3
    ),
    **dict.fromkeys(("pid", "port", "workers"), 3),
    **dict.fromkeys(
        ("library", "at", "said"),
        logging.LogRecord("gunicorn.error", logging.INFO, "/a/gunicorn/b.py", 7, "pid %s", (3,), None),
    ),
}
HOSTILE: list[Any] = [
    SECRET, SECRET.encode(), {SECRET: 1}, [SECRET], (SECRET,), KeyError(SECRET), 1 + 2j, object(),
    type(SECRET, (), {}), "63.0", UUID(int=1).hex, "bone-order-sign ", "DEVELOPMENT",
]  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_takes_what_it_is_for(lines: Lines, name: str) -> None:
    logs.info("request", **{name: SOUND[name]})
    (line,) = lines()
    assert name in line
    assert "refused" not in line
    assert SECRET not in str(line)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_no_field_takes_what_came_from_outside(lines: Lines, name: str, value: Any) -> None:
    logs.info("request", **{name: value})
    (line,) = lines()
    assert line["refused"] == 1
    assert name not in line


@given(st.text(), st.text() | st.integers() | st.floats() | st.binary() | st.dictionaries(st.text(), st.text()))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_fields_and_events_that_are_not_listed_do_not_exist(name: str, value: Any) -> None:
    stream = io.BytesIO()
    logs.configure(WORDS, "debug", "json", stream)
    if name in FIELDS or name in ("event", "level", "self"):
        return
    logs._write(logging.INFO, name, {name: value})
    (line,) = [orjson.loads(text) for text in stream.getvalue().splitlines()]
    assert line["event"] == (name if name in EVENTS else "unnamed")
    assert set(line) == {"time", "level", "event", "refused"}


def test_an_exception_is_its_kind_and_its_place(lines: Lines) -> None:
    logs.error("incident", error=ValueError, place=traceback_of(ValueError(SECRET)), incident=UUID(int=5))
    (line,) = lines()
    assert line["error"] == "ValueError"
    assert line["place"][0].startswith("tests/operations/test_logs.py:")
    assert line["place"][0].endswith(" traceback_of")
    assert line["incident"] == "000000000000"
    assert SECRET not in str(line)


def test_levels_below_the_asked_one_are_not_written() -> None:
    stream = io.BytesIO()
    logs.configure(WORDS, "warning", "json", stream)
    logs.debug("request")
    logs.info("request")
    logs.warning("not ready", part="rules")
    logs.error("incident")
    assert [orjson.loads(line)["level"] for line in stream.getvalue().splitlines()] == ["warning", "error"]


def test_nothing_is_written_before_it_is_configured(capfd: pytest.CaptureFixture[str]) -> None:
    logs.silence()
    logs.error("incident")
    assert capfd.readouterr() == ("", "")


class _Full(io.BytesIO):
    full = True

    def write(self, line: Any) -> int:
        if self.full:
            raise OSError(28, "No space left on device")
        return super().write(line)


def test_a_line_that_cannot_be_written_is_counted_and_disturbs_nobody() -> None:
    lost: list[int] = []
    stream = _Full()
    logs.configure(WORDS, "info", "json", stream, lambda: lost.append(1))
    assert logs.as_part().status == "ok"
    logs.info("request")
    assert (len(lost), logs.as_part().status) == (1, "degraded")
    stream.full = False
    logs.info("request")
    assert (len(lost), logs.as_part().status) == (1, "ok")
    stream.close()
    logs.info("request")
    assert (len(lost), logs.as_part().status) == (2, "degraded")


def test_on_a_terminal_it_is_written_for_people() -> None:
    stream = io.BytesIO()
    logs.configure(WORDS, "info", "console", stream)
    logs.info("request", service="bone-order-sign", status=200, hook=SECRET)
    text = stream.getvalue().decode()
    assert "bone-order-sign" in text
    assert "request" in text
    assert SECRET not in text
    with pytest.raises(orjson.JSONDecodeError):
        orjson.loads(text)


# ---- what others log -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("logger", "message", "arguments", "said"),
    [
        ("gunicorn.error", "Booting worker with pid: %s", (12,), "Booting worker with pid: 12"),
        ("gunicorn.error", "Worker (pid:%d) took %.1f s", (12, 0.5), "Worker (pid:12) took 0.5 s"),
        ("gunicorn.error", "Worker (pid:%d) was sent %s", (12, SECRET), "Worker (pid:12) was sent …"),
        ("gunicorn.error", "Error handling request %s", (f"/Patient/{SECRET}",), "Error handling request …"),
        ("gunicorn.error", f"Invalid request from ip=1: {SECRET}", (), None),
        ("gunicorn.error", "%(x)s", ({"x": SECRET},), None),
        ("osteohooks", "check %s failed: %s", ("ZOL-DOSE-01", SECRET), "check ZOL-DOSE-01 failed: …"),
        ("osteohooks", f"patient {SECRET}", (), None),
        ("sqlalchemy.engine", "INSERT %s", (SECRET,), None),
        ("another.library", "%s GET %s", (1, SECRET), None),
    ],
)
def test_of_libraries_the_place_and_the_sentence_without_its_words(
    lines: Lines, logger: str, message: str, arguments: tuple[Any, ...], said: str | None
) -> None:
    logging.getLogger(logger).warning(message, *arguments)
    (line,) = lines()
    assert (line["event"], line["library"], line["level"]) == ("library", logger, "warning")
    assert line["at"].startswith("tests/operations/test_logs.py:")
    assert line.get("said") == said
    assert SECRET not in str(line)


def test_a_sentence_that_does_not_fit_its_words_is_left_out(lines: Lines) -> None:
    record = logging.LogRecord("gunicorn.error", logging.INFO, "b.py", 7, "too few %s %s", (1,), None)
    logs._Bridge().emit(record)
    (line,) = lines()
    assert line["library"] == "gunicorn.error"
    assert "said" not in line


def test_a_logger_named_after_something_else_has_no_name(lines: Lines) -> None:
    logging.getLogger(f"patient {SECRET}").error("x")
    (line,) = lines()
    assert "library" not in line
    assert SECRET not in str(line)


def test_exceptions_of_libraries_lose_their_message(lines: Lines) -> None:
    try:
        raise LookupError(SECRET)
    except LookupError:
        logging.getLogger("somewhere").exception("failed for %s", SECRET)
    (line,) = lines()
    assert (line["error"], line["level"]) == ("LookupError", "error")
    assert SECRET not in str(line)


def test_our_own_loggers_may_carry_fields_of_the_list(lines: Lines) -> None:
    about = {"event": "check failed", "rule": "ZOL-DOSE-01", "error": KeyError, "patient": SECRET}
    logging.getLogger("osteohooks").error("check %s failed", "ZOL-DOSE-01", extra=about)
    (line,) = lines()
    assert line | {"time": ""} == {
        "time": "", "level": "error", "event": "check failed", "rule": "ZOL-DOSE-01", "error": "KeyError",
    }  # fmt: skip


def test_debug_lines_of_libraries_are_not_ours_to_answer_for(lines: Lines) -> None:
    logging.getLogger("urllib3").debug("GET %s", SECRET)
    assert lines() == []


def test_warnings_lose_their_words(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(True)
        warnings.warn(f"patient {SECRET}", stacklevel=1)
    (line,) = lines()
    assert (line["library"], line["level"]) == ("py.warnings", "warning")
    assert SECRET not in str(line)


def test_a_thread_that_dies_leaves_its_kind_and_place(lines: Lines, capfd: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise RuntimeError(SECRET)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    (line,) = lines()
    assert (line["event"], line["error"]) == ("thread failed", "RuntimeError")
    assert line["place"][0].endswith(" fail")
    assert SECRET not in str(line) + "".join(capfd.readouterr())


# ---- what we log -----------------------------------------------------------------------------------------------------


def _log_calls() -> list[tuple[str, ast.Call]]:
    found = []
    for path in (ROOT / "cds_service").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in ("debug", "info", "warning", "error", "exception", "critical")
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id in ("log", "_log", "logs", "logger")
            ):
                found.append((f"{path.name}:{node.lineno}", node))
    return found


def test_our_sentences_are_constants_and_our_fields_are_listed() -> None:
    """A message put together before it is logged could hold anything; a field that is not listed would be dropped."""
    calls = _log_calls()
    assert len(calls) >= 4
    for place, call in calls:
        assert isinstance(call.args[0], ast.Constant), place
        own = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "logs"
        if own:
            assert call.args[0].value in EVENTS, place
            assert {word.arg for word in call.keywords} - {None} <= set(FIELDS), place
