"""What is already known need not be asked: filled in while it is fresh, with the resource it stands in and its day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.form_prefill import filled_from
from fhir_mappers.form_responses import observations, response
from fhir_mappers.terminology import LOCAL_SYSTEM
from hooks.questionnaires import forms
from tests.forms.filled import ABOUT, EVERY, TODAY, one_of_each, record


def observed(link: str, day: str, **value: Any) -> dict[str, Any]:
    code = {"coding": [{"system": LOCAL_SYSTEM, "code": link}]}
    return {"resourceType": "Observation", "status": "final", "code": code, "subject": {"reference": "Patient/p1"},
            "effectiveDateTime": day, **value}  # fmt: skip


def coded(code: str) -> dict[str, Any]:
    return {"valueCodeableConcept": {"coding": [{"system": LOCAL_SYSTEM, "code": code}]}}


def mg(value: float, unit: str = "mg/d") -> dict[str, Any]:
    return {"valueQuantity": {"value": value, "unit": unit, "code": unit, "system": "http://unitsofmeasure.org"}}


@pytest.mark.parametrize("form", EVERY, ids=lambda form: form.id)
def test_what_was_answered_is_filled_in_again(form: Any) -> None:
    answers = one_of_each(form)
    expected = {q.link: answers[q.link] for q in form.questions if q.valid is not None}
    for stored in ([response(form, answers, ABOUT)], observations(form, answers, ABOUT)):
        filled = filled_from(form, record(*stored))
        assert {link: tuple(sorted(map(str, each.values))) for link, each in filled.items()} == {
            link: tuple(sorted(map(str, values))) for link, values in expected.items()
        }
        for each in filled.values():
            assert all(e.date is not None and e.date.text == ABOUT.when for e in each.evidence)
            assert all(e.resource.startswith(stored[0]["resourceType"]) for e in each.evidence)


@pytest.mark.parametrize(("days", "filled"), [(0, True), (365, True), (366, False), (-1, False)])
def test_an_answer_is_filled_in_while_it_may_be_reused(days: int, filled: bool) -> None:
    day = (TODAY - timedelta(days=days)).isoformat()
    found = filled_from(forms()["calcium"], record(observed("dietary-calcium-intake", day, **mg(800))))
    assert bool(found) == filled
    if filled:
        assert found["dietary-calcium-intake"].values == (Decimal(800),)


NEWEST = "2026-06-01"
OLDER = observed("dietary-calcium-intake", "2026-05-01", **mg(800))


@pytest.mark.parametrize(
    ("newest", "filled"),
    [
        ({**mg(900), "status": "preliminary"}, Decimal(800)),
        ({"dataAbsentReason": {"coding": [{"code": "asked-unknown"}]}}, Decimal(800)),
        (mg(0.9, "g/d"), Decimal(900)),
        (mg(5001), None),  # more than the form accepts
        (mg(900, "mmol"), None),
        (coded("mirels-pain-mild"), None),
        ({"valueQuantity": {**mg(900)["valueQuantity"], "comparator": ">"}}, None),
    ],
)
def test_a_newest_result_that_cannot_be_used_hides_the_older_one(
    newest: dict[str, Any], filled: Decimal | None
) -> None:
    found = filled_from(forms()["calcium"], record(OLDER, observed("dietary-calcium-intake", NEWEST, **newest)))
    assert (found["dietary-calcium-intake"].values if found else None) == (None if filled is None else (filled,))


def test_of_several_answers_those_of_the_same_moment_belong_together() -> None:
    t7, t8 = (observed("sins-location", NEWEST, **coded(f"vertebra-t{n}")) for n in (7, 8))
    found = filled_from(
        forms()["sins"], record(t7, t8, observed("sins-location", "2026-05-20", **coded("vertebra-l1")))
    )
    assert set(found["sins-location"].values) == {"vertebra-t7", "vertebra-t8"}
    assert len(found["sins-location"].evidence) == 2


@pytest.mark.parametrize(
    ("form", "link", "value"),
    [
        ("sins", "sins-location", {"valueBoolean": True}),
        ("sins", "sins-pain", coded("mirels-pain-mild")),
        ("jaw", "exposed-jaw-bone", coded("dental-cleared")),
        ("jaw", "exposed-bone-care-start", {"valueDateTime": "2026-05"}),
        ("jaw", "exposed-bone-care-start", {"valueBoolean": True}),
        ("tokuhashi", "tokuhashi-general", {"valueInteger": 7}),
        ("tokuhashi", "tokuhashi-general", {"valueQuantity": {"value": 1.5}}),
        ("cord-dose", "cord-dmax", mg(12, "Gy")),  # a dose of a plan is never carried over
    ],
)
def test_what_does_not_fit_the_question_is_not_filled_in(form: str, link: str, value: dict[str, Any]) -> None:
    assert link not in filled_from(forms()[form], record(observed(link, NEWEST, **value)))


def test_nothing_comes_from_nothing() -> None:
    assert filled_from(forms()["board"], record(as_of=date(2026, 1, 1))) == {}
