"""The burden of alerts, computed: how often each rule would have fired, was shown, accepted, overridden or ignored.

Silent mode counts in full: the rule would have fired, and nobody was disturbed. So a site can decide before go-live.
What is said of small numbers: `cds_service.site.burden_privacy`.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from sqlalchemy import Connection

from cds_service.site import burden_data as data
from cds_service.site.burden_data import Scope
from cds_service.site.burden_privacy import SMALLEST, hidden, masked, pool, pooled
from cds_service.store.schema import calls, decisions
from hooks.services import services

QUESTIONS = 13  # a report asks the log at most
_PER = 100


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule: ``asked`` counts the calls of the services that ask it, ``per_100`` is ``calls`` per hundred of them.

    ``shown`` counts calls, ``cards`` cards. ``withheld`` maps a reason to calls in which the rule spoke and was not
    shown; ``reasons`` are override reasons as
    (system, code). ``patients`` is None where they are too few to tell.
    """

    rule: str
    asked: int
    calls: int
    per_100: float | None
    needs_data: int
    shown: int
    patients: int | None
    cards: int
    accepted: int
    overridden: int
    withheld: Mapping[str, int]
    reasons: tuple[tuple[str | None, str, int], ...]

    @property
    def shown_per_100(self) -> float | None:
        """Calls in which it was shown, per hundred in which it was asked."""
        return per_100(self.shown, self.asked)

    @property
    def ignored(self) -> int:
        """Cards shown of which nothing was heard."""
        return self.cards - self.accepted - self.overridden


@dataclass(frozen=True, slots=True)
class PlaceLine:
    """A service or a ward: calls, those in which anything spoke, those that showed a card; per hundred calls each.

    None stands for a number that is hidden.
    """

    name: str | None
    calls: int
    patients: int | None
    speaking: int | None
    shown: int | None

    @property
    def speaking_per_100(self) -> float | None:
        """Calls with a finding, per hundred."""
        return per_100(self.speaking, self.calls)

    @property
    def shown_per_100(self) -> float | None:
        """Calls with a card shown, per hundred."""
        return per_100(self.shown, self.calls)


@dataclass(frozen=True, slots=True)
class Week:
    """A week by its Monday: calls, and calls in which each rule spoke or was shown."""

    monday: date
    calls: int
    spoke: Mapping[str, int]
    shown: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything a page or a table shows. ``cells`` maps (rule, ward) to calls; None where it is hidden."""

    scope: Scope
    smallest: int
    calls: int
    rules: tuple[RuleLine, ...]
    services: tuple[PlaceLine, ...]
    wards: tuple[PlaceLine, ...]
    cells: Mapping[tuple[str, str | None], int | None]
    weeks: tuple[Week, ...]
    versions: int
    first_call: date | None


def burden(connection: Connection, scope: Scope, smallest: int = SMALLEST) -> Report:
    """Count and compute; ``smallest`` is the least number of patients a number by ward may rest on."""
    volumes, firings = data.volumes(connection, scope), data.firings(connection, scope)
    crowd = {ward: count for (ward,), count in data.people(connection, scope, calls.c.ward).items()}
    by_service = {service: count for (service,), count in data.people(connection, scope, calls.c.service).items()}
    names = pool(crowd, smallest)
    told = len(set(names.values())) > 1  # one name alone is the whole again
    begun = data.span(connection)[0]
    return Report(
        scope,
        smallest,
        sum(volume.calls for volume in volumes),
        tuple(_rules(connection, scope, firings, volumes, smallest)),
        tuple(_places(((v.service, v) for v in volumes), by_service, smallest)),
        tuple(_wards(connection, scope, volumes, pooled(crowd, names), names, smallest)) if told else (),
        _cells(connection, scope, firings, names, smallest) if told else {},
        tuple(_weeks(data.days(connection, scope))),
        len(data.versions(connection, scope)),
        begun.date() if begun else None,
    )


def per_100(count: int | None, of: int) -> float | None:
    """Per hundred, to one decimal; None of nothing and of what is hidden."""
    return round(_PER * count / of, 1) if of and count is not None else None


def _rules(
    connection: Connection,
    scope: Scope,
    firings: Iterable[data.Firing],
    volumes: Iterable[data.Volume],
    smallest: int,
) -> Iterable[RuleLine]:
    """Every rule that any service asks, loudest first; those that never spoke come last with their zeros."""
    asked = _asked(volumes)
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for f in firings:
        numbers = (f.calls, f.needs_data, f.shown, f.cards, f.accepted, f.overridden)
        sums[f.rule] = [one + more for one, more in zip(sums[f.rule], numbers, strict=True)]
    crowd = data.people_decided(connection, scope, decisions.c.rule)
    withheld, reasons = _by_rule(data.withheld(connection, scope)), _by_rule(data.overrides(connection, scope))
    lines = []
    for rule in dict.fromkeys((*asked, *sums)):
        spoke, gaps, shown, cards, accepted, overridden = sums.get(rule, [0] * 6)
        rate, count = per_100(spoke, asked.get(rule, 0)), masked(crowd.get((rule,), 0), smallest)
        said = tuple((one.system, one.word, one.count) for one in reasons.get(rule, ()))
        kept = {one.word: one.count for one in withheld.get(rule, ())}
        about = (rule, asked.get(rule, 0), spoke, rate, gaps, shown, count, cards, accepted, overridden)
        lines.append(RuleLine(*about, kept, said))
    return sorted(lines, key=lambda line: (-(line.per_100 or 0), -line.calls, line.rule))


def _by_rule(counted: Iterable[data.Counted]) -> dict[str, list[data.Counted]]:
    found: dict[str, list[data.Counted]] = defaultdict(list)
    for one in sorted(counted, key=lambda one: (-one.count, one.word)):
        found[one.rule].append(one)
    return found


def _asked(volumes: Iterable[data.Volume]) -> dict[str, int]:
    """In how many calls each rule was asked: the calls of the services whose checks it is one of."""
    calls_of: dict[str, int] = defaultdict(int)
    for volume in volumes:
        calls_of[volume.service] += volume.calls
    asked: dict[str, int] = defaultdict(int)
    for service in services():
        for check in service.checks:
            asked[check.id] += calls_of[service.id]
    return {rule: count for rule, count in asked.items() if count}


def _places(
    volumes: Iterable[tuple[str | None, data.Volume]], crowd: Mapping[str | None, int], smallest: int
) -> Iterable[PlaceLine]:
    """By name, busiest first."""
    sums: dict[str | None, list[int]] = defaultdict(lambda: [0] * 3)
    for name, v in volumes:
        sums[name] = [a + b for a, b in zip(sums[name], (v.calls, v.speaking, v.shown), strict=True)]
    lines = [
        PlaceLine(name, count, masked(crowd[name], smallest), speaking, shown)
        for name, (count, speaking, shown) in sums.items()
    ]
    return sorted(lines, key=lambda line: (-line.calls, line.name or ""))


def _wards(
    connection: Connection,
    scope: Scope,
    volumes: Iterable[data.Volume],
    crowd: Mapping[str | None, int],
    names: Mapping[str | None, str | None],
    smallest: int,
) -> Iterable[PlaceLine]:
    """The wards under the names they are told by; what too few of their patients stand behind is hidden."""
    lines = list(_places(((names[v.ward], v) for v in volumes), crowd, smallest))
    behind = dict.fromkeys(crowd, 0)
    for (ward,), count in data.people_decided(connection, scope, calls.c.ward).items():
        behind[names[ward]] = max(behind[names[ward]], count)
    told = hidden({line.name: line.speaking or 0 for line in lines}, behind, smallest)
    for line in lines:
        small = told[line.name] is None or 0 < (line.shown or 0) < smallest
        yield replace(line, speaking=told[line.name], shown=None if small else line.shown)


def _cells(
    connection: Connection,
    scope: Scope,
    firings: Iterable[data.Firing],
    names: Mapping[str | None, str | None],
    smallest: int,
) -> dict[tuple[str, str | None], int | None]:
    """Calls by rule and ward, hidden where too few patients stand behind them."""
    counted: dict[str, dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    for f in firings:
        counted[f.rule][names[f.ward]] += f.calls
    crowd: dict[str, dict[str | None, int]] = defaultdict(dict)
    for (rule, ward), count in data.people_decided(connection, scope, decisions.c.rule, calls.c.ward).items():
        behind = crowd[rule]
        behind[names[ward]] = max(behind.get(names[ward], 0), count)  # whoever was in two wards counts once
    return {
        (rule, ward): shown
        for rule, row in counted.items()
        for ward, shown in hidden(row, crowd[rule], smallest).items()
    }


def _weeks(counted: Iterable[tuple[date, str | None, int, int]]) -> Iterable[Week]:
    calls: dict[date, int] = defaultdict(int)
    spoke: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    shown: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for day, rule, count, seen in counted:
        monday = day - timedelta(days=day.weekday())
        if rule is None:
            calls[monday] += count
        else:
            spoke[monday][rule] += count
            shown[monday][rule] += seen
    return [Week(monday, calls[monday], dict(spoke[monday]), dict(shown[monday])) for monday in sorted(calls)]
