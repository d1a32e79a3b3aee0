"""The shipped scenarios over HTTP, moved to today, so that a newcomer can try a call without an EHR."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, abort, url_for

from cds_service.sandbox.scenarios import hook_request_bytes, scenario, scenarios
from hooks.exact_json import dumps_exact

JSON = "application/json"


def create_sandbox(today: Callable[[], date]) -> Blueprint:
    """Read-only pages of synthetic patients; registered only where the settings allow the sandbox."""
    pages = Blueprint("sandbox", __name__, url_prefix="/sandbox")
    known = {each.id: each for each in scenarios()}

    @pages.get("/requests")
    def list_requests() -> Response:
        """What each scenario shows, and where its request is."""
        rows = [
            {
                "id": each.id,
                "title": dict(each.title),
                "shows": dict(each.shows),
                "service": each.service,
                "request": url_for("sandbox.one_request", scenario_id=each.id),
            }
            for each in known.values()
        ]
        return Response(dumps_exact({"scenarios": rows}), content_type=JSON)

    @pages.get("/requests/<scenario_id>")
    def one_request(scenario_id: str) -> Response:
        """The body an EHR would post for it today."""
        if scenario_id not in known:
            abort(404)
        return Response(hook_request_bytes(scenario(scenario_id), today()), content_type=JSON)

    return pages
