"""What the speaker makes of the texts: every rule, case, edition and language, with the longest figures and without."""

import re
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from fhir_mappers.record.answer import ABSENT, Missing
from fhir_mappers.record.quantity import Quantity
from hooks import texts
from hooks.check import Outcome
from hooks.evaluate import Finding
from hooks.texts import SUMMARY_LIMIT, Speaker, clip, composite, load_texts
from tests.hooks.said import MISSING, every_case, longest, speaker
from tests.support.bedside import RULES, Bedside
from tests.support.renal import clearing

CASES: dict[str, dict[str, list[Speaker]]] = {}
for _rule, _case, _edition, _language in every_case():
    CASES.setdefault(_rule, {}).setdefault(_case, []).append(speaker(_language, _edition))
LABELS = ["dental examination", "panoramic X-ray", "renal function", "jaw risk treatments", "extraction wound"]
EACH_RULE = pytest.mark.parametrize("rule", CASES)


def spoken(rule: str) -> Iterator[tuple[str, Speaker]]:
    """Every case of a rule with each speaker of it."""
    return ((case, say) for case, speakers in CASES[rule].items() for say in speakers)


@EACH_RULE
def test_the_longest_summary_fits_whole_on_one_line(rule: str) -> None:
    for case, say in spoken(rule):
        summary = say.summary(longest(rule, case, say.edition.id))
        assert 0 < len(summary) <= SUMMARY_LIMIT < 140, case
        assert summary == " ".join(summary.split()), case
        assert "…" not in summary, f"{case}: it had to be cut"


@EACH_RULE
def test_everything_said_is_filled_in(rule: str) -> None:
    for case, say in spoken(rule):
        for known in (True, False):
            finding = longest(rule, case, say.edition.id, known=known)
            said = [say.summary(finding), *say.paragraphs(finding)]
            assert len(said) > 1, case
            for text in said:
                assert text.strip() == text != "", case
                assert not re.search(r"[{}]|None|Names\(|Quantity\(|Evidence\(|  ", text), text


@EACH_RULE
def test_a_sentence_without_its_figure_is_left_out(rule: str) -> None:
    own = load_texts()[0][rule]
    for case, say in spoken(rule):
        known, unknown = (say.paragraphs(longest(rule, case, say.edition.id, known=sure)) for sure in (True, False))
        figures = sum("{" in line for line in own[case][say.language]["detail"])
        assert len(known) >= len(unknown) >= len(known) - figures - len(own.get("notes", {})) - 1, case
        assert own[say.language].get("why") in (None, *unknown), case


@EACH_RULE
def test_both_languages_say_as_much(rule: str) -> None:
    for case, speakers in CASES[rule].items():
        for english, french in zip(speakers[::2], speakers[1::2], strict=True):
            finding = longest(rule, case, english.edition.id)
            told = [say.paragraphs(finding) for say in (english, french)]
            assert len(told[0]) == len(told[1]), case
            assert told[0] != told[1], case
            numbers = [sorted(re.findall(r"\d+", " ".join(lines))) for lines in told]
            assert numbers[0] == numbers[1], case


def test_a_summary_names_what_is_missing_and_the_detail_says_why() -> None:
    finding = longest("ZOL-DOSE-01", "undecided", "aura-2026")
    say = speaker("en")
    assert say.summary(finding).endswith("Missing: creatinine, weight, birth date, sex")
    assert say.missing(finding).startswith("creatinine (too old; 1234.56 µmol/L on 30 Sep 2026), weight (too old")


def test_a_summary_whose_figure_is_not_known_falls_back_on_the_title() -> None:
    finding = longest("ZOL-8MG-01", "due", "aura-2026", known=False)
    assert speaker("en").summary(finding) == "Never above 4 mg"
    assert speaker("fr").summary(finding) == "Jamais plus de 4 mg"
    silent = replace(finding, verdict=replace(finding.verdict, outcome=Outcome.SATISFIED, case="a case without words"))
    assert speaker("en").summary(silent) == "Never above 4 mg"


def test_a_summary_that_would_be_too_long_is_cut() -> None:
    finding = longest("ZOL-DOSE-01", "undecided", "aura-2026")
    gaps = tuple(Missing(f"{gap.what}_{number}", ABSENT) for number in range(5) for gap in MISSING)
    crowded = replace(finding, verdict=replace(finding.verdict, missing=gaps))
    assert speaker("en").summary(crowded).endswith("…")
    assert len(speaker("en").summary(crowded)) <= SUMMARY_LIMIT


def test_an_edition_has_its_own_sentence_and_its_own_source() -> None:
    newer, earlier = (longest("BRIDGE-01", "due", edition) for edition in ("aura-2026", "aura-earlier"))
    assert any("one or several infusions" in line for line in speaker("en", "aura-2026").paragraphs(newer))
    assert any("a single infusion" in line for line in speaker("en", "aura-earlier").paragraphs(earlier))
    short = longest("ZOL-CI-01", "due", "aura-2026")
    assert speaker("fr").source(short) == "Traitement osseux systémique, 2.4 ; Chimiothérapie 2"
    assert speaker("fr").source(replace(short, edition="aura-earlier")) == "Traitement osseux systémique, 2.4"


def test_notes_are_said() -> None:
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    noted = replace(finding, verdict=replace(finding.verdict, notes=("sex_unknown",)))
    bare = replace(finding, verdict=replace(finding.verdict, notes=()))
    extra = set(speaker("en").paragraphs(noted)) - set(speaker("en").paragraphs(bare))
    assert [line.split(":")[0] for line in extra] == ["The sex used by the formula is not recorded"]


def test_the_speaker_knows_names_and_headings() -> None:
    say = speaker("fr")
    assert say.label("AR-RENAL-01") == "fonction rénale"
    assert say.title(RULES["ZOL-8MG-01"]) == "Jamais plus de 4 mg"
    assert say.group("before-start").startswith("Avant la première dose")
    assert say.information("ZOL-BASE-01").startswith("Le tableau porte sur la clairance initiale")
    assert say.override("patient-declines") == {
        "system": "http://terminology.hl7.org/CodeSystem/non-adherence-reason-codes",
        "code": "patient-refuses",
        "display": "Refus du patient",
    }
    assert say.override("other")["code"] == "other"


def summary_of(bedside: Bedside, rule: str, language: str = "en") -> str:
    finding: Finding = bedside.asks(rule)
    return speaker(language).summary(finding)


def test_the_figures_are_those_of_the_patient() -> None:
    patient = clearing("42").drafts_order("zometa", "4.0 mg")
    assert summary_of(patient, "ZOL-DOSE-01") == (
        "Zoledronic acid 4 mg is too much for this clearance (42.0 mL/min): give 3.3 mg"
    )
    near = clearing("59.9999").drafts_order("zometa", "4 mg")
    assert "(59,9999 mL/min), donner 3,5 mg" in summary_of(near, "ZOL-DOSE-01", "fr")


def test_cut_offs_come_from_the_dose_table_of_the_edition() -> None:
    assert speaker("en").figures.quantity(Quantity.of("3.0 mg")) == "3 mg"
    without_table = Speaker("en", {}, speaker("en").edition)
    near = longest("ZOL-DOSE-01", "above_table", "aura-2026").verdict.figures["clearance"]
    assert without_table.figures.show(near) == "between 29.9 and 60.0 mL/min"
    assert speaker("en").figures.show(near) == "between 29.90 and 59.9999 mL/min"
    assert texts._cut_offs({"ZOL-DOSE-01": RULES["AR-RENAL-01"]}, "aura-2026") == ()


CLIPPED = [
    ("short", "short"),
    ("  two\n lines\tbecome  one ", "two lines become one"),
    ("x" * 139, "x" * 139),
    ("x" * 140, "x" * 138 + "…"),
    ("word " * 40, "word " * 26 + "word…"),
]


@pytest.mark.parametrize(("text", "clipped"), CLIPPED)
def test_clip(text: str, clipped: str) -> None:
    assert clip(text) == clipped
    assert len(clip(text)) <= SUMMARY_LIMIT


def test_composite_counts_what_does_not_fit() -> None:
    assert composite("Before:", ["a", "b", "a"], "and {count} more") == "Before: a, b"
    assert composite("Before:", LABELS, "and {count} more", 60) == (
        "Before: dental examination, panoramic X-ray and 3 more"
    )
    assert composite("Before:", LABELS, "and {count} more", 41) == "Before: dental examination and 4 more"
    assert composite("Before the first dose :", LABELS, "and {count} more", 25) == "Before the first dose"
    assert composite("Avant :", [], "et {count} de plus") == "Avant"
    assert len(composite("Before the first dose:", LABELS, "and {count} more")) <= SUMMARY_LIMIT
