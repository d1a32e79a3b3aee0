"""The parts of the form pages: words, names of patients, results, what is asked for."""

import json
import re
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from cds_service.form_pages import asking, words
from cds_service.form_pages.desk import Saved
from cds_service.form_pages.install import form_of, kept_answers
from cds_service.form_pages.person import person
from cds_service.form_pages.results import results
from cds_service.form_pages.words import BadWords, form_words, other_language
from cds_service.form_pages.writing import Written
from cds_service.pipeline import Parts, build_parts
from fhir_mappers.form_answers import PROBLEMS
from fhir_mappers.forms import Form
from hooks.evaluate import Findings, Guideline, evaluate
from hooks.limits import DEFAULT_EDITION
from hooks.questionnaires import forms
from hooks.services import _ORDER
from tests.forms.filled import TODAY, record

PAGES = files("cds_service.form_pages")
LOCAL = "https://osteohooks.github.io/fhir/CodeSystem/bone"


@pytest.fixture(scope="module")
def parts() -> Parts:
    return build_parts(lambda: TODAY, DEFAULT_EDITION)


def used() -> set[str]:
    """Every word that a template or the code asks for by name."""
    found = set()
    for file in (*PAGES.joinpath("templates/forms").iterdir(), *PAGES.iterdir()):
        if file.name.endswith((".html", ".py")):
            found |= set(
                re.findall(r"""(?:\bw|words|form_words\(\w+\))\[["']([\w-]+)["']\]""", file.read_text("utf-8"))
            )
    computed = [f"problem-{why}" for why in (*PROBLEMS, "in-the-future")]
    computed += [f"kind-{kind}" for kind in _ORDER]
    computed += [f"tone-{tone}" for tone in ("critical", "warning", "info", "unknown", "ok", "quiet")]
    computed += [Saved(written, kept).word for written in Written for kept in (True, False)]
    return found | set(computed) | {"signature"}


def test_every_word_is_there_and_every_word_is_used() -> None:
    assert used() ^ set(form_words("en")) == set()
    assert set(form_words("en")) == set(form_words("fr"))
    assert (other_language("en"), other_language("fr")) == ("fr", "en")


def test_words_have_the_same_places_in_both_languages() -> None:
    for key, text in form_words("en").items():
        assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", form_words("fr")[key])), key


def test_a_word_in_one_language_only_stops_the_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    (tmp_path / "words.toml").write_text('score = { en = "Score" }', "utf-8")
    monkeypatch.setattr(words, "files", lambda package: tmp_path)
    with pytest.raises(BadWords, match="score"):
        form_words.__wrapped__("en")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (
            [{"use": "usual", "text": "Jo"}, {"use": "official", "given": ["Jeanne", "Marie"], "family": "Martin"}],
            "Jeanne Marie MARTIN",
        ),
        ([{"text": "Jo Martin"}], "Jo Martin"),
        ([{"family": "Martin"}], "MARTIN"),
        ([{"given": "Jo", "family": 7}], ""),
        ("Jo", ""),
        ([], ""),
        ([{"text": "x" * 500}], "x" * 120),
    ],
)
def test_a_patient_is_named_as_the_record_has_it(parts: Parts, name: Any, shown: str) -> None:
    figures = parts.speakers["en", DEFAULT_EDITION].figures
    sent = json.dumps({"resourceType": "Patient", "name": name}).encode()
    assert person(sent, "p1", record(), figures).name == shown
    for other in (None, b"<html>", b"[]", b'{"resourceType":"Bundle"}'):
        assert person(other, "p1", record(), figures).name == ""


def test_what_is_fetched_is_what_the_form_asks_and_its_rules_read(parts: Parts) -> None:
    asked = {form.id: asking.wanted(form, parts).prefetch for form in forms().values()}
    assert set(asked["tokuhashi"]) == {"patient", "conditions", "observations", "questionnaireResponses"}
    assert "tokuhashi-general" in asked["tokuhashi"]["observations"]
    assert {"conditions", "procedures", "medicationRequests", "questionnaireResponses"} <= set(asked["jaw"])
    assert {"conditions", "procedures", "medicationStatements", "carePlans"} <= set(asked["board"])
    assert all(len(url) < 4000 for form in asked.values() for url in form.values())


def test_rules_that_are_not_there_yet_are_not_asked(parts: Parts) -> None:
    assert "ONJ-DEF-01" in [check.id for check in asking.checks_of(forms()["jaw"], parts.rules)]
    invented = Form("f", None, {"en": "f"}, {"en": "f"}, ("NO-SUCH-01", "ZOL-DOSE-01"), ())
    assert asking.checks_of(invented, parts.rules) == ()
    assert results(asking.found(invented, record(), parts), parts.speakers["en", DEFAULT_EDITION]).asked is False


def test_a_rule_that_breaks_is_said_and_the_others_answer(parts: Parts) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("a value of a patient")

    checks = asking.checks_of(forms()["jaw"], parts.rules)
    asked = tuple(replace(check, judge=broken) if check.id == "ONJ-DEF-01" else check for check in checks)
    found = evaluate(asked, record(), Guideline(parts.rules, parts.edition), asking._report)
    shown = results(found, parts.speakers["fr", DEFAULT_EDITION])
    assert shown.fault
    assert len(shown.rows) == len(checks) - 1
    assert "a value of a patient" not in repr(shown)


def test_results_stand_gravest_first(parts: Parts) -> None:
    answers = {
        "resourceType": "Observation",
        "status": "final",
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": "2026-06-01",
    }
    exposed = {**answers, "code": {"coding": [{"system": LOCAL, "code": "exposed-jaw-bone"}]}, "valueBoolean": True}
    shown = results(asking.found(forms()["jaw"], record(exposed), parts), parts.speakers["en", DEFAULT_EDITION])
    tones = [row.tone for row in shown.rows]
    assert tones[0] == "unknown"
    assert shown.rows[0].missing
    assert [row.rule for row in shown.quiet] == [row.rule for row in shown.rows if row.tone == "quiet"]
    assert results(Findings(), parts.speakers["en", DEFAULT_EDITION]).rows == ()


def test_a_rule_leads_to_its_form() -> None:
    assert form_of("ONJ-DEF-01") == "jaw"
    assert form_of("ZOL-DOSE-01") is None
    assert kept_answers(None) is None
