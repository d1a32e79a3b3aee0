"""The words of every rule: complete, nothing surplus, the same figures in both languages, short enough for a card.

Which figures, cases and notes a check can pass is read from its source by ``told_by_checks``.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import Any

import pytest

from hooks.check import UNDECIDED_CASE
from hooks.limits import is_asked, table_names
from tests.hooks.told_by_checks import JUDGES, calls, constant_case, may_be_none, told, told_notes

ABOUT_RULE = {"en", "fr", "notes", "editions"}
NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
ENGLISH = re.compile(r"\b(the|of|and|with|is|for|renal|missing)\b")
PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
SHORT_FORMS = {"clearance", "first_clearance", "missing"}
# The longest realistic value of each kind of figure; the others are numbers with a unit, such as "183 jours".
LONGEST = {
    "missing": 45,
    "steps": 82,
    "risks": 78,
    "clearance": 26,
    "first_clearance": 26,
    "last": 13,
    "on": 13,
    "event": 13,
    "extracted": 13,
    "drug": 20,
    "points": 73,
    "count": 1,
    "when": 13,
    "begun": 13,
    "panel": 78,
    "tests": 21,
    "hours": 6,
    "pain": 22,
    **dict.fromkeys(("act", "by", "free"), 13),
    **{"found": 50, "met": 60, "score": 13},
}
LONGEST_NUMBER = 11
# "rule case figure": may be None elsewhere, yet safe in this summary, because the case was found from the figure.
CERTAIN = {
    *("AR-RENAL-01 last_below clearance", "ZOL-DOSE-01 first_clearance_only first_clearance"),
    *("ZOL-CI-01 due clearance", "ZOL-CI-01 provisional clearance", "DMAB-ADYN-01 due clearance"),
    *("NEPH-CUM-01 reduced clearance", "NEPH-CHEMO-01 due clearance", "NEPH-TKI-01 due clearance"),
    *("VITD-REPL-01 hypercalcaemia calcium", "VITD-SAFE-01 due calcium"),
    *("DUR-CTX-01 due time", "DUR-CTX-01 both time"),
    *("IMG-SCINT-01 due when", "IMG-FLARE-01 due begun", "IMG-SCINT-03 due begun", "IMG-TKI-01 due begun"),
    *("MDT-QUAL-04 due pain", "MDT-QUAL-04 both pain"),
    *("NEPH-STOP-01 due clearance", "NEPH-STOP-01 old_value clearance", "DMAB-DOSE-01 too_soon days"),
}


def load(folder: str, stem: str) -> dict[str, Any]:
    return tomllib.loads(files("hooks").joinpath(folder, f"{stem}.toml").read_text("utf-8"))


STEMS = [name.removesuffix(".toml") for name in table_names()]
TABLES = {rule: table for stem in STEMS for rule, table in load("guidelines", stem).items()}
TEXTS = {rule: text for stem in STEMS for rule, text in load("texts", stem).items()}
SPOKEN = [rule for rule, table in TABLES.items() if is_asked(table)]
TOLD = [rule for rule, table in TABLES.items() if not is_asked(table)]
# The rules on which the editions differ.
BY_EDITION = ["AR-EXTRACT-01", "AR-START-01", "BRIDGE-01", "BRIDGE-02", "ZOL-INFUS-01", "ZOL-PARA-01", "ZOL-SPACE-01"]
BY_EDITION += ["VITD-REPL-01", "VITD-MAINT-01"]
BY_EDITION += ["IMM-SEQ-01"]
BY_EDITION += ["DUR-24M-01", "CA-TIMING-01"]


def cases(rule: str) -> set[str]:
    return set(TABLES[rule]["severity"]) | {UNDECIDED_CASE}


def pairs(node: Mapping[str, Any], where: str) -> Iterator[tuple[str, str, str]]:
    """Every sentence with its twin: where it stands, English, French."""
    if {"en", "fr"} & node.keys():
        assert {"en", "fr"} <= node.keys(), where
        yield from twins(node["en"], node["fr"], where)
    for key, below in node.items():
        if key not in ("en", "fr"):
            yield from pairs(below, f"{where}.{key}")


def twins(english: Any, french: Any, where: str) -> Iterator[tuple[str, str, str]]:
    if isinstance(english, str):
        yield where, english, french
        return
    one, other = (dict(enumerate(side)) if isinstance(side, list) else side for side in (english, french))
    assert one.keys() == other.keys(), f"{where}: something stands in one language only"
    for key in one:
        yield from twins(one[key], other[key], f"{where}.{key}")


ALL_PAIRS = {rule: list(pairs(text, rule)) for rule, text in TEXTS.items()}


@pytest.mark.parametrize("stem", STEMS)
def test_texts_stand_under_the_stem_of_their_table(stem: str) -> None:
    assert list(load("texts", stem).keys() ^ load("guidelines", stem).keys()) == []


@pytest.mark.parametrize("rule", SPOKEN)
def test_every_case_has_its_words_and_no_other(rule: str) -> None:
    assert set(TEXTS[rule]) - ABOUT_RULE == cases(rule)
    for language in ("en", "fr"):
        own = {"label", "text"} if TABLES[rule]["class"] == "I" else {"label", "why", "change"}
        assert set(TEXTS[rule][language]) == own
        for case in cases(rule):
            assert set(TEXTS[rule][case][language]) == {"summary", "detail"}, case


@pytest.mark.parametrize("rule", SPOKEN)
def test_the_cases_a_check_names_are_in_its_table(rule: str) -> None:
    named = {constant_case(call) for call in calls(rule)} - {None}
    assert named <= cases(rule)


@pytest.mark.parametrize("rule", TOLD)
def test_an_informational_rule_is_one_sentence(rule: str) -> None:
    assert set(TEXTS[rule]) == {"en", "fr"}
    for language in ("en", "fr"):
        assert set(TEXTS[rule][language]) == {"label", "text"}
        assert not PLACEHOLDER.search(TEXTS[rule][language]["text"])


@pytest.mark.parametrize("rule", SPOKEN)
def test_every_note_has_its_words_and_no_other(rule: str) -> None:
    assert set(TEXTS[rule].get("notes", {})) == told_notes(rule)


@pytest.mark.parametrize("rule", TEXTS)
def test_editions_are_those_of_the_table(rule: str) -> None:
    said = TEXTS[rule].get("editions", {})
    assert bool(said) == (rule in BY_EDITION)
    assert not said or set(said) == {row["id"] for row in TABLES[rule]["edition"]}


@pytest.mark.parametrize("rule", BY_EDITION)
def test_an_edition_sentence_is_plain_and_types_only_numbers_of_its_row(rule: str) -> None:
    for row in TABLES[rule]["edition"]:
        sentence = TEXTS[rule]["editions"][row["id"]]["en"]
        numbers = {number for value in row.values() if isinstance(value, str) for number in NUMBER.findall(value)}
        assert "{" not in sentence
        assert set(NUMBER.findall(sentence)) <= numbers


@pytest.mark.parametrize("rule", TEXTS)
def test_both_languages_say_the_same(rule: str) -> None:
    for where, english, french in ALL_PAIRS[rule]:
        assert sorted(PLACEHOLDER.findall(english)) == sorted(PLACEHOLDER.findall(french)), where
        assert sorted(NUMBER.findall(english)) == sorted(n.replace(",", ".") for n in NUMBER.findall(french)), where
        assert english.strip(), where
        assert english != french or where.endswith(".label"), where
        assert not ENGLISH.search(PLACEHOLDER.sub("", french).lower()), where


@pytest.mark.parametrize("rule", TEXTS)
def test_typography_of_each_language(rule: str) -> None:
    for where, english, french in ALL_PAIRS[rule]:
        bare = PLACEHOLDER.sub("x", french)
        assert not re.search(r"[^ ][:;?!%»](?:\s|$)", bare), f"{where}: French puts a space before double signs"
        assert not re.search(r"\s[:;?!%](?:\s|$)", PLACEHOLDER.sub("x", english)), where
        assert not re.search(r"\d\.\d", bare), where
        for text in (english, french):
            assert text == " ".join(text.split()), where
            assert text.endswith(".") != where.endswith((".label", ".summary")), f"{where}: sentences end, headings not"


@pytest.mark.parametrize("rule", TEXTS)
def test_only_figures_the_check_passes(rule: str) -> None:
    for where, english, french in ALL_PAIRS[rule]:
        case = where.removeprefix(f"{rule}.").split(".")[0]
        used = {name for name, _ in PLACEHOLDER.findall(english)}
        known = set(told(rule, case if case in cases(rule) else None)) if rule in JUDGES else set()
        assert used <= known | ({"missing"} if case == UNDECIDED_CASE else set()), where
        assert {form for _, form in PLACEHOLDER.findall(english + french)} <= {"", "short"}, where
        assert {name for name, form in PLACEHOLDER.findall(english) if form} <= SHORT_FORMS, where


@pytest.mark.parametrize("rule", SPOKEN)
def test_no_number_is_typed_that_exists_as_a_figure(rule: str) -> None:
    own = {value.attr for value in told(rule).values() if isinstance(value, ast.Attribute)}
    rows = [row[name] for row in TABLES[rule]["edition"] for name in own & row.keys()]
    forbidden = {number for value in rows for number in NUMBER.findall(value)}
    for where, english, _ in pairs({key: text for key, text in TEXTS[rule].items() if key != "editions"}, rule):
        assert not forbidden & set(NUMBER.findall(english)), where


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("rule", SPOKEN)
def test_a_summary_fits_and_rests_on_certain_figures(rule: str, language: str) -> None:
    for case in sorted(cases(rule)):
        summary = TEXTS[rule].get(case, {}).get(language, {}).get("summary", "")
        longest = PLACEHOLDER.sub(lambda m: "x" * LONGEST.get(m[1], LONGEST_NUMBER), summary)
        assert 0 < len(longest) < 140, case
        passed = told(rule, case)
        for name, form in PLACEHOLDER.findall(summary):
            assert (name in SHORT_FORMS) == (form == "short"), f"{case}: the long form is for the detail"
            assert not may_be_none(passed.get(name)) or f"{rule} {case} {name}" in CERTAIN, case


@pytest.mark.parametrize("rule", TEXTS)
def test_a_label_is_a_short_lower_case_name(rule: str) -> None:
    for language in ("en", "fr"):
        label = TEXTS[rule][language]["label"]
        assert len(label) <= 30
        assert label[0].islower()


def test_denosumab_in_renal_failure_is_a_caution_and_a_bridge_the_kidney_forbids_has_no_dose() -> None:
    caution = " ".join(text for _, *both in pairs(TEXTS["DMAB-ADYN-01"], "") for text in both).lower()
    assert not re.search(r"contraindi|contre-indi", caution)
    silent = [TEXTS[rule][case] for rule in ("BRIDGE-01", "BRIDGE-02") for case in ("impossible", "kidney_unknown")]
    for block in [*silent, TEXTS["BRIDGE-03"]["due"], TEXTS["ZOL-DOSE-01"]["undecided"]]:
        assert not any("{advised}" in text for _, *both in pairs(block, "") for text in both)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_too_much_zoledronic_acid_is_answered_with_a_dose_and_the_clearance(language: str) -> None:
    summary = TEXTS["ZOL-DOSE-01"]["above_table"][language]["summary"]
    assert {"{dose}", "{advised}", "{clearance:short}"} <= set(re.findall(r"\{[^}]+\}", summary))
