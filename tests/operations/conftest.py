import io
import logging
import threading
from collections.abc import Callable, Iterator
from typing import Any

import orjson
import pytest

from cds_service.operations import logs, tracing
from cds_service.operations.fields import Vocabulary

Lines = Callable[[], list[dict[str, Any]]]

WORDS = Vocabulary(
    services=frozenset({"bone-order-sign", "demo-order-sign", "demo-patient-view"}),
    clients=frozenset({"development", "north"}),
    rules=frozenset({"ZOL-DOSE-01"}),
    routes=frozenset(
        {"hooks_api.call", "hooks_api.discover", "hooks_api.live", "operations.ready", "operations.metrics"}
    ),
    extra=frozenset({"rules", "log", "0.1.0"}),
)


@pytest.fixture(autouse=True)
def _as_it_was(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Logging and tracing belong to the process: each test gives them back as it found them."""
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    monkeypatch.delenv("PROMETHEUS_MULTIPROC_DIR", raising=False)
    yield
    root.handlers[:], threading.excepthook = handlers, hook
    root.setLevel(level)
    logging.captureWarnings(False)
    logs.silence()
    tracing.stop()


@pytest.fixture
def lines() -> Lines:
    """What has been logged so far, line by line; the log is on."""
    stream = io.BytesIO()
    logs.configure(WORDS, "debug", "json", stream)
    return lambda: [orjson.loads(line) for line in stream.getvalue().splitlines()]
