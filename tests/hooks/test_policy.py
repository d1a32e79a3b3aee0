"""A policy changes exactly what it says and nothing else; what it may not say is refused with the sentence expected."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from fhir_mappers.conventions import default_conventions
from fhir_mappers.record.quantity import Quantity
from hooks.check import Severity
from hooks.departures import Kind
from hooks.ledger import Number
from hooks.limits import EDITIONS, load_rules
from hooks.policy import (
    BadPolicy,
    LimitChange,
    OverrideChange,
    Policy,
    Retirement,
    SeverityChange,
    SiteReason,
    SnoozeChange,
)
from hooks.policy_rules import Amended, amend, shipped_ledger
from hooks.registry import CHECKS

WHY = {"en": "local pumps", "fr": "pompes locales"}
EMPTY = Policy("site", date(2026, 12, 1), "Dr A. Example", date(2026, 11, 20))
SHIPPED, LEDGER = load_rules(CHECKS), shipped_ledger()
OVERRIDE = ("cleared-by-dentist", "site-reason")
SITE_REASON = SiteReason("site-reason", "https://site.example.org/reasons", "Ours", "Le nôtre")


def amended(**parts: Any) -> Amended:
    return amend(replace(EMPTY, **parts), CHECKS)


def problems(**parts: Any) -> tuple[str, ...]:
    with pytest.raises(BadPolicy) as refused:
        amended(**parts)
    return refused.value.problems


def changed_rules(found: Amended) -> set[str]:
    return {rule for rule, made in found.rules.items() if made != SHIPPED[rule]}


# ---- nothing, or the same ---------------------------------------------------------------------------------------------


def test_a_policy_that_says_nothing_changes_nothing() -> None:
    found = amended()
    assert EMPTY.says_nothing
    assert (found.rules, found.conventions, found.reasons, found.changed) == (SHIPPED, default_conventions(), {}, ())


def test_a_number_may_be_pinned_as_shipped() -> None:
    found = amended(limits=(LimitChange("AR-DENTAL-01.freshness", "183 d"),))
    assert (found.rules, found.changed) == (SHIPPED, ())


# ---- numbers ----------------------------------------------------------------------------------------------------------


def nudged(number: Number) -> str | None:
    """A value near the shipped ones that keeps every order; None for a number whose editions differ by more than that."""
    value, _, unit = str(next(iter(number.shipped.values()))).partition(" ")
    if len(set(number.shipped.values())) > 1:
        return None
    step = Decimal(1) if unit in ("d", "mo", "a", "min", "mL/min") else Decimal("0.01")
    down = number.name == "ZOL-INFUS-01.never_below"  # one edition asks for no more than this
    return f"{Decimal(value) + (-step if down else step)} {unit}".strip()


FREE = sorted(
    name
    for name, number in LEDGER.numbers.items()
    if number.note is None and name not in LEDGER.leader and nudged(number) is not None
)


@pytest.mark.parametrize("name", FREE[::3])  # each reads the whole guideline
def test_a_number_changes_itself_what_follows_it_and_what_rests_on_it(name: str) -> None:
    number, value = LEDGER.numbers[name], nudged(LEDGER.numbers[name])
    assert value is not None
    deviates = not set(number.shipped) <= number.ours
    found = amended(limits=(LimitChange(name, value, None, deviates, WHY if deviates else {}),))
    written = {name, *LEDGER.leads.get(name, ())}
    resting = {rule for (rule, _), used in LEDGER.uses.items() if used & written}
    assert changed_rules(found) == resting
    assert {change.number.name for change in found.changed} == written
    for rule in resting:
        before, after = SHIPPED[rule], found.rules[rule]
        assert replace(after, numbers=before.numbers, departures=()) == before
        assert {d.what for d in after.departures} <= written
    sections = {other.partition(".")[0] for other in written if LEDGER.numbers[other].is_shared}
    for section in ("age", "clearance", "calcium", "treatment", "products", "answers"):
        same = getattr(found.conventions, section) == getattr(default_conventions(), section)
        assert same == (section not in sections), section


def test_nearly_every_number_that_may_be_changed_was() -> None:
    changeable = {n for n, number in LEDGER.numbers.items() if number.note is None and n not in LEDGER.leader}
    assert changeable - set(FREE) == {"AR-EXTRACT-01.minimum", "ZOL-INFUS-01.advised"}


@pytest.mark.parametrize("edition", EDITIONS)
def test_a_change_in_one_edition_leaves_the_others(edition: str) -> None:
    found = amended(limits=(LimitChange("AR-DENTAL-01.freshness", "120 d", (edition,)),))
    numbers = {e: limits.freshness for e, limits in found.rules["AR-DENTAL-01"].numbers.items()}
    assert numbers == {e: Quantity.of("120 d" if e == edition else "183 d") for e in EDITIONS}
    assert {d.edition for d in found.rules["AR-DENTAL-01"].departures} == {edition}


def test_the_same_number_elsewhere_follows() -> None:
    change = LimitChange("ZOL-CI-01.below", "35 mL/min", None, True, WHY)
    found = amended(limits=(change,))
    assert found.conventions.clearance.severe == Quantity.of("35 mL/min")
    assert found.rules["ZOL-DOSE-01"].numbers["aura-2026"].table.contraindicated_below == Quantity.of("35 mL/min")
    assert found.rules["BRIDGE-03"].numbers["aura-2026"].below == Quantity.of("35 mL/min")


def test_a_deviation_is_told_by_every_rule_that_rests_on_it() -> None:
    found = amended(limits=(LimitChange("ZOL-DOSE-01.table.doses.1", "3.4 mg", ("aura-2026",), True, WHY),))
    tellers = {rule for rule, made in found.rules.items() if made.departures}
    assert tellers == {
        *("ZOL-DOSE-01", "ZOL-PROD-01", "DMAB-OLIGO-01", "AR-START-01"),
        *("AR-START-02", "BRIDGE-01", "BRIDGE-02"),
        *("DMAB-SPACE-01", "HCAL-CRISIS-01", "HCAL-WARN-01"),
    }
    (departure,) = found.rules["BRIDGE-02"].departures
    assert (departure.kind, departure.shipped, departure.site) == (
        Kind.DEVIATION,
        Quantity.of("3.5 mg"),
        Quantity.of("3.4 mg"),
    )
    assert (departure.approved_by, departure.approved_on, departure.reason) == (
        "Dr A. Example",
        date(2026, 11, 20),
        WHY,
    )
    assert departure.concerns("aura-2026", "due")
    assert not departure.concerns("aura-earlier", "due")


def test_whose_number_it_is_depends_on_the_edition() -> None:
    change = LimitChange("BRIDGE-01.after_last", "100 d", None, True, WHY)
    kinds = {d.edition: d.kind for d in amended(limits=(change,)).rules["BRIDGE-01"].departures}
    assert kinds == {
        "aura-2026": Kind.OUR_NUMBER,
        "aura-intermediate": Kind.OUR_NUMBER,
        "aura-earlier": Kind.DEVIATION,
    }
    (refusal,) = problems(limits=(LimitChange("BRIDGE-01.after_last", "100 d"),))
    assert "the guideline's number in aura-earlier." in refusal


def limit(name: str, value: Any, editions: tuple[str, ...] | None = None, deviation: bool = False) -> LimitChange:
    return LimitChange(name, value, editions, deviation, WHY if deviation else {})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (limit("AR-DENTAL-01.freshnes", "1 d"), "there is no such number. Did you mean AR-DENTAL-01.freshness?"),
        (limit("nonsense", "1 d"), "there is no such number. 'osteohooks policy limits' lists them all."),
        (limit("AR-DENTAL-01.panoramic", "1 d"), "it is taken from AR-OPG-01.freshness: change that one."),
        (limit("calcium.upper", "2.70 mmol/L"), "it always equals HCAL-WARN-01.upper: change that one."),
        (limit("calcium.coefficient", "0.02"), "it cannot be changed: it is a published constant (HCAL-CORR-01)."),
        (limit("DMAB-DOSE-01.dose", "60 mg"), "it cannot be changed: it is the strength of the product."),
        (limit("VITD-REPL-01.bands.1.doses", 6), "it cannot be changed: courses of vitamin D are taken whole"),
        (limit("AR-DENTAL-01.freshness", "17 wk"), "its unit is d, not wk: write it like '183 d'."),
        (limit("AR-DENTAL-01.freshness", "120d"), "'120d' does not fit, write it like '183 d'."),
        (limit("AR-DENTAL-01.freshness", 120), "120 does not fit, write it like '183 d'."),
        (limit("AR-DENTAL-01.freshness", "many d"), "'many d' does not fit, write it like '183 d'."),
        (limit("AR-DENTAL-01.freshness", "NaN d"), "'NaN d' is no whole number"),
        (limit("CA-HYPO-01.lower", "NaN mmol/L"), "'NaN mmol/L' must be above zero."),
        (limit("AR-DENTAL-01.freshness", "120.5 d"), "'120.5 d' is no whole number"),
        (limit("AR-DENTAL-01.freshness", "0 d"), "'0 d' must be above zero."),
        (limit("AR-DENTAL-01.freshness", "-3 d"), "'-3 d' must be above zero."),
        (limit("AR-DENTAL-01.freshness", "733 d"), "'733 d' is over 4 times off the shipped '183 d'"),
        (limit("AR-DENTAL-01.freshness", "45 d"), "'45 d' is over 4 times off the shipped '183 d'"),
        (limit("ZOL-DOSE-01.tolerance", "0.11 mg"), "'0.11 mg' would silence its rule; at most 0.10 mg."),
        (limit("AR-DENTAL-01.freshness", "120 d", None, True), "it is this project's choice, not the guideline's"),
        (limit("ZOL-INFUS-01.advised", "30 min"), "it is the guideline's number in aura-2026, aura-intermediate"),
        (limit("HCAL-CRISIS-01.window", "9 d", ("aura-earlier",)), "edition aura-earlier does not have it"),
        (limit("calcium.apart", "9 d", ("aura-2026",)), "it holds in every edition: leave out 'editions'."),
        (
            limit("ZOL-CI-01.below", "31 mL/min", ("aura-2026",), True),
            "it holds in every edition: leave out 'editions'.",
        ),
        (
            LimitChange("ZOL-INFUS-01.preferred", "31 min", None, True, {"en": "only English"}),
            "a deviation needs its reason in both languages",
        ),
        (
            limit("CA-HYPO-01.critical", "2.20 mmol/L"),
            "CA-HYPO-01.critical (2.20 mmol/L) must be below CA-HYPO-01.lower",
        ),
        (limit("DMAB-ADH-01.overdue", "90 d"), "DMAB-ADH-01.overdue (90 d) must be below DMAB-ADH-01.lapsed (90 d)."),
        (
            limit("HCAL-WARN-01.marked", "3.51 mmol/L"),
            "(3.51 mmol/L) must be at most HCAL-CRISIS-01.above (3.50 mmol/L)",
        ),
    ],
)
def test_a_number_that_must_not_stand_is_refused(change: LimitChange, said: str) -> None:
    assert any(said in sentence for sentence in problems(limits=(change,))), problems(limits=(change,))


@pytest.mark.parametrize(
    "change",
    [
        limit("AR-DENTAL-01.freshness", "732 d"),
        limit("AR-DENTAL-01.freshness", "46 d"),
        limit("ZOL-DOSE-01.tolerance", "0.10 mg"),
        limit("CA-HYPO-01.critical", "2.19 mmol/L"),
        limit("DMAB-ADH-01.overdue", "89 d"),
        limit("HCAL-WARN-01.marked", "3.50 mmol/L"),
        limit("ZOL-INFUS-01.advised", "30 min", None, True),
        limit("DUR-MIN-01.minimum", "24 mo", None, False),
    ],
    ids=lambda change: f"{change.name} {change.value}",
)
def test_the_last_number_that_may_stand(change: LimitChange) -> None:
    if change.name == "DUR-MIN-01.minimum":  # the words name two years: not even a pin
        assert problems(limits=(change,)) == (
            "DUR-MIN-01.minimum: it cannot be changed: the words of the card name two years.",
        )
    else:
        assert {one.number.name for one in amended(limits=(change,)).changed} >= {change.name}


def test_a_number_is_set_once() -> None:
    twice = (limit("calcium.apart", "9 d"), limit("calcium.apart", "8 d"))
    assert problems(limits=twice)[0] == ("calcium.apart: it is set twice for edition aura-2026; leave one of the two.")
    apart = tuple(limit("AR-DENTAL-01.freshness", "120 d", (edition,)) for edition in EDITIONS)
    assert len(amended(limits=apart).changed) == 3


# ---- severities -------------------------------------------------------------------------------------------------------


def test_a_severity_changes_its_case_and_tells_it() -> None:
    found = amended(severities=(SeverityChange("AR-DENTAL-01", "repair", "info"),))
    assert changed_rules(found) == {"AR-DENTAL-01"}
    made, before = found.rules["AR-DENTAL-01"], SHIPPED["AR-DENTAL-01"]
    assert made.severity == {**before.severity, "repair": Severity.INFO}
    assert [(d.case, d.shipped, d.site) for d in made.departures] == [("repair", Severity.WARNING, Severity.INFO)]


def test_what_cannot_be_checked_follows_the_gravest_case_and_tells_it() -> None:
    found = amended(severities=(SeverityChange("AR-OPG-01", "due", "warning"),))
    made = found.rules["AR-OPG-01"]
    assert (SHIPPED["AR-OPG-01"].severity_of("undecided"), made.severity_of("undecided")) == ("info", "warning")
    assert {d.case for d in made.departures} == {"due", "undecided"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (SeverityChange("ZOL-CI-01", "due", "warning"), "from critical to warning is a departure from the guideline's"),
        (SeverityChange("AR-OPG-01", "due", "critical"), "from info to critical is a departure from the guideline's"),
        (SeverityChange("AR-OPG-01", "due", "warning", True, WHY), "between info and warning 'deviation' does not"),
        (SeverityChange("ZOL-CI-01", "due", "info", True), "a deviation needs its reason in both languages"),
        (
            SeverityChange("ZOL-CI-01", "undecided", "critical", True, WHY),
            "what could not be checked is never critical.",
        ),
        (SeverityChange("ZOL-CI-01", "nope", "info"), "no such case; it has due, dialysis, provisional, undecided."),
        (SeverityChange("ZOL-CI-01", "due", "grave"), "'grave' is no severity; write one of info, warning, critical."),
        (SeverityChange("ZOL-CI-1", "due", "info"), "ZOL-CI-1: there is no such rule. Did you mean ZOL-CI-01?"),
        (SeverityChange("CA-TIMING-01", "due", "info"), "it is informational and asked of no patient"),
    ],
)
def test_a_severity_that_must_not_stand_is_refused(change: SeverityChange, said: str) -> None:
    assert any(said in sentence for sentence in problems(severities=(change,))), problems(severities=(change,))


def test_critical_may_be_lowered_as_a_deviation_that_is_told() -> None:
    found = amended(severities=(SeverityChange("ZOL-CI-01", "due", "warning", True, WHY),))
    (departure,) = found.rules["ZOL-CI-01"].departures
    assert (departure.case, departure.shipped, departure.site, departure.reason) == ("due", "critical", "warning", WHY)


# ---- override reasons, snoozes, retired rules -------------------------------------------------------------------------


def test_override_reasons_are_replaced_and_other_comes_last() -> None:
    found = amended(overrides=(OverrideChange("AR-DENTAL-01", OVERRIDE),), reasons=(SITE_REASON,))
    assert changed_rules(found) == {"AR-DENTAL-01"}
    assert found.rules["AR-DENTAL-01"].override == (*OVERRIDE, "other")
    assert found.reasons == {
        "site-reason": {"system": "https://site.example.org/reasons", "en": "Ours", "fr": "Le nôtre"}
    }


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"overrides": (OverrideChange("AR-DENTAL-01", OVERRIDE),)}, "override reason site-reason is not known."),
        ({"overrides": (OverrideChange("AR-DENTAL-01", ("comfort-cares",)),)}, "Did you mean comfort-care?"),
        ({"overrides": (OverrideChange("AR-DENTAL-01", ("other",)),)}, "name at least one override reason besides"),
        ({"reasons": (replace(SITE_REASON, code="other"),)}, "override reason other: the product has one of this name"),
        ({"reasons": (SITE_REASON, SITE_REASON)}, "site-reason: reason is set twice"),
        ({"snoozes": (SnoozeChange("ONJ-FU-01", "due", "31 wk"),)}, "must be whole days, from '0 d' to '365 d'."),
        ({"snoozes": (SnoozeChange("ONJ-FU-01", "due", "366 d"),)}, "must be whole days, from '0 d' to '365 d'."),
        ({"snoozes": (SnoozeChange("ONJ-FU-01", "due", "soon"),)}, "must be whole days, from '0 d' to '365 d'."),
        ({"snoozes": (SnoozeChange("ONJ-FU-01", "none", "30 d"),)}, "the rule has no such case"),
        ({"snoozes": (SnoozeChange("ZOL-CI-01", "due", "30 d"),)}, "a critical case is never kept away."),
        ({"retired": (Retirement("ZOL-CI-01", "x"),)}, "it can be critical (dialysis, due, provisional) and cannot"),
        ({"retired": (Retirement("ONJ-FACT-1", "x"),)}, "there is no such rule. Did you mean ONJ-FACT-01?"),
        ({"retired": (Retirement("ONJ-FACT-01", "x"),) * 2}, "ONJ-FACT-01: retired is set twice"),
    ],
)
def test_other_parts_that_must_not_stand_are_refused(parts: dict[str, Any], said: str) -> None:
    assert any(said in sentence for sentence in problems(**parts)), problems(**parts)


@pytest.mark.parametrize("time", ["0 d", "365 d"])
def test_a_snooze_changes_its_case(time: str) -> None:
    found = amended(snoozes=(SnoozeChange("ONJ-FU-01", "never_recorded", time),))
    assert changed_rules(found) == {"ONJ-FU-01"}
    assert found.rules["ONJ-FU-01"].snooze == {"never_recorded": Quantity.of(time)}


def test_a_retired_rule_says_why_and_nothing_else_changes() -> None:
    found = amended(retired=(Retirement("ONJ-FACT-01", "asked by the nurse"),))
    assert changed_rules(found) == {"ONJ-FACT-01"}
    assert found.rules["ONJ-FACT-01"] == replace(SHIPPED["ONJ-FACT-01"], retired="asked by the nurse")


# ---- versions ---------------------------------------------------------------------------------------------------------


def test_the_version_follows_the_content() -> None:
    one = replace(EMPTY, limits=(limit("calcium.apart", "9 d"),))
    assert one.version == replace(EMPTY, limits=(limit("calcium.apart", "9 d"),)).version
    others = [EMPTY, replace(one, approved_by="Dr B."), replace(one, limits=(limit("calcium.apart", "8 d"),))]
    assert len({one.version, *(other.version for other in others)}) == 4
    assert one.version.startswith("site/2026-12-01/")


def test_the_first_and_the_last_day_are_in_force() -> None:
    policy = replace(EMPTY, ends=date(2026, 12, 31))
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [policy.in_force(day) for day in days] == [False, True, True, False]
    assert [EMPTY.in_force(day) for day in days] == [False, True, True, True]
