"""The way back: a proposal becomes CDS Hooks actions with whole FHIR R4 resources.

New orders are filled from the formulary as plain dicts, whose templates ``check_templates`` validates once with
``fhir.resources``; a draft of the EHR is edited as the JSON it sent (``draft_edits``). Decimals stay Decimal.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

from fhir_mappers.codings import relative
from fhir_mappers.detail_edits import REQUESTS, add_remark, set_detail
from fhir_mappers.draft_edits import EDITABLE, ORDERS, Change, edit, set_dose, set_route, set_status
from fhir_mappers.formulary import LANGUAGES, default_formulary
from fhir_mappers.new_orders import (
    Json,
    OrderContext,
    condition,
    is_asked_for,
    medication_order,
    service_order,
    statement,
    stop_order,
)
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.events import DraftOrder, Source, TreatmentCourse
from fhir_mappers.record.proposals import (
    AddRemark,
    Annotate,
    HoldDraft,
    MoveVisit,
    Names,
    NewCondition,
    NewMedication,
    NewService,
    Proposal,
    RecordTaking,
    RemoveDraft,
    SetDetail,
    SetDose,
    SetInfusionTime,
    StopOrder,
    Together,
)
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.request_edits import postpone
from fhir_mappers.timing_edits import set_infusion_time, set_interval
from fhir_mappers.visit_edits import move_visit

__all__ = ["OrderContext", "Step", "check_templates", "steps"]

CERTAINTIES = ("confirmed", "provisional")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]+/[A-Za-z0-9\-._]{1,64}")


@dataclass(frozen=True, slots=True)
class Step:
    """One CDS Hooks action: type create, update or delete.

    ``resource`` for create and update, ``reference`` (``Type/id``) for delete. ``words`` is the key of the shared text
    that describes it, ``figures`` what fills that text; an update also has the flag ``text_to_check``.
    """

    type: str
    resource: Json | None
    reference: str | None
    words: str
    figures: Mapping[str, Any]


def steps(proposal: Proposal, context: OrderContext) -> tuple[Step, ...]:
    """The actions of one proposal, in the order of a FHIR transaction; none when it cannot or need not be carried out.

    Raises:
        KeyError: the proposal names an item or reason the formulary does not have.
    """
    match proposal:
        case NewMedication():
            return (_new_medication(proposal, context),)
        case NewService():
            return tuple(_new_services(proposal, context))
        case RemoveDraft():
            return _remove(proposal, context)
        case StopOrder():
            return _stop(proposal, context)
        case NewCondition() | RecordTaking():
            return (_note_down(proposal, context),)
        case Together():
            return tuple(step for part in proposal.parts for step in steps(part, context))
        case SetDose():
            return _set_dose(proposal, context)
        case SetInfusionTime():
            change = set_infusion_time(proposal.draft, proposal.time)
            return _update(proposal.draft, context, "action-infusion", {"time": proposal.time}, change)
        case MoveVisit():
            return _move(proposal, context)
        case SetDetail() | AddRemark():
            return _describe(proposal, context)
        case HoldDraft():
            return _update(proposal.draft, context, "action-hold", {}, set_status("on-hold"), kinds=ORDERS)
        case _:  # PostponeDraft: the type checker knows that nothing else is left
            later = postpone(proposal.to)
            return _update(proposal.draft, context, "action-postpone", {"to": proposal.to}, later, kinds=ORDERS)


def check_templates() -> None:
    """Validate everything the formulary can draft with the FHIR R4 models, once, at the start.

    Raises:
        ValueError: a template is not valid FHIR; the message names the element.
    """
    from fhir.resources.R4B.condition import Condition
    from fhir.resources.R4B.medicationrequest import MedicationRequest
    from fhir.resources.R4B.medicationstatement import MedicationStatement
    from fhir.resources.R4B.servicerequest import ServiceRequest

    models = {model.__name__: model for model in (Condition, MedicationRequest, MedicationStatement, ServiceRequest)}
    for resource in _specimens():
        models[resource["resourceType"]].model_validate(resource)


def _specimens() -> Iterable[Json]:
    """One of each order we can draft, in every language, bare and with everything filled."""
    day, book = date(2026, 1, 1), default_formulary()
    dose, interval = Quantity.of("3.3 mg"), Quantity.of("90 d")
    running = TreatmentCourse(Source("MedicationRequest/1"), ("denosumab",), "active")
    proposals: list[Proposal] = [NewService((k,), day, (Annotate(k, tuple(book.notes)),)) for k in book.services]
    proposals += [NewCondition(key, certainty, of_day(day)) for key in book.conditions for certainty in CERTAINTIES]
    for key in book.medications:
        proposals += [NewMedication(key), RecordTaking(key), NewMedication(key, dose, interval=interval, count=8)]
        proposals += [NewMedication(key, dose, day, reason, interval) for reason in book.reasons]
    for language in LANGUAGES:
        for user, encounter in ((None, None), ("Practitioner/u", "e")):
            context = OrderContext("p", user, encounter, day, language)
            for proposal in (*proposals, StopOrder((running,))):
                yield from (step.resource for step in steps(proposal, context) if step.resource is not None)


def _note_down(proposal: NewCondition | RecordTaking, context: OrderContext) -> Step:
    figures = _told({"name": Names((proposal.item,))})
    if isinstance(proposal, RecordTaking):
        return Step("create", statement(proposal, context), None, "action-taking", figures)
    words = "action-condition" if proposal.certainty == "confirmed" else "action-condition-suspected"
    return Step("create", condition(proposal, context), None, words, figures)


def _new_medication(proposal: NewMedication, context: OrderContext) -> Step:
    dose = proposal.dose or default_formulary().medications[proposal.item].dose
    words = "action-new" + ("-dose" if dose else "") + ("-on" if proposal.on else "")
    figures = _told({"name": Names((proposal.item,)), "dose": dose, "on": proposal.on})
    return Step("create", medication_order(proposal, dose, context), None, words, figures)


def _new_services(proposal: NewService, context: OrderContext) -> Iterable[Step]:
    book = default_formulary()
    words = "action-service-on" if proposal.on else "action-service"
    for item in {item.key: item for key in proposal.items for item in book.services[key]}.values():
        if not is_asked_for(item, context):
            figures = _told({"name": Names((item.key,)), "on": proposal.on})
            yield Step("create", service_order(item, proposal, context), None, words, figures)


def _remove(proposal: RemoveDraft, context: OrderContext) -> tuple[Step, ...]:
    draft = proposal.draft
    if not _is_ours(draft, context):
        return ()
    left = replace(context, drafts=tuple(other for other in context.drafts if other is not draft))
    instead = _instead(proposal.instead, left)
    known = draft.raw.get("id")
    reference = f"{draft.kind}/{known}"
    if not isinstance(known, str) or not _REFERENCE.fullmatch(reference):
        return instead
    return (Step("delete", None, reference, "action-remove", _told({})), *instead)


def _stop(proposal: StopOrder, context: OrderContext) -> tuple[Step, ...]:
    """One stopping order for each running one that is not being stopped already; then what is given instead."""
    stopping = {draft.prior for draft in context.drafts if draft.stops}
    found = [stop_order(order, context) for order in proposal.orders if order.source.resource not in stopping]
    made = [Step("create", one[1], None, "action-stop", _told({"name": Names((one[0],))})) for one in found if one]
    return (*made, *_instead(proposal.instead, context))


def _instead(proposal: NewMedication | NewService | None, context: OrderContext) -> tuple[Step, ...]:
    if isinstance(proposal, NewService):
        return tuple(_new_services(proposal, context))
    return () if proposal is None else (_new_medication(proposal, context),)


def _set_dose(proposal: SetDose, context: OrderContext) -> tuple[Step, ...]:
    changes: dict[str, tuple[Any, Change]] = {}
    if proposal.dose is not None:
        changes["dose"] = proposal.dose, set_dose(proposal.draft, proposal.dose)
    if proposal.interval is not None:
        changes["interval"] = proposal.interval, set_interval(proposal.interval)
    if proposal.route is not None:
        route = default_formulary().routes[proposal.route]
        changes["route"] = Names((proposal.route,)), set_route(route, context.language)
    words = f"action-{next(iter(changes))}" if len(changes) == 1 else "action-change"
    figures = {name: figure for name, (figure, _) in changes.items()}
    return _update(proposal.draft, context, words, figures, *(change for _, change in changes.values()))


def _move(proposal: MoveVisit, context: OrderContext) -> tuple[Step, ...]:
    told = default_formulary().services[proposal.item][0].instruction
    instruction = told.get(context.language, told["en"]) if told is not None else None
    change = move_visit(proposal.earliest, proposal.latest, instruction)
    return _update(proposal.draft, context, "action-move", {"time": proposal.earliest}, change)


def _describe(proposal: SetDetail | AddRemark, context: OrderContext) -> tuple[Step, ...]:
    book = default_formulary()
    if isinstance(proposal, SetDetail):
        change = set_detail(proposal.question, book.details[proposal.answer], context.language)
        words, figures = "action-detail", {"name": Names((proposal.answer,))}
    else:
        sentence = book.remarks[proposal.remark]
        change = add_remark(sentence.get(context.language, sentence["en"]).format(day=proposal.day.text[:10]))
        words, figures = "action-remark", {}
    edited = edit(proposal.draft, change, kinds=REQUESTS) if _is_ours(proposal.draft, context) else None
    return () if edited is None else (Step("update", edited.resource, None, words, _told(figures)),)


def _update(
    draft: DraftOrder,
    context: OrderContext,
    words: str,
    figures: Mapping[str, Any],
    *changes: Change,
    kinds: frozenset[str] = EDITABLE,
) -> tuple[Step, ...]:
    edited = edit(draft, *changes, kinds=kinds) if _is_ours(draft, context) else None
    if edited is None:
        return ()
    return (Step("update", edited.resource, None, words, _told({**figures, "text_to_check": edited.text_to_check})),)


def _is_ours(draft: DraftOrder, context: OrderContext) -> bool:
    """False for a draft that names another patient: its reader drops those, and nothing of ours may touch one."""
    said = draft.raw.get("subject") or draft.raw.get("patient")
    reference = said.get("reference") if isinstance(said, dict) else None
    named = relative(reference) if isinstance(reference, str) else None
    return named is None or not named.startswith("Patient/") or named == f"Patient/{context.patient_id}"


def _told(figures: Mapping[str, Any]) -> Mapping[str, Any]:
    return MappingProxyType({name: value for name, value in figures.items() if value is not None})
