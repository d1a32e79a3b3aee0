"""The catalogue of rules, as people and as machines read it."""

import json

import pytest

from cds_service.catalogue import rows, table
from hooks.limits import EDITIONS, HOOK_NAMES
from hooks.registry import CHECKS
from hooks.texts import LANGUAGES
from tests.service.calls import blanks
from tests.support.bedside import RULES


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_once_in_the_order_of_the_checks(language: str) -> None:
    ids = [row["id"] for row in rows(language)]
    assert ids[: len(CHECKS)] == [check.id for check in CHECKS]
    assert set(ids) == RULES.keys()
    assert len(ids) == len(RULES)
    told = ids[len(CHECKS) :]
    assert told == sorted(told)
    assert {row["class"] for row in rows(language)[len(CHECKS) :]} == {"I", "N"}


def test_a_row_tells_what_a_rule_is() -> None:
    row = next(row for row in rows("en") if row["id"] == "ZOL-DOSE-01")
    assert {name: row[name] for name in ("title", "class", "kind", "hooks", "editions", "strength", "ours")} == {
        "title": "Zoledronic acid 4 mg: dose by creatinine clearance",
        "class": "C",
        "kind": "computable",
        "hooks": ["order-select", "order-sign"],
        "editions": list(EDITIONS),
        "strength": "must be adapted",
        "ours": ["tolerance", "highest"],
    }
    assert row["severity"]["above_table"] == "warning"
    assert row["source"]["aura-2026"] == "Systemic bone treatment, 2.4, Table 2"


def test_rows_are_json_in_both_languages() -> None:
    english, french = (rows(language) for language in LANGUAGES)
    for one, other in zip(english, french, strict=True):
        assert json.loads(json.dumps(one)) == one
        assert set(one["hooks"]) <= set(HOOK_NAMES)
        same = {name for name in one if one[name] == other[name]}
        assert {"id", "class", "kind", "hooks", "severity", "editions", "ours"} <= same
        assert "title" not in same
        assert not [place for place in blanks(one) if place not in ("$.severity", "$.ours", "$.hooks", "$.retired")]


def test_the_table_is_aligned() -> None:
    lines = table(rows("en")).splitlines()
    assert len(lines) == len(RULES) + 1
    heading = lines[0]
    assert heading.split() == ["RULE", "CLASS", "HOOKS", "SEVERITY", "EDITIONS", "TITLE"]
    start = heading.index("TITLE")
    for line, row in zip(lines[1:], rows("en"), strict=True):
        assert line.startswith(f"{row['id']} ")
        assert line[start:].split(" (retired since ")[0] == row["title"]
        assert line[start - 1] == " "
    assert "2026,intermediate,earlier" in lines[1]
    informational = next(line for line in lines if line.startswith("ZOL-BASE-01"))
    assert informational.split()[1] == "I"
    assert " - " in informational, "it has no severity"
