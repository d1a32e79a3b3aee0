"""For mkdocs: patients of the drawn test tables for whom a rule speaks, found by running the rows of its own tests."""

import inspect
import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from hooks.check import Outcome
from hooks.evaluate import ALONE, Findings, Guideline, evaluate
from hooks.registry import CHECKS
from tests.support.bedside import RULES, Bedside

CHECKS_TESTED = Path(__file__).parents[1] / "tests" / "checks"
_BY_ID = {check.id: check for check in CHECKS}
_MOST = 200  # rows tried for one rule


def patient_of(rule: str) -> tuple[Bedside, Findings, str] | None:
    """The first patient of a test row for whom the rule is due, what was found, and the name of the test.

    One for whom it lacks data where it is never due; None where no row has a patient.
    """
    lacking: tuple[Bedside, Findings, str] | None = None
    for test, patient in itertools.islice(_patients(rule), _MOST):
        findings = _found(rule, patient)
        outcomes = {one.verdict.outcome for one in findings.speaking if one.rule.id == rule}
        if Outcome.DUE in outcomes:
            return patient, findings, test
        if outcomes and lacking is None:
            lacking = patient, findings, test
    return lacking


def _found(rule: str, patient: Bedside) -> Findings:
    """What the rule finds, asked alone; with everything else that is found where it is told only beside others."""
    edition = next(iter(RULES[rule].sources))
    found = evaluate((_BY_ID[rule],), patient.record(), Guideline(RULES, edition))
    if any((one.because or "").startswith(ALONE) for one in found.all):
        return patient.findings(edition)
    return Findings(tuple(replace(one, verdict=replace(one.verdict, said_by=None)) for one in found.all))


def _patients(rule: str) -> Iterator[tuple[str, Bedside]]:
    """Every patient that a test of the rule makes, its own tests first."""
    stem = _BY_ID[rule].judge.__module__.rpartition(".")[2]
    paths = [path for path in sorted(CHECKS_TESTED.glob("test_*.py")) if rule in path.read_text("utf-8")]
    for path in sorted(paths, key=lambda path: not path.stem.startswith(f"test_{stem}")):
        module = import_module(f"tests.checks.{path.stem}")
        tests = [test for name, test in vars(module).items() if name.startswith("test_") and callable(test)]
        for test in sorted(tests, key=lambda test: rule not in inspect.getsource(test)):
            for case in _cases(test):
                patient = _made_by(test, case)
                if patient is not None:
                    yield f"{path.name}::{test.__name__}", patient


def _cases(test: Callable[..., None]) -> Iterator[Mapping[str, Any]]:
    """The arguments of each case of a parametrised test; none where it wants a fixture."""
    marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
    columns = [
        [dict(zip(re.findall(r"\w+", str(names)), _values(names, row), strict=True)) for row in rows]
        for names, rows in (mark.args[:2] for mark in marks)
    ]
    for combined in itertools.product(*columns):
        case = {name: value for part in combined for name, value in part.items()}
        if case.keys() == inspect.signature(test).parameters.keys():
            yield case


def _values(names: Any, row: Any) -> tuple[Any, ...]:
    row = getattr(row, "values", row) if type(row).__name__ == "ParameterSet" else row
    return tuple(row) if isinstance(row, tuple) and len(re.findall(r"\w+", str(names))) == len(row) else (row,)


class _Made(Exception):
    """Breaks a test off where it has made its patient: what it asserts is not our business here."""


def _made_by(test: Callable[..., None], case: Mapping[str, Any]) -> Bedside | None:
    """The patient whose record one case of a test asks for first."""

    def noting(patient: Bedside) -> None:
        raise _Made(patient)

    with patch.object(Bedside, "record", noting):
        try:
            test(**case)
        except _Made as made:
            (patient,) = made.args
            return patient if isinstance(patient, Bedside) else None
    return None
