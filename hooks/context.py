"""The context of a call: which fields each hook of the CDS Hooks library demands, and their shapes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from hooks import strict_json
from hooks.refusal import BadRequest, missing, wrong_shape

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_REFERENCE = re.compile(r"([A-Z][A-Za-z]{0,63})/([A-Za-z0-9\-._]{1,64})")

CLINICIANS = ("Practitioner", "PractitionerRole")
ANYONE = (*CLINICIANS, "Patient", "RelatedPerson")


@dataclass(frozen=True, slots=True)
class HookFields:
    """What one hook demands beyond ``patientId``, which all of them do."""

    users: tuple[str, ...] = CLINICIANS
    user_required: bool = True
    encounter_required: bool = False
    bundle: str | None = None
    reference_lists: tuple[str, ...] = ()
    references: tuple[str, ...] = ()


HOOKS: Mapping[str, HookFields] = {
    "patient-view": HookFields(users=ANYONE),
    "order-select": HookFields(bundle="draftOrders", reference_lists=("selections",)),
    "order-sign": HookFields(bundle="draftOrders"),
    # A dispatch has no user; `order` was the one field of hook version 1.0 and is read as a list of one.
    "order-dispatch": HookFields(
        users=(), user_required=False, reference_lists=("dispatchedOrders",), references=("performer",)
    ),
    "encounter-start": HookFields(encounter_required=True),
    "encounter-discharge": HookFields(encounter_required=True),
    "appointment-book": HookFields(users=ANYONE, bundle="appointments"),
    "medication-refill": HookFields(user_required=False, bundle="medications"),
}


@dataclass(frozen=True, slots=True)
class Context:
    """The context of one call, checked.

    Attributes:
        patient_id: a FHIR id, safe in a URL.
        user_id: ``Type/id``, None where the hook has no user.
        encounter_id: a FHIR id or None.
        draft_orders: the Bundle of drafts as sent (possibly without ``resourceType`` or ``type``), numbers with a
            fraction as Decimal with all their digits; None for hooks without one.
        selections: ``Type/id`` of the drafts the user has just selected (order-select).
        fields: every field as sent, by its own name, decoded like ``draft_orders``.
    """

    patient_id: str
    user_id: str | None
    encounter_id: str | None
    draft_orders: Mapping[str, object] | None
    selections: tuple[str, ...]
    fields: Mapping[str, object]


def read_context(raw: Mapping[str, msgspec.Raw], hook: str) -> Context:
    """Check the fields the hook demands; fields it does not define are ignored.

    Raises:
        BadRequest: a field is missing or has another shape than its hook defines, or a name occurs twice at any depth.
    """
    shape = HOOKS[hook]
    fields = {name: strict_json.loads(value, _field(name, shape)) for name, value in raw.items()}
    if "dispatchedOrders" in shape.reference_lists and fields.get("dispatchedOrders") is None and fields.get("order"):
        fields["dispatchedOrders"] = [fields["order"]]
    for name in shape.references:
        _reference(fields, name)
    lists = {name: _reference_list(fields, name) for name in shape.reference_lists}
    bundle = _bundle(fields, shape.bundle) if shape.bundle else None
    return Context(
        patient_id=_required_id(fields, "patientId"),
        user_id=_user(fields, shape),
        encounter_id=_encounter(fields, shape),
        draft_orders=bundle if shape.bundle == "draftOrders" else None,
        selections=lists.get("selections", ()),
        fields=fields,
    )


def _field(name: str, shape: HookFields) -> str:
    known = ("patientId", "userId", "encounterId", shape.bundle, *shape.reference_lists, *shape.references)
    return f"context.{name}" if name in known else "context"


def _text(fields: Mapping[str, object], name: str) -> str | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, str):
        raise wrong_shape(f"context.{name}", "a string")
    return value


def _required_id(fields: Mapping[str, object], name: str) -> str:
    value = _text(fields, name)
    if value is None:
        raise missing(f"context.{name}", "The hook requires it: without it nobody knows whom the advice is for.")
    return _fhir_id(value, f"context.{name}")


def _fhir_id(value: str, field: str) -> str:
    if not _ID.fullmatch(value):
        raise BadRequest(
            field,
            f"{field} is not a FHIR id.",
            "An id has 1 to 64 letters, digits, hyphens and dots; it becomes part of a URL.",
            "Send the bare id, without resource type, slash or server address.",
        )
    return value


def _encounter(fields: Mapping[str, object], shape: HookFields) -> str | None:
    if shape.encounter_required:
        return _required_id(fields, "encounterId")
    value = _text(fields, "encounterId")
    return None if value is None else _fhir_id(value, "context.encounterId")


def _user(fields: Mapping[str, object], shape: HookFields) -> str | None:
    if not shape.users or (not shape.user_required and fields.get("userId") is None):
        return None
    user = _reference(fields, "userId")
    if user.partition("/")[0] not in shape.users:
        raise BadRequest(
            "context.userId",
            "context.userId names a kind of user this hook does not have.",
            f"The hook is for {', '.join(shape.users)}.",
            f"Send {shape.users[0]}/ and the id of the current user.",
        )
    return user


def _reference(fields: Mapping[str, object], name: str) -> str:
    value = _text(fields, name)
    if value is None:
        raise missing(f"context.{name}", "The hook requires it.")
    return _relative(value, f"context.{name}")


def _relative(value: str, field: str) -> str:
    if not _REFERENCE.fullmatch(value):
        raise BadRequest(
            field,
            f"{field} is not a relative reference.",
            "CDS Hooks writes references as resource type, slash, id.",
            "Send for example Practitioner/abc or MedicationRequest/123, without server address or version.",
        )
    return value


def _reference_list(fields: Mapping[str, object], name: str) -> tuple[str, ...]:
    field = f"context.{name}"
    values = fields.get(name)
    if values is None:
        raise missing(field, "The hook requires it.")
    if not isinstance(values, list):
        raise wrong_shape(field, "a list of references")
    references = []
    for index, value in enumerate(values):
        if not isinstance(value, str):
            raise wrong_shape(f"{field}[{index}]", "a string")
        references.append(_relative(value, f"{field}[{index}]"))
    return tuple(references)


def _bundle(fields: Mapping[str, object], name: str) -> Mapping[str, object]:
    """A Bundle; a missing ``resourceType`` or ``type`` is forgiven, an order of any shape is left to its reader."""
    field = f"context.{name}"
    value = fields.get(name)
    if value is None:
        raise missing(field, "The hook requires it: it holds the orders the advice is about.")
    if not isinstance(value, dict):
        raise wrong_shape(field, "a Bundle")
    if value.get("resourceType", "Bundle") != "Bundle" or ("entry" not in value and "resourceType" not in value):
        raise wrong_shape(field, "a Bundle")
    if not isinstance(value.get("entry") or [], list):
        raise wrong_shape(f"{field}.entry", "a list")
    return value
