"""MedicationRequest, -Statement, -Administration, -Dispense → courses and doses (catalogue P1, P7, P8)."""

from datetime import date

from fhir_mappers.clerk import Clerk, Place
from fhir_mappers.codings import date_of, end, end_or_start, start
from fhir_mappers.datatypes import Quantity as SentQuantity
from fhir_mappers.datatypes import Reference
from fhir_mappers.dosages import (
    bounds_end,
    count_of,
    dose_of,
    interval_of,
    is_intravenous,
    milligrams,
    planned_of,
    routes_of,
)
from fhir_mappers.medications import Drug, drug_of, order_name, product_of
from fhir_mappers.record.dates import PartialDate, parse_date
from fhir_mappers.record.events import Dose, TreatmentCourse
from fhir_mappers.record.products import Product, Use
from fhir_mappers.record.quantity import Quantity
from fhir_mappers.shapes import (
    Medicated,
    MedicationAdministration,
    MedicationDispense,
    MedicationRequest,
    MedicationStatement,
)

_AS_IF_ABSENT = frozenset({"entered-in-error", "cancelled", "revoked"})
_NO_ORDER = _AS_IF_ABSENT | {"draft"}


def read_order(sent: MedicationRequest, place: Place, clerk: Clerk) -> TreatmentCourse | None:
    """An order in the record; None when its drug means nothing to us, or when it is no order (withdrawn, a draft)."""
    drug, status = _drug_and_status(sent, place, clerk)
    if drug is None or status in _NO_ORDER or sent.do_not_perform:
        return None
    concepts = (*drug.concepts, *clerk.coder.all(sent.course_of_therapy_type), *clerk.coder.all(sent.category))
    dosages = sent.dosage_instruction
    interval = interval_of(dosages)
    intravenous = is_intravenous(routes_of(dosages, clerk.coder))
    dose = dose_of(dosages, dose_names(drug, clerk), place.resource)
    validity = sent.dispense_request.validity_period if sent.dispense_request is not None else None
    return TreatmentCourse(
        place.source(drug.token),
        tuple(dict.fromkeys(concepts)),
        status,
        date_of(sent.authored_on, sent.date_written),
        date_of(end(validity)) or bounds_end(dosages),
        product=product_of(drug, clerk, dose, interval, intravenous=intravenous),
        reasons=reasons_of(sent, clerk),
        stop_reasons=clerk.coder.all(sent.status_reason),
        planned=date_of(start(validity)) or planned_of(dosages),
        interval=interval,
        dose=dose if isinstance(dose, Quantity) else None,
        count=count_of(dosages),
    )


def read_statement(sent: MedicationStatement, place: Place, clerk: Clerk) -> TreatmentCourse | None:
    """What the patient is said to take; ``when`` is the latest of its dates that is not in the future."""
    drug, status = _drug_and_status(sent, place, clerk)
    if drug is None or status in _AS_IF_ABSENT:
        return None
    if sent.was_not_taken or sent.taken == "n":
        status = "not-taken"
    interval = interval_of(sent.dosage)
    intravenous = is_intravenous(routes_of(sent.dosage, clerk.coder))
    dose = dose_of(sent.dosage, dose_names(drug, clerk), place.resource)
    last, first = end_or_start(sent.effective_period)
    return TreatmentCourse(
        place.source(drug.token),
        drug.concepts,
        status,
        _latest(clerk.as_of, sent.effective_date_time, last, sent.date_asserted, first),
        date_of(last),
        product=product_of(drug, clerk, dose, interval, intravenous=intravenous),
        kind="statement",
        reasons=clerk.coder.all(sent.reason_code),
        stop_reasons=clerk.coder.all(sent.status_reason),
        interval=interval,
        dose=dose if isinstance(dose, Quantity) else None,
        count=count_of(sent.dosage),
    )


def read_administration(sent: MedicationAdministration, place: Place, clerk: Clerk) -> Dose | None:
    """A dose given (``completed``) or not; one whose product is not told has the product of the order it belongs to."""
    drug, status = _drug_and_status(sent, place, clerk)
    if drug is None or status in _AS_IF_ABSENT:
        return None
    if sent.was_not_given or sent.not_given:
        status = "not-done"
    given = sent.dosage.dose or sent.dosage.quantity if sent.dosage is not None else None
    routes = clerk.coder.all(sent.dosage.route) if sent.dosage is not None else ()
    amount = _amount(given, drug, clerk)
    order = order_name(sent.request or sent.prescription, clerk)
    last, first = end_or_start(sent.effective_period or sent.effective_time_period)
    product = product_of(drug, clerk, amount, intravenous=is_intravenous(routes))
    return Dose(
        place.source(drug.token),
        drug.concepts,
        status,
        date_of(sent.effective_date_time, sent.effective_time_date_time, last, first),
        product=_with_order(product, order, clerk),
        amount=amount,
        order=order,
    )


def read_dispense(sent: MedicationDispense, place: Place, clerk: Clerk) -> Dose | None:
    """A drug handed out; ``amount`` counts pieces in the unit sent, not mg."""
    drug, status = _drug_and_status(sent, place, clerk)
    if drug is None or status in _AS_IF_ABSENT:
        return None
    interval = interval_of(sent.dosage_instruction)
    dose = dose_of(sent.dosage_instruction, dose_names(drug, clerk), place.resource)
    order = next((order_name(one, clerk) for one in sent.authorizing_prescription or ()), None)
    return Dose(
        place.source(drug.token),
        drug.concepts,
        status,
        date_of(sent.when_handed_over, sent.when_prepared),
        product=_with_order(product_of(drug, clerk, dose, interval), order, clerk),
        amount=_pieces(sent.quantity),
        order=order,
        handed_out=True,
        each=dose if isinstance(dose, Quantity) else None,
    )


def dose_names(drug: Drug, clerk: Clerk) -> tuple[str, ...]:
    """The names under which a dose of the drug is looked up in the unit table: its substance first."""
    product = product_of(drug, clerk)
    return drug.concepts if product is None else (product.substance, *drug.concepts)


def reasons_of(sent: MedicationRequest, clerk: Clerk) -> tuple[str, ...]:
    """The coded reasons of an order, and those of the conditions it refers to."""
    referred = _listed(sent.reason_reference)
    names = (clerk.library.name(reference.reference) for reference in referred)
    coded = [*clerk.coder.all(sent.reason_code), *clerk.coder.all(sent.reason_codeable_concept)]
    told = (concept for name in names if name for concept in clerk.library.conditions.get(name, ()))
    return tuple(dict.fromkeys((*coded, *told)))


def _listed(sent: list[Reference] | Reference | None) -> list[Reference]:
    if sent is None:
        return []
    return sent if isinstance(sent, list) else [sent]


def _drug_and_status(sent: Medicated, place: Place, clerk: Clerk) -> tuple[Drug | None, str]:
    """A drug that means something to us, with a known status; (None, "") for all others.

    A drug that cannot be found out is a gap, unless the resource counts as absent anyway.
    """
    drug = drug_of(sent, clerk)
    if drug is None and (sent.status or "").strip().lower() not in _NO_ORDER:
        clerk.refuse(place, "medication not told")
    if drug is None or not drug.concepts:
        return None, ""
    status = clerk.status(place, sent.status)
    return (None, "") if status is None else (drug, status)


def _amount(sent: SentQuantity | None, drug: Drug, clerk: Clerk) -> Quantity | None:
    known = milligrams(sent, dose_names(drug, clerk)) if sent is not None else None
    return known if isinstance(known, Quantity) else None


def _pieces(sent: SentQuantity | None) -> Quantity | None:
    if sent is None or sent.value is None or not sent.value.is_finite() or abs(sent.value.adjusted()) > 6:
        return None
    return Quantity(sent.value, sent.unit or sent.code or "1")


def _with_order(product: Product | None, order: str | None, clerk: Clerk) -> Product | None:
    """The product of the order, where the dose itself does not tell which product of the same substance it is."""
    course = clerk.library.orders.get(order) if order is not None else None
    if product is None or product.use is not Use.UNIDENTIFIED or course is None or course.product is None:
        return product
    return course.product if course.product.substance == product.substance else product


def _latest(as_of: date, *candidates: str | None) -> PartialDate | None:
    known = [d for text in candidates if text and (d := parse_date(text)) is not None and not d.surely_after(as_of)]
    return max(known, key=lambda d: (d.latest, d.earliest), default=None)
