"""The feedback endpoint, as CDS Hooks describes it, with real cards of real calls, on both databases."""

import json
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask, Request
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from cds_service.app import build_app, create_app
from cds_service.clients import Caller
from cds_service.feedback_api import BODY_LIMIT, create_feedback
from cds_service.feedback_item import COMMENT_LIMIT
from cds_service.settings import Settings
from cds_service.store.schema import feedback
from cds_service.store.store import Store
from hooks.quiet import Kind
from tests.service.calls import blanks, post
from tests.store.answers import ANYONE, DAY, NORTH, SOUTH, body, note, offered, parts
from tests.store.tamper import tamper

SERVICE = "bone-order-sign"
PATH = f"/cds-services/{SERVICE}/feedback"
WHEN = "2026-03-12T09:30:00.52Z"


@pytest.fixture
def whole(store: Store) -> Flask:
    """The service as it is served."""
    made = create_app(Settings(), lambda: DAY, parts(), store=store)
    made.testing = False
    return made


@pytest.fixture
def client(whole: Flask) -> FlaskClient:
    return whole.test_client()


@pytest.fixture
def cards(client: FlaskClient, store: Store) -> list[dict[str, Any]]:
    """What a clinician was shown."""
    shown = ask(client)
    assert store.flush(20)
    return shown


def ask(client: FlaskClient) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = json.loads(post(client, body(), f"/cds-services/{SERVICE}").data)["cards"]
    assert len(shown) == 2
    return shown


def send(client: FlaskClient, *items: Any, path: str = PATH, **options: Any) -> TestResponse:
    return post(client, {"feedback": list(items)}, path, **options)


def accepted(card: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    taken = [{"id": card["suggestions"][0]["uuid"]}]
    return _item(
        {"card": card["uuid"], "outcome": "accepted", "acceptedSuggestions": taken, "outcomeTimestamp": WHEN}, changes
    )


def overridden(card: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    return _item({"card": card["uuid"], "outcome": "overridden", "outcomeTimestamp": WHEN}, changes)


def _item(item: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (item | changes).items() if value is not ...}


def kept(store: Store) -> list[Any]:
    with store.database.reading() as connection:
        return list(connection.execute(select(feedback).order_by(feedback.c.seq)))


def problems(response: TestResponse) -> list[tuple[str, str]]:
    """Severity and place of each issue."""
    outcome = json.loads(response.data)
    assert outcome["resourceType"] == "OperationOutcome"
    assert blanks(outcome) == []
    return [(issue["severity"], *issue["expression"]) for issue in outcome["issue"]]


def test_an_accepted_suggestion_is_stored_with_its_card(client: FlaskClient, cards: Any, store: Store) -> None:
    response = send(client, accepted(cards[0]))
    assert (response.status_code, response.data) == (200, b"{}")
    (row,) = kept(store)
    assert (row.card, row.outcome, row.accepted) == (cards[0]["uuid"], "accepted", [cards[0]["suggestions"][0]["uuid"]])
    assert row.outcome_at.isoformat() == "2026-03-12T09:30:00.520000+00:00"
    assert (row.client, row.tenant, row.service) == ("development", "", SERVICE)


def test_feedback_that_overtakes_its_card_waits_for_it(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The entry of the call is still on its way to the database."""
    monkeypatch.setattr("cds_service.store.feedback._PATIENCE_S", 30)
    for _ in range(5):
        assert send(client, accepted(ask(client)[0])).data == b"{}"
    assert len(kept(store)) == 5


def test_an_override_needs_no_reason(client: FlaskClient, cards: Any, store: Store) -> None:
    assert send(client, overridden(cards[0]), overridden(cards[1], overrideReason=None)).status_code == 200
    assert [(row.outcome, row.reason_code, row.comment) for row in kept(store)] == [("overridden", None, None)] * 2


def test_a_reason_is_known_by_system_and_code(client: FlaskClient, cards: Any, store: Store) -> None:
    offered_reason = cards[0]["overrideReasons"][0]
    coding = {"system": offered_reason["system"], "code": offered_reason["code"]}  # no display
    assert send(client, overridden(cards[0], overrideReason={"reason": coding})).data == b"{}"
    assert (
        send(client, overridden(cards[1], overrideReason={"userComment": " vu avec\tle néphrologue\x00 \n"})).data
        == b"{}"
    )
    first, second = kept(store)
    assert (first.reason_system, first.reason_code) == (coding["system"], coding["code"])
    assert (second.reason_code, second.comment) == (None, "vu avec\tle néphrologue")


def test_a_reason_the_card_did_not_offer_is_stored_with_a_remark(client: FlaskClient, cards: Any, store: Store) -> None:
    local = {"system": "urn:local", "code": "because"}
    response = send(client, overridden(cards[0], overrideReason={"reason": local}))
    assert response.status_code == 200
    assert problems(response) == [("warning", "feedback[0].overrideReason.reason")]
    assert [(row.reason_system, row.reason_code) for row in kept(store)] == [("urn:local", "because")]


def test_a_long_comment_is_cut_with_a_remark(client: FlaskClient, cards: Any, store: Store) -> None:
    response = send(client, overridden(cards[0], overrideReason={"userComment": "é" * (COMMENT_LIMIT + 1)}))
    assert response.status_code == 200
    assert problems(response) == [("warning", "feedback[0].overrideReason.userComment")]
    assert kept(store)[0].comment == "é" * COMMENT_LIMIT


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520000+00:00"),
        ("1985-04-12t23:20:50z", "1985-04-12T23:20:50+00:00"),
        ("2026-03-12T10:30:00+01:00", "2026-03-12T09:30:00+00:00"),
        ("2026-03-12T10:30:00.123456789Z", "2026-03-12T10:30:00.123456+00:00"),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00"),
    ],
)
def test_moments_are_those_of_rfc_3339(client: FlaskClient, cards: Any, store: Store, sent: str, stored: str) -> None:
    assert send(client, overridden(cards[0], outcomeTimestamp=sent)).status_code == 200
    assert kept(store)[0].outcome_at.isoformat() == stored


MALFORMED: list[tuple[str, Any, str]] = [
    ("no object", lambda card: "x", ""),
    ("null", lambda card: None, ""),
    ("a name twice", lambda card: ..., ""),
    ("no card", lambda card: overridden(card, card=...), ".card"),
    ("card no uuid", lambda card: overridden(card, card="card-1"), ".card"),
    ("card no text", lambda card: overridden(card, card=5), ".card"),
    ("no outcome", lambda card: overridden(card, outcome=...), ".outcome"),
    ("ignored", lambda card: overridden(card, outcome="ignored"), ".outcome"),
    ("outcome no text", lambda card: overridden(card, outcome=["accepted"]), ".outcome"),
    ("no moment", lambda card: overridden(card, outcomeTimestamp=...), ".outcomeTimestamp"),
    ("moment without zone", lambda card: overridden(card, outcomeTimestamp="2026-03-12T09:30:00"), ".outcomeTimestamp"),
    ("a day", lambda card: overridden(card, outcomeTimestamp="2026-03-12"), ".outcomeTimestamp"),
    ("no such day", lambda card: overridden(card, outcomeTimestamp="2026-02-30T09:30:00Z"), ".outcomeTimestamp"),
    (
        "before all days",
        lambda card: overridden(card, outcomeTimestamp="0001-01-01T00:00:00+14:00"),
        ".outcomeTimestamp",
    ),
    ("a number", lambda card: overridden(card, outcomeTimestamp=1773307800), ".outcomeTimestamp"),
    ("accepted nothing", lambda card: accepted(card, acceptedSuggestions=...), ".acceptedSuggestions"),
    ("accepted an empty list", lambda card: accepted(card, acceptedSuggestions=[]), ".acceptedSuggestions"),
    ("accepted a text", lambda card: accepted(card, acceptedSuggestions="x"), ".acceptedSuggestions"),
    ("accepted texts", lambda card: accepted(card, acceptedSuggestions=["x"]), ".acceptedSuggestions"),
    ("without id", lambda card: accepted(card, acceptedSuggestions=[{}]), ".acceptedSuggestions[0].id"),
    ("id no uuid", lambda card: accepted(card, acceptedSuggestions=[{"id": "x"}]), ".acceptedSuggestions[0].id"),
    (
        "unknown suggestion",
        lambda card: accepted(card, acceptedSuggestions=[{"id": str(uuid4())}]),
        ".acceptedSuggestions",
    ),
    ("reason a text", lambda card: overridden(card, overrideReason="x"), ".overrideReason"),
    ("reason empty", lambda card: overridden(card, overrideReason={}), ".overrideReason.reason"),
    ("comment blank", lambda card: overridden(card, overrideReason={"userComment": " \x01"}), ".overrideReason.reason"),
    (
        "comment no text",
        lambda card: overridden(card, overrideReason={"userComment": 5}),
        ".overrideReason.userComment",
    ),
    ("coding a text", lambda card: overridden(card, overrideReason={"reason": "x"}), ".overrideReason.reason"),
    (
        "coding without code",
        lambda card: overridden(card, overrideReason={"reason": {"system": "s"}}),
        ".overrideReason.reason.code",
    ),
    (
        "coding without system",
        lambda card: overridden(card, overrideReason={"reason": {"code": "c"}}),
        ".overrideReason.reason.system",
    ),
    (
        "code blank",
        lambda card: overridden(card, overrideReason={"reason": {"system": "s", "code": " "}}),
        ".overrideReason.reason.code",
    ),
    (
        "code too long",
        lambda card: overridden(card, overrideReason={"reason": {"system": "s", "code": "c" * 256}}),
        ".overrideReason.reason.code",
    ),
    ("unknown card", lambda card: overridden(card, card=str(uuid4())), ".card"),
]


def test_what_cannot_be_used_is_refused_alone(client: FlaskClient, cards: Any, store: Store) -> None:
    """A batch of all of them with sound reports at both ends; then each of them by itself."""
    made = [make(cards[0]) for _, make, _ in MALFORMED]
    sent = ['{"card":1,"card":2}' if item is ... else json.dumps(item) for item in made]
    first, last = json.dumps(accepted(cards[1])), json.dumps(overridden(cards[0]))
    response = post(client, f'{{"feedback":[{",".join([first, *sent, last])}]}}'.encode(), PATH)
    assert response.status_code == 200
    assert problems(response) == [("error", f"feedback[{at}]{row[2]}") for at, row in enumerate(MALFORMED, start=1)]
    assert [row.card for row in kept(store)] == [cards[1]["uuid"], cards[0]["uuid"]]
    for item, (name, _, place) in zip(sent, MALFORMED, strict=True):
        alone = post(client, f'{{"feedback":[{item}]}}'.encode(), PATH)
        assert alone.status_code == (404 if name == "unknown card" else 400), name
        assert problems(alone) == [("error", f"feedback[0]{place}")], name
    assert len(kept(store)) == 2


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", 400),
        (b"no json", 400),
        (b"[]", 400),
        (b'"x"', 400),
        (b"{}", 400),
        (b'{"feedback":null}', 400),
        (b'{"feedback":{}}', 400),
        (b'{"feedback":"x"}', 400),
        (b'{"feedback":[],"feedback":[]}', 400),
        (b'{"feedback":[' + b"[" * 900 + b"]" * 900 + b"]}", 400),
        (b'{"feedback":["\xff"]}', 400),
        (b'{"feedback":[{"overrideReason":{"userComment":"\\ud800"}}]}', 400),
        (b'{"feedback":[' + b" " * BODY_LIMIT + b"]}", 413),
        (b'{"feedback":[]}', 200),
    ],
)
def test_a_body_that_is_none_is_refused_whole(client: FlaskClient, sent: bytes, status: int) -> None:
    assert post(client, sent, PATH).status_code == status


def test_other_members_are_ignored(client: FlaskClient, cards: Any, store: Store) -> None:
    item = accepted(cards[0], extension={"x": 1}, other=[None])
    assert post(client, {"feedback": [item], "extension": {"a": "b"}, "other": 1}, PATH).data == b"{}"
    assert len(kept(store)) == 1


def test_the_same_report_twice_is_stored_once_and_another_one_is_added(
    client: FlaskClient, cards: Any, store: Store
) -> None:
    first, later = accepted(cards[0]), overridden(cards[0], outcomeTimestamp="2026-03-12T10:00:00Z")
    for items in ([first, first], [first], [later, first]):
        assert send(client, *items).data == b"{}"
    assert [row.outcome for row in kept(store)] == ["accepted", "overridden"]


def test_many_cards_of_many_calls_in_one_batch(
    client: FlaskClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_service.store.feedback._PORTION", 3)
    shown = [card for made in note(store, *["lung-zol-clearance-42"] * 4) for card in offered(made)]
    assert send(client, *map(overridden, shown)).data == b"{}"
    assert [row.card for row in kept(store)] == [card["uuid"] for card in shown]
    assert [row.seq for row in kept(store)] == list(range(1, 9))


def test_other_services_methods_and_types(client: FlaskClient, cards: Any) -> None:
    assert send(client, accepted(cards[0]), path="/cds-services/none/feedback").status_code == 404
    unknown = send(client, accepted(cards[0]), path="/cds-services/bone-patient-view/feedback")
    assert (unknown.status_code, problems(unknown)) == (404, [("error", "feedback[0].card")])
    assert client.get(PATH).status_code == 405
    assert send(client, accepted(cards[0]), content_type="text/plain").status_code == 415


def by_header(request: Request) -> Caller:
    return {"north": NORTH, "south": SOUTH}.get(request.headers.get("X-Client", ""), ANYONE)


@pytest.fixture
def shared(store: Store) -> FlaskClient:
    """A service with several clients."""
    made = build_app(Settings(), (), lambda *_: None)  # type: ignore[arg-type,return-value]  # no service is called
    made.register_blueprint(create_feedback({SERVICE}, store.feedback, by_header, lambda: DAY))
    return made.test_client()


def test_the_cards_of_another_client_or_tenant_are_unknown(shared: FlaskClient, store: Store) -> None:
    (made,) = note(store, caller=NORTH)
    card = offered(made)[0]
    for name in ("south", ""):
        response = send(shared, accepted(card), headers={"X-Client": name})
        assert (response.status_code, problems(response)) == (404, [("error", "feedback[0].card")])
    assert kept(store) == []
    assert send(shared, accepted(card), headers={"X-Client": "north"}).status_code == 200
    assert [(row.client, row.tenant) for row in kept(store)] == [("north", "n1")]


def test_a_card_that_was_not_shown_has_no_feedback(shared: FlaskClient, store: Store) -> None:
    (made,) = note(store)
    tamper(store.database, "UPDATE cards SET shown = false WHERE position = 0")
    first, second = offered(made)
    response = send(shared, accepted(first), accepted(second))
    assert (response.status_code, problems(response)) == (200, [("error", "feedback[0].card")])


@pytest.mark.parametrize(
    ("reason", "kind"), [(None, Kind.DISMISSED), ({"userComment": "seen"}, Kind.OVERRIDDEN)], ids=["closed", "said why"]
)
def test_an_override_is_remembered_for_the_next_call(
    client: FlaskClient, cards: Any, store: Store, reason: Any, kind: Kind
) -> None:
    assert store.flush(20)
    made = note(store)[0]
    before = {row for row in store.memory.recall(made.whose, DAY) if row.kind in (Kind.DISMISSED, Kind.OVERRIDDEN)}
    assert before == set()
    assert send(client, overridden(cards[1], overrideReason=reason), accepted(cards[0])).data == b"{}"
    after = [row for row in store.memory.recall(made.whose, DAY) if row.kind is not Kind.SHOWN]
    assert [(row.rule, row.kind, row.on, row.user) for row in after] == [("AR-DENTAL-01", kind, DAY, made.whose.user)]
    again = send(client, overridden(cards[1], overrideReason=reason))  # a repeat is not a second decision
    assert (again.data, len(store.memory.recall(made.whose, DAY))) == (b"{}", len(after))


def test_an_overridden_warning_is_not_said_again_for_the_same_order(
    client: FlaskClient, cards: Any, store: Store
) -> None:
    reason = {"userComment": "dose of the nephrologist"}
    assert send(client, *(overridden(card, overrideReason=reason) for card in cards)).data == b"{}"
    answer = json.loads(post(client, body(), f"/cds-services/{SERVICE}").data)
    assert answer["cards"] == []
    assert [row["reasons"] for row in answer["extension"]["io.github.osteohooks.withheld"]] == [["overridden"]] * 2


def test_while_the_store_is_away_nothing_is_acknowledged(client: FlaskClient, cards: Any, store: Store) -> None:
    assert store.flush(20)
    with store.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE feedback RENAME TO elsewhere")
    response = send(client, accepted(cards[0]))
    assert (response.status_code, json.loads(response.data)["issue"][0]["code"]) == (503, "transient")
    with store.database.writing() as connection:
        connection.exec_driver_sql("ALTER TABLE elsewhere RENAME TO feedback")
    assert send(client, accepted(cards[0])).status_code == 200
    assert len(kept(store)) == 1


def test_without_a_store_there_is_no_feedback() -> None:
    bare = create_app(Settings(), lambda: DAY, parts()).test_client()
    assert post(bare, {"feedback": []}, PATH).status_code == 404


def test_feedback_may_come_from_pages_of_an_ehr(client: FlaskClient) -> None:
    allowed = client.options(
        PATH, headers={"Origin": "https://ehr.example.org", "Access-Control-Request-Method": "POST"}
    )
    assert allowed.headers["Access-Control-Allow-Origin"] == "*"
