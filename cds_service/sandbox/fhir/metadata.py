"""What the server says about itself: its CapabilityStatement, and where SMART apps find the authorization server."""

from datetime import date
from importlib.metadata import version
from typing import Any

from cds_service.sandbox.fhir.kinds import KINDS, Kind, Resource
from cds_service.sandbox.fhir.search import parameters_of
from cds_service.sandbox.scopes import EXAMPLES, IDENTITY, LAUNCH, SESSION

_OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_DEFINED = {"_id": "Resource-id", "patient": "clinical-patient", "code": "clinical-code"}

CAPABILITIES = (
    "launch-ehr",
    "launch-standalone",
    "authorize-post",
    "client-public",
    "client-confidential-symmetric",
    "sso-openid-connect",
    "context-ehr-patient",
    "context-ehr-encounter",
    "context-standalone-patient",
    "permission-offline",
    "permission-online",
    "permission-patient",
    "permission-user",
    "permission-v1",
    "permission-v2",
)


def capability_statement(base: str, authority: str, day: date) -> Resource:
    """The CapabilityStatement of the server at ``base``; ``authority`` is the base of its authorization server."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": day.isoformat(),
        "kind": "instance",
        "software": {"name": "Osteohooks sandbox", "version": version("osteohooks")},
        "implementation": {"description": "Synthetic patients, in memory", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [
            {
                "mode": "server",
                "security": _security(authority),
                "resource": [_resource(name, kind) for name, kind in KINDS.items()],
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
            }
        ],
    }


def smart_configuration(base: str, authority: str) -> dict[str, Any]:
    """``.well-known/smart-configuration`` (SMART App Launch 2, "Conformance")."""
    return endpoints(authority) | {
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "scopes_supported": [*IDENTITY, *LAUNCH, *SESSION, *EXAMPLES],
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": list(CAPABILITIES),
        "associated_endpoints": [{"url": base, "capabilities": list(CAPABILITIES)}],
    }


def endpoints(authority: str) -> dict[str, Any]:
    """Where the authorization server does what."""
    return {
        "issuer": authority,
        "jwks_uri": f"{authority}/jwks",
        "authorization_endpoint": f"{authority}/authorize",
        "token_endpoint": f"{authority}/token",
        "revocation_endpoint": f"{authority}/revoke",
    }


def _security(authority: str) -> Resource:
    known = endpoints(authority)
    uris = [
        {"url": name, "valueUri": known[f"{long}_endpoint"]}
        for name, long in (("authorize", "authorization"), ("token", "token"), ("revoke", "revocation"))
    ]
    service = {"system": "http://terminology.hl7.org/CodeSystem/restful-security-service", "code": "SMART-on-FHIR"}
    return {
        "cors": True,
        "service": [{"coding": [service]}],
        "description": "Open to callers on this machine. An access token that is sent is checked.",
        "extension": [{"url": _OAUTH_URIS, "extension": uris}],
    }


def _resource(name: str, kind: Kind) -> Resource:
    interactions = ["read", "search-type", *(("create", "update", "delete") if kind.writable else ())]
    described = {
        "type": name,
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update" if kind.writable else "versioned",
        "searchParam": [_parameter(name, one, of) for one, of in parameters_of(kind).items()],
    }
    return described | ({"updateCreate": True} if kind.writable else {})


def _parameter(kind: str, name: str, of: str) -> Resource:
    own = name == "patient" and kind in ("Appointment", "QuestionnaireResponse")
    defined = f"{kind}-patient" if own else _DEFINED[name]
    return {"name": name, "definition": f"http://hl7.org/fhir/SearchParameter/{defined}", "type": of}
