"""Draft orders of every shape an EHR sends, the public sandbox's included."""

from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.clerk import OTHER_PATIENT
from fhir_mappers.record.answer import AMBIGUOUS, UNIT_MISSING, UNIT_UNKNOWN, UNREADABLE, Missing
from fhir_mappers.record.events import DraftOrder
from fhir_mappers.record.quantity import Quantity
from tests.support import fhir
from tests.support.drawn import name, rows

ZOLEDRONIC = fhir.concept("rxnorm|77655")
DENOSUMAB = fhir.concept("rxnorm|993449")


def one(raw: Any, *resources: fhir.Json, **more: Any) -> DraftOrder:
    (draft,) = fhir.record_of(*resources, drafts=[raw], **more).drafts
    return draft


def test_everything_a_draft_says() -> None:
    raw = fhir.draft(
        ZOLEDRONIC,
        fhir.dosage("3.30 mg", "4 wk", 15, "local|route-iv"),
        priority="STAT",
        reasonCode=[fhir.concept("local|emergency-hypercalcaemia")],
        reasonReference=[{"reference": "Condition/c1"}],
        priorPrescription={"reference": "https://ehr.example/MedicationRequest/m1"},
        courseOfTherapyType=fhir.concept("local|vitamin-d-loading"),
        dispenseRequest={"validityPeriod": {"start": "2026-06-10", "end": "2027-06-10"}},
    )
    draft = one(raw, fhir.condition(fhir.BONE_METASTASIS))
    assert draft.source.resource == "MedicationRequest/d1"
    assert draft.source.origin == "context"
    assert draft.raw is raw
    assert draft.concepts == ("zoledronic_acid", "vitamin_d_loading")
    assert (draft.kind, draft.status, draft.priority) == ("MedicationRequest", "draft", "stat")
    assert draft.product is not None
    assert draft.product.use == "oncology"
    assert draft.dose == Quantity(Decimal("3.30"), "mg")
    assert str(draft.dose) == "3.30 mg"
    assert (draft.interval, draft.infusion) == (Quantity(Decimal(28), "d"), Quantity(Decimal(15), "min"))
    assert (draft.routes, draft.has_reason) == (("route_iv",), True)
    assert draft.reasons == ("emergency_hypercalcaemia", "bone_metastasis")
    assert draft.prior == "MedicationRequest/m1"
    assert [d.text if d else None for d in (draft.when, draft.until, draft.planned)] == [
        "2026-06-03", "2027-06-10", "2026-06-10"]  # fmt: skip
    assert not draft.stops
    assert draft.selected


DSTU2 = {
    "resourceType": "MedicationOrder",
    "id": "request-123",
    "status": "draft",
    "patient": fhir.PATIENT,
    "dateWritten": "2026-06-03",
    "medicationCodeableConcept": {"text": "alendronate", "coding": [{"system": fhir.RXNORM, "code": "46041"}]},
    "reasonCodeableConcept": {"text": "osteoporosis"},
    "dosageInstruction": [{"doseQuantity": {"value": 1, "unit": "{pill}"},
                           "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnits": "d"}}}],
}  # fmt: skip


def test_the_sandbox_speaks_dstu2_by_default() -> None:
    draft = one(DSTU2)
    assert (draft.kind, draft.concepts[0], draft.has_reason) == ("MedicationOrder", "alendronate", True)
    assert isinstance(draft.dose, Missing)
    assert (draft.dose.what, draft.dose.why) == ("dose", UNIT_UNKNOWN)
    assert draft.interval == Quantity(Decimal(1), "d")
    assert draft.when is not None
    assert draft.when.text == "2026-06-03"


SANDBOX = [
    pytest.param(fhir.draft(fhir.ZOMETA, without=["intent"]), ("zoledronic_acid_4mg",), id="no intent"),
    pytest.param(
        fhir.draft(fhir.ZOMETA, category={"coding": [{"code": "x"}]}), ("zoledronic_acid_4mg",), id="category"
    ),
    pytest.param(fhir.draft(None), (), id="no medication yet"),
    pytest.param(fhir.draft(fhir.ZOMETA, status=None), ("zoledronic_acid_4mg",), id="no status"),
    pytest.param(fhir.draft(fhir.ZOMETA, subject=None), ("zoledronic_acid_4mg",), id="no subject"),
    pytest.param(fhir.draft([fhir.ZOMETA]), ("zoledronic_acid_4mg",), id="a list of one drug"),  # type: ignore[arg-type]  # on purpose
    pytest.param(fhir.draft("Zometa 4 mg"), ("zoledronic_acid_4mg",), id="a bare name"),  # type: ignore[arg-type]  # on purpose
    pytest.param({"resourceType": "NutritionOrder", "id": "d1"}, (), id="another kind of order"),
]


@pytest.mark.parametrize(("raw", "concepts"), SANDBOX)
@pytest.mark.parametrize("typed", [{}, {"resourceType": "Bundle"}, {"resourceType": "Bundle", "type": "collection"}])
def test_malformed_drafts_are_drafts(raw: fhir.Json, concepts: tuple[str, ...], typed: fhir.Json) -> None:
    record = fhir.record_of(drafts={**typed, "entry": [{"resource": raw}]})
    (draft,) = record.drafts
    assert (draft.concepts, draft.status) == (concepts, "draft")
    assert draft.raw is raw
    assert not record.gaps


WRECKS = [
    (None, 0, 0),
    ({}, 0, 0),
    ({"resourceType": "Bundle", "entry": None}, 0, 0),
    (5, 0, 1),
    ("x", 0, 1),
    (
        {"entry": ["x", {"resource": "y"}, {}, {"resource": {"id": "no type"}}, {"resource": fhir.draft(fhir.ZOMETA)}]},
        1,
        3,
    ),
    ({"entry": {"resource": fhir.draft(fhir.ZOMETA)}}, 1, 0),
    ({"entry": [fhir.draft(fhir.ZOMETA)]}, 1, 0),
    (fhir.draft(fhir.ZOMETA), 1, 0),
    ({"entry": [{"resource": fhir.draft(fhir.ZOMETA, id=None)}] * 2}, 2, 0),
]


@pytest.mark.parametrize(("sent", "drafts", "gaps"), WRECKS)
def test_whatever_stands_where_drafts_should(sent: Any, drafts: int, gaps: int) -> None:
    record = fhir.record_of(drafts=sent)
    assert (len(record.drafts), len(record.gaps)) == (drafts, gaps)
    assert all(gap.kind == "draftOrders" for gap in record.gaps)


def test_a_draft_without_an_id_is_known_by_its_place() -> None:
    record = fhir.record_of(drafts=[fhir.draft(fhir.XGEVA), fhir.draft(fhir.ZOMETA, id=None)], selections=())
    assert [d.source.resource for d in record.drafts] == ["MedicationRequest/d1", "draftOrders.entry[1]"]


@pytest.mark.parametrize(
    ("selections", "selected"),
    [(None, [True, True]), ((), [False, False]), (("MedicationRequest/d2",), [False, True])],
)
def test_selections(selections: tuple[str, ...] | None, selected: list[bool]) -> None:
    both = [fhir.draft(fhir.ZOMETA), fhir.draft(fhir.XGEVA, id="d2")]
    assert [d.selected for d in fhir.record_of(drafts=both, selections=selections).drafts] == selected


@pytest.mark.parametrize("element", ["subject", "patient"])
def test_another_patients_draft_is_left_out(element: str) -> None:
    other = {"subject": None, element: {"reference": "Patient/2"}}
    record = fhir.record_of(drafts=[fhir.draft(fhir.ZOMETA, **other)])
    assert not record.drafts
    assert [(gap.kind, gap.why) for gap in record.gaps] == [("draftOrders", OTHER_PATIENT)]


def test_a_medication_among_the_drafts_or_in_the_prefetch() -> None:
    raw = fhir.draft(None, medicationReference={"reference": "Medication/med"})
    medication = fhir.resource("Medication", id="med", code=fhir.XGEVA)
    assert one(raw, medication).concepts == ("denosumab_120mg",)
    (draft,) = fhir.record_of(drafts=[medication, raw]).drafts
    assert draft.concepts == ("denosumab_120mg",)
    record = fhir.record_of(drafts=[{**medication, "code": 5}, raw])
    assert [d.concepts for d in record.drafts] == [()]
    assert len(record.gaps) == 1


STOPS = rows(
    """
    status           | more                 | kept | stops
    -----------------+----------------------+------+------
    draft            |                      | yes  | no
    active           |                      | yes  | no
    stopped          |                      | yes  | yes
    cancelled        |                      | no   |
    cancelled        | local:stop-onj       | yes  | yes
    cancelled        | local:unknown        | no   |
    draft            | doNotPerform         | yes  | yes
    revoked          |                      | no   |
    entered-in-error |                      | no   |
    entered-in-error | doNotPerform         | no   |
    """
)


@pytest.mark.parametrize("row", STOPS, ids=name)
def test_stopping_a_therapy(row: dict[str, str]) -> None:
    more: dict[str, Any] = {}
    if row["more"].startswith("local:"):
        more["statusReason"] = fhir.concept(row["more"].replace(":", "|"))
    elif row["more"]:
        more[row["more"]] = True
    drafts = fhir.record_of(drafts=[fhir.draft(fhir.XGEVA, status=row["status"], **more)]).drafts
    assert [d.stops for d in drafts] == ([row["stops"] == "yes"] if row["kept"] == "yes" else [])


def running(drug: fhir.Json, id: str = "m1", **more: Any) -> fhir.Json:
    return fhir.order(drug, id=id, **more)


WHICH = [
    pytest.param(fhir.XGEVA, None, [running(fhir.PROLIA)], "oncology", id="it says so itself"),
    pytest.param(
        DENOSUMAB, "m2", [running(fhir.XGEVA), running(fhir.PROLIA, "m2")], "osteoporosis", id="it names the order"
    ),
    pytest.param(
        DENOSUMAB, None, [running(fhir.XGEVA), running(fhir.ZOMETA, "m2")], "oncology", id="the only one running"
    ),
    pytest.param(DENOSUMAB, None, [running(fhir.XGEVA), running(fhir.PROLIA, "m2")], "unidentified", id="two running"),
    pytest.param(DENOSUMAB, None, [running(fhir.XGEVA, status="completed")], "unidentified", id="none running"),
    pytest.param(DENOSUMAB, "m9", [running(fhir.XGEVA)], "oncology", id="it names an unknown order"),
    pytest.param(None, "m1", [running(fhir.XGEVA)], "oncology", id="the order alone"),
    pytest.param({"text": "paracetamol"}, "m1", [running(fhir.XGEVA)], None, id="another drug"),
]


@pytest.mark.parametrize(("drug", "prior", "orders", "expected"), WHICH)
def test_which_product_is_stopped(
    drug: fhir.Json | None, prior: str | None, orders: list[fhir.Json], expected: str | None
) -> None:
    reference = {"reference": f"MedicationRequest/{prior}"} if prior else None
    draft = one(fhir.draft(drug, status="stopped", priorPrescription=reference), *orders)
    assert (draft.product.use if draft.product else None) == expected


def test_a_service_request_to_discontinue() -> None:
    raw = fhir.service("local|antiresorptive-discontinuation", status="draft", id="d1")
    draft = one(raw, running(fhir.XGEVA))
    assert draft.stops
    assert draft.product is not None
    assert draft.product.use == "oncology"
    named = {"replaces": [{"reference": "MedicationRequest/m2"}]}
    draft = one(raw | named, running(fhir.XGEVA), running(fhir.ZOMETA, "m2"))
    assert draft.product is not None
    assert (draft.prior, draft.product.substance) == ("MedicationRequest/m2", "zoledronic_acid")


def test_a_service_that_must_not_be_performed_is_no_order() -> None:
    assert not fhir.record_of(drafts=[fhir.service("sct|34043003", doNotPerform=True)]).drafts


def test_a_service_draft() -> None:
    draft = one(fhir.service("sct|34043003", status="draft", occurrenceDateTime="2026-07-01"))
    assert draft.concepts == ("dental_examination",)
    assert (draft.kind, draft.product, draft.dose) == ("ServiceRequest", None, None)
    assert draft.planned is not None
    assert draft.planned.text == "2026-07-01"
    old = {**fhir.service("sct|34043003", status="draft"), "resourceType": "ProcedureRequest"}
    assert one(old).concepts == ("dental_examination",)


DOSES: list[tuple[list[Any], Any]] = [
    ([], None),
    ([{"text": "4 mg IV"}], None),
    ([fhir.dosage("4 mg")], "4 mg"),
    ([fhir.dosage("0.004 g")], "4 mg"),
    ([fhir.dosage("40 mg")], "40 mg"),
    ([fhir.dosage("4 mg"), fhir.dosage("4.0 mg")], "4 mg"),
    ([fhir.dosage("4 mg"), fhir.dosage("3.3 mg")], AMBIGUOUS),
    ([{"doseQuantity": fhir.quantity("4 mg")}], "4 mg"),
    ([{"doseAndRate": {"doseQuantity": fhir.quantity("4 mg")}}], "4 mg"),
    ({"doseQuantity": fhir.quantity("4 mg")}, "4 mg"),
    ([{"doseAndRate": [{"doseRange": {"low": fhir.quantity("3 mg"), "high": fhir.quantity("4 mg")}}]}], AMBIGUOUS),
    ([fhir.dosage("4 mg/m2")], UNIT_UNKNOWN),
    ([fhir.dosage("1 {vial}")], UNIT_UNKNOWN),
    ([{"doseQuantity": {"value": 4}}], UNIT_MISSING),
    ([{"doseQuantity": {"unit": "mg"}}], UNREADABLE),
    ([{"doseQuantity": {"value": "NaN", "unit": "mg"}}], UNREADABLE),
    ([{"doseQuantity": "4 mg"}], UNREADABLE),
    (["4 mg"], UNREADABLE),
]


@pytest.mark.parametrize(("dosages", "expected"), DOSES)
def test_the_dose(dosages: list[Any], expected: str | None) -> None:
    dose = one(fhir.draft(ZOLEDRONIC, dosageInstruction=dosages)).dose
    if isinstance(dose, Missing):
        assert (dose.what, dose.why) == ("dose", expected)
    else:
        assert (str(dose) if dose else None) == expected


@pytest.mark.parametrize(("unit", "expected"), [("mg", "90 mg"), ("g", UNIT_UNKNOWN), ("mg/m2", UNIT_UNKNOWN)])
def test_a_drug_without_a_table_of_doses_is_understood_in_mg(unit: str, expected: str) -> None:
    dose = one(fhir.draft(fhir.concept("rxnorm|11473"), fhir.dosage(f"90 {unit}"))).dose
    assert (dose.why if isinstance(dose, Missing) else str(dose)) == expected


@pytest.mark.parametrize("drug", ["rxnorm|11473", "rxnorm|77655"])
@pytest.mark.parametrize("value", ["1E+999990", "1E-999990"])
def test_a_dose_of_any_size_is_survived(drug: str, value: str) -> None:
    dosage = {"doseQuantity": {"value": Decimal(value), "unit": "mg"}, "rateQuantity": fhir.quantity("1E-20 mg/min")}
    assert not isinstance(one(fhir.draft(fhir.concept(drug), dosage)).dose, Quantity)


def rate(**more: Any) -> fhir.Json:
    return {"doseAndRate": [{"doseQuantity": fhir.quantity("4 mg"), **more}]}


def per(amount: str, time: str) -> fhir.Json:
    return {"numerator": fhir.quantity(amount), "denominator": fhir.quantity(time)}


INFUSIONS: list[tuple[fhir.Json, int | None]] = [
    (fhir.dosage("4 mg", minutes=20), 20),
    (fhir.dosage("4 mg") | {"timing": {"repeat": {"duration": 1, "durationUnit": "h"}}}, 60),
    (fhir.dosage("4 mg") | {"timing": {"repeat": {"duration": 30, "durationUnits": "min"}}}, 30),
    (fhir.dosage("4 mg") | {"timing": {"repeat": {"duration": 30}}}, None),
    (rate(rateRatio=per("4 mg", "15 min")), 15),
    (rate(rateRatio=per("16 mg", "1 h")), 15),
    (rate(rateRatio=per("100 mL", "15 min")), None),
    (rate(rateRatio=per("0 mg", "15 min")), None),
    (rate(rateRatio={"numerator": fhir.quantity("4 mg")}), None),
    (rate(rateRatio={"numerator": fhir.quantity("4 mg"), "denominator": {"unit": "min"}}), None),
    (rate(rateQuantity=fhir.quantity("0.2 mg/min")), 20),
    (rate(rateQuantity=fhir.quantity("16 mg/h")), 15),
    (rate(rateQuantity=fhir.quantity("100 mL/h")), None),
    ({"rateRatio": per("4 mg", "15 min")}, None),
    (fhir.dosage("4 mg"), None),
]


@pytest.mark.parametrize(("dosage", "minutes"), INFUSIONS)
def test_the_infusion_time(dosage: fhir.Json, minutes: int | None) -> None:
    infusion = one(fhir.draft(ZOLEDRONIC, dosage)).infusion
    assert infusion == (None if minutes is None else Quantity(Decimal(minutes), "min"))


INTERVALS = rows(
    """
    frequency | period | unit | days
    ----------+--------+------+------
    1         | 4      | wk   | 28
              | 28     | d    | 28
    2         | 8      | wk   | 28
    1         | 1      | mo   | 30
    1         | 1      | a    | 365
    0         | 4      | wk   |
    1         | 4      | moon |
    1         |        | wk   |
    1         | 0      | wk   |
    """
)


@pytest.mark.parametrize("row", INTERVALS, ids=name)
@pytest.mark.parametrize("element", ["periodUnit", "periodUnits"])
def test_the_interval(row: dict[str, str], element: str) -> None:
    repeat = {key: int(row[key]) for key in ("frequency", "period") if row[key]} | {element: row["unit"]}
    draft = one(fhir.draft(fhir.ZOMETA, {"timing": {"repeat": repeat}}))
    assert draft.interval == (Quantity(Decimal(row["days"]), "d") if row["days"] else None)


def test_the_shortest_interval_where_instructions_differ() -> None:
    draft = one(fhir.draft(fhir.ZOMETA, fhir.dosage(every="12 wk"), fhir.dosage(every="3 wk")))
    assert draft.interval == Quantity(Decimal(21), "d")


BOUNDS = {"timing": {"repeat": {"boundsPeriod": {"start": "2026-06-20", "end": "2026-09-01"}}}}
PLANS: list[tuple[dict[str, Any], str | None]] = [
    ({"dispenseRequest": {"validityPeriod": {"start": "2026-06-10"}}, "dosageInstruction": [BOUNDS]}, "2026-06-10"),
    ({"dosageInstruction": [BOUNDS]}, "2026-06-20"),
    ({"dosageInstruction": [{"timing": {"event": ["2026-06-25"]}}]}, "2026-06-25"),
    ({"occurrencePeriod": {"start": "2026-07-01"}}, "2026-07-01"),
    ({"occurrenceTiming": {"event": ["2026-07-02"]}}, "2026-07-02"),
    ({"scheduledDateTime": "2026-07-03"}, "2026-07-03"),
    ({"scheduledPeriod": {"start": "2026-07-04"}}, "2026-07-04"),
    ({"scheduledTiming": {"repeat": {"boundsPeriod": {"start": "2026-07-05"}}}}, "2026-07-05"),
    ({"start": "2026-07-06T08:15:00-04:00"}, "2026-07-06T08:15:00-04:00"),
    ({"on": "2026-06-04"}, "2026-06-04"),
    ({"on": "2026-06-03"}, "2026-06-03"),
    ({"on": "2026-06-02"}, None),
    ({"on": None}, None),
]


@pytest.mark.parametrize(("more", "expected"), PLANS)
def test_the_planned_day(more: dict[str, Any], expected: str | None) -> None:
    draft = one(fhir.draft(fhir.ZOMETA, **more))
    assert (draft.planned.text if draft.planned else None) == expected


@pytest.mark.parametrize(
    ("more", "expected"),
    [({}, False), ({"reasonCode": []}, False), ({"reasonCode": [{"text": "pain"}]}, True),
     ({"reasonReference": [{"reference": "Condition/9"}]}, True), ({"reasonReference": {"display": "x"}}, True)],
)  # fmt: skip
def test_any_reason_at_all(more: dict[str, Any], expected: bool) -> None:
    assert one(fhir.draft(fhir.ZOMETA, **more)).has_reason is expected


def test_what_cannot_be_read_is_said_and_the_draft_stays() -> None:
    record = fhir.record_of(drafts=[fhir.draft(fhir.ZOMETA, priority=5, subject="Patient/1", reasonCode=["x"])])
    (draft,) = record.drafts
    assert draft.product is not None
    assert [gap.detail for gap in record.gaps] == ["subject, reasonCode, priority"]
