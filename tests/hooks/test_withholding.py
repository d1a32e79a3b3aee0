"""Which cards are shown: as a whole or not at all, never a critical one hidden unasked, never a changed fact hidden."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from hooks.cards import FAULT, FINDINGS_EXTENSION, NOT_CHECKED, compose, show
from hooks.evaluate import Broken
from hooks.preferences import Preferences
from hooks.quiet import Kind, Reason, Recollection, Remembered
from hooks.response import Indicator
from hooks.texts import LANGUAGES
from hooks.withholding import WITHHELD_EXTENSION, Selection, Traced, told, trace
from tests.hooks.remembered import ALL, OTHER, TODAY, USER, all_traces, chosen, composed, row, rows_of, traced
from tests.hooks.said import context_of, speaker
from tests.support.bedside import Bedside
from tests.support.renal import clearing
from tests.support.varied import changed, mark_wrong, patients, resources

MANY = settings(max_examples=80, deadline=None, derandomize=True)
GRAVEST_FIRST = [Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO]


def sick(crcl: str = "25") -> Bedside:
    """Someone with critical, warning and information cards at once."""
    patient = clearing(crcl).ill("lung_cancer", "2025-01-10").ill("bone_metastasis", "2025-01-10")
    patient.stated("prednisone", "2026-06-01").observed("vitamin_d_25oh_total", "30 nmol/L @ 2026-05-20")
    patient.ordered("nivolumab", "2026-05-31")
    return patient.drafts_order("zometa", "4 mg", every="28 d").drafts_order("xgeva", "120 mg", every="28 d")


def indicators(selection: Selection) -> list[Indicator]:
    return [card.indicator for card in selection.cards]


def reasons(selection: Selection) -> dict[str, list[str]]:
    return {one.card.made.kind: [reason.value for reason in one.reasons] for one in selection.withheld}


def test_by_default_everything_is_shown_as_it_was_composed() -> None:
    patient, cards = sick(), traced(sick())
    assert {Indicator.CRITICAL, Indicator.WARNING, Indicator.INFO} <= set(indicators(chosen(cards)))
    assert chosen(cards).cards == [one.made.card for one in cards]
    assert chosen(cards).withheld == ()
    shown = show(patient.findings(), context_of(patient), speaker())
    assert [card.summary for card in chosen(cards).cards] == [card.summary for card in shown]


# ---- what the caller asks for ----------------------------------------------------------------------------------------


def test_without_information_only_warnings_and_critical_cards_are_shown() -> None:
    selection = chosen(traced(sick()), Preferences(non_serious=False))
    assert set(indicators(selection)) == {Indicator.CRITICAL, Indicator.WARNING}
    assert {one.card.made.card.indicator for one in selection.withheld} == {Indicator.INFO}
    assert {one.reasons for one in selection.withheld} == {(Reason.NOT_SERIOUS,)}


def test_a_kind_that_is_switched_off_is_not_shown_unless_it_is_critical() -> None:
    kinds = frozenset(one.made.kind for one in traced(sick()))
    selection = chosen(traced(sick()), Preferences(switched_off=kinds))
    assert set(indicators(selection)) == {Indicator.CRITICAL}
    one = next(one.made.kind for one in traced(sick()) if not one.is_critical)
    assert reasons(chosen(traced(sick()), Preferences(switched_off=frozenset({one, "no-such-kind"})))) == {
        one: ["switched-off"]
    }


def test_what_is_not_known_is_no_kind_that_could_be_switched_off() -> None:
    cards = traced(Bedside().drafts_order("zometa", "4 mg").without("observations", "procedures"))
    assert NOT_CHECKED in {one.made.kind for one in cards}
    assert chosen(cards, Preferences(switched_off=frozenset({NOT_CHECKED}))).withheld == ()


def test_a_fault_of_ours_is_said_even_to_who_wants_no_information() -> None:
    patient = sick()
    findings = replace(patient.findings(), broken=(Broken("ZOL-CI-01", "KeyError"),))
    cards = trace(composed(findings, patient), patient.record().drafts)
    assert cards[-1].made.kind == FAULT
    selection = chosen(
        cards, Preferences(non_serious=False, switched_off=frozenset({FAULT})), rows_of(cards, Kind.OVERRIDDEN)
    )
    assert selection.shown[-1].made.kind == FAULT
    assert selection.shown[-1].memo("s", "order-sign").traces == ()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("most", range(1, 9))
def test_at_most_so_many_cards_the_gravest_and_the_last_says_what_was_left_out(most: int, language: str) -> None:
    cards = traced(sick(), language=language)
    critical = sum(one.is_critical for one in cards)
    selection = chosen(cards, Preferences(max_cards=most), language=language)
    kept = min(len(cards), max(most, critical))
    assert [card.summary for card in selection.cards] == [one.made.card.summary for one in cards[:kept]]
    assert indicators(selection) == sorted(indicators(selection), key=GRAVEST_FIRST.index)
    left_out = [one.made.card.summary for one in cards[kept:]]
    assert [one.card.made.card.summary for one in selection.withheld] == left_out
    detail = selection.cards[-1].detail or ""
    assert all(summary in detail for summary in left_out)
    assert (f"({len(left_out)})" in detail) == bool(left_out)
    assert [card.detail for card in selection.cards[:-1]] == [one.made.card.detail for one in cards[: kept - 1]]
    assert {one.reasons for one in selection.withheld} <= {(Reason.BEYOND_MAXIMUM,)}


def test_two_critical_cards_are_shown_where_one_card_was_asked_for() -> None:
    patient = (
        sick().observed("calcium_total", "3.8 mmol/L @ 2026-06-02").observed("albumin_serum", "40 g/L @ 2026-06-02")
    )
    assert sum(one.is_critical for one in traced(patient)) == 2
    selection = chosen(traced(patient), Preferences(max_cards=1))
    assert indicators(selection) == [Indicator.CRITICAL] * 2
    assert "Not shown" in (selection.cards[-1].detail or "")


def test_the_note_of_what_was_left_out_tells_how_grave_it_is() -> None:
    (card,) = chosen(traced(sick("80")), Preferences(max_cards=1)).cards
    note = (card.detail or "").split("Not shown, because fewer cards were asked for")[1]
    assert "- Warning: " in note
    assert "- Information: " in note


def test_a_fault_may_be_left_out_when_there_are_too_many_cards_but_not_unsaid() -> None:
    patient = sick()
    findings = replace(patient.findings(), broken=(Broken("ZOL-CI-01", "KeyError"),))
    selection = chosen(trace(composed(findings, patient), ()), Preferences(max_cards=1))
    assert "Part of the bone-treatment check could not be completed" in (selection.cards[-1].detail or "")


def test_the_maximum_counts_what_is_left_after_the_other_wishes() -> None:
    serious = chosen(traced(sick()), Preferences(non_serious=False))
    both = chosen(traced(sick()), Preferences(non_serious=False, max_cards=len(serious.cards)))
    assert [card.detail for card in both.cards] == [card.detail for card in serious.cards]


def test_without_evidence_a_card_has_no_trace_but_still_says_what_it_rests_on() -> None:
    patient = sick()
    plain, full = (
        [one.card for one in compose(patient.findings(), context_of(patient), speaker(), with_evidence=wanted)]
        for wanted in (False, True)
    )
    for card, whole in zip(plain, full, strict=True):
        assert (card.summary, card.indicator, card.detail) == (whole.summary, whole.indicator, whole.detail)
        assert card.extension is None
        assert FINDINGS_EXTENSION in (whole.extension or {})
    assert any("Rests on:" in (card.detail or "") for card in plain)


# ---- what was decided before -----------------------------------------------------------------------------------------


def test_a_card_is_withheld_when_each_of_its_findings_was_decided() -> None:
    cards = traced(sick())
    selection = chosen(traced(sick()), ALL, rows_of(cards, Kind.OVERRIDDEN))
    assert {r for found in reasons(selection).values() for r in found} <= {"overridden", "dismissed"}
    about_orders = [c for c in cards if all(t.draft for _, traces in c.findings for t in traces)]
    assert len(about_orders) > 2
    assert len(selection.withheld) == len(cards), "every finding of an order session is about an order"


def test_one_finding_that_must_be_said_brings_back_the_whole_card() -> None:
    cards = traced(sick())
    consolidated = max(cards, key=lambda one: len(one.findings))
    assert len(consolidated.findings) > 1
    decided = rows_of(cards, Kind.OVERRIDDEN)
    for finding, _ in consolidated.findings:
        but_one = [each for each in decided if each.rule != finding.rule.id]
        shown = {one.made.kind: one.made.card.detail for one in chosen(traced(sick()), ALL, but_one).shown}
        assert shown[consolidated.made.kind] == consolidated.made.card.detail


def test_a_finding_that_is_gone_does_not_bring_back_the_others() -> None:
    decided = rows_of(traced(sick()), Kind.OVERRIDDEN)
    examined = sick().done("dental_examination", "2026-05-01").done("dental_panoramic_xray", "2026-05-01")
    before = {f.rule.id for f, _ in all_traces(traced(sick()))}
    after = {f.rule.id for f, _ in all_traces(traced(examined))}
    assert "AR-DENTAL-01" in before - after
    assert chosen(traced(examined), ALL, decided).shown == ()


CHANGES: dict[str, Callable[[Bedside], object]] = {
    "a new creatinine": lambda p: p.observed("creatinine_serum", "180 umol/L @ 2026-06-03"),
    "another dose": lambda p: p.drafts[0]["dosageInstruction"][0].update(
        doseAndRate=[{"doseQuantity": {"value": 8, "unit": "mg", "system": "http://unitsofmeasure.org", "code": "mg"}}]
    ),
    "another order": lambda p: p.drafts[0].update(id="d99"),
    "an order without id": lambda p: p.drafts[0].pop("id"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_has_changed_is_said_at_once_although_it_was_overridden(change: str) -> None:
    decided = rows_of(traced(sick()), Kind.OVERRIDDEN)
    patient = sick()
    CHANGES[change](patient)
    assert any(one.is_critical for one in chosen(traced(patient), ALL, decided).shown)


def test_nothing_is_overridden_without_an_order() -> None:
    """At a chart that is opened there is no order an override could be for."""
    chart = Bedside(moment="patient-view").ill("bone_metastasis", "2025-01-10").ill("lung_cancer", "2025-01-10")
    chart.given("xgeva", "2026-01-01", "120 mg").ordered("xgeva", "2025-06-01", "120 mg")
    chart.observed("calcium_total", "3.6 mmol/L @ 2026-06-02").observed("albumin_serum", "40 g/L @ 2026-06-02")
    cards = traced(chart)
    decided = [row(one, kind) for _, one in all_traces(cards) for kind in Kind]
    assert all(row.draft is None for row in decided)
    assert Indicator.CRITICAL in indicators(chosen(cards, ALL, decided))
    assert {one.card.made.card.indicator for one in chosen(cards, ALL, decided).withheld} <= {Indicator.INFO}


# ---- what holds for every patient ------------------------------------------------------------------------------------

PREFERENCES = st.builds(
    Preferences,
    non_serious=st.booleans(),
    max_cards=st.none() | st.integers(1, 4),
    switched_off=st.frozensets(st.sampled_from(["zoledronate", "kidney", "before-start", "hypercalcaemia", FAULT])),
)


@MANY
@given(patient=patients(), wanted=PREFERENCES, data=st.data())
def test_no_critical_card_is_hidden_unless_this_user_overrode_it_for_this_order(
    patient: Bedside, wanted: Preferences, data: st.DataObject
) -> None:
    cards = traced(patient)
    rows = [remembered for _, one in all_traces(cards) for remembered in data.draw(unhelpful_rows(one))]
    selection = chosen(cards, wanted, rows)
    grave = [one.made.card.uuid for one in cards if one.is_critical]
    assert [card.uuid for card in selection.cards if card.indicator is Indicator.CRITICAL] == grave


def unhelpful_rows(one: object) -> st.SearchStrategy[list[Remembered]]:
    """Anything that may be remembered of a finding but this user's override for this order."""
    shown = st.builds(row, st.just(one), st.just(Kind.SHOWN), st.integers(0, 3), st.sampled_from([USER, OTHER]))
    closed = st.builds(row, st.just(one), st.just(Kind.DISMISSED), st.integers(0, 3), st.just(USER))
    other_user = st.builds(row, st.just(one), st.just(Kind.OVERRIDDEN), st.just(0), st.sampled_from([OTHER, None]))
    other_order = st.builds(row, st.just(one), st.just(Kind.OVERRIDDEN), st.just(0), draft=st.sampled_from(["x", None]))
    other_facts = st.builds(row, st.just(one), st.just(Kind.OVERRIDDEN), st.just(0), fingerprint=st.just("0" * 32))
    return st.lists(shown | closed | other_user | other_order | other_facts, max_size=4)


@MANY
@given(patient=patients(), kind=st.sampled_from(Kind), ago=st.integers(0, 40), data=st.data())
def test_nothing_new_is_ever_withheld(patient: Bedside, kind: Kind, ago: int, data: st.DataObject) -> None:
    """Of a record that changed, every withheld card says word for word what the decision was about, and rests on no
    fact that was not there; an information may lack one that has gone.
    """
    before = traced(patient)
    said = {line for one in before for line in words(one)}
    other = changed(patient)
    places = [(rows, index) for rows in resources(other).values() for index in range(len(rows))]
    if places:
        rows, index = data.draw(st.sampled_from(places))
        mark_wrong(rows[index])
    wanted = Preferences(drop_repeated=data.draw(st.booleans()))
    remembered = [row(one, kind, ago, hook="order-select") for _, one in all_traces(before)]
    selection = chosen(traced(other), wanted, remembered)
    grave = [one.card for one in selection.withheld if one.card.made.card.indicator is not Indicator.INFO]
    assert {line for one in grave for line in words(one)} <= said
    known = {proof for finding, _ in all_traces(before) for proof in finding.verdict.evidence}
    assert {p for one in selection.withheld for f, _ in one.card.findings for p in f.verdict.evidence} <= known


def words(card: Traced) -> set[str]:
    return {
        line for finding, _ in card.findings for line in (speaker().summary(finding), *speaker().paragraphs(finding))
    }


@MANY
@given(patient=patients(), wanted=PREFERENCES)
def test_every_card_is_shown_or_withheld_for_a_reason(patient: Bedside, wanted: Preferences) -> None:
    cards = traced(patient)
    selection = chosen(cards, wanted, rows_of(cards, Kind.OVERRIDDEN, ago=3))
    shown = [one.made.card.uuid for one in selection.shown]
    withheld = [one.card.made.card.uuid for one in selection.withheld]
    assert sorted(map(str, [*shown, *withheld])) == sorted(str(one.made.card.uuid) for one in cards)
    assert all(one.reasons for one in selection.withheld)
    assert len(selection.withheld) == len((told(selection.withheld) or {WITHHELD_EXTENSION: []})[WITHHELD_EXTENSION])


# ---- what is left for the memory -------------------------------------------------------------------------------------


def test_each_card_shown_leaves_what_feedback_needs() -> None:
    selection = chosen(traced(sick()))
    for card, memo in zip(selection.shown, selection.memos("bone-order-sign", "order-sign"), strict=True):
        assert (memo.card, memo.service, memo.hook) == (card.made.card.uuid, "bone-order-sign", "order-sign")
        assert {one.rule for one in memo.traces} == {finding.rule.id for finding, _ in card.findings}
        assert memo.suggestions == tuple(one.uuid for one in card.made.card.suggestions or ())
        assert len(set(memo.traces)) == len(memo.traces)


def test_a_finding_about_the_session_is_about_each_of_its_selected_orders() -> None:
    patient = sick()
    everything = {one.draft for _, one in all_traces(traced(patient))}
    assert len(everything) == 2
    selected = trace(
        composed(patient.findings(), patient), [structs.replace(d, selected=False) for d in patient.record().drafts]
    )
    own = [one.draft for finding, one in all_traces(selected) if finding.draft is not None]
    session = {one.draft for finding, one in all_traces(selected) if finding.draft is None}
    assert None not in own
    assert session == {None}


def test_only_what_was_shown_is_remembered_as_shown_and_only_where_it_matters() -> None:
    past = Recollection((), TODAY, USER)
    selection = chosen(traced(sick()), Preferences(max_cards=1))
    seen = selection.seen("order-select", True, past)
    assert {one.rule for one in seen} == {f.rule.id for card in selection.shown for f, _ in card.findings}
    assert {(one.kind, one.on, one.user, one.hook) for one in seen} == {(Kind.SHOWN, TODAY, USER, "order-select")}
    assert selection.seen("order-select", False, past) == ()


def test_a_rule_with_its_own_snooze_is_remembered_wherever_it_is_shown() -> None:
    chart = Bedside(moment="patient-view").ill("bone_metastasis", "2025-01-10").given("xgeva", "2026-05-20", "120 mg")
    assert chart.outcome("ONJ-FU-01") == "warning never_recorded"
    seen = chosen(traced(chart)).seen("patient-view", False, Recollection((), TODAY, USER))
    assert {one.rule for one in seen} == {"ONJ-FU-01"}
