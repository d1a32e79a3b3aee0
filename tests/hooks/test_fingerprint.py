"""Fingerprints: the same facts tomorrow are the same; a new fact, another case or another order is not."""

import re
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fhir_mappers.record.answer import Evidence, Missing
from fhir_mappers.record.dates import of_day
from fhir_mappers.record.kidney import Clearance
from fhir_mappers.record.proposals import Literal, Names
from fhir_mappers.record.quantity import Quantity, Span
from hooks.check import Severity
from hooks.evaluate import Finding
from hooks.fingerprint import fingerprint, nothing_new, order_key
from tests.hooks.said import longest, speaker
from tests.support.bedside import KINDS, TODAY, Bedside
from tests.support.renal import clearing
from tests.support.specials import SPECIALS
from tests.support.varied import changed, mark_wrong, patients, resources
from tests.support.ward import ORDERS, _on_denosumab, _on_zoledronate, _untreated

MANY = settings(max_examples=60, deadline=None, derandomize=True)
CHARTS = {"untreated": _untreated, "on zoledronate": _on_zoledronate, "on denosumab": _on_denosumab}
VARIED = {**SPECIALS, **{f"{chart}, {order}": lambda c=chart, o=order: ORDERS[o](CHARTS[c]()) for chart in CHARTS for order in ORDERS}}  # fmt: skip
DRAWN = list(VARIED)[::3]
CREATININE = Evidence("Observation/1", "creatinine_serum", "LOINC|2160-0", "126", "umol/L", Quantity.of("126 umol/L"), of_day(TODAY))  # fmt: skip


def kidney(crcl: str = "42", dose: str = "4 mg", **more: Any) -> Bedside:
    return clearing(crcl).ill("lung_cancer").ill("bone_metastasis").drafts_order("zometa", dose, **more)


def mark(bedside: Bedside, rule: str = "ZOL-DOSE-01", key: bytes = b"") -> str:
    return fingerprint(bedside.asks(rule), key)


def speaking(bedside: Bedside) -> dict[tuple[str, str], list[Finding]]:
    found: dict[tuple[str, str], list[Finding]] = {}
    for finding in bedside.findings().speaking:
        found.setdefault((finding.rule.id, finding.draft.source.resource if finding.draft else ""), []).append(finding)
    return found


# ---- what does not change it -----------------------------------------------------------------------------------------


def facts(finding: Finding) -> tuple[Any, ...]:
    """What a finding rests on and says, without a figure."""
    verdict = finding.verdict
    missing = frozenset(verdict.missing)
    return finding.status, verdict.case, finding.severity, verdict.notes, frozenset(verdict.evidence), missing


@cache
def days_of(name: str, count: int = 12) -> list[dict[tuple[str, str], list[Finding]]]:
    bedside = VARIED[name]()
    days = []
    for day in range(count):
        bedside.today = TODAY + timedelta(days=day)
        days.append(speaking(bedside))
    return days


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_facts_have_the_same_fingerprint_tomorrow(name: str) -> None:
    """Among the figures of these patients are days since, months on treatment, planned days and ages."""
    for today, tomorrow in zip(days_of(name), days_of(name)[1:], strict=False):
        for key in today.keys() & tomorrow.keys():
            for before, after in zip(today[key], tomorrow[key], strict=False):
                if facts(before) == facts(after):
                    assert fingerprint(before) == fingerprint(after), key


def test_the_days_do_pass_in_what_is_said() -> None:
    """Or the test above would test nothing: of some findings the figures change and the fingerprint does not."""
    moved = 0
    for name in DRAWN:
        for today, tomorrow in zip(days_of(name), days_of(name)[1:], strict=False):
            for key in today.keys() & tomorrow.keys():
                before, after = today[key][0], tomorrow[key][0]
                if before.verdict.figures != after.verdict.figures:
                    moved += fingerprint(before) == fingerprint(after)
    assert moved > 30


def test_a_birthday_is_no_new_fact() -> None:
    """Every year the clearance falls by a little; the dose of the table stays."""
    eve, day = kidney("45"), kidney("45")
    for bedside, today in ((eve, date(2026, 6, 30)), (day, date(2026, 7, 1))):
        bedside.person(born="1958-07-01").today = today
    first, second = eve.asks("ZOL-DOSE-01"), day.asks("ZOL-DOSE-01")
    assert first.verdict.figures["clearance"].span != second.verdict.figures["clearance"].span
    assert first.verdict.figures["advised"] == second.verdict.figures["advised"]
    assert fingerprint(first) == fingerprint(second)


@MANY
@given(patient=patients(), data=st.data())
def test_the_order_of_resources_does_not_matter(patient: Bedside, data: st.DataObject) -> None:
    shuffled = changed(patient)
    for kind in KINDS:
        shuffled.resources[kind] = data.draw(st.permutations(shuffled.resources[kind]))
    shuffled.drafts = data.draw(st.permutations(shuffled.drafts))
    before = {key: sorted(map(fingerprint, found)) for key, found in speaking(patient).items()}
    assert {key: sorted(map(fingerprint, found)) for key, found in speaking(shuffled).items()} == before


def test_resources_without_an_id_are_told_apart_by_what_they_say() -> None:
    one, other = kidney(), kidney()
    for bedside in (one, other):
        bedside.observed("creatinine_serum", "88.4 umol/L @ 2026-05-30")
        for result in bedside.resources["observations"]:
            del result["id"]
    other.resources["observations"].reverse()
    assert mark(one) == mark(other)
    other.resources["observations"][0]["valueQuantity"]["value"] = Decimal(42)
    other.resources["observations"][-1]["valueQuantity"]["value"] = Decimal(89)
    assert mark(one) != mark(other)


def test_neither_its_id_nor_the_day_it_was_written_makes_another_order() -> None:
    plain, named = kidney(), kidney(id="other-id", authoredOn="2026-06-03T10:11:12+02:00")
    assert mark(plain) == mark(named)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"origin": "prefetch"}, {"origin": "fetched"}),
        ({"converted": Quantity.of("126.0 umol/L")}, {"converted": Quantity.of("126 umol/L")}),
        ({"code": "LOINC|2160-0"}, {"code": "LOINC|14682-9"}),
    ],
)
def test_how_a_fact_is_written_or_reached_us_is_no_fact(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert resting_on(replace(CREATININE, **before)) == resting_on(replace(CREATININE, **after))


def resting_on(*evidence: Evidence, missing: tuple[Missing, ...] = ()) -> str:
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    return fingerprint(replace(finding, verdict=replace(finding.verdict, evidence=evidence, missing=missing)))


# ---- what changes it -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "new",
    [
        {"resource": "Observation/2"},
        {"what": "creatinine_serum_dialysis"},
        {"converted": Quantity.of("126.1 umol/L")},
        {"converted": Quantity.of("126 mg/dL")},
        {"converted": None, "value": "127"},
        {"value": "<126"},
        {"date": of_day(TODAY - timedelta(days=1))},
        {"date": None},
        {"note": "provisional"},
    ],
    ids=str,
)
def test_each_part_of_a_fact_counts(new: dict[str, Any]) -> None:
    assert resting_on(CREATININE) != resting_on(replace(CREATININE, **new))
    assert resting_on(missing=(Missing("creatinine_serum", "too-old", CREATININE),)) != resting_on(
        missing=(Missing("creatinine_serum", "too-old", replace(CREATININE, **new)),)
    )


def test_what_is_missing_and_why_counts() -> None:
    absent, old = Missing("creatinine_serum", "absent"), Missing("creatinine_serum", "too-old")
    assert len({resting_on(), resting_on(missing=(absent,)), resting_on(missing=(old,))}) == 3
    assert resting_on(missing=(absent, old)) == resting_on(missing=(old, absent))


def test_rule_edition_case_severity_and_notes_count() -> None:
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    other = [
        replace(finding, severity=Severity.CRITICAL),
        replace(finding, edition="aura-earlier"),
        replace(finding, verdict=replace(finding.verdict, case="above_limit")),
        replace(finding, verdict=replace(finding.verdict, notes=())),
        longest("ZOL-8MG-01", "due", "aura-2026"),
    ]
    assert len({fingerprint(one) for one in [finding, *other]}) == 6


FIGURES: list[tuple[Any, Any, bool]] = [
    (Quantity.of("4 mg"), Quantity.of("8 mg"), True),
    (Quantity.of("4 mg"), Quantity.of("4.0 mg"), False),
    (Quantity.of("15 min"), Quantity.of("10 min"), True),
    (Quantity.of("20 d"), Quantity.of("21 d"), False),
    (Quantity.of("3 mo"), Quantity.of("4 mo"), False),
    (date(2026, 6, 3), date(2026, 6, 4), False),
    (of_day(date(2026, 6, 3)), of_day(date(2026, 6, 4)), True),
    (Names(("a", "b")), Names(("b", "a")), False),
    (Names(("a", "b")), Names(("a",)), True),
    (Literal("12:30"), Literal("12:31"), True),
    (11, 12, True),
    (True, False, True),
    (None, 1, True),
    (None, False, False),
    (CREATININE, replace(CREATININE, value="127", converted=None), True),
    (Missing("dose", "absent"), Missing("dose", "unreadable"), True),
    (Clearance(Span.exactly(42, "mL/min"), sex="male"), Clearance(Span.exactly(41, "mL/min"), sex="male"), False),
    (Clearance(None, sex="male"), Clearance(None, sex="female"), True),
    (Clearance(None, evidence=(CREATININE,)), Clearance(None, evidence=(replace(CREATININE, note="x"),)), True),
]


@pytest.mark.parametrize(("before", "after", "differ"), FIGURES)
def test_figures_count_unless_they_move_with_the_day(before: Any, after: Any, differ: bool) -> None:
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    one, other = (replace(finding, verdict=replace(finding.verdict, figures={"x": x})) for x in (before, after))
    assert (fingerprint(one) != fingerprint(other)) is differ


def test_a_time_that_happens_to_be_the_limit_moves_all_the_same() -> None:
    """On the day when the days since an examination are as many as the guideline allows, nothing is new."""
    finding = longest("AR-DENTAL-01", "due", "aura-2026")
    limit = finding.verdict.figures["freshness"]
    counted = [replace(finding.verdict, figures={"days": Quantity(limit.value + day, limit.unit)}) for day in (0, 1)]
    assert len({fingerprint(replace(finding, verdict=verdict)) for verdict in counted}) == 1


def test_a_new_creatinine_speaks_at_once() -> None:
    newer = kidney().observed("creatinine_serum", "88.5 umol/L @ 2026-06-02")
    assert newer.outcome("ZOL-DOSE-01") == kidney().outcome("ZOL-DOSE-01")
    assert mark(newer) != mark(kidney())


def test_an_edited_order_is_another_order() -> None:
    assert mark(kidney(dose="3.9 mg")) != mark(kidney())
    often = [kidney("80", every=f"{days} d") for days in (14, 7)]
    assert [one.outcome("ZOL-FREQ-01") for one in often] == ["warning interval"] * 2
    assert mark(often[0], "ZOL-FREQ-01") != mark(often[1], "ZOL-FREQ-01")
    soon = [kidney("80", starts=day).given("zometa", "2026-06-01", "4 mg") for day in ("2026-06-05", "2026-06-08")]
    assert [one.outcome("ZOL-FREQ-01") for one in soon] == ["warning too_soon"] * 2
    assert mark(soon[0], "ZOL-FREQ-01") != mark(soon[1], "ZOL-FREQ-01")


def test_a_planned_day_that_nothing_was_reckoned_to_does_not_count() -> None:
    """So that completing an order between selecting and signing does not repeat what does not depend on it."""
    assert mark(kidney(starts="2026-06-05"), "AR-DENTAL-01") == mark(kidney(starts="2026-06-08"), "AR-DENTAL-01")
    assert mark(kidney(), "AR-DENTAL-01") == mark(kidney(over="15 min", every="28 d"), "AR-DENTAL-01")


def test_another_drug_is_another_order_where_nothing_else_differs() -> None:
    zoledronate, denosumab = (Bedside().ill("bone_metastasis").drafts_order(drug) for drug in ("zometa", "xgeva"))
    assert mark(zoledronate, "AR-DENTAL-01") != mark(denosumab, "AR-DENTAL-01")


@MANY
@given(patient=patients(), data=st.data())
def test_on_one_day_the_same_fingerprint_means_the_same_words(patient: Bedside, data: st.DataObject) -> None:
    """Whatever is changed in the record: where something else is said, it is said again."""
    other = changed(patient)
    places = [(rows, index) for rows in resources(other).values() for index in range(len(rows))]
    for _ in range(min(len(places), 2)):
        rows, index = data.draw(st.sampled_from(places))
        match data.draw(st.sampled_from(("wrong", "value", "dose"))):
            case "wrong":
                mark_wrong(rows[index])
            case "value" if "valueQuantity" in rows[index]:
                rows[index]["valueQuantity"]["value"] += data.draw(st.integers(1, 30))
            case "dose" if "dosageInstruction" in rows[index]:
                rows[index]["dosageInstruction"] = [{"text": "as before"}]
    words = {key: [(fingerprint(f), said(f)) for f in found] for key, found in speaking(patient).items()}
    for key, found in speaking(other).items():
        known = dict(words.get(key, ()))
        for finding in found:
            assert known.get(fingerprint(finding), said(finding)) == said(finding)


def said(finding: Finding) -> tuple[str, ...]:
    return (speaker().summary(finding), *speaker().paragraphs(finding), speaker().missing(finding))


# ---- what is new and what is only gone -------------------------------------------------------------------------------


def untreated(on: date) -> Bedside:
    """An advice to start, with a dose as long as the creatinine is recent enough."""
    patient = clearing("45").ill("lung_cancer", "2025-01-10").ill("bone_metastasis", "2025-01-10")
    patient.today, patient.moment = on, "patient-view"
    return patient


def test_a_result_that_became_too_old_is_nothing_new() -> None:
    then, now = (mark(untreated(TODAY + timedelta(days=days)), "AR-START-01") for days in (0, 60))
    assert then != now
    assert nothing_new(then, now)
    assert not nothing_new(now, then)


def test_a_new_result_is_new_though_another_became_too_old() -> None:
    later = untreated(TODAY + timedelta(days=60)).observed("creatinine_serum", "89 umol/L @ 2026-08-01")
    then = mark(untreated(TODAY), "AR-START-01")
    assert not nothing_new(then, mark(later, "AR-START-01"))


def test_the_same_facts_of_another_case_are_new() -> None:
    finding = longest("ZOL-DOSE-01", "above_table", "aura-2026")
    other = replace(finding, verdict=replace(finding.verdict, case="above_limit"))
    assert not nothing_new(fingerprint(finding), fingerprint(other))
    assert nothing_new(fingerprint(finding), fingerprint(finding))


def test_of_facts_that_look_alike_one_more_is_new() -> None:
    nameless = replace(CREATININE, resource="observations.entry[3]")
    once, twice = resting_on(nameless), resting_on(nameless, replace(nameless, resource="observations.entry[4]"))
    assert (nothing_new(once, twice), nothing_new(twice, once)) == (False, True)


# ---- keys ------------------------------------------------------------------------------------------------------------


def test_an_installation_has_its_own_fingerprints() -> None:
    assert mark(kidney(), key=b"one") != mark(kidney(), key=b"two")
    assert re.fullmatch(r"[0-9a-f]{32}:([0-9a-f]{12})+", mark(kidney()))


def test_an_order_is_known_by_its_id_and_not_by_its_place() -> None:
    def name(draft: dict[str, Any], key: bytes = b"") -> str | None:
        bedside = kidney()
        bedside.drafts[0] = {k: v for k, v in (bedside.drafts[0] | draft).items() if v is not None}
        return order_key(bedside.record().drafts[0], key)

    assert name({"id": "a"}) == name({"id": "a", "authoredOn": "2026-06-01"})
    assert len({name({"id": "a"}), name({"id": "b"}), name({"id": "a"}, b"key")}) == 3
    assert name({"id": None}) is None
