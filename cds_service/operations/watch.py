"""Watches every request: its note goes once, at its end, to the log, the metrics and the trace."""

import time
from collections.abc import Iterable, Sequence
from typing import Protocol

from flask import Flask, Response, request

from cds_service.clients import DEVELOPMENT
from cds_service.operations import logs, tracing
from cds_service.operations.fields import Vocabulary
from cds_service.operations.health import ReadyChecks
from cds_service.operations.metrics import Metrics
from cds_service.operations.note import Note, current
from cds_service.prefetch import Completed
from hooks.check import Outcome
from hooks.evaluate import Findings
from hooks.response import Card

QUIET_ROUTES = frozenset({"operations.ready", "operations.metrics", "hooks_api.live"})
"""What probes ask every few seconds: in the log only at level debug, or where it went wrong."""
NOTED = ("client", "service", "hook", "edition", "language", "cards", "fires", "undecided", "broken", "fetched",
         "unfetched", "withheld", "error")  # fmt: skip
"""What a line says of the note, besides its id."""


class Answered(Protocol):
    """What the pipeline answers; `cds_service.pipeline.Reply` is one."""

    @property
    def cards(self) -> list[Card]:
        """The cards sent."""

    @property
    def withheld(self) -> Sequence[object]:
        """Cards that are not sent: said lately, not wanted, or silent."""

    @property
    def findings(self) -> Findings:
        """Everything found."""


class Watch:
    """Sees every request of an application begin and end.

    Attributes:
        metrics: the counts of the installation.
        ready: the checks of `/readyz`; whoever runs a part that can fail adds its own.
    """

    def __init__(
        self, services: Iterable[str], clients: Iterable[str] = (DEVELOPMENT.id,), rules: Iterable[str] = ()
    ) -> None:
        self._ids = {"services": frozenset(services), "clients": frozenset(clients), "rules": frozenset(rules)}
        self.metrics = Metrics(**self._ids)
        self.ready = ReadyChecks(lambda part, error: logs.warning("not ready", part=part, error=error))

    def vocabulary(self, app: Flask, words: Iterable[str] = ()) -> Vocabulary:
        """Every word the log of this installation may hold; ``words`` are the operator's own."""
        routes = frozenset(rule.endpoint for rule in app.url_map.iter_rules())
        return Vocabulary(**self._ids, routes=routes, extra=frozenset({*words, *self.ready}))

    def install(self, app: Flask) -> None:
        """Watch this application; the last to see a response, so that it sees what is sent."""
        app.before_request(_begin)
        app.after_request_funcs.setdefault(None, []).insert(0, self._end)  # run last: Flask runs them in reverse
        app.wsgi_app = tracing.traced(app.wsgi_app)  # type: ignore[method-assign, assignment]  # how WSGI is wrapped
        app.extensions["osteohooks.watch"] = self

    def fetched(self, data: Completed) -> None:
        """What the EHR had not sent was fetched, or could not be had."""
        note = current()
        note.fetched, note.unfetched = len(data.origins) or None, len(data.failures) or None
        for outcome in (*data.origins.values(), *data.failures.values()):
            self.metrics.fetched(outcome)

    def answered(self, service: str, reply: Answered) -> None:
        """A call was thought through: note and count what it found."""
        note, broken = current(), reply.findings.broken
        speaking = reply.findings.speaking
        self.metrics.answered(service, reply.cards, speaking, broken)
        note.cards, note.broken = len(reply.cards), len(broken) or None
        note.withheld = len(reply.withheld) or None
        note.fires = sum(finding.verdict.outcome is Outcome.DUE for finding in speaking)
        note.undecided = len(speaking) - note.fires

    def unmatched(self, kinds: Iterable[str]) -> None:
        """Codes were seen that no rule can use, of these kinds."""
        for kind in kinds:
            self.metrics.code_unmatched(kind)

    def _end(self, response: Response) -> Response:
        note, status = current(), response.status_code
        seconds = time.perf_counter() - note.began
        response.headers["X-Request-Id"] = str(note.id)
        self.metrics.request(note.service, status, note.client, seconds)
        if note.refused is not None:
            self.metrics.token_refused(note.refused)
        tracing.describe(note.service, _numbers(note, status))
        _line(note, status, seconds)
        return response


def _line(note: Note, status: int, seconds: float) -> None:
    """The one line of a request."""
    quiet = request.endpoint in QUIET_ROUTES and status < 400
    write = logs.debug if quiet else logs.error if status >= 500 else logs.info
    write(
        "request",
        call=note.id,
        **{name: getattr(note, name) for name in NOTED},
        method=request.method,
        route=request.endpoint,
        status=status,
        ms=round(seconds * 1000, 3),
        bytes=request.content_length,
    )


def _begin() -> None:
    current()


def _numbers(note: Note, status: int) -> dict[str, int]:
    counts = {"osteohooks.cards": note.cards, "osteohooks.fires": note.fires, "osteohooks.undecided": note.undecided}
    return {"http.response.status_code": status, **{name: n for name, n in counts.items() if n is not None}}
