"""A decision log written by hand: calls, what they found, what was shown, what users said. Straight into the tables."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, insert

from cds_service.store.engine import Database
from cds_service.store.schema import calls, cards, decisions, feedback

DAY = date(2026, 11, 2)  # a Monday
SIGN, VIEW = "bone-order-sign", "bone-patient-view"


@dataclass(frozen=True)
class Said:
    """One finding: shown on a card (cards of one name are one card), or withheld for a reason."""

    rule: str
    card: str | None = "card"
    status: str = "fires"
    because: str | None = None


class Log:
    """Writes one call after the other."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._seq, self._reports = connection, 0, 0

    def call(
        self,
        said: Iterable[Said] = (),
        *,
        day: date = DAY,
        service: str = SIGN,
        ward: str | None = None,
        patient: str = "p",
        **more: Any,
    ) -> dict[str, str]:
        """One call; returns its cards by name."""
        self._seq += 1
        found = tuple(said)
        made = {one.card: str(uuid4()) for one in found if one.card is not None}
        self._connection.execute(insert(calls).values(**self._row(day, service, ward, patient, len(made), **more)))
        for position, one in enumerate(found):
            self._decision(position, one, made.get(one.card or ""))
        for position, (name, card) in enumerate(made.items()):
            carried = [one.rule for one in found if one.card == name]
            self._card(position, card, service, carried, more.get("client", "ehr"))
        return {str(name): card for name, card in made.items()}

    def report(self, card: str, outcome: str, *, after: int = 0, **reason: str) -> None:
        """Feedback on a card, so many minutes later than others."""
        self._reports += 1
        at = datetime.combine(DAY, time(12), UTC) + timedelta(minutes=after)
        told = {"seq": self._reports, "id": str(uuid4()), "card": card, "client": "ehr", "tenant": "", "service": SIGN}
        times = {"received_at": at, "outcome_at": at, "outcome": outcome, "accepted": []}
        links = {"digest": _hash(str(self._reports)), "form": 1, "key_id": "k", "previous_hash": "0", "hash": "0"}
        self._connection.execute(insert(feedback).values(**told, **times, **links, **reason))

    def _row(self, day: date, service: str, ward: str | None, patient: str, shown: int, **more: Any) -> dict[str, Any]:
        who = {"client": "ehr", "tenant": "", "patient_key": _hash(patient), "user_key": _hash("user"), "ward": ward}
        what = {
            "service": service,
            "hook": service.removeprefix("bone-"),
            "hook_instance": str(uuid4()),
            "language": "en",
        }
        versions = {"edition": "aura-2026", "config_version": "c", "software_version": "s", "policy_version": None}
        counts = {"duration_us": 1, "checks": 1, "unanswered": {}, "broken": {}, "silent": False}
        links = {"form": 1, "key_id": "k", "previous_hash": "0", "hash": "0", "cards_withheld": 0, "cards_shown": shown}
        at = {"seq": self._seq, "id": str(uuid4()), "at": datetime.combine(day, time(8), UTC), "as_of": day}
        return {**who, **what, **versions, **counts, **links, **at, **more}

    def _decision(self, position: int, one: Said, card: str | None) -> None:
        shown = card is not None
        because = None if shown else (one.because or "silent")
        row = {"call_seq": self._seq, "position": position, "rule": one.rule, "case": "due", "status": one.status}
        told = {
            "severity": "warning",
            "figures": {},
            "evidence_hashes": [],
            "missing": {},
            "card": card or str(uuid4()),
        }
        self._connection.execute(insert(decisions).values(**row, **told, shown=shown, withheld_because=because))

    def _card(self, position: int, card: str, service: str, rules: list[str], client: str) -> None:
        row = {"uuid": card, "call_seq": self._seq, "position": position, "client": client, "tenant": ""}
        told = {"service": service, "indicator": "warning", "rules": rules, "suggestions": [], "reasons": []}
        self._connection.execute(insert(cards).values(**row, **told, shown=True))


def write(database: Database) -> Any:
    """A transaction to write a log in: ``with write(database) as log``."""
    return _Writing(database)


class _Writing:
    def __init__(self, database: Database) -> None:
        self._transaction = database.writing()

    def __enter__(self) -> Log:
        return Log(self._transaction.__enter__())

    def __exit__(self, *error: Any) -> Any:
        return self._transaction.__exit__(*error)


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()
