"""The pages and endpoints of the authorization server: authorize, token, revoke, keys, and handles for launches."""

import secrets
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode, urlsplit

from authlib.oauth2 import OAuth2Error  # type: ignore[import-untyped]  # ships no types
from authlib.oauth2.rfc6749 import InvalidRequestError  # type: ignore[import-untyped]  # ships no types
from flask import Blueprint, Response, redirect, render_template, request

from cds_service.assets import page, page_policy
from cds_service.errors import JSON
from cds_service.sandbox.authorization.held import ACCESS_LASTS, Decision, Held, Launch, Token
from cds_service.sandbox.authorization.oauth import create_server
from cds_service.sandbox.authorization.signing import openid_configuration, public_keys
from cds_service.sandbox.fhir.metadata import endpoints
from cds_service.sandbox.fhir.seed import stay_of
from cds_service.sandbox.fhir.server import PATH, authority_url
from cds_service.sandbox.fhir.store import Store
from cds_service.sandbox.patients_shown import Shown, patients_shown
from cds_service.sandbox.scenarios import PRACTITIONER
from cds_service.sandbox.scopes import data_scope
from cds_service.sandbox.words import page_words, wanted_language
from cds_service.settings import is_loopback
from hooks.exact_json import dumps_exact

SERVICE = "osteohooks"  # the CDS service, as the sandbox knows it
_LAUNCH_FIELDS = ("intent", "appContext")


Everyone = Callable[[], list[Shown]]


def create_authorization(held: Held, store: Store, today: Callable[[], date]) -> Blueprint:
    """The routes under ``/sandbox/auth``. The patients of ``store`` can be picked."""
    routes = Blueprint("authorization", __name__, template_folder="../templates")
    server = create_server(held)

    def everyone() -> list[Shown]:
        return patients_shown(store, today())

    @routes.route("/authorize", methods=["GET", "POST"])
    def authorize() -> Response:
        try:
            grant = server.get_consent_grant(end_user=PRACTITIONER)
            return _authorize(server, grant, held, everyone)
        except OAuth2Error as error:
            error.state = request.values.get("state")
            return _refused(server, error)

    @routes.post("/token")
    def token() -> Response:
        answer: Response = server.create_token_response()
        return answer

    @routes.post("/revoke")
    def revoke() -> Response:
        answer: Response = server.create_endpoint_response("revocation")
        return answer

    @routes.get("/jwks")
    def jwks() -> Response:
        return Response(dumps_exact(public_keys()), content_type=JSON)

    @routes.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        return Response(dumps_exact(openid_configuration(endpoints(authority_url()))), content_type=JSON)

    @routes.post("/launch")
    def launch() -> Response:
        """Open an app for a patient, as an EHR does: a handle is made, and the browser is sent to the app with it."""
        return _launch(held)

    @routes.post("/service-token")
    def service_token() -> Response:
        """What an EHR sends a CDS service as ``fhirAuthorization``: a token to read this patient's data with."""
        return Response(dumps_exact(_service_token(held, request.form.get("patient", ""))), content_type=JSON)

    return routes


def _authorize(server: Any, grant: Any, held: Held, everyone: Everyone) -> Response:
    """Straight on where the EHR launched the app; else the user says for which patient, and whether at all."""
    sent = request.values
    audience = _audience(sent.get("aud", ""), grant.redirect_uri)
    if not sent.get("state"):
        raise InvalidRequestError("'state' is required.", redirect_uri=grant.redirect_uri)
    if "launch" in grant.request.scope.split():
        launch = held.launched(sent.get("launch", ""))
        if launch is None:
            raise InvalidRequestError("'launch' is not known, or too long ago.", redirect_uri=grant.redirect_uri)
        return _decided(server, grant, Decision(PRACTITIONER, launch, audience))
    if request.method == "POST" and "decision" in request.form:
        chosen = _chosen(grant.request.scope, everyone) if request.form["decision"] == "allow" else None
        return _decided(server, grant, Decision(PRACTITIONER, chosen, audience) if chosen else None)
    return _ask(grant, everyone() if _is_about_a_patient(grant.request.scope) else [])


def _audience(sent: str, redirect_uri: str) -> str:
    """The FHIR server the token is for, which must be one of ours: an app could be led to send a token elsewhere."""
    ours = f"{request.host_url}sandbox/"
    if not sent.startswith(ours) or not sent.rstrip("/").endswith(PATH):
        raise InvalidRequestError("'aud' is not a FHIR server of this sandbox.", redirect_uri=redirect_uri)
    return sent.rstrip("/")


def _decided(server: Any, grant: Any, decision: Decision | None) -> Response:
    answer: Response = server.create_authorization_response(grant_user=decision, grant=grant)
    return answer


def _is_about_a_patient(scope: str) -> bool:
    found = [data_scope(each) for each in scope.split()]
    return "launch/patient" in scope.split() or any(each is not None and each.level == "patient" for each in found)


def _chosen(scope: str, everyone: Everyone) -> Launch | None:
    """The patient the user picked; None when it is not one of them."""
    if not _is_about_a_patient(scope):
        return Launch()
    known = {shown.id for shown in everyone()}
    patient = request.form.get("patient", "")
    encounter = stay_of(patient) if "launch/encounter" in scope.split() else None
    return Launch(patient, encounter) if patient in known else None


def _ask(grant: Any, patients: list[Shown]) -> Response:
    client = urlsplit(grant.redirect_uri)
    fields = [(name, value) for name, value in request.values.items(multi=True) if name not in ("decision", "patient")]
    html = render_template(
        "sandbox/authorize.html",
        client_id=grant.request.client.client_id,
        scopes=grant.request.scope.split(),
        patients=patients,
        fields=fields,
        **page_words(wanted_language()),
    )
    # The browser follows the answer to the app, which may listen on another port.
    return page(html, policy=page_policy(form_action=[f"{client.scheme}://{client.netloc}"]))


def _refused(server: Any, error: Any) -> Response:
    """To the app where it can be trusted to be the one that asked; else to the user, in words."""
    if error.redirect_uri:
        answer: Response = server.handle_error_response(None, error)
        return answer
    html = render_template("sandbox/refused.html", reason=error.description, **page_words(wanted_language()))
    return page(html, status=400)


def _launch(held: Held) -> Response:
    sent = request.form
    url, patient = sent.get("url", ""), sent.get("patient", "")
    iss = sent.get("iss") or f"{request.host_url}sandbox{PATH}"
    encounter = sent.get("encounter") or (stay_of(patient) if patient else None)
    more = {name: sent[name] for name in _LAUNCH_FIELDS if sent.get(name)}
    handle = held.launch(Launch(patient or None, encounter, more))
    parts = urlsplit(url)
    if not url:
        return Response(dumps_exact({"iss": iss, "launch": handle}), content_type=JSON)
    if parts.scheme not in ("http", "https") or not is_loopback(parts.hostname or ""):
        return page(render_template("sandbox/refused.html", reason=None, **page_words(wanted_language())), status=400)
    query = urlencode({"iss": iss, "launch": handle})
    return _see_other(f"{url}{'&' if parts.query else '?'}{query}")


def _service_token(held: Held, patient: str) -> dict[str, Any]:
    token = Token(secrets.token_urlsafe(32), None, SERVICE, "patient/*.rs", Decision(SERVICE, Launch(patient), ""))
    held.keep_token(token)
    return {
        "access_token": token.access,
        "token_type": "Bearer",
        "expires_in": ACCESS_LASTS,
        "scope": token.scope,
        "subject": SERVICE,
        "patient": patient,
    }


def _see_other(url: str) -> Response:
    answer = redirect(url, 303)
    return Response(answer.get_data(), status=303, headers=answer.headers)
