"""A form as data for its page: every question in words, what is answered, where that comes from, what is wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from cds_service.form_pages.results import plain
from cds_service.form_pages.words import Words, form_words, problem_words
from fhir_mappers.form_answers import Value
from fhir_mappers.form_prefill import Filled
from fhir_mappers.forms import Form, Question
from fhir_mappers.record.answer import Evidence
from hooks.figures import Figures

_RADIOS = 7  # options; more are easier found in a list
_LINE = 30  # characters
_CELL = 5  # characters of an option that fits into a grid of many
Given = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Field:
    """One question. ``shape``: ``radios``, ``checks``, ``list``, ``number``, ``day`` or ``text``."""

    link: str
    label: str
    shape: str
    value: str
    choices: tuple[Choice, ...]
    hints: tuple[str, ...]
    unit: str | None
    source: str | None
    problem: str | None
    required: bool

    @property
    def described_by(self) -> str | None:
        """Ids of what explains the field, for screen readers."""
        parts = (("hint", self.hints), ("source", self.source), ("problem", self.problem))
        return " ".join(f"{name}-{self.link}" for name, there in parts if there) or None

    @property
    def short(self) -> bool:
        """Whether its options fit on one line."""
        return self.shape == "radios" and sum(len(choice.label) for choice in self.choices) < _LINE

    @property
    def brief(self) -> bool:
        """Whether its options are so short that they stand in a grid, as vertebrae do."""
        return self.shape == "checks" and all(len(choice.label) <= _CELL for choice in self.choices)

    @property
    def answer(self) -> str:
        """The answer in words, for paper."""
        chosen = [choice.label for choice in self.choices if choice.chosen and choice.value]
        return ", ".join(chosen) if self.choices else self.value


def fields(
    form: Form, given: Given, filled: Mapping[str, Filled], problems: Mapping[str, str], figures: Figures
) -> tuple[Field, ...]:
    """The questions of a form.

    Args:
        given: what stands in each field, as text.
        filled: what the record says, named as the source where it is what stands there.
        problems: by link id one of `fhir_mappers.form_answers.PROBLEMS`.
    """
    make = _Maker(form_words(figures.language), figures)
    return tuple(
        make.field(q, tuple(given.get(q.link, ())), filled.get(q.link), problems.get(q.link)) for q in form.questions
    )


def as_given(answers: Mapping[str, Sequence[Value]], language: str) -> dict[str, tuple[str, ...]]:
    """Typed answers as the fields hold them."""
    return {link: tuple(_text(value, language) for value in values) for link, values in answers.items()}


class _Maker:
    def __init__(self, words: Words, figures: Figures) -> None:
        self._words, self._figures = words, figures

    def field(self, question: Question, given: tuple[str, ...], filled: Filled | None, problem: str | None) -> Field:
        language = self._figures.language
        same = filled is not None and {_text(value, language) for value in filled.values} == set(given)
        return Field(
            question.link,
            question.text[language],
            _shape(question),
            given[0] if given else "",
            tuple(self._choices(question, given)),
            tuple(self._hints(question)),
            question.unit if question.unit not in (None, "1") else None,
            self._source(filled.evidence) if filled is not None and filled.evidence and same else None,
            problem_words({question.link: problem}, language)[question.link] if problem is not None else None,
            question.required,
        )

    def _choices(self, question: Question, given: tuple[str, ...]) -> list[Choice]:
        language = self._figures.language
        if question.kind == "boolean":
            told = [("true", self._words["yes"]), ("false", self._words["no"])]
        else:
            told = [(option.code, option.label[language]) for option in question.options]
        if not told:
            return []
        empty = [] if question.repeats or question.required else [("", self._words["not-answered"])]
        ordered = [*empty, *told] if _shape(question) == "list" else [*told, *empty]
        return [Choice(value, label, value in given or (not value and not given)) for value, label in ordered]

    def _hints(self, question: Question) -> list[str]:
        found = [question.help[self._figures.language]] if question.help is not None else []
        if question.low is not None and question.high is not None:
            low, high = self._figures.number(question.low), self._figures.number(question.high)
            found.append(self._words["between"].format(low=low, high=high))
        if question.repeats:
            found.append(self._words["several"])
        return [*found, *([self._words["required"]] if question.required else [])]

    def _source(self, evidence: tuple[Evidence, ...]) -> str:
        where = [_where(proof, self._figures) for proof in evidence]
        return f"{self._words['from-record']} {f'{self._figures.semicolon} '.join(dict.fromkeys(where))}"


def _where(proof: Evidence, figures: Figures) -> str:
    """The day and the resource."""
    day = plain(figures.show(proof.date)) if proof.date is not None else ""
    return f"{day} ({proof.resource})" if day else proof.resource


def _shape(question: Question) -> str:
    match question.kind:
        case "boolean":
            return "radios"
        case "choice":
            return "checks" if question.repeats else "radios" if len(question.options) <= _RADIOS else "list"
        case "dateTime":
            return "day"
        case "text":
            return "text"
        case _:
            return "number"


def _text(value: Value, language: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        plain = f"{value.normalize():f}"
        return plain.replace(".", ",") if language == "fr" else plain
    return str(value)
