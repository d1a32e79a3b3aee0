"""DUR-STOP-01, DUR-MIN-01: a stop before two years has a reason; DUR-CTX-01: how a CTX is drawn."""

import pytest

from fhir_mappers.record.proposals import MoveVisit, NewService, RemoveDraft
from fhir_mappers.record.quantity import Quantity
from hooks.cards import show
from hooks.evaluate import Findings
from hooks.limits import EDITIONS, load_editions
from hooks.suggestions import OrderContext
from hooks.texts import Speaker
from tests.hooks.said import cards_of, led_by
from tests.support import fhir
from tests.support.bedside import RULES, TODAY, Bedside, concept
from tests.support.booking import proposed, requested
from tests.support.chart import ago, care_plan, stops
from tests.support.drawn import name, rows

STOPS = """
cancer | first      | how             | reason                   | DUR-STOP-01
-------+------------+-----------------+--------------------------+------------------------------
lung   | 2024-06-04 | stopped         |                          | info due
lung   | 2024-06-03 | stopped         |                          | satisfied              # two years to the day
lung   | 2026-05-01 | stopped         |                          | info due
lung   | 2024-06    | stopped         |                          | needs-data first_dose
lung   | 2024-06-04 | do not perform  |                          | info due
lung   | 2024-06-04 | discontinuation |                          | info due
lung   | 2024-06-04 | stopped         | stop_onj                 | satisfied
lung   | 2024-06-04 | stopped         | stop_renal               | satisfied
lung   | 2024-06-04 | stopped         | stop_hypocalcaemia       | satisfied
lung   | 2024-06-04 | stopped         | stop_allergy             | satisfied
lung   | 2024-06-04 | stopped         | stop_terminal_care       | satisfied
lung   | 2024-06-04 | stopped         | stop_patient_choice      | satisfied
lung   | 2024-06-04 | stopped         | stop_switch              | satisfied
lung   | 2024-06-04 | stopped         | stop_specialist_decision | satisfied
lung   | 2024-06-04 | stopped         | stop_progression         | info due               # not in the list
lung   | 2024-06-04 | stopped         | stop_toxicity            | info due
lung   | 2024-06-04 | stopped         | stop_completed           | info due
lung   | 2024-06-04 | stopped         | stop_renewal_refused     | info due
lung   | 2024-06-04 | stopped         | declared switch          | satisfied
lung   | 2024-06-04 | stopped         | comfort care             | not-applicable
lung   | 2024-06-04 | stopped         | zometa drafted           | not-applicable         # a switch is no stop
lung   | 2024-06-04 | stopped         | another order            | not-applicable         # the treatment goes on
lung   | never      | stopped         |                          | not-applicable         # nothing was begun
lung   | order 35   | stopped         |                          | info due               # presumed begun
lung   | order 34   | stopped         |                          | not-applicable
other  | 2024-06-04 | stopped         |                          | not-applicable
?      | 2024-06-04 | stopped         |                          | needs-data lung_cancer,comfort_care_only
lung   | ?          | stopped         |                          | needs-data antiresorptive_doses,first_dose
lung   | 2024-06-04 |                 |                          | not-applicable         # no stop
lung   | 2024-06-04 | prolia          |                          | not-applicable         # osteoporosis product
"""


def stopping(row: dict[str, str], product: str = "zometa") -> Bedside:
    """The patient of the row, with the stop drafted."""
    patient = Bedside()
    if row["cancer"] == "?":
        patient.without("conditions")
    else:
        patient.ill("lung_cancer" if row["cancer"] == "lung" else "breast_cancer")
    if row["first"].startswith("order"):
        patient.ordered(product, ago(row["first"].split()[1]))
    elif row["first"] == "?":
        patient.without("medicationAdministrations")
    elif row["first"] != "never":
        patient.ordered(product, ago(900)).given(product, row["first"]).given(product, ago(20))
    if row["how"] == "prolia":
        return stops(patient, "prolia")
    if row["how"]:
        stops(patient, product, row["how"])
    return because(patient, row["reason"])


def because(patient: Bedside, reason: str) -> Bedside:
    """The reason of the stop, or what makes it none."""
    if reason.startswith("stop_"):
        patient.drafts[-1]["statusReason"] = concept(reason)
    elif reason == "declared switch":
        patient.drafts[-1]["reasonCode"] = [concept("antiresorptive_switch")]
    elif reason == "comfort care":
        care_plan(patient, "comfort_care_only")
    elif reason == "zometa drafted":
        patient.drafts_order("xgeva")
    elif reason == "another order":
        patient.ordered("xgeva", ago(40))
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(STOPS), ids=name)
def test_a_stop_before_two_years_has_a_reason(row: dict[str, str], edition: str) -> None:
    patient = stopping(row)
    assert patient.outcome("DUR-STOP-01", edition) == row["DUR-STOP-01"]
    beside = "info due" if row["DUR-STOP-01"] == "info due" else ""
    if beside:
        assert patient.outcome("DUR-MIN-01", edition) == beside
    elif not row["DUR-STOP-01"].startswith("needs-data"):
        assert patient.outcome("DUR-MIN-01", edition) in ("not-applicable", "satisfied")


def test_the_months_are_told_and_an_order_date_is_approximate() -> None:
    row = {"cancer": "lung", "first": "2024-12-04", "how": "stopped", "reason": ""}
    found = stopping(row).asks("DUR-STOP-01").verdict
    assert (str(found.figures["months"]), found.notes) == ("17 mo", ())
    assert stopping(row | {"first": "order 100"}).asks("DUR-STOP-01").verdict.notes == ("approximate",)


@pytest.mark.parametrize("product", ["xgeva", "zometa"])
def test_one_stop_is_one_card_led_by_the_bridge_when_there_is_one(product: str) -> None:
    patient = stopping({"cancer": "lung", "first": "2024-12-04", "how": "stopped", "reason": ""}, product)
    wanted = ("BRIDGE-01", "DUR-STOP-01", "DUR-MIN-01")
    found = Findings(tuple(f for f in patient.findings().all if f.rule.id in wanted))
    context = OrderContext("p1", None, None, TODAY, "en", patient.record().drafts)
    (card,) = show(found, context, Speaker("en", RULES, load_editions()["aura-2026"]))
    carried = [row["rule"] for row in (card.extension or {})["io.github.osteohooks.findings"]]
    assert card.source.topic is not None
    assert card.source.topic.code == ("BRIDGE-01" if product == "xgeva" else "DUR-STOP-01")
    assert sorted(carried) == sorted(wanted if product == "xgeva" else wanted[1:])


SAMPLES = """
time                      | fasting        | 2026
--------------------------+----------------+------------------
2026-06-10T08:59:00+02:00 |                | satisfied         # a minute before nine
2026-06-10T09:00:00+02:00 |                | info due
2026-06-10T09:00:00+02:00 | yes            | info due
2026-06-10T08:59:00-11:00 |                | satisfied         # local time as written
2026-06-10T09:00:00-11:00 |                | info due
2026-06-10T23:59:00Z      |                | info due
2026-06-10T00:00:00Z      |                | satisfied
2026-06-10                |                | satisfied         # time not stated: text only
                          |                | satisfied
                          | yes            | satisfied
                          | no             | info not_fasting
2026-06-10                | no             | info not_fasting
2026-06-10T08:59:00+02:00 | no             | info not_fasting
2026-06-10T08:59:00+02:00 | yes            | satisfied
2026-06-10T09:00:00+02:00 | no             | info both
2026-06-10T08:15:00+02:00 | recorded 0 no  | info not_fasting  # said today
2026-06-10T08:15:00+02:00 | recorded 1 no  | satisfied         # of another sample
2026-06-10T08:15:00+02:00 | yes, recorded 0 no | satisfied     # the order wins
"""


def sampled(row: dict[str, str], moment: str) -> Bedside:
    """A CTX being ordered or booked."""
    patient = Bedside(moment=moment)
    extra: dict[str, object] = {}
    for told in filter(None, row["fasting"].split(", ")):
        if told.startswith("recorded"):
            patient.observed("fasting_sample", f"false @ {ago(told.split()[1])}")
            continue
        detail = fhir.observation("local|fasting-sample", id="f1", on=None, valueBoolean=told == "yes")
        refers = "supportingInformation" if moment == "appointment-book" else "supportingInfo"
        extra = {"contained": [detail], refers: [{"reference": "#f1"}]}
    if moment == "appointment-book":
        return proposed(patient, "ctx_serum", row["time"], **extra)
    return requested(patient, "ctx_serum", **extra, **({"occurrenceDateTime": row["time"]} if row["time"] else {}))


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("moment", ["order-sign", "appointment-book"])
@pytest.mark.parametrize("row", rows(SAMPLES), ids=name)
def test_a_ctx_is_drawn_fasting_before_nine(row: dict[str, str], moment: str, edition: str) -> None:
    expected = row["2026"] if edition == "aura-2026" else "not-applicable"
    assert sampled(row, moment).outcome("DUR-CTX-01", edition) == expected


def test_other_samples_and_a_sample_called_off_are_silent() -> None:
    late = {"occurrenceDateTime": "2026-06-10T11:00:00Z"}
    assert requested(Bedside(), "creatinine_serum", **late).outcome("DUR-CTX-01") == "not-applicable"
    assert requested(Bedside(), "ctx_serum", **late, status="revoked").outcome("DUR-CTX-01") == "not-applicable"


def test_the_request_is_replaced_by_a_fasting_one_on_the_same_day() -> None:
    patient = sampled({"time": "2026-06-10T11:30:00+02:00", "fasting": ""}, "order-sign")
    found = patient.asks("DUR-CTX-01").verdict
    (draft,) = patient.record().drafts
    assert draft.planned is not None
    assert found.proposals == (RemoveDraft(draft, NewService(("ctx_fasting",), draft.planned.first)),)
    assert found.figures["time"].text == "11:30"


def test_a_booking_is_moved_to_the_early_morning_unless_only_fasting_is_wrong() -> None:
    patient = sampled({"time": "2026-06-10T11:30:00+02:00", "fasting": ""}, "appointment-book")
    (draft,) = patient.record().drafts
    hours = (Quantity.of("7.5 h"), Quantity.of("8.75 h"))
    assert patient.asks("DUR-CTX-01").verdict.proposals == (MoveVisit(draft, *hours, "ctx_fasting"),)
    (suggestion,) = led_by(cards_of(patient), "DUR-CTX-01").suggestions or ()
    assert suggestion.label == "Move this appointment to the early morning, fasting"
    moved = (suggestion.actions or ())[0].resource or {}
    assert moved["start"] == "2026-06-10T07:30:00+02:00"
    assert moved["patientInstruction"] == "Come fasting; the blood is drawn in the morning before 9 am."
    early = sampled({"time": "2026-06-10T08:00:00+02:00", "fasting": "no"}, "appointment-book").asks("DUR-CTX-01")
    assert (early.verdict.case, early.verdict.proposals) == ("not_fasting", ())
