"""Cards: one per topic, gravest first, nothing said twice, nothing that was not checked passed over in silence."""

import json
import re

import pytest
from msgspec.structs import replace

from fhir_mappers.record.answer import ABSENT, NOT_FETCHED, UNREADABLE, Missing
from hooks.cards import RECOMMENDATION_SYSTEM, show
from hooks.check import Outcome, Severity, Verdict
from hooks.evaluate import Finding, Findings
from hooks.limits import EDITIONS, load_editions
from hooks.registry import CHECKS
from hooks.response import Card, Indicator, SelectionBehavior, to_wire
from hooks.texts import LANGUAGES
from tests.hooks.said import cards_of, context_of, led_by, longest, rules_in, speaker
from tests.support.bedside import RULES, Bedside
from tests.support.renal import clearing


def lung(patient: Bedside) -> Bedside:
    return patient.ill("lung_cancer", "2025-01-10").ill("bone_metastasis", "2025-01-10")


def carded(*findings: Finding, language: str = "en") -> list[Card]:
    return show(Findings(findings), context_of(Bedside(), language), speaker(language))


def found(rule: str, case: str = "due", **verdict: object) -> Finding:
    finding = longest(rule, case, "aura-2026")
    return replace(finding, verdict=replace(finding.verdict, proposals=(), **verdict))


def test_nothing_to_say_is_no_card() -> None:
    assert carded() == []
    satisfied = found("ZOL-DOSE-01", "above_table", outcome=Outcome.SATISFIED)
    assert carded(satisfied, replace(satisfied, verdict=Verdict(Outcome.NOT_APPLICABLE))) == []
    assert to_wire(carded()) == b'{"cards":[]}'
    assert cards_of(Bedside().drafts_order("aclasta", "5 mg", every="365 d")) == []


def test_one_card_for_each_topic_gravest_first() -> None:
    cards = carded(
        found("AR-CONC-01"),
        found("AR-DENTAL-01"),
        found("ZOL-CI-01"),
        found("ZOL-INFUS-01", "short"),
        found("AR-DUP-01"),
    )
    assert [card.indicator for card in cards] == [Indicator.CRITICAL, Indicator.WARNING, Indicator.WARNING]
    assert [rules_in(card) for card in cards] == [
        ["ZOL-CI-01", "ZOL-INFUS-01"],
        ["AR-DENTAL-01", "AR-CONC-01"],
        ["AR-DUP-01"],
    ]
    assert [card.source.topic.code for card in cards] == ["ZOL-CI-01", "AR-DENTAL-01", "AR-DUP-01"]


def test_a_card_is_as_grave_as_its_gravest_finding_and_led_by_it() -> None:
    (card,) = carded(found("DMAB-DOSE-01"), replace(found("DMAB-ADYN-01"), severity=Severity.CRITICAL))
    assert card.indicator is Indicator.CRITICAL
    assert card.source.topic.code == "DMAB-ADYN-01"
    assert card.summary.startswith("Think of adynamic bone")


def test_what_is_wrong_leads_before_what_is_not_known() -> None:
    """A drug that must stop is not hidden behind a question, of the same severity, that nobody answered."""
    gap = (Missing("cement_allergy", ABSENT),)
    unanswered = found("CEM-CI-01", "undecided", outcome=Outcome.UNDECIDED, missing=gap)
    unanswered = replace(unanswered, severity=Severity.WARNING)
    (card,) = carded(unanswered, found("CEM-AP-01", "running"))
    assert rules_in(card) == ["CEM-AP-01", "CEM-CI-01"]
    assert card.summary.startswith("Clopidogrel not stopped")


SAID_BY = [
    ("ZOL-8MG-01", "ZOL-DOSE-01", clearing("42").drafts_order("zometa", "8 mg")),
    ("DMAB-RENAL-01", "DMAB-DOSE-01", clearing("25").drafts_order("xgeva", "60 mg")),
    (
        "BRIDGE-03",
        "BRIDGE-01",
        clearing("25").given("xgeva", "2026-05-01", "120 mg").drafts_order("xgeva", "120 mg", status="stopped"),
    ),
    (
        "AR-DENTCARE-01",
        "AR-DENTAL-01",
        clearing("80")
        .done("dental_examination", "2026-05-01")
        .observed("dental_examination_outcome", "dental-treatment-needed @ 2026-05-01")
        .drafts_order("zometa", "4 mg"),
    ),
    (
        "ZOL-DOSE-01",
        "AR-RENAL-01",
        clearing("").observed("body_weight", "60 kg @ 2026-06-01").drafts_order("zometa", "4 mg"),
    ),
]


@pytest.mark.parametrize(("rule", "voice", "patient"), SAID_BY, ids=[row[0] for row in SAID_BY])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_another_rule_says_joins_its_paragraph(rule: str, voice: str, patient: Bedside, language: str) -> None:
    cards = cards_of(patient, language)
    carrying = [card for card in cards if rule in rules_in(card)]
    assert [card for card in cards if voice in rules_in(card)] == carrying
    assert len(carrying) == 1
    carried = rules_in(carrying[0])
    assert carried.index(voice) < carried.index(rule)
    assert carried.count(rule) == 1
    assert carrying[0].summary.count(speaker(language).label(voice)) <= 1


def test_a_missing_weight_is_said_by_the_dose_not_by_the_creatinine() -> None:
    cards = cards_of(
        clearing("").observed("creatinine_serum", "88.4 umol/L @ 2026-06-01").drafts_order("zometa", "4 mg")
    )
    card = led_by(cards, "ZOL-DOSE-01")
    assert card.summary == "Zoledronic acid dose cannot be verified, no dose advised. Missing: weight"
    assert rules_in(card) == ["ZOL-DOSE-01", "ZOL-CI-01"]
    assert "Missing: weight (none found)." in (card.detail or "")


def test_what_is_said_by_a_silent_rule_speaks_for_itself() -> None:
    """Below 30 mL/min the dose rule is silent: the ban on 8 mg then has its own paragraph."""
    card = led_by(cards_of(clearing("25").drafts_order("zometa", "8 mg")), "ZOL-CI-01")
    assert rules_in(card) == ["ZOL-CI-01", "ZOL-8MG-01"]


def test_of_two_orders_each_carries_what_concerns_it_once() -> None:
    cards = cards_of(clearing("42").drafts_order("zometa", "8 mg").drafts_order("zometa", "9 mg"))
    card = led_by(cards, "ZOL-DOSE-01")
    rows = (card.extension or {})["io.github.osteohooks.findings"]
    assert [(row["rule"], row["draft"]) for row in rows] == [
        (rule, draft)
        for draft in ("MedicationRequest/d3", "MedicationRequest/d4")
        for rule in ("ZOL-DOSE-01", "ZOL-8MG-01")
    ]


def test_what_is_said_about_another_order_is_not_lost() -> None:
    drafts = Bedside().drafts_order("zometa", "8 mg").drafts_order("zometa", "9 mg").record().drafts
    voice = replace(found("ZOL-DOSE-01", "above_limit"), draft=drafts[0])
    (card,) = carded(voice, replace(found("ZOL-8MG-01", said_by="ZOL-DOSE-01"), draft=drafts[1]))
    assert rules_in(card) == ["ZOL-DOSE-01", "ZOL-8MG-01"]


@pytest.mark.parametrize("kinds", [("observations",), ("observations", "procedures", "conditions")])
def test_data_that_were_not_sent_are_one_card_that_does_not_reassure(kinds: tuple[str, ...]) -> None:
    cards = cards_of(Bedside().without(*kinds).drafts_order("zometa", "4 mg"))
    (card,) = [card for card in cards if card.summary.startswith("Not checked, data not available:")]
    assert "zoledronic acid dose" in card.summary
    assert re.search(r"and \d+ more$", card.summary)
    assert (card.detail or "").startswith("These points could not be verified. That is no reassurance")
    assert "creatinine (not provided by the record system)" in (card.detail or "")
    assert card.indicator is Indicator.WARNING
    assert card.suggestions is None
    assert {row["status"] for row in (card.extension or {})["io.github.osteohooks.findings"]} == {"needs-data"}


def test_data_that_are_absent_are_not_data_that_were_not_sent() -> None:
    for card in cards_of(clearing("").drafts_order("zometa", "4 mg")):
        assert not card.summary.startswith("Not checked")


def test_a_finding_that_lacks_more_than_what_was_not_sent_keeps_its_card() -> None:
    gaps = (Missing("creatinine_serum", NOT_FETCHED), Missing("body_weight", UNREADABLE))
    unsent = found("ZOL-DOSE-01", "undecided", outcome=Outcome.UNDECIDED, missing=gaps)
    assert carded(unsent)[0].summary == "Not checked, data not available: zoledronic acid dose"
    absent = replace(unsent, verdict=replace(unsent.verdict, missing=(*gaps, Missing("sex", ABSENT))))
    assert carded(absent)[0].summary == speaker("en").summary(absent)


def test_several_steps_before_the_start_are_listed_in_one_summary() -> None:
    patient = Bedside().drafts_order("zometa", "4 mg")
    for language, colon in (("en", ":"), ("fr", " :")):
        say = speaker(language)
        steps = ", ".join(say.label(rule) for rule in ("AR-RENAL-01", "VITD-CHECK-01", "AR-DENTAL-01", "ZOL-PARA-01"))
        summary = led_by(cards_of(patient, language), "AR-RENAL-01").summary
        assert summary == f"{say.group('before-start')}{colon} {steps}"
    known = clearing("80").observed("vitamin_d_25oh_total", "35 ng/mL @ 2026-05-20")
    one = led_by(cards_of(known.drafts_order("xgeva", "120 mg")), "AR-DENTAL-01")
    assert one.summary.startswith("Have the mouth examined before the first dose")


def test_a_treatment_presumed_begun_asks_its_dates_in_one_line() -> None:
    patient = lung(clearing("80")).ordered("xgeva", "2025-12-01", "120 mg").drafts_order("xgeva", "120 mg")
    card = led_by(cards_of(patient), "AR-DENTAL-01")
    assert card.summary == "Treatment seems already started elsewhere: ask the dates of first and last dose"
    assert card.indicator is Indicator.INFO
    assert card.suggestions is None
    both = carded(found("AR-DENTAL-01", "presumed"), found("AR-RENAL-01"))
    assert [card.summary for card in both] == [speaker("en").summary(found("AR-RENAL-01"))]


def test_a_detail_tells_what_why_on_what_and_from_where() -> None:
    (card,) = [c for c in cards_of(clearing("42").drafts_order("zometa", "4.0 mg")) if "ZOL-DOSE-01" in rules_in(c)]
    blocks = (card.detail or "").split("\n\n")
    assert blocks[0].startswith("Ordered: 4 mg; dose of the table: 3.3 mg. Current clearance: 42.0 mL/min (Cockcroft-")
    assert blocks[1] == (
        "Rests on: order in preparation 4 mg (MedicationRequest/d3); creatinine 88.4 µmol/L on 1 Jun 2026 "
        "(Observation/r1); weight 42 kg on 1 Jun 2026 (Observation/r2); birth date 1958-01-01 (Patient/p1)."
    )
    assert blocks[2] == "Source: Systemic bone treatment, 2.4, Table 2; must be adapted (rule ZOL-DOSE-01)."
    assert blocks[-1].strip("*") == load_editions()["aura-2026"].label["en"]
    assert "**" not in (card.detail or ""), "one finding needs no heading"


def test_french_typography() -> None:
    (card,) = [c for c in cards_of(clearing("42").drafts_order("zometa", "4 mg"), "fr") if "ZOL-DOSE-01" in rules_in(c)]
    assert f"Repose sur : {speaker('fr').figures.name('draft_order')} 4 mg" in (card.detail or "")
    assert "Source : Traitement osseux systémique, 2.4, tableau 2 ; doit être adapté" in (card.detail or "")
    assert not re.search(r"[^ ][;:](\s|$)", card.detail or "")


def test_two_findings_have_headings_and_no_sentence_twice() -> None:
    both = [replace(found("ZOL-8MG-01"), severity=Severity.WARNING), found("ZOL-8MG-01")]
    (card,) = carded(*both)
    assert (card.detail or "").count("**Do not sign") == 2
    assert (card.detail or "").count("In the trial that tested it") == 1


def test_a_long_series_is_told_by_its_latest() -> None:
    patient = clearing("80").drafts_order("xgeva", "120 mg", status="stopped")
    for month in range(1, 7):
        patient.given("xgeva", f"2026-0{month}-01", "120 mg")
    card = led_by(cards_of(patient), "BRIDGE-01")
    given = re.findall(r"antiresorptive doses given done on ([^;.]*)", card.detail or "")
    assert [when.split(" (")[0] for when in given] == ["1 Jun 2026", "1 May 2026", "1 Apr 2026"]
    assert "1 Apr 2026 (MedicationAdministration/r7) and 3 more; " in (card.detail or "")
    rows = (card.extension or {})["io.github.osteohooks.findings"][0]["evidence"]
    assert sum(row["what"] == "antiresorptive_doses" for row in rows) == 6


def test_a_finding_without_facts_does_not_pretend_to_rest_on_any() -> None:
    (card,) = carded(found("AR-DUP-01", evidence=()))
    assert "Rests on" not in (card.detail or "")


INFORMATION = [
    ("ZOL-BASE-01", found("ZOL-DOSE-01", "above_table"), True),
    ("ZOL-BASE-01", found("ZOL-DOSE-01", "undecided", outcome=Outcome.UNDECIDED), False),
    ("ZOL-BASE-01", found("ZOL-INFUS-01", "short"), False),
]


@pytest.mark.parametrize(("told", "finding", "expected"), INFORMATION)
def test_informational_lines_stand_beside_the_rule_they_belong_to(told: str, finding: Finding, expected: bool) -> None:
    (card,) = carded(finding)
    assert (speaker("en").information(told) in (card.detail or "")) is expected


@pytest.mark.parametrize("edition", EDITIONS)
@pytest.mark.parametrize("rule", sorted(rule.id for rule in RULES.values() if rule.kind == "I"))
def test_informational_lines_only_in_editions_that_have_them(rule: str, edition: str) -> None:
    places = set(RULES[rule].said_in)
    for check in CHECKS:
        if {check.id, check.card} & places and edition in RULES[check.id].sources:
            case = next(iter(RULES[check.id].severity))
            findings = Findings((longest(check.id, case, edition),))
            (card,) = show(findings, context_of(Bedside()), speaker("en", edition))
            said = speaker("en", edition).information(rule) in (card.detail or "")
            assert said is (edition in RULES[rule].sources)


def test_the_source_is_the_guideline_of_the_edition() -> None:
    card = cards_of(clearing("42").drafts_order("zometa", "4 mg"), "fr", "aura-earlier")[0]
    assert card.source.label == load_editions()["aura-earlier"].label["fr"]
    assert card.source.url == load_editions()["aura-earlier"].url
    topic = card.source.topic
    assert (topic.system, topic.code, topic.display) == (
        RECOMMENDATION_SYSTEM,
        "ZOL-DOSE-01",
        RULES["ZOL-DOSE-01"].title["fr"],
    )


def test_override_reasons_are_unique_few_and_end_with_free_text() -> None:
    for topic in {check.card for check in CHECKS}:
        rules = [check.id for check in CHECKS if check.card == topic]
        for card in carded(*(found(rule, next(iter(RULES[rule].severity))) for rule in rules)):
            reasons = card.override_reasons or ()
            assert 0 < len(reasons) <= 8
            assert len({(reason.system, reason.code) for reason in reasons}) == len(reasons)
            assert reasons[-1].code == "other"
            assert all(reason.display for reason in reasons)
    assert carded(found("AR-EMERG-01"))[0].override_reasons is None, "it is only dismissed"


def test_a_broken_check_is_one_info_card_after_the_others() -> None:
    patient = clearing("42").drafts_order("zometa", "4 mg")
    cards = cards_of(patient, broken=("AR-OPG-01", "AR-OPG-01", "BRIDGE-02"))
    assert len(cards) == len(cards_of(patient)) + 1
    assert cards[-1].indicator is Indicator.INFO
    assert cards[-1].summary == "Part of the bone-treatment check could not be completed"
    assert (cards[-1].detail or "").endswith(" AR-OPG-01, BRIDGE-02")
    assert "KeyError" not in to_wire(cards).decode()
    assert cards_of(Bedside(), "fr", broken=("AR-OPG-01",))[0].summary.startswith("Une partie de la vérification")


def test_selection_follows_what_is_suggested() -> None:
    cards = cards_of(clearing("42").drafts_order("zometa", "4 mg"))
    assert led_by(cards, "ZOL-DOSE-01").selection_behavior is SelectionBehavior.AT_MOST_ONE
    assert led_by(cards, "VITD-CHECK-01").selection_behavior is SelectionBehavior.ANY
    assert carded(found("AR-DUP-01"))[0].selection_behavior is None


def test_text_of_the_record_stays_text() -> None:
    patient = clearing("42").drafts_order("zometa", "4 mg")
    patient.resources["observations"][0]["id"] = "<b>x</b>](http://evil.example)"
    detail = cards_of(patient)[0].detail or ""
    assert r"&lt;b&gt;x&lt;/b&gt;\]\(http\://evil.example\)" in detail


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_case_of_every_rule_makes_a_valid_card(language: str) -> None:
    for check in CHECKS:
        for case in (*RULES[check.id].severity, "undecided"):
            for card in carded(found(check.id, case), language=language):
                assert json.loads(to_wire([card]))["cards"][0]["uuid"]
                assert len(card.summary) < 140
