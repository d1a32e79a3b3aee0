"""What the decision log says about the burden of alerts: counts by rule, service and ward.

No patient, not even a keyed hash, leaves this module.

SQLAlchemy Core on `cds_service.store.schema`, the same on SQLite and PostgreSQL. Days are the days of the calls
(``calls.as_of``), so that a period means what the site's calendar means.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, distinct, func, select
from sqlalchemy.sql.selectable import FromClause

from cds_service.store.schema import calls, decisions, feedback


@dataclass(frozen=True, slots=True)
class Scope:
    """The calls looked at: from the first to the last day, both included; of one client, or (None) of all."""

    first: date
    last: date
    client: str | None = None

    def holds(self) -> list[ColumnElement[bool]]:
        """As conditions on ``calls``."""
        found = [calls.c.as_of >= self.first, calls.c.as_of <= self.last]
        return [*found, calls.c.client == self.client] if self.client is not None else found


@dataclass(frozen=True, slots=True)
class Volume:
    """How often a service was called in a ward (None: not told), how many of the calls found anything, and how many
    showed a card.
    """

    service: str
    ward: str | None
    calls: int
    speaking: int
    shown: int


@dataclass(frozen=True, slots=True)
class Firing:
    """What one rule did at one service in one ward.

    Attributes:
        calls: calls in which it fired or needed data, whether or not a card was shown; ``needs_data`` only the latter.
        shown: calls in which it was on a card that was shown.
        cards: cards shown that carry it; ``accepted`` and ``overridden`` by the latest feedback, the rest was ignored.
    """

    rule: str
    service: str
    ward: str | None
    calls: int
    needs_data: int
    shown: int
    cards: int
    accepted: int
    overridden: int


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of calls or cards under a rule and one more word: why it was not shown, or why it was overridden."""

    rule: str
    word: str
    count: int
    system: str | None = None


def volumes(connection: Connection, scope: Scope) -> list[Volume]:
    """Calls by service and ward."""
    spoke = select(decisions.c.call_seq.label("seq")).distinct().subquery()
    query = (
        select(
            calls.c.service,
            calls.c.ward,
            func.count(),
            func.count(spoke.c.seq),
            func.count(case((calls.c.cards_shown > 0, 1))),
        )
        .select_from(calls.outerjoin(spoke, spoke.c.seq == calls.c.seq))
        .where(*scope.holds())
        .group_by(calls.c.service, calls.c.ward)
    )
    return [Volume(*row) for row in connection.execute(query)]


def people(connection: Connection, scope: Scope, *by: ColumnElement[Any]) -> dict[tuple[Any, ...], int]:
    """How many patients had calls, by columns of ``calls``: the size of the crowd one could be found in."""
    query = select(*by, func.count(distinct(calls.c.patient_key))).where(*scope.holds()).group_by(*by)
    return {tuple(key): count for *key, count in _rows(connection, query)}


def people_decided(connection: Connection, scope: Scope, *by: ColumnElement[Any]) -> dict[tuple[Any, ...], int]:
    """How many patients a rule spoke about, by columns of ``calls`` and ``decisions``."""
    query = _decided(scope, by, (func.count(distinct(calls.c.patient_key)),))
    return {tuple(key): count for *key, count in _rows(connection, query)}


def firings(connection: Connection, scope: Scope) -> list[Firing]:
    """What every rule did, by service and ward."""
    latest = _latest_feedback()
    card = case((decisions.c.shown, decisions.c.card))
    query = _decided(
        scope,
        (decisions.c.rule, calls.c.service, calls.c.ward),
        (
            func.count(distinct(decisions.c.call_seq)),
            func.count(distinct(case((decisions.c.status == "needs-data", decisions.c.call_seq)))),
            func.count(distinct(case((decisions.c.shown, decisions.c.call_seq)))),
            func.count(distinct(card)),
            func.count(distinct(case((latest.c.outcome == "accepted", card)))),
            func.count(distinct(case((latest.c.outcome == "overridden", card)))),
        ),
        latest,
    )
    return [Firing(*row) for row in connection.execute(query)]


def withheld(connection: Connection, scope: Scope) -> list[Counted]:
    """Calls in which a rule spoke and was not shown, by the reason."""
    reason = func.coalesce(decisions.c.withheld_because, "other")
    count = func.count(distinct(decisions.c.call_seq))
    query = _decided(scope, (decisions.c.rule, reason), (count,)).where(decisions.c.shown.is_(False))
    return [Counted(*row) for row in connection.execute(query)]


def overrides(connection: Connection, scope: Scope) -> list[Counted]:
    """Cards overridden, by rule and reason as coded; comments are never read."""
    latest = _latest_feedback()
    code, system = func.coalesce(latest.c.reason_code, ""), func.coalesce(latest.c.reason_system, "")
    count = func.count(distinct(decisions.c.card))
    query = _decided(scope, (decisions.c.rule, code, system), (count,), latest)
    query = query.where(decisions.c.shown, latest.c.outcome == "overridden")
    return [Counted(rule, word, number, of or None) for rule, word, of, number in connection.execute(query)]


def days(connection: Connection, scope: Scope) -> list[tuple[date, str | None, int, int]]:
    """By day and rule (None: all calls of the day): calls in which it spoke, and those in which it was shown."""
    spoke = func.count(distinct(decisions.c.call_seq))
    shown = func.count(distinct(case((decisions.c.shown, decisions.c.call_seq))))
    by_rule = _decided(scope, (calls.c.as_of, decisions.c.rule), (spoke, shown))
    whole = select(calls.c.as_of, func.count(), func.count()).where(*scope.holds()).group_by(calls.c.as_of)
    told: list[tuple[date, str | None, int, int]] = [
        (day, None, count, all) for day, count, all in _rows(connection, whole)
    ]
    return told + [(day, rule, count, seen) for day, rule, count, seen in _rows(connection, by_rule)]


def versions(connection: Connection, scope: Scope) -> set[tuple[str, ...]]:
    """Software, configuration, policy and edition in use; a change explains a change of counts."""
    columns = (calls.c.software_version, calls.c.config_version, calls.c.policy_version, calls.c.edition)
    query = select(*columns).distinct().where(*scope.holds())
    return {tuple(word or "" for word in row) for row in connection.execute(query)}


def span(connection: Connection) -> tuple[datetime | None, datetime | None]:
    """The first and the last call in the log; earlier ones may have been purged."""
    first, last = connection.execute(select(func.min(calls.c.at), func.max(calls.c.at))).one()
    return first, last


def _decided(
    scope: Scope,
    by: tuple[ColumnElement[Any], ...],
    counted: tuple[ColumnElement[Any], ...],
    latest: Subquery | None = None,
) -> Select[Any]:
    """Decisions of the scope, grouped and counted; with the latest feedback on their cards where it is asked for."""
    joined: FromClause = decisions.join(calls, calls.c.seq == decisions.c.call_seq)
    if latest is not None:
        joined = joined.outerjoin(latest, latest.c.card == decisions.c.card)
    return select(*by, *counted).select_from(joined).where(*scope.holds()).group_by(*by)


def _latest_feedback() -> Subquery:
    """The last thing that was said about each card."""
    newest = func.row_number().over(
        partition_by=feedback.c.card, order_by=(feedback.c.outcome_at.desc(), feedback.c.seq.desc())
    )
    columns = (feedback.c.card, feedback.c.outcome, feedback.c.reason_system, feedback.c.reason_code)
    ranked = select(*columns, newest.label("rank")).subquery()
    return select(*ranked.c).where(ranked.c.rank == 1).subquery()


def _rows(connection: Connection, query: Select[Any]) -> Iterable[tuple[Any, ...]]:
    return (tuple(row) for row in connection.execute(query))
