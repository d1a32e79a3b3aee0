"""Ordered and not yet resulted: the card says what is awaited, by name and day, and does not order it again."""

import pytest

from fhir_mappers.record.answer import NOT_FETCHED, Missing
from hooks.awaited import awaited
from hooks.check import Outcome, Verdict
from hooks.findings import as_json
from tests.hooks.said import cards_of, led_by, speaker
from tests.support.bedside import Bedside
from tests.support.chart import ago, asked_for, lung_patient
from tests.support.drawn import name, rows

# A result is "value @ days ago"; the request "concept days status".
AWAITED = """
rule          | request                             | result                                  | awaited
--------------+-------------------------------------+-----------------------------------------+------------------
VITD-CHECK-01 | vitamin_d_25oh_total 30 active      |                                         | vitamin_d_test
VITD-CHECK-01 | vitamin_d_25oh_total 31 active      |                                         |                    # forgotten
VITD-CHECK-01 | vitamin_d_25oh_d3 3 active          |                                         | vitamin_d_test     # many laboratories' code
VITD-CHECK-01 | vitamin_d_25oh_total 3 on-hold      |                                         | vitamin_d_test
VITD-CHECK-01 | vitamin_d_25oh_total 3 completed    |                                         |
VITD-CHECK-01 | vitamin_d_25oh_total 3 revoked      |                                         |
VITD-CHECK-01 | vitamin_d_25oh_total 3 active       | vitamin_d_25oh_total 12 ng/mL @ 181     | vitamin_d_test     # the old result is not the answer
VITD-CHECK-01 | vitamin_d_25oh_total 3 active       | vitamin_d_25oh_total 12 mg/L @ 2        |                    # resulted, and not usable
VITD-CHECK-01 | vitamin_d_25oh_total 3 active       | vitamin_d_25oh_d3 12 mg/L @ 2           |
VITD-CHECK-01 | creatinine_serum 3 active           |                                         |                    # something else
AR-RENAL-01   | creatinine_serum 3 active           |                                         | creatinine_test
AR-RENAL-01   | creatinine_serum 3 active           | creatinine_serum 90 umol/L @ 31         | creatinine_test
AR-RENAL-01   | creatinine_serum 31 active          |                                         |
ZOL-DOSE-01   | creatinine_serum 3 active           |                                         | creatinine_serum   # named as what is missing
ZOL-DOSE-01   | body_weight 3 active                | creatinine_serum 90 umol/L @ 5          | body_weight
HCAL-WARN-01  | calcium_total 3 active              | calcium_total 2.90 mmol/L @ 20          | calcium_total      # the repeat is on its way
HCAL-WARN-01  | calcium_corrected_albumin 3 active  | calcium_total 2.90 mmol/L @ 20          | calcium_total
HCAL-WARN-01  | calcium_total 31 active             | calcium_total 2.90 mmol/L @ 33          |
HCAL-WARN-01  | calcium_total 3 active              | calcium_total 2.90 mmol/L @ 2           |                    # the result is there
AR-DENTAL-01  | dental_referral 3 active            |                                         | dental_consultation
"""


def patient_of(row: dict[str, str]) -> Bedside:
    patient = lung_patient().drafts_order("zometa", "4 mg")
    patient.moment = "patient-view" if row["rule"].startswith("HCAL") else "order-sign"
    what, day, status = row["request"].split()
    asked_for(patient, what, ago(day), status=status)
    if row["result"]:
        what, _, fact = row["result"].partition(" ")
        value, _, day = fact.partition(" @ ")
        patient.observed(what, f"{value} @ {ago(day)}")
    return patient


@pytest.mark.parametrize("row", rows(AWAITED), ids=name)
def test_an_open_request_for_what_is_wanted_is_awaited(row: dict[str, str]) -> None:
    finding = patient_of(row).asks(row["rule"])
    assert finding.speaks
    assert [proof.what for proof in finding.awaited] == list(filter(None, [row["awaited"]]))


def test_a_preliminary_result_is_not_the_one_awaited() -> None:
    patient = asked_for(lung_patient().drafts_order("zometa", "4 mg"), "creatinine_serum", ago(3))
    patient.observed("creatinine_serum", f"90 umol/L @ {ago(2)}", status="preliminary")
    assert [proof.what for proof in patient.asks("AR-RENAL-01").awaited] == ["creatinine_test"]


def test_where_results_were_not_sent_nobody_knows_what_is_awaited() -> None:
    patient = asked_for(lung_patient().drafts_order("zometa", "4 mg"), "creatinine_serum", ago(3))
    assert patient.without("observations").asks("AR-RENAL-01").awaited == ()
    unsent = Verdict(Outcome.UNDECIDED, missing=(Missing("creatinine_serum", NOT_FETCHED),))
    whole = asked_for(lung_patient(), "creatinine_serum", ago(3)).record()
    assert awaited(unsent, whole) == ()


def test_what_is_silent_awaits_nothing() -> None:
    patient = asked_for(
        lung_patient().observed("creatinine_serum", f"90 umol/L @ {ago(5)}"), "creatinine_serum", ago(3)
    )
    finding = patient.drafts_order("zometa", "4 mg").asks("AR-RENAL-01")
    assert (finding.verdict.outcome, finding.awaited) == (Outcome.SATISFIED, ())


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("en", "Awaited: creatinine, asked for on 31 May 2026 (ServiceRequest/r4)."),
        ("fr", "En attente : créatinine, demandé le 31 mai 2026 (ServiceRequest/r4)."),
    ],
)
def test_the_card_names_it_and_does_not_order_it_again(language: str, line: str) -> None:
    patient = asked_for(lung_patient().drafts_order("zometa", "4 mg"), "creatinine_serum", ago(3))
    card = led_by(cards_of(patient, language), "AR-RENAL-01")
    assert line in (card.detail or "").split("\n\n")
    orders = [a.resource or {} for s in card.suggestions or () for a in s.actions or ()]
    codes = [coding["code"] for order in orders for coding in order.get("code", {}).get("coding", ())]
    assert "35203-9" not in codes
    assert "62292-8" in codes


def test_a_request_that_was_answered_does_not_keep_a_repeat_from_being_ordered() -> None:
    """The creatinine of this morning is the alarm; its request, still open in the record, is no repeat."""
    patient = lung_patient().ordered("zometa", ago(90), "4 mg").observed("body_weight", f"60 kg @ {ago(2)}")
    asked_for(patient, "creatinine_serum", ago(2)).observed("creatinine_serum", f"400 umol/L @ {ago(1)}")
    patient.moment = "patient-view"
    card = led_by(cards_of(patient), "NEPH-STOP-01")
    assert "Order creatinine" in [suggestion.label for suggestion in card.suggestions or ()]
    assert "Awaited" not in (card.detail or "")


def test_the_trace_holds_the_request() -> None:
    patient = asked_for(lung_patient().drafts_order("zometa", "4 mg"), "creatinine_serum", ago(3))
    row = as_json(patient.asks("AR-RENAL-01"), speaker())
    assert row["awaited"] == [
        {
            "resource": "ServiceRequest/r4",
            "what": "creatinine_test",
            "value": "active",
            "date": ago(3),
            "origin": "prefetch",
            "code": row["awaited"][0]["code"],
        }
    ]
