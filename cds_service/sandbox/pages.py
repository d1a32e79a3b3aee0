"""The sandbox under ``/sandbox``: the page that plays the EHR, FHIR server, authorization server, shipped requests."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for

from cds_service.assets import page, page_policy, static_file
from cds_service.errors import JSON
from cds_service.markdown import to_html
from cds_service.sandbox.authorization.held import Held
from cds_service.sandbox.authorization.routes import create_authorization
from cds_service.sandbox.chart import chart, day_said
from cds_service.sandbox.desk import HOOKS, start
from cds_service.sandbox.fhir.faults import FAULTS
from cds_service.sandbox.fhir.outcomes import NotFound, Unreadable
from cds_service.sandbox.fhir.seed import shipped
from cds_service.sandbox.fhir.server import FhirServer, create_fhir
from cds_service.sandbox.fhir.store import Store
from cds_service.sandbox.guard import PATH, only_this_machine
from cds_service.sandbox.page_state import read_state
from cds_service.sandbox.patients_shown import patient_shown
from cds_service.sandbox.scenarios import hook_request_bytes, record, scenario, scenarios
from cds_service.sandbox.words import page_words, wanted_language
from hooks.choices import EDITIONS
from hooks.exact_json import dumps_exact
from hooks.request import HOOKS as KNOWN_HOOKS

APP = "/smart/launch"
APPS_AT = ("http://127.0.0.1:*", "http://localhost:*")  # a launch is a form that ends up at the app
_TEXTS = 100
_STATIC = Path(__file__).parent / "static"
# Everything the FHIR server answers at. A visit makes another server of it for the service, which remembers by server
# and patient what was overridden: a new visit begins without that memory. The data behind all of them are the same.
_FHIR_AT = {
    "fhir": "/fhir",
    "fhir_visit": "/visits/<visit>/fhir",
    "fhir_fault": "/faults/<fault>/fhir",
    "fhir_visit_fault": "/visits/<visit>/faults/<fault>/fhir",
}


@dataclass(frozen=True, slots=True)
class _Desk:
    """What the pages share: the clock, the language and edition the service answers in unasked, the resources."""

    today: Callable[[], date]
    language: str
    edition: str
    store: Store


def create_sandbox(today: Callable[[], date], language: str, edition: str) -> Blueprint:
    """Everything under ``/sandbox``; registered only where the settings allow it. State ends with the process."""
    pages = Blueprint("sandbox", __name__, url_prefix=PATH, template_folder="templates")
    desk, held = _Desk(today, language, edition, Store(shipped, today)), Held()
    only_this_machine(pages)
    fhir = create_fhir(FhirServer(desk.store, held.access, today))
    for name, prefix in _FHIR_AT.items():
        pages.register_blueprint(fhir, name=name, url_prefix=prefix)
    pages.register_blueprint(create_authorization(held, desk.store, today), url_prefix="/auth")
    _ehr(pages, desk)
    _parts(pages, desk)
    _requests(pages, today)
    return pages


def _ehr(pages: Blueprint, desk: _Desk) -> None:
    @pages.get("", strict_slashes=False)
    def ehr() -> Response:
        """The page that plays the EHR."""
        state = read_state(desk.language)
        patient = patient_shown(desk.store, _patient_id(state.scenario.id), desk.today()) if state.scenario else None
        html = render_template(
            "sandbox/ehr.html" if patient else "sandbox/home.html",
            state=state,
            edition=desk.edition,
            path=PATH,
            scenarios=scenarios(),
            patient=patient,
            born=day_said(patient.born, state.language) if patient else "",
            sections=chart(desk.store, patient.id, state.language) if patient else [],
            hooks=HOOKS,
            editions=EDITIONS,
            faults=FAULTS,
            has_app=any(rule.rule == APP for rule in current_app.url_map.iter_rules()),
            app=APP,
            **page_words(state.language),
        )
        status = 404 if state.asked_for and not state.scenario else 200
        return page(html, status, page_policy(form_action=APPS_AT))

    @pages.get("/static/<path:name>")
    def static(name: str) -> Response:
        return static_file(_STATIC, name)


def _parts(pages: Blueprint, desk: _Desk) -> None:
    @pages.get("/start/<scenario_id>")
    def begin(scenario_id: str) -> Response:
        """What the scripts of the page start from."""
        _require_known(scenario_id)
        body = start(scenario(scenario_id), desk.today(), wanted_language(desk.language))
        return Response(dumps_exact(body), content_type=JSON)

    @pages.get("/chart/<patient_id>")
    def chart_of(patient_id: str) -> Response:
        """The chart as it is now, a part of the page."""
        if patient_shown(desk.store, patient_id, desk.today()) is None:
            raise NotFound
        language = wanted_language(desk.language)
        sections = chart(desk.store, patient_id, language)
        return page(render_template("sandbox/chart.html", sections=sections, **page_words(language)))

    @pages.post("/markdown")
    def markdown() -> Response:
        """Texts of cards as safe HTML."""
        sent = request.get_json(silent=True)
        texts = sent.get("texts") if isinstance(sent, dict) else None
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts) or len(texts) > _TEXTS:
            raise Unreadable('The body is not {"texts": [...]}.')
        return Response(dumps_exact({"html": [to_html(text) for text in texts]}), content_type=JSON)

    @pages.post("/reset")
    def reset() -> Response:
        """The shipped patients again."""
        desk.store.reset()
        return Response(status=204)


def _requests(pages: Blueprint, today: Callable[[], date]) -> None:
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
                "page": f"{PATH}?scenario={each.id}&hook={each.hook}",
            }
            for each in scenarios()
        ]
        return Response(dumps_exact({"scenarios": rows}), content_type=JSON)

    @pages.get("/requests/<scenario_id>")
    def one_request(scenario_id: str) -> Response:
        """The body an EHR would post for it today; ``hook`` asks for another moment of the same patient."""
        _require_known(scenario_id)
        hook = request.args.get("hook")
        if hook is not None and hook not in KNOWN_HOOKS:
            abort(404)
        return Response(hook_request_bytes(scenario(scenario_id), today(), hook), content_type=JSON)


def _require_known(scenario_id: str) -> None:
    if all(each.id != scenario_id for each in scenarios()):
        abort(404)


@cache
def _patient_id(scenario_id: str) -> str:
    return str(record(scenario(scenario_id))[0]["id"])
