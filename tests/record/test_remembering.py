"""A question that was answered is not worked out again: for this record and these arguments."""

from typing import Any

from fhir_mappers.record.remembering import remembered


class Patient:
    def __init__(self) -> None:
        self._memo: dict[Any, Any] = {}
        self.asked: list[tuple[Any, ...]] = []

    @remembered
    def weight(self, *days: int, unit: str = "kg") -> str | None:
        """The weight."""
        self.asked.append((days, unit))
        return None if not days else f"{len(self.asked)} {unit}"

    @remembered
    def height(self) -> int:
        return len(self.asked)


def test_an_answer_is_worked_out_once_for_each_argument() -> None:
    patient = Patient()
    assert [patient.weight(1), patient.weight(1), patient.weight(2), patient.weight(1, unit="g")] == [
        "1 kg", "1 kg", "2 kg", "3 g",
    ]  # fmt: skip
    assert patient.asked == [((1,), "kg"), ((2,), "kg"), ((1,), "g")]


def test_nothing_is_an_answer_too() -> None:
    patient = Patient()
    assert patient.weight() is None
    assert patient.weight() is None
    assert patient.asked == [((), "kg")]


def test_neither_another_question_nor_another_patient_has_it() -> None:
    patient, other = Patient(), Patient()
    patient.weight()
    assert (patient.height(), other.height()) == (1, 0)
    assert other.asked == []


def test_the_question_keeps_its_name_and_words() -> None:
    assert Patient.weight.__doc__ == "The weight."
    assert Patient.weight.__name__ == "weight"
