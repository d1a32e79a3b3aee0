"""A form as the product knows it: questions whose link ids are codes of the local code system.

`fhir_mappers.answers` reads the same codes back: whoever fills the form, the answers reach the same checks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

Words = Mapping[str, str]

BASE = "https://osteohooks.github.io/fhir/Questionnaire/"
KINDS = ("choice", "boolean", "quantity", "integer", "dateTime", "text")
OPENED = "form-opened"
UCUM = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice: its local code and its label in every language."""

    code: str
    label: Words


@dataclass(frozen=True, slots=True)
class Question:
    """One item of a form.

    Attributes:
        link: the local code, which is also the ``linkId``.
        kind: one of `KINDS`; a ``dateTime`` is asked as a day.
        unit: UCUM unit of a quantity.
        low, high: the smallest and largest acceptable number, inclusive.
        valid: how long an answer may be reused (d), for forms filled from observations; None: never filled in.
    """

    link: str
    text: Words
    kind: str
    options: tuple[Option, ...] = ()
    unit: str | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    repeats: bool = False
    required: bool = False
    help: Words | None = None
    valid: int | None = None

    def option(self, code: str) -> Option:
        """The option of a code.

        Raises:
            KeyError: the question has no such option.
        """
        for option in self.options:
            if option.code == code:
                return option
        raise KeyError(code)


@dataclass(frozen=True, slots=True)
class Form:
    """One form.

    Attributes:
        id: its last step in every address.
        code: the local code that names it, if one does.
        rules: those its answers serve.
        note: a sentence shown above the questions, such as the warning that a score is obsolete.
        opened: whether submitting it is a fact of its own, which rules ask for (`OPENED`).
    """

    id: str
    code: str | None
    title: Words
    purpose: Words
    rules: tuple[str, ...]
    questions: tuple[Question, ...]
    note: Words | None = None
    opened: bool = False

    @property
    def url(self) -> str:
        """The canonical URL of its Questionnaire."""
        return f"{BASE}{self.id}"

    @property
    def name(self) -> str:
        """A name for programs: ``CordDose``."""
        return "".join(part.capitalize() for part in self.id.split("-"))

    def question(self, link: str) -> Question:
        """The question of a link id.

        Raises:
            KeyError: the form has no such question.
        """
        for question in self.questions:
            if question.link == link:
                return question
        raise KeyError(link)
