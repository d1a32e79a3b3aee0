"""``context.draftOrders`` → drafts, however they are written: R4, DSTU2, STU3, and the sandbox's malformed orders.

Drafts are read softly: what cannot be read is written down as a gap and left out, the draft itself stays. ``raw`` is
the JSON as it was sent, for editing.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end, relative, start
from fhir_mappers.datatypes import Dosage, Period, Reference, Timing
from fhir_mappers.details import Draft, by_concept, read_details
from fhir_mappers.dosages import (
    bounds_end,
    count_of,
    dose_of,
    infusion_of,
    interval_of,
    is_intravenous,
    planned_of,
    routes_of,
)
from fhir_mappers.medications import Drug, drug_of, order_name, product_of
from fhir_mappers.mending import Unmendable, mend, mend_softly
from fhir_mappers.record.answer import UNREADABLE, Missing
from fhir_mappers.record.concepts import DISCONTINUATION
from fhir_mappers.record.dates import PartialDate
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.products import Product, Use
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.shapes import Medication
from fhir_mappers.treatments import dose_names, reasons_of

DRAFTS = "draftOrders"
"""The kind of data under which gaps in drafts are written down."""

_WITHDRAWN = frozenset({"entered-in-error", "cancelled", "revoked", "noshow"})
_NO_ORDERS = frozenset({"Condition", "Encounter", "Location", "Medication", "Observation", "Organization", "Patient",
                        "Practitioner", "PractitionerRole"})  # fmt: skip
_REASONS = ("reasonCode", "reasonReference", "reasonCodeableConcept", "reason")

Json = Mapping[str, Any]


def read_drafts(sent: object, selections: tuple[str, ...] | None, clerk: Clerk) -> tuple[DraftOrder, ...]:
    """Every draft that is not withdrawn, in the order sent; stops of running orders among them.

    ``selections`` None means that all are selected. Read the prefetch first: reasons, Medications and prior orders are
    looked up in what it held.
    """
    resources = list(_resources(sent, clerk))
    for place, raw in resources:
        if raw["resourceType"] == "Medication":
            _register(place, raw, clerk)
    read = (_read(place, raw, selections, clerk) for place, raw in resources if raw["resourceType"] not in _NO_ORDERS)
    return tuple(draft for draft in read if draft is not None)


def _resources(sent: object, clerk: Clerk) -> Iterator[tuple[Place, Json]]:
    if not isinstance(sent, Mapping):
        if sent is not None:
            clerk.refuse(Place(DRAFTS, DRAFTS, "context"), "not a Bundle")
        return
    is_bundle = "entry" in sent or sent.get("resourceType") in (None, "Bundle")
    entries = sent.get("entry") if is_bundle else [{"resource": sent}]
    for index, entry in enumerate(entries if isinstance(entries, list) else [entries]):
        position = f"{DRAFTS}.entry[{index}]"
        resource = (
            entry.get("resource", entry if "resourceType" in entry else None) if isinstance(entry, Mapping) else entry
        )
        if isinstance(resource, Mapping) and isinstance(resource.get("resourceType"), str):
            yield Place(DRAFTS, _name(resource, position), "context"), resource
        elif resource is not None:
            clerk.refuse(Place(DRAFTS, position, "context"), "not a FHIR resource")


def _name(raw: Json, position: str) -> str:
    known = raw.get("id")
    return f"{raw['resourceType']}/{known}" if isinstance(known, str) and known else position


def _register(place: Place, raw: Json, clerk: Clerk) -> None:
    try:
        medication, _ = mend(raw, Medication)
    except Unmendable as error:
        clerk.refuse(place, str(error))
    else:
        clerk.library.medications.setdefault(place.resource, medication)


def _read(place: Place, raw: Json, selections: tuple[str, ...] | None, clerk: Clerk) -> DraftOrder | None:
    sent, dropped = mend_softly(raw, Draft)
    if not clerk.is_ours(place, sent.subject, sent.patient, *_visitors(sent)):
        return None
    if dropped:
        clerk.refuse(place, ", ".join(dropped))
    drug = drug_of(sent, clerk) or _service(sent, clerk)
    stops = _stops(sent, drug, clerk)
    if stops is None:
        return None
    dosing = _dosing(sent, drug, place, clerk)
    if dosing.dose is None and any(path.startswith("dosageInstruction") for path in dropped):
        dosing = replace(dosing, dose=Missing("dose", UNREADABLE))
    draft = _order(place, raw, sent, drug, dosing, clerk)
    product = _stopped_product(dosing.product, drug, draft.prior, clerk) if stops else dosing.product
    selected = selections is None or place.resource in selections
    return replace(draft, stops=stops, selected=selected, product=product)


class _Dosing(Struct, frozen=True):
    """What the dosage instructions of a draft say."""

    product: Product | None
    dose: Quantity | Missing | None
    interval: Quantity | None
    infusion: Quantity | None
    routes: tuple[str, ...]


def _dosing(sent: Draft, drug: Drug, place: Place, clerk: Clerk) -> _Dosing:
    dosages, names = sent.dosage_instruction, dose_names(drug, clerk)
    dose, interval = dose_of(dosages, names, place.resource), interval_of(dosages)
    routes = routes_of(dosages, clerk.coder)
    product = product_of(drug, clerk, dose, interval, intravenous=is_intravenous(routes))
    infusion = infusion_of(dosages, names, dose if isinstance(dose, Quantity) else None)
    return _Dosing(product, dose, interval, infusion, routes)


def _order(place: Place, raw: Json, sent: Draft, drug: Drug, dosing: _Dosing, clerk: Clerk) -> DraftOrder:
    details = read_details(raw, sent, place, clerk)
    return DraftOrder(
        place.source(drug.token),
        _concepts(sent, drug, clerk),
        _status(sent),
        date_of(sent.authored_on, sent.date_written, sent.ordered_on),
        date_of(end(_validity(sent)), end(sent.occurrence_period), end(sent.scheduled_period))
        or bounds_end(sent.dosage_instruction),
        kind=raw["resourceType"],
        raw=raw,
        dose=dosing.dose,
        interval=dosing.interval,
        infusion=dosing.infusion,
        routes=dosing.routes,
        priority=(sent.priority or "").strip().lower(),
        reasons=reasons_of(sent, clerk),
        has_reason=any(raw.get(name) for name in _REASONS),
        stop_reasons=clerk.coder.all(sent.status_reason),
        prior=_prior(sent, clerk),
        planned=_planned(sent, clerk),
        count=count_of(sent.dosage_instruction),
        occurs=date_of(*_stated(sent)),
        details=by_concept(details),
        every_detail=details,
        sites=clerk.coder.all(sent.body_site),
    )


def _status(sent: Draft) -> str:
    return (sent.status or "draft").strip().lower()


def _service(sent: Draft, clerk: Clerk) -> Drug:
    """What a draft that names no drug asks for; an appointment says it by its types of service."""
    understood = clerk.coder.codes(sent.code)
    return Drug(*understood) if understood.concepts else Drug(clerk.coder.all(sent.service_type), None)


def _visitors(sent: Draft) -> list[Reference]:
    """The patients an appointment is for."""
    actors = [one.actor for one in sent.participant or () if one.actor is not None]
    return [actor for actor in actors if (relative(actor.reference) or "").startswith("Patient/")]


def _concepts(sent: Draft, drug: Drug, clerk: Clerk) -> tuple[str, ...]:
    more = (*clerk.coder.all(sent.course_of_therapy_type), *clerk.coder.all(sent.category))
    return tuple(dict.fromkeys((*drug.concepts, *more)))


def _stops(sent: Draft, drug: Drug, clerk: Clerk) -> bool | None:
    """Whether the draft stops a therapy; None when it was withdrawn and is to be ignored."""
    status = _status(sent)
    for_stopping = any(reason.startswith("stop_") for reason in clerk.coder.all(sent.status_reason))
    if status in _WITHDRAWN and not (status == "cancelled" and for_stopping):
        return None
    is_drug = sent.medication_codeable_concept is not None or sent.medication_reference is not None
    if sent.do_not_perform and not is_drug and sent.prior_prescription is None:
        return None  # a service that must not be performed is no order (P1)
    ended = status in ("stopped", "cancelled") or bool(sent.do_not_perform)
    return ended or DISCONTINUATION in drug.concepts


def _prior(sent: Draft, clerk: Clerk) -> str | None:
    """The running order this draft renews or stops, as ``MedicationRequest/x``."""
    named = [sent.prior_prescription, *(sent.replaces or ()), *(sent.based_on or ())]
    return next((name for reference in named if (name := order_name(reference, clerk)) is not None), None)


def _stopped_product(product: Product | None, drug: Drug, prior: str | None, clerk: Clerk) -> Product | None:
    """The product of the order being stopped: the one named, else the only running one of the same substance."""
    if product is not None and product.use is not Use.UNIDENTIFIED:
        return product
    is_other_drug = product is None and drug.concepts and DISCONTINUATION not in drug.concepts
    if is_other_drug:
        return None
    orders = clerk.library.orders
    named = orders.get(prior) if prior is not None else None
    running = [named] if named is not None else [order for order in orders.values() if order.status == "active"]
    meant = {o.product for o in running if o.product and (product is None or o.product.substance == product.substance)}
    return meant.pop() if len(meant) == 1 else product


def _validity(sent: Draft) -> Period | None:
    return sent.dispense_request.validity_period if sent.dispense_request is not None else None


def _planned(sent: Draft, clerk: Clerk) -> PartialDate | None:
    """When the act is planned. The day of writing counts unless it is past: a draft starts today at the earliest."""
    timings = [*(Dosage(timing=timing) for timing in _timings(sent)), *(sent.dosage_instruction or ())]
    stated = date_of(*_stated(sent), start(_validity(sent))) or planned_of(timings)
    written = date_of(sent.authored_on, sent.date_written, sent.ordered_on)
    return stated or (written if written is not None and written.first >= clerk.as_of else None)


def _stated(sent: Draft) -> tuple[str | None, ...]:
    """When the act is said to take place, best first; an appointment has its start."""
    days = (sent.occurrence_date_time, start(sent.occurrence_period))
    return (*days, sent.scheduled_date_time, start(sent.scheduled_period), sent.start)


def _timings(sent: Draft) -> list[Timing]:
    return [timing for timing in (sent.occurrence_timing, sent.scheduled_timing) if timing is not None]
