"""Every number of the product has an address, a name in both languages, and a standing; what goes together does."""

from decimal import Decimal

import pytest

from fhir_mappers.conventions import conventions_table
from hooks.ledger import about_numbers, name_of, put, read_ledger
from hooks.limits import EDITIONS, load_tables

LEDGER = read_ledger(load_tables(), conventions_table())
ABOUT = about_numbers()


@pytest.mark.parametrize(
    ("name", "shipped", "ours"),
    [
        ("AR-DENTAL-01.freshness", {"183 d"}, set(EDITIONS)),  # named in the rule's own list
        ("ZOL-INFUS-01.advised", {"20 min", "15 min"}, set()),  # the guideline's, by edition
        ("BRIDGE-01.after_last", {"90 d"}, {"aura-2026", "aura-intermediate"}),  # ours where the edition gives none
        ("ONJ-FU-01.interval", {"183 d"}, set()),  # "six months" is the guideline's: only its days are ours
        ("ZOL-DOSE-01.table.floors.3", {"30 mL/min"}, set()),
        ("VITD-REPL-01.bands.2.doses", {4, 3}, set()),
        ("calcium.recent", {"30 d"}, set(EDITIONS)),
        ("calcium.coefficient", {"0.025"}, set()),
    ],
)
def test_a_number_stands_at_its_address(name: str, shipped: set[object], ours: set[str]) -> None:
    number = LEDGER.numbers[name]
    assert (set(number.shipped.values()), set(number.ours)) == (shipped, ours)
    assert number.rule == name.partition(".")[0]


def test_a_borrowed_number_stands_nowhere_of_its_own() -> None:
    assert LEDGER.borrowed["BRIDGE-03.below"] == "ZOL-CI-01.below"
    assert not set(LEDGER.borrowed) & set(LEDGER.numbers)
    homes = {home for home in LEDGER.borrowed.values() if "." in home}
    assert {home for home in homes if not any(name.startswith(home) for name in LEDGER.numbers)} == set()


def test_a_rule_uses_what_it_borrows_also_through_another() -> None:
    assert LEDGER.uses["BRIDGE-03", "aura-2026"] == {"ZOL-CI-01.below"}
    assert "ZOL-DOSE-01.table.floors.3" in LEDGER.uses["BRIDGE-02", "aura-2026"]  # by way of BRIDGE-01
    assert LEDGER.uses["ZOL-PARA-01", "aura-2026"] == frozenset()


def test_every_number_has_a_name_in_both_languages_and_every_name_a_number() -> None:
    used = {name if name in ABOUT["names"] else name.rpartition(".")[2] for name in LEDGER.numbers}
    assert all(name_of(number)[language].strip() for number in LEDGER.numbers for language in ("en", "fr"))
    assert used == set(ABOUT["names"])


def test_every_word_about_numbers_is_about_one_that_exists() -> None:
    known = set(LEDGER.numbers)
    assert {fixed for fixed in ABOUT["fixed"] if not any(f"{name}.".startswith(f"{fixed}.") for name in known)} == set()
    assert set(ABOUT["at_most"]) <= known
    assert {name for leader, followers in ABOUT["same"].items() for name in (leader, *followers)} <= known
    assert {name for chain in LEDGER.chains for name in chain.split()[::2]} <= known


def test_numbers_that_go_together_are_equal_and_of_one_standing() -> None:
    for leader, followers in LEDGER.leads.items():
        first = LEDGER.numbers[leader]
        assert first.note is None
        assert leader not in LEDGER.leader
        for other in (LEDGER.numbers[name] for name in followers):
            shared = first.shipped.keys() & other.shipped.keys()
            assert shared
            assert {e: first.shipped[e] for e in shared} == {e: other.shipped[e] for e in shared}
            assert {e for e in shared if e in first.ours} == {e for e in shared if e in other.ours}


def test_the_chains_hold_as_shipped() -> None:
    for chain in LEDGER.chains:
        names, signs = chain.split()[::2], chain.split()[1::2]
        assert set(signs) <= {"<", "<="}
        for edition in EDITIONS:
            pairs = zip(names, signs, names[1:], strict=False)
            for low, sign, high in pairs:
                below, above = (LEDGER.numbers[name].shipped.get(edition) for name in (low, high))
                if below is not None and above is not None:
                    assert below.partition(" ")[2] == above.partition(" ")[2], chain
                    first, second = (Decimal(text.partition(" ")[0]) for text in (below, above))
                    assert first < second or (sign == "<=" and first == second), chain


def test_a_number_is_put_where_its_path_leads() -> None:
    row = {"table": {"floors": ["50 mL/min", "40 mL/min"]}, "bands": [{"doses": 8}], "plain": "1 d"}
    put(row, "table.floors.2", "41 mL/min")
    put(row, "bands.1.doses", 7)
    put(row, "plain", "2 d")
    assert row == {"table": {"floors": ["50 mL/min", "41 mL/min"]}, "bands": [{"doses": 7}], "plain": "2 d"}
