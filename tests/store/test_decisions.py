"""The decision log: what is kept of a call, that it suffices to replay it, and that nobody is named in it."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from cds_service.pipeline import advise
from cds_service.sandbox.scenarios import hook_request, scenario, scenarios
from cds_service.store.decisions import utc_now
from cds_service.store.entries import config_version, software_version
from cds_service.store.keys import Ring
from cds_service.store.schema import calls, cards, decisions, metadata
from cds_service.store.store import Store
from fhir_mappers.terminology import default_terminology
from hooks.quiet import Reason
from hooks.services import services
from hooks.withholding import Withheld
from tests.store.answers import DAY, MAN, NORTH, SOUTH, answer, body, note, offered, parts

SILENT = "lung-zol-all-clear"


def rows(store: Store, table: Any) -> list[Any]:
    with store.database.reading() as connection:
        return list(connection.execute(select(table).order_by(*table.primary_key)))


def test_a_call_is_kept_with_what_it_was_asked_and_told(store: Store) -> None:
    (made,) = note(store, caller=NORTH)
    (call,) = rows(store, calls)
    assert (call.seq, call.id, call.at) == (1, str(made.id), made.at)
    assert (call.client, call.tenant) == ("north", "n1")
    assert (call.service, call.hook) == ("bone-order-sign", "order-sign")
    assert call.hook_instance == str(made.call.hook_instance)
    assert (call.edition, call.language, call.as_of) == ("aura-2026", "en", DAY)
    assert (call.software_version, call.config_version) == (software_version(), config_version())
    assert (call.duration_us, call.silent) == (12300, False)
    assert (call.cards_shown, call.cards_withheld) == (2, 0)
    service = next(one for one in services() if one.id == "bone-order-sign")
    assert call.checks == len(service.checks)


def test_each_decision_is_kept_with_its_figures_and_hashes_of_its_facts(store: Store) -> None:
    (made,) = note(store)
    first, second = rows(store, decisions)
    finding = made.reply.shown[0].findings[0][0]
    assert (first.rule, first.case, first.status, first.severity) == ("ZOL-DOSE-01", "above_table", "fires", "warning")
    assert {name: figure["value"] for name, figure in first.figures.items()} == {
        "dose": finding.verdict.figures["dose"].value,
        "advised": finding.verdict.figures["advised"].value,
        "clearance": 42,
    }
    assert len(first.evidence_hashes) == len(finding.verdict.evidence) == len(set(first.evidence_hashes))
    assert first.fingerprint == made.reply.shown[0].findings[0][1][0].fingerprint
    assert (second.rule, second.shown, second.withheld_because) == ("AR-DENTAL-01", True, None)
    assert [first.card, second.card] == [str(card.uuid) for card in made.reply.cards]


def test_each_card_is_kept_with_what_it_offered(store: Store) -> None:
    (made,) = note(store)
    kept = {row.uuid: row for row in rows(store, cards)}
    for sent in offered(made):
        row = kept[sent["uuid"]]
        assert row.suggestions == [one["uuid"] for one in sent.get("suggestions", ())]
        assert row.reasons == [[one["system"], one["code"]] for one in sent["overrideReasons"]]
        assert (row.indicator, row.shown) == (sent["indicator"], True)
        assert row.rules == [one["rule"] for one in sent["extension"]["io.github.osteohooks.findings"]]


def test_a_call_without_cards_is_logged_too(store: Store) -> None:
    note(store, SILENT)
    (call,) = rows(store, calls)
    assert (call.cards_shown, call.cards_withheld, rows(store, decisions)) == (0, 0, [])


def test_a_card_that_shadow_mode_keeps_back_is_logged_as_such(store: Store) -> None:
    made = answer(store)
    first, kept = made.reply.cards[0].uuid, made.reply.shown[1:]
    aside = (Withheld(made.reply.shown[0], (Reason.SILENT,)),)
    without = replace(made.reply, cards=made.reply.cards[1:], shown=kept, withheld=aside)
    store.decisions.note(replace(made, reply=without, hushed=frozenset({"ZOL-DOSE-01"})))
    assert store.flush(20)
    (call,) = rows(store, calls)
    assert (call.silent, call.cards_shown, call.cards_withheld) == (True, 1, 1)
    assert {row.uuid: row.shown for row in rows(store, cards)}[str(first)] is False
    assert [(row.shown, row.withheld_because) for row in rows(store, decisions)] == [(True, None), (False, "silent")]


@pytest.mark.parametrize(("hushed", "because"), [(frozenset({"ZOL-DOSE-01"}), "silent"), (frozenset(), "left-out")])
def test_a_finding_that_stands_in_no_card_is_logged_too(store: Store, hushed: frozenset[str], because: str) -> None:
    made = answer(store)
    without = replace(made.reply, shown=made.reply.shown[1:], cards=made.reply.cards[1:])
    store.decisions.note(replace(made, reply=without, hushed=hushed))
    assert store.flush(20)
    kept = {row.rule: row for row in rows(store, decisions)}
    assert (kept["ZOL-DOSE-01"].card, kept["ZOL-DOSE-01"].shown) == (None, False)
    assert kept["ZOL-DOSE-01"].withheld_because == because
    assert kept["ZOL-DOSE-01"].figures["dose"]["unit"] == "mg"


def test_a_card_withheld_as_said_before_is_logged_with_the_reason(store: Store) -> None:
    wanted = {"extension": {"davinci-crd.configuration": {"max-cards": 1}}}
    made = answer(store, **wanted)
    assert len(made.reply.withheld) == 1
    store.decisions.note(made)
    assert store.flush(20)
    assert [row.withheld_because for row in rows(store, decisions)] == [None, "beyond-maximum"]
    assert [row.shown for row in rows(store, decisions)] == [True, False]


def test_the_answer_of_a_caller_who_wants_no_evidence_is_logged_in_full(store: Store) -> None:
    made = answer(store)
    bare = [
        replace(one, made=replace(one.made, card=one.made.card.model_copy(update={"extension": None})))
        for one in made.reply.shown
    ]
    store.decisions.note(made)
    store.decisions.note(replace(made, id=uuid4(), reply=replace(_other_uuids(made.reply, bare), withheld=())))
    assert store.flush(20)
    kept = rows(store, decisions)
    assert [row.figures for row in kept[:2]] == [row.figures for row in kept[2:]]
    assert [row.evidence_hashes for row in kept[:2]] == [row.evidence_hashes for row in kept[2:]]


def _other_uuids(reply: Any, shown: list[Any]) -> Any:
    again = [
        replace(one, made=replace(one.made, card=one.made.card.model_copy(update={"uuid": uuid4()}))) for one in shown
    ]
    return replace(reply, shown=tuple(again))


def test_a_decision_can_be_replayed(store: Store) -> None:
    """The same request, edition and day give the same figures, hashes and fingerprints that were logged."""
    note(store)
    (call,) = rows(store, calls)
    service = next(one for one in services() if one.id == call.service)
    again = answer(store)
    reply = advise(
        again.call,
        service,
        replace(parts(), key=store.ring.current.facts),
        call.language,
        as_of=call.as_of,
        edition=call.edition,
    )
    store.decisions.note(replace(again, reply=reply))
    assert store.flush(20)
    kept = rows(store, decisions)
    for name in ("rule", "case", "severity", "figures", "evidence_hashes", "fingerprint", "draft_key"):
        assert [getattr(row, name) for row in kept[:2]] == [getattr(row, name) for row in kept[2:]], name


def test_a_fact_that_changed_has_another_hash(store: Store) -> None:
    sent = json.loads(body())
    for entry in sent["prefetch"]["observations"]["entry"]:
        quantity = entry["resource"].get("valueQuantity")
        if quantity and quantity.get("unit") == "kg":
            quantity["value"] = 64
    note(store)
    store.decisions.note(answer(store, prefetch=sent["prefetch"]))
    assert store.flush(20)
    kept = [row for row in rows(store, decisions) if row.rule == "ZOL-DOSE-01"]
    same = set(kept[0].evidence_hashes) & set(kept[1].evidence_hashes)
    assert 0 < len(same) < len(kept[0].evidence_hashes)


def test_people_are_told_apart_and_nobody_can_be_looked_up(store: Store) -> None:
    note(store)
    note(store, caller=NORTH)
    note(store, caller=SOUTH)
    keys = [row.patient_key for row in rows(store, calls)]
    assert len(set(keys)) == 3  # the same patient for three owners
    assert all(len(key) == 64 for key in keys)
    assert rows(store, calls)[0].patient_key == answer(store).whose.patient
    assert Ring("another secret, as long as it must be").current.pseudonym("development", "patient", "x") not in keys


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for member in value.values() for leaf in leaves(member)]
    if isinstance(value, list):
        return [leaf for member in value for leaf in leaves(member)]
    return [str(value)]


def names_and_ids(name: str) -> set[str]:
    """What leads to a person: identifiers, names, references, birth dates of everything in a request."""
    found: set[str] = set()
    sent = hook_request(scenario(name), DAY)

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            for key, member in value.items():
                if key in (
                    "id",
                    "reference",
                    "family",
                    "given",
                    "text",
                    "birthDate",
                    "userId",
                    "patientId",
                    "value",
                    "display",
                ):
                    found.update(
                        leaf for leaf in leaves(member) if len(leaf) > 5 and not leaf.replace(".", "").isdigit()
                    )
                walk(member)
        elif isinstance(value, list):
            for member in value:
                walk(member)

    walk(sent)
    return found


def test_no_name_or_identifier_is_in_the_database(store: Store) -> None:
    every = [one.id for one in scenarios()]
    note(store, *every)
    with store.database.reading() as connection:
        dump = "\n".join(
            str(value) for table in metadata.sorted_tables for row in connection.execute(select(table)) for value in row
        )
    known = (
        set().union(*(names_and_ids(name) for name in every)) - default_terminology().known - {"fractions"}
    )  # our own words
    assert len(known) > 100
    assert MAN not in dump
    assert sorted(word for word in known if word in dump) == []


def test_a_call_that_cannot_be_written_down_is_counted_and_not_raised(store: Store) -> None:
    made = answer(store)
    store.decisions.note(replace(made, reply=None))  # type: ignore[arg-type]  # a mistake of ours
    health = store.healthy()
    assert (health.ok, health.lost, health.failures) == (False, 1, 1)
    assert health.reason == "entry: AttributeError"
    store.decisions.note(made)
    assert store.healthy().ok


def test_versions_say_what_was_running() -> None:
    assert len(config_version()) == 16
    assert software_version()[0].isdigit()
    assert utc_now().tzinfo is not None
