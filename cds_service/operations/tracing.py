"""Traces, if the operator wants them: OpenTelemetry spans with names of ours, counts, and nothing of a patient.

Off by default, and then a span costs nothing worth measuring. On with ``OSTEOHOOKS_TRACING=true`` and the extra
``tracing``; where spans go is said with OpenTelemetry's own ``OTEL_...`` variables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span, Tracer

Name = Literal["request", "auth", "fetch", "read", "ask", "show", "log"]
NAMES: tuple[Name, ...] = ("request", "auth", "fetch", "read", "ask", "show", "log")
NUMBERS = frozenset({"http.response.status_code", "osteohooks.cards", "osteohooks.fires", "osteohooks.undecided"})
WORDS = frozenset({"osteohooks.service"})
INSTALL = "Osteohooks cannot start.\n  OSTEOHOOKS_TRACING needs the extra 'tracing': pip install 'osteohooks[tracing]'."

WSGI = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
_OFF = nullcontext()
_tracer: Tracer | None = None
_words: frozenset[str] = frozenset()


def configure(services: Iterable[str], processor: SpanProcessor | None = None) -> None:
    """Start tracing in this process; called after a fork, because exporting runs a thread.

    Args:
        services: the ids a span may be labelled with.
        processor: takes the finished spans; by default a batch sent by OTLP over HTTP.
    """
    global _tracer, _words
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    resource = Resource.create({"service.name": "osteohooks", "service.version": version("osteohooks")})
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(processor or _exporting())
    _tracer, _words = provider.get_tracer("osteohooks"), frozenset(services)


def require() -> None:
    """Stop the start, and not each worker, where the extra is missing.

    Raises:
        SystemExit: the extra ``tracing`` is not installed.
    """
    if find_spec("opentelemetry") is None or find_spec("opentelemetry.sdk") is None:
        raise SystemExit(INSTALL)


def stop() -> None:
    """No spans any more; for tests."""
    global _tracer
    _tracer = None


def span(name: Name) -> AbstractContextManager[object]:
    """One stage of a call, inside the span of its request; outside of one there is none.

    An exception passes through and leaves only the name of its class on the span.
    """
    if _tracer is None:
        return _OFF
    from opentelemetry.trace import get_current_span

    return _span(_tracer, name, None) if get_current_span().get_span_context().is_valid else _OFF


def describe(service: str | None, numbers: Mapping[str, int]) -> None:
    """Label the span of the request: a service of ours and the counts of `NUMBERS`; anything else is left out."""
    if _tracer is None:
        return
    from opentelemetry.trace import get_current_span

    current = get_current_span()
    if service in _words:
        current.set_attribute("osteohooks.service", str(service))
    for name, value in numbers.items():
        if name in NUMBERS and type(value) is int:
            current.set_attribute(name, value)


def traced(application: WSGI) -> WSGI:
    """A WSGI application whose requests are spans; the trace of the caller (``traceparent``) is continued."""

    def call(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if _tracer is None:
            return application(environ, start_response)
        with _span(_tracer, "request", environ.get("HTTP_TRACEPARENT")):
            return application(environ, start_response)

    return call


@contextmanager
def _span(tracer: Tracer, name: Name, parent: str | None) -> Iterator[Span]:
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    context = TraceContextTextMapPropagator().extract({"traceparent": parent}) if parent else None
    kind = SpanKind.SERVER if name == "request" else SpanKind.INTERNAL
    # The SDK would record an exception with its message and stack, which may hold anything.
    with tracer.start_as_current_span(
        name, context, kind, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(Status(StatusCode.ERROR, type(error).__name__))
            raise


def _exporting() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())
