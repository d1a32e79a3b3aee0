"""The pages of operations: `/readyz`, `/metrics`, `/openapi.json`."""

from collections.abc import Callable
from importlib.metadata import version

from flask import Blueprint, Response

from cds_service.errors import JSON
from cds_service.operations.health import ReadyChecks, Status
from cds_service.operations.metrics import CONTENT_TYPE, Metrics
from hooks.exact_json import dumps_exact

Describe = Callable[[], bytes]


def create_pages(ready: ReadyChecks, metrics: Metrics | None, describe: Describe) -> Blueprint:
    """The pages.

    Args:
        ready: what `/readyz` asks.
        metrics: what `/metrics` shows; None where the settings do not make it public.
        describe: the OpenAPI document as JSON.
    """
    pages = Blueprint("operations", __name__)
    software = version("osteohooks")

    @pages.get("/readyz", endpoint="ready")
    def readyz() -> Response:
        """200 while calls can be answered, 503 otherwise; each part with its state, nothing secret."""
        found = ready.ask()
        status = 503 if found.status is Status.FAILED else 200
        return Response(dumps_exact({**found.as_json(), "version": software}), status, content_type=JSON)

    @pages.get("/openapi.json", endpoint="openapi")
    def openapi() -> Response:
        return Response(describe(), content_type=JSON)

    if metrics is not None:
        shown = metrics

        @pages.get("/metrics", endpoint="metrics")
        def prometheus() -> Response:
            return Response(shown.page(), content_type=CONTENT_TYPE)

    return pages
