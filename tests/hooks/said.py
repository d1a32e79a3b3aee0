"""From a patient at the bedside to what is said: speakers, cards, and a finding of every rule and case with the longest
figures it can have.
"""

import ast
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any

from fhir_mappers.orders import OrderContext
from fhir_mappers.record.answer import Evidence, Missing
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Literal, Names
from fhir_mappers.record.quantity import Quantity, Span
from hooks import checklist
from hooks.cards import show
from hooks.check import UNDECIDED_CASE, Outcome, Verdict
from hooks.evaluate import Broken, Finding
from hooks.limits import load_editions
from hooks.registry import CHECKS
from hooks.response import Card
from hooks.texts import LANGUAGES, Speaker
from tests.hooks.told_by_checks import told, told_notes
from tests.support.bedside import RULES, Bedside

DAY = date(2026, 9, 30)  # long in both languages: 30 sept. 2026
WIDEST = Span(Fraction("29.904"), Fraction("59.9999"), "mL/min")
CREATININE = Evidence("Observation/1", "creatinine_serum", None, "1234.56", "umol/L", None, of_day(DAY))
MISSING = tuple(Missing(w, "too-old", CREATININE) for w in ("creatinine_serum", "body_weight", "birth_date", "sex"))
SUBJECTS = tuple(f"subject_{subject.replace('-', '_')}" for subject in checklist.SUBJECTS)
STEPS = ("dental_examination", "dental_panoramic_xray", "vitamin_d_25oh_total", "dental_clearance_after_extraction")
# What the figures of a check may be that are no plain numbers of its table.
LONGEST: dict[str, Any] = {
    "clearance": Clearance(WIDEST),
    "first_clearance": Clearance(WIDEST),
    "steps": Names(STEPS),
    "risks": Names(("corticosteroid", "anti_angiogenic", "head_neck_radiotherapy")),
    "on": DAY,
    "event": of_day(DAY),
    "extracted": of_day(DAY),
    "last": of_day(DAY),
    "egfr": Quantity.of("29.99 mL/min/{1.73_m2}"),
    "days": Quantity.of("1825 d"),
    "interval": Quantity.of("1825 d"),
    "time": Quantity.of("12.5 min"),
    "dose": Quantity.of("100.55 mg"),
    "advised": Quantity.of("3.55 mg"),
    "highest": Quantity.of("4.05 mg"),
    "window": Quantity.of("365 d"),
    "after_last": Quantity.of("365 d"),
    **dict.fromkeys(("calcium", "corrected", "other", "ionised", "limit"), Quantity.of("3.55 mmol/L")),
    **dict.fromkeys(("lower", "critical"), Quantity.of("2.25 mmol/L")),
    **dict.fromkeys(("level", "above", "target"), Quantity.of("374.25 nmol/L")),
    **dict.fromkeys(("each", "upkeep"), Quantity.of("100000 [iU]")),
    **dict.fromkeys(("total", "diet", "supplement"), Quantity.of("2999.5 mg/d")),
    **dict.fromkeys(("label", "called"), Names(("insufficiency",))),
    **dict.fromkeys(("day", "begun"), of_day(DAY)),
    "every": Quantity.of("15 d"),
    "quarterly": Quantity.of("90 d"),
    "upkeep_every": Quantity.of("3 mo"),
    "doses": 12,
    "given": 11,
    "months": Quantity.of("124 mo"),
    "drug": Names(("protein_kinase_inhibitor_any",)),
    "benefits": Names(("new_skeletal_event", "fracture_risk_high", "ctx_rising")),
    "count": 8,
    "against": Names(("oligo_sites", "oligo_lesions", "oligo_max_size")),
    "named": Names(("oligo_metachronous",)),
    "of": 18,
    "sins": 18,
    "share": Quantity.of("99.9 %"),
    "onset": of_day(DAY),
    "grade": Names(("frankel_d1",)),
    "lives": Names(("survival_middle",)),
    "involved": Names(("vertebral_body_involved", "pedicle_involved", "transverse_or_posterior_involved")),
    "pain": Evidence("Observation/3", "pain_score", None, "10", "{score}", None, of_day(DAY)),
    "when": of_day(DAY),
    "hours": Quantity.of("5.99 h"),
    "tests": Names(("egfr_test", "alk_test")),
    "panel": Names(("antibody_psa", "antibody_er", "antibody_pr", "antibody_ck20")),
    "points": Names(SUBJECTS),
    "red": Names(SUBJECTS[:1]),
    "drugs": Names(("gemcitabine", "bevacizumab")),
    "begin": of_day(DAY),
    "failed": Names(("adjacent_vertebrae", "primary_controlled")),
    "now": Quantity.of("19.95 Gy"),
    **dict.fromkeys(("into", "fractions"), Quantity.of("10 {fraction}")),
    "score": Quantity.of("10 1"),
    **dict.fromkeys(("least", "five"), Quantity.of("70 h")),
    **dict.fromkeys(("act", "by", "free"), DAY),
    "operation": of_day(DAY),
    **dict.fromkeys(("platelets", "prothrombin", "score", "survival"), CREATININE),
    "found": Names(("asymptomatic_stable_fracture", "systemic_infection")),
    "met": Names(("opioid_intolerance", "surgery_or_reirradiation_impossible")),
    "site": Names(("site_forearm",)),
    "harms": Names(("hypocalcaemia_under_treatment", "onj_drug_induced", "smoking_current", "at_risk_drinking")),
}
LEVEL = Evidence("Observation/2", "vitamin_d_25oh_total", None, "37.45", "nmol/L", None, of_day(DAY))
LONGEST_OF_RULE: dict[tuple[str, str], Any] = {
    ("AR-RENAL-01", "last"): CREATININE,
    ("AR-DENTAL-01", "last"): CREATININE,
    ("VITD-CHECK-01", "last"): LEVEL,
    ("DUR-CTX-01", "time"): Literal("12:30"),
    ("SAFE-TODAY-01", "total"): 8,
    **dict.fromkeys(((f"FRAC-MIRELS-0{number}", "total") for number in (1, 2, 3, 4)), 12),
    **dict.fromkeys(((rule, "total") for rule in ("FRAC-SINS-01", "FRAC-SINS-02", "FRAC-TOKU-01")), 18),
    ("OLIGO-COUNT-01", "total"): 12,
    ("FRAC-VERT-01", "limit"): Quantity.of("40 %"),
    ("SPINE-MSCC-01", "steps"): Names(("whole_spine_mri_now", "neurosurgery_now", "radiotherapy_now")),
    ("SPINE-CI-01", "points"): Names(
        ("short_life", "poor_condition", "immunosuppressed", "three_segments", "disseminated")
    ),
    ("CEM-AP-02", "dose"): Quantity.of("1500 mg/d"),
    ("SURG-HEAL-01", "days"): Quantity.of("21 d"),
}


@cache
def speaker(language: str = "en", edition: str = "aura-2026") -> Speaker:
    return Speaker(language, RULES, load_editions()[edition])


def cards_of(
    bedside: Bedside, language: str = "en", edition: str = "aura-2026", broken: tuple[str, ...] = ()
) -> list[Card]:
    """The cards of every rule asked, whatever its hook; ``broken`` are rules that are said to have failed."""
    findings = replace(bedside.findings(edition), broken=tuple(Broken(rule, "KeyError") for rule in broken))
    return show(findings, context_of(bedside, language), speaker(language, edition))


def context_of(bedside: Bedside, language: str = "en") -> OrderContext:
    record = bedside.record()
    return OrderContext("p1", "Practitioner/u", None, bedside.today, language, record.drafts, record.unanswered())


def led_by(cards: list[Card], rule: str) -> Card:
    """The card whose topic is the rule."""
    return next(card for card in cards if card.source.topic.code == rule)


def rules_in(card: Card) -> list[str]:
    """The rules whose findings a card carries, in order."""
    return [row["rule"] for row in (card.extension or {})["io.github.osteohooks.findings"]]


def every_case() -> Iterator[tuple[str, str, str, str]]:
    """Rule, case, edition, language: everything that can be said."""
    for check in CHECKS:
        rule = RULES[check.id]
        for case in dict.fromkeys((*rule.severity, UNDECIDED_CASE)):
            yield from ((check.id, case, edition, lang) for edition in rule.sources for lang in LANGUAGES)


@cache
def longest(rule_id: str, case: str, edition: str, *, known: bool = True) -> Finding:
    """A finding of this case with every figure at its longest, and every note; or with no optional figure known."""
    rule, check = RULES[rule_id], next(check for check in CHECKS if check.id == rule_id)
    numbers = rule.numbers[edition]
    figures = {name: _figure(rule_id, name, value, numbers, known) for name, value in _told(rule_id, case)}
    outcome = Outcome.UNDECIDED if case == UNDECIDED_CASE else Outcome.DUE
    undecided = case in (UNDECIDED_CASE, "presumed", "never_recorded")
    verdict = Verdict(outcome, case, (CREATININE,), MISSING if undecided else (), figures, notes=_notes(rule_id))
    return Finding(rule, check, edition, verdict, rule.severity_of(case))


@cache
def _told(rule_id: str, case: str) -> tuple[tuple[str, ast.expr], ...]:
    return tuple(told(rule_id, case).items())


@cache
def _notes(rule_id: str) -> tuple[str, ...]:
    return tuple(sorted(told_notes(rule_id)))


def _figure(rule_id: str, name: str, value: ast.expr, numbers: Any, known: bool) -> Any:
    """A number of the table is what it is; the others come from the list above, or are not known."""
    if isinstance(value, ast.Attribute) and hasattr(numbers, value.attr):
        return getattr(numbers, value.attr)
    return LONGEST_OF_RULE.get((rule_id, name), LONGEST[name]) if known else None
