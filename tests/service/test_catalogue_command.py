"""``osteohooks catalogue`` for machines, and ``osteohooks review``."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema_rs
import pytest
from click.testing import CliRunner

from cds_service import cli_catalogue
from cds_service.catalogue import document, logic, schema
from cds_service.cli import main
from hooks.check import Check
from hooks.registry import CHECKS
from hooks.reviews import Review
from tests.support.bedside import RULES

SIGNED = Review("Dr A. Example", "Dr B. Example", date(2026, 12, 1), date(2027, 12, 1))


def said(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments), prog_name="osteohooks")
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_catalogue_keeps_to_its_schema(language: str) -> None:
    printed = json.loads(said("catalogue", "--json", "--lang", language))
    jsonschema_rs.validator_for(json.loads(said("catalogue", "--schema")), validate_formats=True).validate(printed)
    assert printed == document(language)


@pytest.mark.parametrize(
    ("place", "value"),
    [("id", "dose"), ("severity", {"due": "loud"}), ("hooks", ["order-signed"]), ("review", {}), ("surplus", 1)],
)
def test_the_schema_bites(place: str, value: Any) -> None:
    wrong = document("en")
    wrong[0] |= {place: value}
    assert not jsonschema_rs.validator_for(schema()).is_valid(wrong)


def test_every_check_tells_its_logic_in_words() -> None:
    rows = {row["id"]: row for row in document("en")}
    assert all(rows[check.id]["logic"]["for whom"] for check in CHECKS if rows[check.id]["class"] != "S")
    dose = rows["ZOL-DOSE-01"]
    assert dose["logic"]["holds"].startswith("|dose - dose of the table| <= tolerance; ")
    assert dose["logic"]["holds"].endswith("in exact arithmetic"), "a line that goes on belongs to its heading"
    assert dose["numbers"]["aura-2026"]["table"]["doses"] == ["3.5 mg", "3.3 mg", "3.0 mg"]
    assert dose["says"]["above_table"].startswith("Zoledronic acid {dose} is too much")
    assert logic(None) == {}


def test_lines_without_a_heading_belong_to_none() -> None:
    def judged() -> None:
        """A check.

        Prose before the headings.
        Holds     this
        and that
        """

    check = Check("X-01", judged, type(None), "x", ())  # type: ignore[arg-type]  # only its docstring is read
    assert logic(check) == {"holds": "this and that"}


def test_every_rule_is_due_until_somebody_signs() -> None:
    lines = said("review", "--on", "2026-12-01").splitlines()
    unsigned = [rule.id for rule in RULES.values() if rule.review.checked_by is None]
    assert {line.split()[0] for line in lines[:-1]} >= set(unsigned)
    assert lines[-1].startswith(f"{len(RULES)} rules: ")


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        (("--on", "2027-11-30"), {"A-01", "B-01"}),
        (("--on", "2027-12-01"), {"A-01", "B-01", "C-01"}),
        (("--on", "2027-11-30", "--all"), {"A-01", "B-01", "C-01"}),
    ],
)
def test_what_is_checked_is_listed_when_it_is_due_again(
    monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], listed: set[str]
) -> None:
    reviews = {"A-01": Review(), "B-01": Review("Dr A. Example"), "C-01": SIGNED}
    shape = next(iter(RULES.values()))
    made = {name: replace(shape, id=name, review=review) for name, review in reviews.items()}
    monkeypatch.setattr(cli_catalogue, "load_rules", lambda _: made)
    *lines, total = said("review", *options).splitlines()
    assert {line.split()[0] for line in lines} == listed
    assert total.startswith("3 rules: 1 nobody has read it, 1 read, its numbers are not checked, ")
    rows = {row["id"]: row for row in json.loads(said("review", *options, "--json"))}
    assert rows.keys() == listed
    assert rows["B-01"]["state"] == "read"
    if "C-01" in listed:
        assert any("checked by Dr B. Example on 2026-12-01, again by 2027-12-01" in line for line in lines)
        assert rows["C-01"]["review_by"] == "2027-12-01"


def test_today_is_the_day_of_the_installation() -> None:
    assert said("review").splitlines()[-1].startswith(f"{len(RULES)} rules: ")
