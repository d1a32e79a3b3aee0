"""What the patient is told on leaving: ZOL-HYDR-01, DMAB-BOOK-01, CA-TIMING-01, in one handout."""

import pytest

from hooks.limits import EDITIONS
from hooks.response import Card, Indicator
from tests.hooks.said import cards_of, rules_in
from tests.support.bedside import Bedside, concept
from tests.support.chart import ago, care_plan, lung_patient
from tests.support.drawn import name, rows
from tests.support.renal import clearing

TOLD = """
drug      | order        | given    | but                  | ZOL-HYDR-01        | DMAB-BOOK-01
----------+--------------+----------+----------------------+--------------------+--------------------
zometa    | active 3     |          |                      | info due           | not-applicable     # it begins
zometa    | active 300   | 28       |                      | info due           | not-applicable
zometa    |              | 180      |                      | info due           | not-applicable     # on treatment (P8)
zometa    |              | 181      |                      | not-applicable     | not-applicable
zometa    | completed 60 | 60       |                      | info due           | not-applicable
zometa    | stopped 60   | 60       |                      | not-applicable     | not-applicable
zometa    | on-hold 60   | 60       |                      | not-applicable     | not-applicable
xgeva     | active 3     |          |                      | not-applicable     | info due
xgeva     | active 300   | 28       |                      | not-applicable     | info due
xgeva     | stopped 60   | 60       |                      | not-applicable     | not-applicable     # no rhythm to keep
xgeva     | active 300   | 28       | comfort care         | not-applicable     | not-applicable
xgeva     | active 300   | 28       | child                | not-applicable     | not-applicable
xgeva     | active 300   | 28       | pregnant             | not-applicable     | not-applicable
xgeva     | active 300   | 28       | patient-view         | not-applicable     | not-applicable
xgeva     | active 300   | 28       | order-sign           | not-applicable     | not-applicable
zometa    | active 300   | 28       | clears 30            | info due           | not-applicable
zometa    | active 300   | 28       | clears 29.99         | not-applicable     | not-applicable     # the kidney forbids it
zometa    | active 300   | 28       | dialysis             | not-applicable     | not-applicable
xgeva     | active 300   | 28       | clears 12            | not-applicable     | info due
prolia    | active 300   | 100      |                      | not-applicable     | not-applicable     # osteoporosis
aclasta   | active 300   | 100      |                      | not-applicable     | not-applicable
pamidronate | active 300 | 28       |                      | not-applicable     | not-applicable
          |              |          |                      | not-applicable     | not-applicable
xgeva     | ?            | ?        |                      | needs-data antiresorptive_order,antiresorptive_doses | needs-data antiresorptive_order,antiresorptive_doses
xgeva     | active 300   | ?        |                      | needs-data antiresorptive_doses | info due
"""


def leaving(drug: str, order: str = "", given: str = "", but: str = "") -> Bedside:
    patient = lung_patient()
    patient.moment = but if "-" in but else "encounter-discharge"
    if order == "?":
        patient.without("medicationRequests")
    elif order:
        status, day = order.split()
        patient.ordered(drug, ago(day), status=status)
    if given == "?":
        patient.without("medicationAdministrations", "medicationStatements")
    elif given:
        patient.given(drug, ago(given))
    match but:
        case "comfort care":
            care_plan(patient, "comfort_care_only")
        case "child":
            patient.person(born="2012-01-01")
        case "dialysis":
            patient.ill("dialysis_dependence")
        case kidney if kidney.startswith("clears"):
            clearing(kidney.split()[1], bedside=patient)
        case "pregnant":
            patient.person(born="1990-01-01", sex="female").ill("pregnancy")
    return patient


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(TOLD), ids=name)
def test_who_is_told_what(row: dict[str, str], edition: str) -> None:
    patient = leaving(row["drug"] or "zometa", row["order"], row["given"], row["but"])
    found = {rule: patient.outcome(rule, edition) for rule in ("ZOL-HYDR-01", "DMAB-BOOK-01")}
    assert {rule: _sorted(said) for rule, said in found.items()} == {rule: _sorted(row[rule]) for rule in found}


def _sorted(said: str) -> str:
    status, _, what = said.partition(" ")
    return f"{status} {','.join(sorted(what.split(',')))}"


FIRST = """
given       | else                         | the line on fever and paracetamol
------------+------------------------------+-----------------------------------
            |                              | yes
0           |                              | yes
1           |                              | yes      # the day after the first infusion
2           |                              |
1, 29       |                              |          # not the first
            | allergies ?                  |
            | paracetamol allergy          |
            | severe_hepatic_disease       |
            | statements ?                 |          # nobody knows whether it is the first
            | ordered 35 days ago          |          # presumed begun elsewhere (P8)
            | ordered 34 days ago          | yes
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(FIRST), ids=name)
def test_fever_and_paracetamol_are_told_around_the_first_infusion(row: dict[str, str], edition: str) -> None:
    extra = row["else"]
    days = extra.split()[1] if extra.startswith("ordered") else "3"
    patient = leaving("zometa", f"active {days}")
    for day in filter(None, row["given"].split(", ")):
        patient.given("zometa", ago(day))
    if extra.endswith("?"):
        patient.without({"allergies ?": "allergies", "statements ?": "medicationStatements"}[extra])
    elif extra == "paracetamol allergy":
        patient.add("allergies", "AllergyIntolerance", {"code": concept("paracetamol")})
    elif extra == "severe_hepatic_disease":
        patient.ill(extra)
    notes = patient.asks("ZOL-HYDR-01", edition).verdict.notes
    note = "first_infusion_systematic" if edition == "aura-earlier" else "first_infusion"
    assert (note in notes) is (row["the line on fever and paracetamol"] == "yes")
    assert len(notes) <= 2


CALCIUM = """
calcium            | CA-TIMING-01
-------------------+--------------------------------
                   | info due
2.60 mmol/L @ 5    | info due
2.61 mmol/L @ 5    | not-applicable     # never a word on calcium then (VITD-SAFE-01)
2.61 mmol/L @ 31   | info due           # too old to say so
?                  | needs-data calcium_total
"""


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("row", rows(CALCIUM), ids=name)
def test_calcium_is_told_unless_it_is_high(row: dict[str, str], edition: str) -> None:
    patient = leaving("xgeva", "active 300", "28")
    if row["calcium"] == "?":
        patient.without("observations")
    elif row["calcium"]:
        value, _, day = row["calcium"].partition(" @ ")
        patient.observed("calcium_total", f"{value} @ {ago(day)}").observed("albumin_serum", f"40 g/L @ {ago(day)}")
    assert patient.outcome("CA-TIMING-01", edition) == row["CA-TIMING-01"]


def handout(patient: Bedside, language: str = "en", edition: str = "aura-2026") -> Card | None:
    cards = cards_of(patient, language, edition)
    return next((card for card in cards if {"ZOL-HYDR-01", "DMAB-BOOK-01"} & set(rules_in(card))), None)


def test_calcium_alone_is_no_reason_for_a_handout() -> None:
    assert leaving("pamidronate", "active 3").outcome("CA-TIMING-01") == "not-applicable"
    assert leaving("zometa", "stopped 60", "60").outcome("CA-TIMING-01") == "not-applicable"
    assert handout(leaving("zometa", "stopped 60", "60")) is None


SENTENCES = {
    ("zometa", "en"): ["Drink plenty", "After the first infusion", "See a dentist", "If calcium"],
    ("zometa", "fr"): ["Buvez beaucoup", "Après la première perfusion", "Voyez un dentiste", "Si du calcium"],
    ("xgeva", "en"): ["Have each injection", "Keep the dates planned", "See a dentist", "If calcium"],
    ("xgeva", "fr"): ["Faites noter", "Respectez les dates", "Voyez un dentiste", "Si du calcium"],
}


@pytest.mark.parametrize(("drug", "language"), SENTENCES)
def test_the_handout_is_one_list_for_the_patient(drug: str, language: str) -> None:
    card = handout(leaving(drug, "active 3"), language)
    assert card is not None
    assert card.indicator is Indicator.INFO
    assert card.suggestions is None
    told = [line[2:] for line in (card.detail or "").splitlines() if line.startswith("- ")]
    wanted = SENTENCES[drug, language]
    assert [line[: len(start)] for line, start in zip(told, wanted, strict=True)] == wanted
    assert rules_in(card)[-1] == "CA-TIMING-01"


def test_who_gets_both_is_told_each_sentence_once() -> None:
    patient = leaving("zometa", "active 3").ordered("xgeva", ago(3))
    card = handout(patient)
    assert card is not None
    assert rules_in(card) == ["ZOL-HYDR-01", "CA-TIMING-01", "DMAB-BOOK-01"]
    assert (card.detail or "").count("See a dentist") == 1


def test_the_earlier_edition_says_paracetamol_and_empty_stomach_without_a_condition() -> None:
    later, earlier = (handout(leaving("zometa", "active 3"), "en", edition) for edition in (EDITIONS[0], EDITIONS[2]))
    assert later is not None
    assert earlier is not None
    assert "can help: ask whether it suits you" in (later.detail or "")
    assert "if possible on an empty stomach" in (later.detail or "")
    assert "in the morning, at noon and in the evening" in (earlier.detail or "")
    assert "middle of the morning, on an empty stomach" in (earlier.detail or "")


def test_no_dentist_of_the_quarter_for_a_jaw_that_a_centre_follows() -> None:
    for drug in ("zometa", "xgeva"):
        card = handout(leaving(drug, "active 3").ill("onj_drug_induced", ago(30)))
        assert card is not None
        assert "dentist" not in (card.detail or "")


def test_a_drug_to_be_stopped_and_a_crisis_leave_no_room_for_a_handout() -> None:
    failing = leaving("zometa", "active 300", "28").observed("creatinine_serum", f"400 umol/L @ {ago(40)}")
    failing.observed("body_weight", f"60 kg @ {ago(40)}")  # too old for a dose, not for a stop
    assert failing.asks("ZOL-HYDR-01").because == "muted by NEPH-STOP-01"
    crisis = leaving("xgeva", "active 300", "28").observed("calcium_total", f"3.70 mmol/L @ {ago(2)}")
    assert crisis.asks("DMAB-BOOK-01").because == "muted by HCAL-CRISIS-01"
    assert handout(crisis) is None


def test_without_the_doses_the_card_names_what_is_missing_and_hands_nothing_over() -> None:
    patient = leaving("xgeva", "?", "?")
    assert not any("To tell the patient" in (card.detail or "") for card in cards_of(patient))
