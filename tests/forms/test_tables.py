"""The tables of the forms: what is asked can be read again, and is asked in words."""

import csv
from importlib.resources import files
from typing import Any

import pytest

from fhir_mappers import units
from fhir_mappers.form_prefill import concept_of
from fhir_mappers.forms import Question
from fhir_mappers.record import concepts_fracture as f
from hooks.limits import BadTable, load_rules
from hooks.questionnaires import form_for, forms, read_forms
from hooks.registry import CHECKS
from tests.forms.filled import EVERY

TABLE = files("fhir_mappers").joinpath("valuesets/local.csv").read_text("utf-8")
ROWS = {row["code"]: row for row in csv.DictReader(TABLE.splitlines())}
QUESTIONS = {question.link: question for form in EVERY for question in form.questions}
NAMED = {
    "mirels", "sins", "tokuhashi", "frankel", "oligometastatic", "oligometastatic-categories", "stereotactic", "cord-dose",
    "reirradiation", "fracture", "jaw", "calcium", "radiotherapy", "biopsy", "board", "disease", "spine-surgery",
    "flare", "imaging",
}  # fmt: skip
KINDS = {
    "CodeableConcept": "choice",
    "boolean": "boolean",
    "integer": "integer",
    "dateTime": "dateTime",
    "string": "text",
    "code": "boolean",
}


def test_there_is_a_form_for_everything_that_needs_a_human_answer() -> None:
    assert set(forms()) == NAMED


def test_what_speaks_against_surgery_of_the_spine_can_be_told_in_a_form() -> None:
    for rule in ("SPINE-CI-01", "SPINE-DEC-01"):
        form = form_for(rule)
        assert form is not None
        assert form.id == "spine-surgery"
        asked = {question.link.replace("-", "_") for question in form.questions}
        assert {*f.CANDIDATE, f.MUTATION, f.FRANKEL, "survival_estimate", "karnofsky_performance"} <= asked
    examined = {question.link.replace("-", "_") for question in forms()["frankel"].questions}
    assert set(f.NEUROLOGY) <= examined


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS)
def test_a_question_asks_what_its_code_holds(question: Question) -> None:
    row = ROWS[question.link]
    expected, _, unit = row["value_type"].partition(" ")
    if question.link == "karnofsky-performance":  # in tens, without a unit
        expected, unit = "integer", ""
    assert question.kind == ("quantity" if expected == "Quantity" else KINDS[expected])
    assert (question.unit or "") == unit
    if row["value_type"] == "code":
        assert "Observation boolean" in row["carrier"]
    allowed = [code.strip() for code in row["allowed"].split("|") if code.strip()]
    assert [option.code for option in question.options if option.code not in allowed] == []
    assert len(question.options) == len(allowed)


@pytest.mark.parametrize(
    "question", [q for q in QUESTIONS.values() if q.kind in ("quantity", "integer")], ids=lambda q: q.link
)
def test_a_number_has_limits_within_what_the_record_believes(question: Question) -> None:
    assert question.low is not None
    assert question.high is not None
    assert 0 <= question.low < question.high
    for value in (question.low, question.high):
        read = units.convert(concept_of(question), value, question.unit, question.unit)
        assert isinstance(read, units.Converted), (question.link, read)
        assert question.unit in (None, read.unit)


def test_every_form_and_question_has_words_of_its_own_in_both_languages() -> None:
    for form in EVERY:
        assert form.title["en"] != form.title["fr"]
        assert form.purpose["en"] != form.purpose["fr"]
        for question in form.questions:
            texts = [question.text, *([question.help] if question.help else [])]
            assert all(text["en"].strip() and text["fr"].strip() for text in texts)
    # a straight apostrophe everywhere: a search must find a word however it was typed
    assert not any(
        "’" in word for form in EVERY for q in form.questions for word in (*q.text.values(), *form.title.values())
    )


def test_a_form_is_found_by_the_rule_that_waits_for_it() -> None:
    found = {
        rule: form_for(rule) for rule in ("FRAC-MIRELS-03", "ONJ-DEF-01", "CA-INTAKE-01", "MDT-OOS-02", "SBRT-CORD-01")
    }
    assert {rule: form.id for rule, form in found.items() if form} == {
        "FRAC-MIRELS-03": "mirels",
        "ONJ-DEF-01": "jaw",
        "CA-INTAKE-01": "calcium",
        "MDT-OOS-02": "board",
        "SBRT-CORD-01": "cord-dose",
    }
    assert form_for("ZOL-DOSE-01") is None


def test_tokuhashi_says_that_it_is_obsolete() -> None:
    note = forms()["tokuhashi"].note
    assert note is not None
    assert "bsolete" in note["en"]
    assert "bsolète" in note["fr"]


def test_the_board_is_asked_with_eight_items() -> None:
    assert len(forms()["board"].questions) == 8


def test_what_the_rules_of_the_app_read_of_a_person_is_asked_somewhere() -> None:
    """A rule that the app asks and whose form exists reads at least one of the form's questions."""
    rules = load_rules(CHECKS)
    for check in CHECKS:
        form = form_for(check.id)
        if form is not None and "app" in rules[check.id].hooks:
            asked = {f"observations:{concept_of(question)}" for question in form.questions}
            assert asked & set(check.reads), (check.id, form.id)


GOOD: dict[str, Any] = {
    "form": {
        "f": {
            "title": {"en": "a", "fr": "b"},
            "purpose": {"en": "a", "fr": "b"},
            "rules": [],
            "questions": ["mirels-pain"],
        }
    },
    "question": {
        "mirels-pain": {
            "text": {"en": "a", "fr": "b"},
            "kind": "choice",
            "options": [{"code": "mirels-pain-mild", "label": "x"}],
        }
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """GOOD with one thing different; None takes it away."""
    import copy

    whole = copy.deepcopy(GOOD)
    *steps, last = path.split("/")
    place = whole
    for step in steps:
        place = place[step]
    if value is None:
        del place[last]
    else:
        place[last] = value
    return whole


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("forms", {}),
        ("form/f/colour", "red"),
        ("form/f/title", None),
        ("form/f/title", {"en": "a"}),
        ("form/f/title", {"en": "a", "fr": ""}),
        ("form/f/code", "form-nothing"),
        ("form/f/questions", ["mirels-pain", "mirels-pain"]),
        ("form/f/questions", ["mirels-pain", "mirels-site"]),
        ("form/f/questions", []),
        ("question/mirels-pain/kind", "decimal"),
        ("question/mirels-pain/kind", "boolean"),
        ("question/mirels-pain/options", None),
        ("question/mirels-pain/options", "pains"),
        ("question/mirels-pain/options", [{"code": "mirels-pain-awful", "label": "x"}]),
        ("question/mirels-pain/unit", "1"),
        ("question/mirels-pain/text", "a"),
        ("question/no-such-code", {"text": {"en": "a", "fr": "b"}, "kind": "boolean"}),
        ("question/form-opened", {"text": {"en": "a", "fr": "b"}, "kind": "boolean"}),
    ],
)
def test_a_table_that_does_not_fit_is_refused(path: str, value: Any) -> None:
    assert set(read_forms([GOOD])) == {"f"}
    with pytest.raises(BadTable):
        read_forms([changed(path, value)])


def test_nothing_is_described_twice() -> None:
    with pytest.raises(BadTable, match="twice"):
        read_forms([GOOD, {"question": GOOD["question"]}])
