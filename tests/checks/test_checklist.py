"""SAFE-TODAY-01: the checklist of an open chart, as a card of its own or as the last lines of the only card there is."""

import re
from dataclasses import replace

import pytest

from hooks.cards import show
from hooks.checklist import SUBJECTS, Light, checklist
from hooks.evaluate import Broken, Finding, Findings, Guideline, evaluate
from hooks.fingerprint import fingerprint, nothing_new
from hooks.limits import EDITIONS
from hooks.response import Card, Indicator
from hooks.services import services
from tests.hooks.said import cards_of, context_of, led_by, rules_in, speaker
from tests.support.bedside import RULES, Bedside
from tests.support.chart import ago, asked_for, booked, care_plan, lung_patient
from tests.support.drawn import name, rows

CHECKS = next(service for service in services() if service.hook == "patient-view").checks
RULE = "SAFE-TODAY-01"

# level: ng/mL of 25-OH vitamin D; seen: days since the dental examination; calcium: mmol/L, 2 days ago
WHEN = """
treated         | level | seen | calcium | but           | SAFE-TODAY-01  | points            | stands on
----------------+-------+------+---------+---------------+----------------+-------------------+------------
given 28        | 15    | 300  | 2.40    |               | info due       | vitamin d, mouth  |
given 28        | 15    | 30   | 2.40    |               | info due       | vitamin d         | VITD-REPL-01
given 28        | 29    | 184  | 2.40    |               | info due       | vitamin d, mouth  |
given 28        | 30    | 184  | 2.40    |               | info due       | mouth             | ONJ-FU-01
given 28        | 30    | 183  | 2.40    |               | not-applicable |                   |            # all green
given 28        |       | 183  |         |               | not-applicable |                   |            # unknown alone
given 28        | 35    | 30   | 2.90    |               | info due       | calcium           | HCAL-WARN-01
given 28        | 35    | 30   | 3.60    |               | info due       | calcium           | HCAL-CRISIS-01
given 28        | 15    | 400  | 3.60    |               | info due       | calcium, mouth    |            # no course while calcium is high
given 180       | 35    | 300  | 2.40    |               | info due       | mouth             | ONJ-FU-01
given 181       | 35    | 300  | 2.90    |               | not-applicable |                   |            # nothing is being given
ordered 10      | 35    | 300  | 2.90    |               | info due       | calcium           | HCAL-WARN-01   # planned
ordered 100     | 35    | 300  | 2.40    |               | info due       | mouth             | ONJ-FU-01      # presumed
                | 15    | 300  | 2.90    |               | not-applicable |                   |            # no treatment
given 28        | 15    | 300  | 2.40    | comfort care  | not-applicable |                   |
given 28        | 15    | 300  | 2.40    | order-sign    | not-applicable |                   |
given 28        | 15    | 300  | 2.40    | discharge     | not-applicable |                   |
given ?         | 15    | 300  | 2.40    |               | not-applicable |                   |            # nobody knows
"""


def opened(treated: str, level: str = "", seen: str = "", calcium: str = "", but: str = "") -> Bedside:
    patient = lung_patient()
    patient.moment = {"order-sign": but, "discharge": "encounter-discharge"}.get(but, "patient-view")
    how, _, day = treated.partition(" ")
    if day == "?":
        patient.without("medicationAdministrations")
    elif how == "given":
        patient.given("zometa", ago(day), "4 mg")
    elif how == "ordered":
        patient.ordered("zometa", ago(day), "4 mg")
    if level:
        patient.observed("vitamin_d_25oh_total", f"{level} ng/mL @ {ago(20)}")
    if seen:
        patient.done("dental_examination", ago(seen))
    if calcium:
        patient.observed("calcium_total", f"{calcium} mmol/L @ {ago(2)}").observed(
            "albumin_serum", f"40 g/L @ {ago(2)}"
        )
    return care_plan(patient, "comfort_care_only") if but == "comfort care" else patient


@pytest.mark.parametrize("row", rows(WHEN), ids=name)
def test_when_there_is_a_checklist_and_where_it_stands(row: dict[str, str]) -> None:
    cells = ("treated", "level", "seen", "calcium", "but")
    patient = opened(*(row[cell] for cell in cells))
    finding = next(f for f in found(patient).all if f.rule.id == RULE)
    said = f"{finding.severity.value} {finding.verdict.case}" if finding.speaks else finding.verdict.outcome.value
    assert said == row["SAFE-TODAY-01"]
    if not finding.speaks:
        assert finding.because == "nothing to sum up"
        return
    names = [key.removeprefix("subject_").replace("_", " ") for key in finding.verdict.figures["points"].keys]
    assert names == row["points"].split(", ")
    assert finding.verdict.said_by == (row["stands on"] or None)


def found(patient: Bedside, edition: str = EDITIONS[0]) -> Findings:
    """What the service of an opened chart finds."""
    findings = evaluate(CHECKS, patient.record(), Guideline(RULES, edition))
    assert not findings.broken
    return findings


def shown(patient: Bedside, language: str = "en", edition: str = EDITIONS[0]) -> list[Card]:
    return show(found(patient, edition), context_of(patient, language), speaker(language, edition))


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_card_of_its_own_is_the_last_one_and_only_information(edition: str) -> None:
    cards = shown(opened("given 28", "9", "400", "2.40"), edition=edition)
    assert [card.source.topic.code for card in cards] == ["ONJ-FU-01", "VITD-REPL-01", RULE]
    last = cards[-1]
    assert last.indicator is Indicator.INFO
    assert last.suggestions is None
    assert last.summary == "Safe to give today? Points to look at first (2 of 8): vitamin D and mouth"
    assert [reason.code for reason in last.override_reasons or ()] == ["information-wrong", "other"]
    assert rules_in(last) == [RULE]


def test_each_subject_has_one_line_with_light_fact_and_day() -> None:
    patient = opened("given 28", "15", "300").observed("creatinine_serum", f"90 umol/L @ {ago(5)}")
    patient.observed("body_weight", f"70 kg @ {ago(4)}").ordered("zometa", ago(30), "4 mg")
    lines = [line[2:] for line in (shown(patient)[-1].detail or "").splitlines() if line.startswith("- ")]
    assert [re.sub(r"/r\d+\)", ")", line) for line in lines] == [
        "**AMBER** Vitamin D: vitamin D loading course; 25-OH vitamin D 15 ng/mL on 14 May 2026 (Observation)",
        "**UNKNOWN** Calcium: no recent result on record",
        "**GREEN** Kidney: creatinine 90 µmol/L on 29 May 2026 (Observation)",
        "**AMBER** Mouth: dental follow-up; dental examination done on 7 Aug 2025 (Procedure)",
        "Not judged here: product, dose, interval, interactions",
    ]


def test_the_same_in_french() -> None:
    card = shown(opened("given 28", "15", "300"), "fr")[-1]
    assert card.summary == "Administrable aujourd'hui ? À revoir (2 sur 8) : vitamine D et bouche"
    assert "- **ORANGE** Bouche : suivi dentaire ; examen dentaire réalisé le 7 août 2025" in (card.detail or "")
    assert "- Non jugé ici : rein, spécialité, dose, intervalle, interactions" in (card.detail or "")


def test_one_card_that_says_all_carries_the_lines_and_its_own_suggestions() -> None:
    (card,) = shown(opened("given 28", "35", "300"))
    assert rules_in(card) == ["ONJ-FU-01", RULE]
    assert [suggestion.label for suggestion in card.suggestions or ()] == ["Order dental consultation"]
    assert "**Safe to give today? Points to look at first (1 of 8): mouth**" in (card.detail or "")
    assert "- **GREEN** Vitamin D" in (card.detail or "")


def test_what_is_awaited_is_named_on_its_line() -> None:
    patient = asked_for(opened("given 28", "15", "300"), "dental_referral", ago(3))
    assert "awaited: dental consultation, asked for on 31 May 2026 (ServiceRequest/" in (
        shown(patient)[-1].detail or ""
    )


def test_what_was_not_sent_and_what_was_never_done() -> None:
    patient = opened("given 28", "15", "", "").without("procedures")
    detail = led_by(shown(patient), "VITD-REPL-01").detail or ""
    assert "- **UNKNOWN** Mouth: dental examination (not provided by the record system)" in detail
    never = shown(opened("given 28", "15", ""))[-1].detail or ""
    assert "- **AMBER** Mouth: dental follow-up; nothing on record" in never


def test_a_rule_that_broke_is_unknown_never_green() -> None:
    patient = opened("given 28", "15", "30")
    lines = checklist(replace(found(patient), broken=(Broken("ONJ-REF-01", "KeyError"),)), patient.record())
    lights = {line.subject: (line.light, line.fault) for line in lines}
    assert lights["mouth"] == (Light.UNKNOWN, True)
    assert lights["vitamin-d"] == (Light.AMBER, False)


def test_a_visit_that_is_booked_leaves_nothing_to_judge() -> None:
    patient = booked(opened("given 28", "15", "300"), "dental_visit", ago(-10))
    (card,) = shown(patient)
    assert "Not judged here: kidney, mouth, product" in (card.detail or "")


def test_text_of_the_record_stays_text() -> None:
    patient = opened("given 28", "15", "300")
    for row in patient.resources["procedures"]:
        row["id"] = "<b>x</b>"
    assert "&lt;b&gt;x&lt;/b&gt;" in (shown(patient)[-1].detail or "")
    assert "<b>" not in (shown(patient)[-1].detail or "")


def test_the_trace_holds_the_light_of_every_subject() -> None:
    rows = (shown(opened("given 28", "15", "300"))[-1].extension or {})["io.github.osteohooks.findings"]
    lights = {line["subject"]: line["light"] for line in rows[0]["lines"]}
    assert list(lights) == list(SUBJECTS)
    assert {lights[subject] for subject in ("vitamin-d", "mouth")} == {"amber"}
    assert lights["product"] == "not-asked"


AGAIN = """
what happened since                  | said again
-------------------------------------+------------
                                     | no
creatinine_serum 90 umol/L           | no           # green now: no reason to come back
calcium_total 2.40 mmol/L            | no
vitamin_d_25oh_total 14 ng/mL        | yes          # the fact a point rests on
calcium_total 2.90 mmol/L            | yes          # a further point
"""


@pytest.mark.parametrize("row", rows(AGAIN), ids=name)
def test_once_dismissed_it_returns_when_a_point_has_changed(row: dict[str, str]) -> None:
    def finding(since: str = "") -> Finding:
        patient = opened("given 28", "15", "300").ordered("zometa", ago(60), "4 mg")
        patient.observed("body_weight", f"70 kg @ {ago(3)}")
        if since:
            what, _, value = since.partition(" ")
            patient.observed(what, f"{value} @ {ago(1)}")
        return next(f for f in found(patient).all if f.rule.id == RULE)

    then, now = fingerprint(finding()), fingerprint(finding(row["what happened since"]))
    assert nothing_new(then, now) is (row["said again"] == "no")


def test_every_rule_asked_at_once_says_it_too() -> None:
    """The command line asks everything; the summary is one finding like the others."""
    assert RULE in {rule for card in cards_of(opened("given 28", "15", "300")) for rule in rules_in(card)}
