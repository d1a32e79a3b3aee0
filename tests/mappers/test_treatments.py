"""Orders, statements, doses: which drug, which product (P7), which status (P1), when."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.record.answer import UNREADABLE
from fhir_mappers.record.quantity import Quantity
from tests.support import fhir
from tests.support.drawn import name, rows

ZOLEDRONIC = fhir.concept("rxnorm|77655")
DENOSUMAB = fhir.concept("atc|M05BX04")


def use(*resources: fhir.Json) -> str:
    """``oncology zoledronic_acid`` for the only course or dose of a record."""
    record = fhir.record_of(*resources)
    (event,) = [e for e in (*record.courses, *record.doses) if e.source.resource.endswith("/x")]
    return f"{event.product.use} {event.product.substance}" if event.product else ""


PRODUCTS = rows(
    """
    drug                                   | dose     | every | product
    ---------------------------------------+----------+-------+------------------------------
    Zometa 4 mg/100 mL                     |          |       | oncology zoledronic_acid
    ZOMETA                                 | 5 mg     | 52 wk | oncology zoledronic_acid       # the brand decides
    Aclasta                                | 4 mg     |       | osteoporosis zoledronic_acid
    acide zolédronique 4 mg/5 ml           |          |       | oncology zoledronic_acid
    zoledronic acid 5 mg/100 mL            |          |       | osteoporosis zoledronic_acid
    Zoledronic acid                        |          |       | unidentified zoledronic_acid
    Zoledronic acid                        | 3.3 mg   | 4 wk  | oncology zoledronic_acid
    Zoledronic acid                        | 0.004 g  | 4 wk  | oncology zoledronic_acid
    Zoledronic acid                        | 5 mg     |       | osteoporosis zoledronic_acid
    Zoledronic acid                        | 4 mg     | 12 mo | osteoporosis zoledronic_acid
    Zoledronic acid 0.8 MG/ML              |          |       | unidentified zoledronic_acid   # a concentration
    Zoledronic acid 4 mg or 5 mg           |          |       | unidentified zoledronic_acid
    Xgeva                                  |          |       | oncology denosumab
    Wyost 120 mg                           |          |       | oncology denosumab
    Prolia 60 mg                           |          |       | osteoporosis denosumab
    Denosumab 120 mg/1,7 mL                |          |       | oncology denosumab
    Denosumab                              | 60 mg    | 6 mo  | osteoporosis denosumab
    Denosumab                              | 1 {pill} |       | unidentified denosumab
    Xgeva, formerly Prolia                 |          |       | unidentified denosumab
    Paracetamol 1000 mg                    |          |       |
    """
)


@pytest.mark.parametrize("row", PRODUCTS, ids=name)
@pytest.mark.parametrize("kind", ["order", "statement", "dispense"])
def test_products_by_name_strength_dose_and_interval(row: dict[str, str], kind: str) -> None:
    dosages = [fhir.dosage(row["dose"] or None, row["every"] or None)]
    if kind == "statement":
        sent = fhir.statement({"text": row["drug"]}, id="x", dosage=dosages)
    else:
        sent = fhir.order({"text": row["drug"]}, *dosages, id="x")
        sent["resourceType"] = {"order": "MedicationRequest", "dispense": "MedicationDispense"}[kind]
    assert use(sent) == row["product"]


CODES = [
    (("rxnorm|77655",), "unidentified zoledronic_acid"),
    (("atc|M05BA08",), "unidentified zoledronic_acid"),
    (("rxnorm|1114085",), "oncology zoledronic_acid"),
    (("rxnorm|705824",), "osteoporosis zoledronic_acid"),
    (("atc|M05BX04", "rxnorm|1046398"), "oncology denosumab"),
    (("rxnorm|993456",), "osteoporosis denosumab"),
]


@pytest.mark.parametrize(("codes", "expected"), CODES)
def test_products_by_code(codes: tuple[str, ...], expected: str) -> None:
    assert use(fhir.order(fhir.concept(*codes), id="x")) == expected


def medication(drug: fhir.Json | None, strength: fhir.Json | None = None, **more: Any) -> fhir.Json:
    parts = [{"itemCodeableConcept": drug, "strength": strength}] if strength else None
    return fhir.resource("Medication", id="med", code=drug, ingredient=parts, **more)


def ratio(above: str, below: str | None = None) -> fhir.Json:
    return {"numerator": fhir.quantity(above), **({"denominator": fhir.quantity(below)} if below else {})}


STRENGTHS = [
    (ratio("4 mg"), "oncology"),
    (ratio("4000 ug", "1 1"), "oncology"),
    (ratio("4 mg", "100 mL"), "oncology"),
    (ratio("5 mg", "1 {bag}"), "osteoporosis"),
    (ratio("4 mg", "2 {bag}"), "unidentified"),
    (ratio("4 mg", "1 h"), "unidentified"),
    (ratio("4 mL", "1 1"), "unidentified"),
    ({"numerator": {"value": 4}}, "unidentified"),
    ({"numerator": {"value": 4, "unit": "mg"}, "denominator": {"value": "sNaN"}}, "unidentified"),
]


@pytest.mark.parametrize(("strength", "expected"), STRENGTHS)
def test_strength_of_a_contained_medication(strength: fhir.Json, expected: str) -> None:
    sent = fhir.order(
        None, id="x", contained=[medication(ZOLEDRONIC, strength)], medicationReference={"reference": "#med"}
    )
    assert use(sent) == f"{expected} zoledronic_acid"


def test_strength_in_the_words_of_older_versions() -> None:
    part = {"itemCodeableConcept": ZOLEDRONIC, "amount": ratio("4 mg")}
    for old in ({"ingredient": [part]}, {"product": {"ingredient": [part]}}):
        contained = [fhir.resource("Medication", id="med", code=ZOLEDRONIC, **old)]
        assert use(fhir.order(None, id="x", contained=contained, medicationReference={"reference": "#med"})).startswith(
            "onc"
        )


@pytest.mark.parametrize("reference", ["Medication/med", "https://ehr.example/Medication/med", "urn:uuid:m"])
@pytest.mark.parametrize("key", ["medicationRequests", "conditions"])
def test_a_medication_in_the_same_or_another_bundle(reference: str, key: str) -> None:
    sent = fhir.order(None, id="x", medicationReference={"reference": reference})
    holder = {"fullUrl": "urn:uuid:m", "resource": medication(fhir.XGEVA)}
    prefetch: fhir.Json = {"medicationRequests": fhir.bundle(sent), "conditions": fhir.bundle(fhir.condition("sct|1"))}
    prefetch[key]["entry"].append(holder)
    record = fhir.record_of(**prefetch)
    assert [c.product.use for c in record.courses if c.product] == ["oncology"]
    assert record.looked_for["medicationRequests"] is None


def test_a_medication_known_by_its_full_url_alone() -> None:
    sent = fhir.order(None, id="x", medicationReference={"reference": "urn:uuid:m"})
    nameless = {k: v for k, v in medication(fhir.XGEVA).items() if k != "id"}
    entries = [{"resource": sent}, {"fullUrl": "urn:uuid:m", "resource": nameless}]
    record = fhir.record_of(medicationRequests={"resourceType": "Bundle", "entry": entries})
    assert [c.concepts for c in record.courses] == [("denosumab_120mg",)]


def test_a_reference_may_be_known_by_its_display() -> None:
    assert use(fhir.order(None, id="x", medicationReference={"display": "Prolia 60 mg"})) == "osteoporosis denosumab"


UNTOLD = [
    fhir.order(None),
    fhir.order({}),
    fhir.order({"coding": [{}]}),
    fhir.order(None, medicationReference={"reference": "Medication/nowhere"}),
    fhir.order(None, medicationReference={"reference": "#nowhere"}),
    fhir.order(None, medicationReference={}),
]


@pytest.mark.parametrize("sent", UNTOLD)
def test_a_drug_nobody_can_find_out_leaves_absence_unproven(sent: fhir.Json) -> None:
    record = fhir.record_of(sent)
    assert not record.courses
    assert record.looked_for["medicationRequests"] == UNREADABLE
    record = fhir.record_of({**sent, "status": "entered-in-error"})
    assert record.looked_for["medicationRequests"] is None


def test_a_drug_we_do_not_know_is_no_gap() -> None:
    record = fhir.record_of(fhir.order({"text": "metformin"}, status=None))
    assert (record.courses, record.gaps, record.looked_for["medicationRequests"]) == ((), (), None)


STATUSES = rows(
    """
    status           | more          | read
    -----------------+---------------+-----
    active           |               | active
    completed        |               | completed
    stopped          |               | stopped
    on-hold          |               | on-hold
    unknown          |               | unknown
    draft            |               |
    cancelled        |               |
    revoked          |               |
    entered-in-error |               |
    active           | doNotPerform  |
    """
)


@pytest.mark.parametrize("row", STATUSES, ids=name)
@pytest.mark.parametrize("kind", ["MedicationRequest", "MedicationOrder"])
def test_order_statuses(row: dict[str, str], kind: str) -> None:
    more = {row["more"]: True} if row["more"] else {}
    sent = {**fhir.order(fhir.ZOMETA, status=row["status"]), **more, "resourceType": kind}
    record = fhir.record_of(sent)
    assert [c.status for c in record.courses] == ([row["read"]] if row["read"] else [])
    assert record.looked_for["medicationRequests"] is None


def test_an_order_without_a_status_is_a_gap() -> None:
    record = fhir.record_of(fhir.order(fhir.ZOMETA, status=None))
    assert not record.courses
    assert record.looked_for["medicationRequests"] == UNREADABLE


def test_everything_an_order_says() -> None:
    dose = fhir.dosage("4 mg", "4 wk", 15, "sct|47625008")
    dose["timing"]["repeat"]["boundsPeriod"] = {"start": "2026-05-10", "end": "2027-05-10"}
    sent = fhir.order(
        ZOLEDRONIC,
        dose,
        reasonCode=[fhir.concept("local|antiresorptive-switch")],
        reasonReference=[{"reference": "Condition/c1"}, {"reference": "Condition/c9"}, {}],
        statusReason=fhir.concept("local|stop-renal"),
        category=fhir.concept("local|antibiotic-prophylaxis"),
        courseOfTherapyType=fhir.concept("local|vitamin-d-loading"),
    )
    (course,) = fhir.record_of(sent, fhir.condition(fhir.BONE_METASTASIS)).courses
    assert course.concepts == ("zoledronic_acid", "vitamin_d_loading", "antibiotic_prophylaxis")
    assert course.reasons == ("antiresorptive_switch", "bone_metastasis")
    assert course.stop_reasons == ("stop_renal",)
    assert course.interval == Quantity(Decimal(28), "d")
    assert [d.text if d else None for d in (course.when, course.until, course.planned)] == [
        "2026-05-01", "2027-05-10", "2026-05-10"]  # fmt: skip
    assert course.kind == "order"
    assert course.source.code == "http://www.nlm.nih.gov/research/umls/rxnorm|77655"


def test_the_validity_of_the_dispense_request_comes_first() -> None:
    dose = fhir.dosage("4 mg") | {"timing": {"event": ["2026-07-01"]}}
    period = {"validityPeriod": {"start": "2026-06-20", "end": "2026-12-31"}}
    (course,) = fhir.record_of(fhir.order(fhir.ZOMETA, dose, dispenseRequest=period)).courses
    assert course.planned is not None
    assert course.until is not None
    assert (course.planned.text, course.until.text) == ("2026-06-20", "2026-12-31")
    (course,) = fhir.record_of(fhir.order(fhir.ZOMETA, dose)).courses
    assert course.planned is not None
    assert course.planned.text == "2026-07-01"


def test_dstu2_order() -> None:
    sent = fhir.resource(
        "MedicationOrder",
        id="x",
        status="active",
        patient=fhir.PATIENT,
        dateWritten="2026-04-01",
        medicationCodeableConcept=ZOLEDRONIC,
        reasonCodeableConcept=fhir.concept(fhir.BONE_METASTASIS),
        dosageInstruction=[{"doseQuantity": fhir.quantity("4 mg"),
                            "timing": {"repeat": {"frequency": 2, "period": 8, "periodUnits": "wk"}}}],
    )  # fmt: skip
    (course,) = fhir.record_of(sent).courses
    assert course.product is not None
    assert course.product.use == "oncology"
    assert course.reasons == ("bone_metastasis",)
    assert course.interval == Quantity(Decimal(28), "d")
    assert not fhir.record_of({**sent, "patient": {"reference": "Patient/2"}}).courses


STATED = rows(
    """
    effective  | start      | end        | asserted   | when
    -----------+------------+------------+------------+------------
    2026-05-01 |            |            |            | 2026-05-01
               | 2024-01-01 |            | 2026-04-01 | 2026-04-01
               | 2024-01-01 | 2026-05-02 | 2026-04-01 | 2026-05-02
               | 2024-01-01 | 2026-12-31 | 2026-04-01 | 2026-04-01   # the end lies ahead
               | 2024-01-01 |            |            | 2024-01-01
               | 2026-12-01 |            |            |
               |            |            |            |
    """
)


@pytest.mark.parametrize("row", STATED, ids=name)
def test_when_a_statement_was_true(row: dict[str, str]) -> None:
    period = {key: row[key] for key in ("start", "end") if row[key]}
    sent = fhir.statement(
        fhir.XGEVA,
        effectiveDateTime=row["effective"] or None,
        effectivePeriod=period or None,
        dateAsserted=row["asserted"] or None,
    )
    (course,) = fhir.record_of(sent).courses
    assert course.kind == "statement"
    assert (course.when.text if course.when else "") == row["when"]
    assert (course.until.text if course.until else "") == row["end"]


@pytest.mark.parametrize(
    ("more", "status"),
    [({}, "active"), ({"status": "completed"}, "completed"), ({"wasNotTaken": True}, "not-taken"),
     ({"taken": "n"}, "not-taken"), ({"status": "entered-in-error"}, None)],
)  # fmt: skip
def test_statement_statuses(more: dict[str, Any], status: str | None) -> None:
    courses = fhir.record_of(fhir.statement(fhir.XGEVA, **more)).courses
    assert [c.status for c in courses] == ([status] if status else [])


GIVEN = [
    ({}, "completed"),
    ({"status": "not-done"}, "not-done"),
    ({"wasNotGiven": True}, "not-done"),
    ({"notGiven": True}, "not-done"),
    ({"status": "in-progress"}, "in-progress"),
    ({"status": "stopped"}, "stopped"),
    ({"status": "entered-in-error"}, None),
]


@pytest.mark.parametrize(("more", "status"), GIVEN)
def test_administration_statuses(more: dict[str, Any], status: str | None) -> None:
    doses = fhir.record_of(fhir.given(fhir.ZOMETA, **more)).doses
    assert [d.status for d in doses] == ([status] if status else [])


def test_a_dose_with_its_amount_and_time() -> None:
    dosage = {"dose": fhir.quantity("4 mg"), "route": fhir.concept("sct|47625008")}
    sent = fhir.given(ZOLEDRONIC, on="2026-05-20T09:00:00+02:00", dosage=dosage)
    (dose,) = fhir.record_of(sent).doses
    assert dose.amount == Quantity(Decimal(4), "mg")
    assert dose.product is not None
    assert dose.product.use == "oncology"
    assert dose.when is not None
    assert dose.when.has_time


WHEN = [
    {"effectivePeriod": {"start": "2026-05-19", "end": "2026-05-20"}},
    {"effectivePeriod": {"start": "2026-05-20"}},
    {"effectiveTimeDateTime": "2026-05-20"},
    {"effectiveTimePeriod": {"end": "2026-05-20"}},
]


@pytest.mark.parametrize("dates", WHEN)
def test_when_a_dose_was_given(dates: dict[str, Any]) -> None:
    (dose,) = fhir.record_of(fhir.given(fhir.ZOMETA, **{"on": None, **dates})).doses
    assert dose.when is not None
    assert dose.when.first == date(2026, 5, 20)


ORDERS = [
    ("MedicationRequest/m1", fhir.XGEVA, "oncology"),
    ("https://ehr.example/MedicationRequest/m1", fhir.PROLIA, "osteoporosis"),
    ("MedicationRequest/m9", fhir.XGEVA, "unidentified"),
    ("MedicationRequest/m1", fhir.ZOMETA, "unidentified"),
    ("MedicationRequest/m1", {"text": "metformin"}, "unidentified"),
]


@pytest.mark.parametrize(("reference", "ordered", "expected"), ORDERS)
@pytest.mark.parametrize("element", ["request", "prescription"])
def test_a_dose_of_an_unnamed_product_has_that_of_its_order(
    reference: str, ordered: fhir.Json, expected: str, element: str
) -> None:
    sent = fhir.given(DENOSUMAB, **{element: {"reference": reference}})
    (dose,) = fhir.record_of(sent, fhir.order(ordered)).doses
    assert dose.order == reference.removeprefix("https://ehr.example/")
    assert dose.product is not None
    assert dose.product.use == expected


@pytest.mark.parametrize(
    ("quantity", "amount"),
    [({"value": 8, "unit": "ampoule"}, Quantity(Decimal(8), "ampoule")), ({"value": 8}, Quantity(Decimal(8), "1")),
     ({"value": "NaN"}, None), ({"value": 10**30}, None), ({"unit": "x"}, None), (None, None)],
)  # fmt: skip
def test_what_was_handed_out(quantity: fhir.Json | None, amount: Quantity | None) -> None:
    sent = fhir.resource(
        "MedicationDispense",
        id="x",
        status="completed",
        medicationCodeableConcept=DENOSUMAB,
        subject=fhir.PATIENT,
        whenHandedOver="2026-05-05",
        quantity=quantity,
        authorizingPrescription=[{"reference": "MedicationRequest/m1"}],
    )
    (dose,) = fhir.record_of(sent, fhir.order(fhir.XGEVA)).doses
    assert dose.amount == amount
    assert dose.product is not None
    assert (dose.product.use, dose.order, dose.status) == ("oncology", "MedicationRequest/m1", "completed")
    assert not fhir.record_of({**sent, "status": "cancelled"}).doses
