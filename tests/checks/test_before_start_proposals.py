"""What the steps before the first dose propose: AR-DENTAL-01, AR-DENTCARE-01, AR-EXTRACT-01, AR-CONC-01, VITD-CHECK-01."""

from datetime import timedelta

import pytest

from fhir_mappers.record.proposals import Annotate, HoldDraft, NewService, PostponeDraft
from hooks.response import Card, SelectionBehavior
from tests.hooks.said import cards_of, led_by
from tests.support.bedside import TODAY, Bedside, concept
from tests.support.chart import ago, lung_patient
from tests.support.drawn import name, rows
from tests.support.renal import clearing

STEPS = """
rule           | on file                            | proposed
---------------+------------------------------------+-------------------------------------------------------
VITD-CHECK-01  |                                    | vitamin_d_test; hold
AR-DENTAL-01   |                                    | dental_consultation, panoramic_xray; hold
AR-DENTAL-01   | dental_panoramic_xray 365          | dental_consultation; hold
AR-DENTAL-01   | dental_panoramic_xray 366          | dental_consultation, panoramic_xray; hold
AR-DENTAL-01   | treatment needed                   | dental_consultation, panoramic_xray; note dental_repair; hold
AR-DENTCARE-01 | treatment needed                   | note dental_repair
AR-EXTRACT-01  | tooth_extraction 20                | postpone 10; dental_consultation in 10
AR-EXTRACT-01  | tooth_extraction 21                | postpone 9; dental_consultation in 9
AR-EXTRACT-01  | tooth_extraction 29                | postpone 1; dental_consultation in 1
AR-EXTRACT-01  | tooth_extraction 30                | dental_consultation          # only the go-ahead is missing
AR-CONC-01     | prednisone                         | note corticosteroid
AR-CONC-01     | bevacizumab                        | note anti_angiogenic
AR-CONC-01     | prednisone, head and neck          | note corticosteroid, head_neck_radiotherapy
"""


def starting(on_file: str = "") -> Bedside:
    patient = clearing("80", bedside=lung_patient())
    for fact in filter(None, on_file.split(", ")):
        match fact:
            case "treatment needed":
                patient.done("dental_examination", ago(5))
                patient.observed("dental_examination_outcome", f"dental-treatment-needed @ {ago(5)}")
            case "prednisone" | "bevacizumab":
                patient.ordered(fact, ago(10))
            case "head and neck":
                patient.done("radiotherapy", ago(90), bodySite=[concept("site_head_neck")])
            case _:
                what, day = fact.split()
                patient.done(what, ago(day))
    return patient.drafts_order("zometa", "4 mg")


def in_words(proposal: object) -> str:
    match proposal:
        case HoldDraft():
            return "hold"
        case PostponeDraft(to=to):
            return f"postpone {(to - TODAY).days}"
        case NewService(items=items, on=on):
            return ", ".join(items) + (f" in {(on - TODAY).days}" if on else "")
        case Annotate(item="dental_consultation", notes=notes):
            return f"note {', '.join(notes)}"
    raise AssertionError(proposal)


@pytest.mark.parametrize("row", rows(STEPS), ids=name)
def test_each_step_proposes_what_the_guideline_names(row: dict[str, str]) -> None:
    finding = starting(row["on file"]).asks(row["rule"])
    assert finding.verdict.outcome == "due"
    assert "; ".join(map(in_words, finding.verdict.proposals)) == row["proposed"]


def first_card(patient: Bedside, language: str = "en") -> Card:
    return next(
        card for card in cards_of(patient, language) if card.source.topic.code in ("VITD-CHECK-01", "AR-EXTRACT-01")
    )


def labels(card: Card) -> list[str]:
    return [suggestion.label for suggestion in card.suggestions or ()]


@pytest.mark.parametrize(
    ("language", "hold"), [("en", "Put this order on hold"), ("fr", "Mettre cette prescription en attente")]
)
def test_the_order_can_be_held_beside_the_tests_that_are_asked_for(language: str, hold: str) -> None:
    card = first_card(starting(), language)
    assert labels(card)[1] == hold
    assert labels(card).count(hold) == 1
    assert card.selection_behavior is SelectionBehavior.ANY
    (held,) = ((card.suggestions or ())[1].actions) or ()
    assert (held.resource or {})["status"] == "on-hold"
    assert held.type.value == "update"


def test_holding_and_postponing_the_same_order_exclude_each_other() -> None:
    card = first_card(starting("tooth_extraction 20"))
    ready = TODAY + timedelta(days=10)
    assert f"Postpone to {ready.day} Jun 2026" in labels(card)
    assert card.selection_behavior is SelectionBehavior.AT_MOST_ONE
    only = starting("tooth_extraction 20, dental_panoramic_xray 5, dental_examination 5")
    only.observed("vitamin_d_25oh_total", f"35 ng/mL @ {ago(20)}").ordered("paracetamol", ago(3))
    card = first_card(only)
    assert len(labels(card)) == 2
    assert card.selection_behavior is SelectionBehavior.ANY, "the order waits and the dentist is asked"


def test_the_dentist_is_told_what_adds_to_the_risk() -> None:
    card = first_card(starting("prednisone"))
    orders = [action.resource or {} for suggestion in card.suggestions or () for action in suggestion.actions or ()]
    notes = {order["code"]["coding"][0]["code"]: order.get("note") for order in orders if "code" in order}
    assert notes["34043003"] == [{"text": "Takes a systemic corticosteroid."}]
    assert notes["62292-8"] is None


def test_a_note_alone_asks_for_nothing() -> None:
    seen = starting("prednisone").done("dental_examination", ago(5)).done("dental_panoramic_xray", ago(5))
    seen.observed("vitamin_d_25oh_total", f"35 ng/mL @ {ago(20)}").ordered("paracetamol", ago(3))
    card = led_by(cards_of(seen), "AR-CONC-01")
    assert card.suggestions is None


SPACED = """
response              | clearance | dialysis | offered besides 28 days
----------------------+-----------+----------+-------------------------
good-partial-response | 80        |          | zoledronic_acid 4 mg every 90 d
complete-response     | 42        |          | zoledronic_acid 3.3 mg every 90 d
good-partial-response | 30        |          | zoledronic_acid 3 mg every 90 d
good-partial-response | 29.99     |          |
good-partial-response | 80        | yes      |
good-partial-response |           |          |
stable-disease        | 80        |          |
                      | 80        |          |
"""


@pytest.mark.parametrize("edition", ["aura-2026", "aura-intermediate"])
@pytest.mark.parametrize("row", rows(SPACED), ids=name)
def test_after_a_good_response_the_drug_that_may_be_spaced_is_offered(row: dict[str, str], edition: str) -> None:
    patient = clearing(row["clearance"], bedside=lung_patient()).drafts_order("xgeva", "120 mg", every="84 d")
    if row["response"]:
        patient.observed("oncological_response", f"{row['response']} @ {ago(20)}")
    if row["dialysis"]:
        patient.ill("dialysis_dependence")
    verdict = patient.asks("DMAB-SPACE-01", edition).verdict
    monthly, *more = verdict.proposals
    assert str(monthly.interval) == "28 d"
    found = [f"{p.instead.item} {p.instead.dose.value.normalize()} mg every {p.instead.interval}" for p in more]
    assert ", ".join(found) == row["offered besides 28 days"]
    assert verdict.notes == (("spaced_zoledronate",) if found else ())
