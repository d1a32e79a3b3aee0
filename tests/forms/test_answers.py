"""Answers from outside: typed, or named as what is wrong with them; nothing hostile gets through."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_mappers import form_answers as a
from fhir_mappers.form_answers import LONGEST_TEXT, read_submission
from fhir_mappers.forms import Form, Question
from hooks.questionnaires import forms
from tests.forms.filled import EVERY, every_answer

CASES = """
    form         | question              | sent                  | answer or problem
    -------------+-----------------------+-----------------------+------------------
    mirels       | mirels-site           | mirels-upper-limb     | mirels-upper-limb
    mirels       | mirels-site           | lesion-lytic          | not-an-option
    mirels       | mirels-site           | <script>              | not-an-option
    mirels       | mirels-size-fraction  | 0                     | 0
    mirels       | mirels-size-fraction  | 0,34                  | 0.34
    mirels       | mirels-size-fraction  | 1                     | 1
    mirels       | mirels-size-fraction  | 1.0001                | out-of-range
    mirels       | mirels-size-fraction  | -0.1                  | out-of-range
    mirels       | mirels-size-fraction  | 1e-1                  | not-a-number
    mirels       | mirels-size-fraction  | NaN                   | not-a-number
    mirels       | mirels-size-fraction  | ٠.٥                   | not-a-number
    mirels       | mirels-size-fraction  | 0.5 cm                | not-a-number
    mirels       | mirels-size-fraction  | 0.5.5                 | not-a-number
    mirels       | mirels-size-fraction  | .                     | not-a-number
    mirels       | mirels-size-fraction  | 0.00000000000000000   | not-a-number
    tokuhashi    | tokuhashi-general     | 2                     | 2
    tokuhashi    | tokuhashi-general     | 3                     | out-of-range
    tokuhashi    | tokuhashi-general     | 1.5                   | not-whole
    tokuhashi    | tokuhashi-general     | 1,0                   | 1
    jaw          | exposed-jaw-bone      | true                  | True
    jaw          | exposed-jaw-bone      | false                 | False
    jaw          | exposed-jaw-bone      | yes                   | not-an-option
    jaw          | exposed-bone-care-start | 2026-04-01          | 2026-04-01
    jaw          | exposed-bone-care-start | 2026-02-30          | not-a-day
    jaw          | exposed-bone-care-start | 01/04/2026          | not-a-day
    jaw          | exposed-bone-care-start | 20260401            | not-a-day
    jaw          | exposed-bone-care-start | 2026-W14-1          | not-a-day
    jaw          | exposed-bone-care-start | 2026-04             | not-a-day
    board        | board-pain            | Mechanical            | Mechanical
    board        | no-such-question      | 1                     | unknown-question
    board        | form-opened           | form-mirels           | unknown-question
"""
ROWS = [[cell.strip() for cell in line.split("|")] for line in CASES.strip().splitlines()[2:]]


@pytest.mark.parametrize(("form", "link", "sent", "expected"), ROWS)
def test_an_answer_is_read_or_refused(form: str, link: str, sent: str, expected: str) -> None:
    read = read_submission(forms()[form], {link: [f"  {sent} "]})
    if expected in a.PROBLEMS:
        assert dict(read.problems) == {link: expected}
        assert not read.answers
    else:
        assert not read.problems
        assert [str(value) for value in read.answers[link]] == [expected]


def test_nothing_answered_is_neither_answer_nor_problem() -> None:
    read = read_submission(forms()["mirels"], {"mirels-site": ["", "  "], "mirels-pain": []})
    assert not read.answers
    assert not read.problems


def test_several_answers_only_where_the_question_allows_them() -> None:
    sins = read_submission(
        forms()["sins"],
        {
            "sins-location": ["vertebra-t7", "vertebra-t12", "vertebra-t7"],
            "sins-pain": ["sins-pain-none", "sins-pain-other"],
        },
    )
    assert sins.answers == {"sins-location": ("vertebra-t7", "vertebra-t12")}
    assert sins.problems == {"sins-pain": a.TOO_MANY}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("é" * LONGEST_TEXT, None),
        ("é" * (LONGEST_TEXT + 1), a.TOO_LONG),
        ("one\r\ntwo\tthree", None),
        ("a\x00b", a.UNREADABLE_TEXT),
        ("a\x1bb", a.UNREADABLE_TEXT),
        ("a\ud800b", a.UNREADABLE_TEXT),
    ],
)
def test_free_text_is_kept_as_fhir_allows_it(text: str, problem: str | None) -> None:
    read = read_submission(forms()["board"], {"board-pain": [text]})
    assert read.problems.get("board-pain") == problem
    if problem is None:
        assert read.answers == {"board-pain": (text.replace("\r\n", "\n"),)}


def test_what_must_be_answered_is_asked_for() -> None:
    needed = Form(
        "f", None, {"en": "f"}, {"en": "f"}, (), (Question("exposed-jaw-bone", {"en": "q"}, "boolean", required=True),)
    )
    assert read_submission(needed, {}).problems == {"exposed-jaw-bone": a.NEEDED}
    assert read_submission(needed, {"exposed-jaw-bone": ["maybe"]}).problems == {"exposed-jaw-bone": a.NOT_AN_OPTION}
    assert not read_submission(needed, {"exposed-jaw-bone": ["false"]}).problems


def test_every_sample_of_every_question_is_read_back_as_it_is() -> None:
    for form, question, value in every_answer():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        assert read_submission(form, {question.link: [text]}).answers == {question.link: (value,)}


@given(
    st.sampled_from(EVERY),
    st.dictionaries(st.text(max_size=12) | st.sampled_from([q.link for f in EVERY for q in f.questions]),
                    st.lists(st.text(max_size=30) | st.sampled_from(["true", "1", "-0", "0" * 18, "9" * 19]), max_size=3), max_size=6),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_whatever_is_sent_becomes_sound_answers_or_named_problems(form: Form, sent: dict[str, list[str]]) -> None:
    read = read_submission(form, sent)
    assert set(read.answers) | set(read.problems) <= set(sent)
    assert not set(read.answers) & set(read.problems)
    assert set(read.problems.values()) <= set(a.PROBLEMS)
    for link, values in read.answers.items():
        question = form.question(link)
        assert values
        assert question.repeats or len(values) == 1
        for value in values:
            if isinstance(value, Decimal):
                assert value.is_finite()
                assert question.low is not None
                assert question.low <= value


def test_a_question_or_option_that_is_not_there_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        forms()["mirels"].question("board-pain")
    with pytest.raises(KeyError):
        forms()["mirels"].question("mirels-pain").option("lesion-lytic")
