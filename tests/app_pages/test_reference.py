"""The reference: every rule of every chapter, in both languages, from the tables and texts of the cards."""

import re
from dataclasses import replace
from datetime import date

import pytest

from cds_service.app_pages.reference import address_of, chapter_name, chapter_page, chapters, contents_page, sheet
from cds_service.app_pages.words import page_words
from hooks.departures import Departure, Kind
from hooks.limits import EDITIONS
from hooks.texts import LANGUAGES
from tests.app_pages.seen import NEWEST, parts, speaker
from tests.app_pages.test_page import Read

RULES = [(chapter, rule) for chapter, rules in chapters().items() for rule in rules]


def test_every_rule_stands_in_one_chapter() -> None:
    assert sorted(rule for _, rule in RULES) == sorted(parts().rules)


@pytest.mark.parametrize("chapter", chapters())
def test_a_chapter_says_every_rule_in_both_languages(chapter: str) -> None:
    for language in LANGUAGES:
        text = chapter_page(chapter, parts(), language, NEWEST)
        page = Read(text)
        headings = [str(each["id"]) for each in page.all("section")]
        assert headings == list(chapters()[chapter])
        assert "{" not in page.text
        for rule in headings:
            assert parts().rules[rule].title[language] in page.text


def test_the_list_names_every_chapter() -> None:
    page = Read(contents_page(parts(), "fr", NEWEST))
    found = [str(each["href"]) for each in page.all("a")]
    assert {f"/app/reference/{chapter}?lang=fr&edition=aura-2026" for chapter in chapters()} <= set(found)


def test_numbers_stand_by_edition_and_our_own_are_marked() -> None:
    found = sheet(parts().rules["VITD-REPL-01"], speaker(), page_words("en"))
    values = {row.address: [value for value, _ in row.values] for row in found.numbers}
    assert values["bands.1.doses"] == ["8", "8", "4"]
    assert values["bands.3.doses"] == ["–", "–", "2"]
    assert values["bands.1.dose"] == ["50,000 IU", "50,000 IU", "100,000 IU"]
    highest = next(
        row
        for row in sheet(parts().rules["ZOL-DOSE-01"], speaker(), page_words("en")).numbers
        if row.address == "highest"
    )
    assert highest.values == (("4.05 mg", True),) * 3
    assert ("yes", False) in next(row for row in found.numbers if row.address == "bands.1.deficiency").values


def test_sentences_carry_the_numbers_of_the_edition_and_leave_the_patient_open() -> None:
    for language, said in {"en": "limit 35 days", "fr": "limite 35 jours"}.items():
        found = sheet(parts().rules["DMAB-ADH-01"], speaker(language), page_words(language))
        assert any(said in case.summary and "…" in case.summary for case in found.cases), found.cases


def test_a_rule_that_an_edition_lacks_says_where_it_is() -> None:
    page = Read(chapter_page("denosumab_rhythm", parts(), "en", "aura-earlier"))
    assert "This rule is not in this edition; it is in: 12th, 2026; intermediate." in page.text


def test_a_rule_that_is_not_computed_says_why() -> None:
    found = sheet(parts().rules["DUR-CTX-02"], speaker(), page_words("en"))
    assert any("numeric cut-off" in text for text in found.paragraphs)
    assert found.cases == ()


@pytest.mark.parametrize("edition", EDITIONS)
def test_where_a_rule_stands(edition: str) -> None:
    expected = f"/app/reference/zoledronate?lang=fr&edition={edition}#ZOL-CI-01"
    assert address_of("ZOL-CI-01", "fr", edition) == expected
    assert address_of("", "fr", edition) == f"/app/reference?lang=fr&edition={edition}"
    assert address_of("NO-RULE", "fr", edition) is None


def test_a_chapter_without_words_goes_by_its_table() -> None:
    assert chapter_name("no_words_yet", page_words("en")) == "No words yet"
    assert re.fullmatch("Zoledronic acid.*", chapter_name("zoledronate", page_words("en")))


def test_what_a_site_changed_is_told() -> None:
    departure = Departure(
        Kind.SEVERITY, "ONJ-FU-01", {"en": "x", "fr": "x"}, "info", "warning", "Dr A. Example", date(2026, 1, 5), {}
    )
    found = sheet(replace(parts().rules["ONJ-FU-01"], departures=(departure,)), speaker(), page_words("en"))
    assert found.departures == (
        "Shown as a warning at this site, as information when shipped. Approved by Dr A. Example on 5 Jan 2026.",
    )
