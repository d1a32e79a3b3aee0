"""What was filled into a form: text from a browser or another program → typed answers, or what is wrong with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from fhir_mappers.forms import Form, Question

Value = str | bool | int | Decimal
Answers = Mapping[str, tuple[Value, ...]]

NOT_AN_OPTION = "not-an-option"
NOT_A_NUMBER = "not-a-number"
NOT_WHOLE = "not-whole"
NOT_A_DAY = "not-a-day"
OUT_OF_RANGE = "out-of-range"
TOO_MANY = "too-many"
TOO_LONG = "too-long"
UNREADABLE_TEXT = "unreadable-text"
NEEDED = "needed"
UNKNOWN_QUESTION = "unknown-question"
PROBLEMS = (
    *(NOT_AN_OPTION, NOT_A_NUMBER, NOT_WHOLE, NOT_A_DAY, OUT_OF_RANGE),
    *(TOO_MANY, TOO_LONG, UNREADABLE_TEXT, NEEDED, UNKNOWN_QUESTION),
)
LONGEST_TEXT, LONGEST_NUMBER = 4000, 18


@dataclass(frozen=True, slots=True)
class Submission:
    """What was filled in: typed ``answers`` by link id, and by link id what is wrong with those that are not usable.

    A question left empty is in neither: not answered is not *no*.
    """

    answers: Answers = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


def read_submission(form: Form, submitted: Mapping[str, Sequence[str]]) -> Submission:
    """The answers among submitted fields; a field that is no question of the form is a problem, and so is a question
    that must be answered and is not.
    """
    answers: dict[str, tuple[Value, ...]] = {}
    problems: dict[str, str] = {}
    known = {question.link: question for question in form.questions}
    for link, texts in submitted.items():
        given = [text.strip() for text in texts if text.strip()]
        if link not in known:
            problems[link] = UNKNOWN_QUESTION
        elif given:
            try:
                answers[link] = _read(known[link], given)
            except _Wrong as wrong:
                problems[link] = wrong.why
    lacking = (q.link for q in form.questions if q.required and q.link not in answers)
    return Submission(answers, {**dict.fromkeys(lacking, NEEDED), **problems})


class _Wrong(Exception):
    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def _read(question: Question, given: list[str]) -> tuple[Value, ...]:
    if len(given) > 1 and not question.repeats:
        raise _Wrong(TOO_MANY)
    return tuple(dict.fromkeys(_value(question, text) for text in given))


def _value(question: Question, text: str) -> Value:
    match question.kind:
        case "choice":
            return _one_of(text, [option.code for option in question.options])
        case "boolean":
            return _one_of(text, ["true", "false"]) == "true"
        case "dateTime":
            return _day(text)
        case "text":
            return _text(text)
        case _:
            return _number(question, text)


def _one_of(text: str, known: list[str]) -> str:
    if text not in known:
        raise _Wrong(NOT_AN_OPTION)
    return text


def _text(text: str) -> str:
    """Free text as FHIR allows it: no control characters but tab and line breaks, no half characters."""
    plain = text.replace("\r\n", "\n")
    if len(plain) > LONGEST_TEXT:
        raise _Wrong(TOO_LONG)
    if any((ord(mark) < 32 and mark not in "\t\n\r") or 0xD800 <= ord(mark) <= 0xDFFF for mark in plain):
        raise _Wrong(UNREADABLE_TEXT)
    return plain


def _day(text: str) -> str:
    try:
        if len(text) != 10 or text != date.fromisoformat(text).isoformat():
            raise _Wrong(NOT_A_DAY)
    except ValueError:
        raise _Wrong(NOT_A_DAY) from None
    return text


def _number(question: Question, text: str) -> Value:
    """A decimal comma is what a French keyboard gives; exponents and other spellings are refused."""
    plain = text.replace(",", ".", 1)
    digits = plain.removeprefix("-").replace(".", "", 1)
    if not (digits.isascii() and digits.isdigit()) or len(plain) > LONGEST_NUMBER:
        raise _Wrong(NOT_A_NUMBER)
    number = Decimal(plain)
    if question.kind == "integer" and number != number.to_integral_value():
        raise _Wrong(NOT_WHOLE)
    if (question.low is not None and number < question.low) or (question.high is not None and number > question.high):
        raise _Wrong(OUT_OF_RANGE)
    return int(number) if question.kind == "integer" else number
