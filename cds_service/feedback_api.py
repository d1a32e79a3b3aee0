"""``POST /cds-services/{id}/feedback``: reads reports one by one, stores those that are sound, names the others.

CDS Hooks lets a batch be refused as a whole. We do not: an EHR collects reports for hours, and one of them that we
cannot use must not cost the others. So 200 means that everything sound is stored; its body is empty, or an
OperationOutcome that names each report that was refused (error) or stored with a remark (warning) by its place. When
nothing is sound the batch is refused with 4xx and the same body.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import date

import msgspec
from flask import Blueprint, Request, Response, request

from cds_service.clients import Caller
from cds_service.errors import JSON, Refusal, UnknownService, issue
from cds_service.feedback_item import WHOLE, read_report
from cds_service.hooks_api import read_body
from cds_service.operations.note import current
from cds_service.operations.tracing import span
from cds_service.store.engine import Unavailable
from cds_service.store.feedback import Feedback, Judged, Report, Why
from hooks import strict_json
from hooks.exact_json import dumps_exact
from hooks.refusal import BadRequest, missing, wrong_shape

BODY_LIMIT = 1024 * 1024  # bytes: about 4,000 reports

Problems = Mapping[int, BadRequest]
"""By the place of a report in its batch, what is wrong with it; ``field`` is the place within the report."""

_JUDGED: Mapping[Why, BadRequest] = {
    Why.UNKNOWN_CARD: BadRequest(
        "card",
        "There is no such card.",
        "It was not shown to this client by this service, or too long ago.",
        "Send the uuid of the card as it was answered, to the service that answered it.",
        "not-found",
    ),
    Why.UNKNOWN_SUGGESTION: BadRequest(
        "acceptedSuggestions",
        "The card has no such suggestion.",
        "What was accepted cannot be told otherwise.",
        "Send the uuids of suggestions of this card.",
        "not-found",
    ),
    Why.REASON_NOT_OFFERED: BadRequest(
        "overrideReason.reason",
        "The card did not offer this reason; it is stored as it was sent.",
        "Reports count reasons by system and code.",
        "Send one of the overrideReasons of the card, with its system.",
        "code-invalid",
    ),
}


class CannotStore(Refusal):
    """503: the store cannot be used now. Nothing was stored."""

    status, code = 503, "transient"

    def __init__(self) -> None:
        super().__init__(
            "The feedback cannot be stored at the moment.",
            "The store of the service cannot be reached.",
            "Send the same again in a minute: what was stored already is not counted twice.",
        )


def create_feedback(
    services: Collection[str], store: Feedback, authenticate: Callable[[Request], Caller], today: Callable[[], date]
) -> Blueprint:
    """The route, for services of these ids."""
    pages = Blueprint("feedback_api", __name__)

    @pages.post("/cds-services/<service_id>/feedback", strict_slashes=False)
    def report(service_id: str) -> Response:
        with span("auth"):
            caller = authenticate(request)
        current().client = caller.client.id
        if service_id not in services:
            raise UnknownService
        current().service = service_id
        items = _items(read_body(BODY_LIMIT))
        reports, refused, remarks = _read(items)
        try:
            judged = store.store(caller, service_id, reports, today()) if reports else Judged({}, {})
        except Unavailable:
            raise CannotStore from None
        refused |= {at: _JUDGED[why] for at, why in judged.refused.items()}
        remarks = {at: said for at, said in remarks.items() if at not in refused}
        remarks |= {at: _JUDGED[why] for at, why in judged.remarks.items()}
        return _answer(len(items), refused, remarks)

    return pages


def _items(body: bytes) -> list[msgspec.Raw]:
    items = strict_json.members(body).get("feedback")
    if items is None:
        raise missing("feedback", "It is the array of reports.")
    if not isinstance(items, list):
        raise wrong_shape("feedback", "an array")
    return items


def _read(items: list[msgspec.Raw]) -> tuple[list[Report], dict[int, BadRequest], dict[int, BadRequest]]:
    """Reports, what is wrong with the others, and remarks."""
    reports: list[Report] = []
    refused: dict[int, BadRequest] = {}
    remarks: dict[int, BadRequest] = {}
    for at, item in enumerate(items):
        try:
            report, remark = read_report(at, item)
        except BadRequest as error:
            refused[at] = error
            continue
        reports.append(report)
        if remark is not None:
            remarks[at] = remark
    return reports, refused, remarks


def _answer(sent: int, refused: Problems, remarks: Problems) -> Response:
    """Empty where all is well. 404 where no card is known, 400 where nothing else was sound either."""
    issues = [_issue(at, said, "error") for at, said in sorted(refused.items())]
    issues += [_issue(at, said, "warning") for at, said in sorted(remarks.items())]
    if not issues:
        return Response(b"{}", content_type=JSON)
    only_unknown = all(said is _JUDGED[Why.UNKNOWN_CARD] for said in refused.values())
    status = 200 if len(refused) < sent else 404 if only_unknown else 400
    body = dumps_exact({"resourceType": "OperationOutcome", "issue": issues})
    return Response(body, status=status, content_type=JSON)


def _issue(at: int, said: BadRequest, severity: str) -> dict[str, object]:
    place = f"feedback[{at}]" if said.field == WHOLE else f"feedback[{at}].{said.field}"
    return issue(said.code, said.what, said.why, said.remedy, (place,), severity)
