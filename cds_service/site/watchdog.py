"""What somebody should look at: rules whose firing changed, services nobody calls any more, codes and units that no
rule can use, canary patients that find something else. One look at the decision log, for ``osteohooks watch``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from cds_service.site import burden_data as data
from cds_service.site.burden_data import Scope
from cds_service.site.drift import WEEKS, Change, Drift, Share, drifts
from cds_service.site.sightings import UNIT, UNMAPPED, Sighting, counted
from cds_service.store.schema import calls, decisions
from hooks.services import services
from hooks.texts import load_texts

FEWEST_CALLS = 20  # a week, before a service counts as in use
LOOK_BACK = timedelta(days=27)  # for codes and units: four weeks with today
QUESTIONS = 4 * (WEEKS + 1) + 1  # one look asks the log
_LISTED = 20
_BISPHOSPHONATES = ("zoledronic_acid", "pamidronate", "ibandronate", "clodronate", "alendronate", "risedronate",
                    "etidronate", "tiludronate", "bisphosphonate")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Unused:
    """Codes that look alike and match no concept, or spellings of a unit that are not understood, by how often seen."""

    kind: str
    name: str
    codes: tuple[tuple[str, int], ...]

    @property
    def seen(self) -> int:
        """How often all of them were seen."""
        return sum(count for _, count in self.codes)


@dataclass(frozen=True, slots=True)
class Watch:
    """One look. ``changed_versions``: software, policy or edition changed, so a change of a rule may be wanted."""

    day: date
    drifts: tuple[Drift, ...]
    silent: tuple[str, ...]
    unused: tuple[Unused, ...]
    canaries: tuple[str, ...]
    changed_versions: bool

    @property
    def is_quiet(self) -> bool:
        """Nothing to look at."""
        return not (self.drifts or self.silent or self.unused or self.canaries)


def look(connection: Connection, today: date, canaries: Iterable[str] = (), client: str | None = None) -> Watch:
    """Judge the last seven full days, up to yesterday, against the eight weeks before them."""
    weeks = _weeks(today, client)
    people = [data.people(connection, week, calls.c.service) for week in weeks]
    spoken = [data.people_decided(connection, week, calls.c.service, decisions.c.rule) for week in weeks]
    called = [Counter[str]() for _ in weeks]
    for counts, week in zip(called, weeks, strict=True):
        for volume in data.volumes(connection, week):
            counts[volume.service] += volume.calls
    before, after = ({v for week in part for v in data.versions(connection, week)} for part in (weeks[:-1], weeks[-1:]))
    return Watch(
        today,
        tuple(drifts(_series(people, spoken))),
        tuple(_fallen_silent(called)),
        tuple(_unused(counted(connection, today - LOOK_BACK, today, client))),
        tuple(canaries),
        bool(before and after and before != after),
    )


def told(watch: Watch) -> str:
    """The look in words."""
    lines = [f"Canary patients: {sentence}" for sentence in watch.canaries]
    lines += [_drift(drift) for drift in watch.drifts]
    if watch.drifts and watch.changed_versions:
        lines.append("Software, configuration, policy or edition changed in this time: the change may be wanted.")
    lines += [f"{service}: no call in the last seven days; it was in use before." for service in watch.silent]
    for unused in watch.unused:
        lines.append(_unused_line(unused))
        lines += [f"    {code}  {count} times" for code, count in unused.codes[:_LISTED]]
        if len(unused.codes) > _LISTED:
            lines.append(f"    and {len(unused.codes) - _LISTED} more")
    return "\n".join(lines) or "Nothing to look at."


def as_json(watch: Watch) -> dict[str, Any]:
    """The look for a program."""
    return {
        "day": watch.day.isoformat(),
        "quiet": watch.is_quiet,
        "canaries": list(watch.canaries),
        "drifts": [
            {"service": d.service, "rule": d.rule, "change": d.change.value, "p": d.p}
            | {"before": {"fired": d.before.fired, "patients": d.before.patients}}
            | {"after": {"fired": d.after.fired, "patients": d.after.patients}}
            for d in watch.drifts
        ],
        "changedVersions": watch.changed_versions,
        "silentServices": list(watch.silent),
        "unused": [
            {"kind": one.kind, "like": one.name, "seen": one.seen, "codes": [list(code) for code in one.codes]}
            for one in watch.unused
        ],
    }


def _weeks(today: date, client: str | None) -> list[Scope]:
    """Nine spans of seven days, oldest first; the last ends yesterday, for today is not over."""
    ends = [today - timedelta(days=1 + 7 * back) for back in range(WEEKS, -1, -1)]
    return [Scope(end - timedelta(days=6), end, client) for end in ends]


def _series(
    people: list[dict[tuple[Any, ...], int]], spoken: list[dict[tuple[Any, ...], int]]
) -> Mapping[tuple[str, str], list[Share]]:
    return {
        (service.id, check.id): [
            Share(fired.get((service.id, check.id), 0), asked.get((service.id,), 0))
            for asked, fired in zip(people, spoken, strict=True)
        ]
        for service in services()
        for check in service.checks
    }


def _fallen_silent(called: list[Counter[str]]) -> Iterator[str]:
    """Services that were called every week, often enough, and were not called in the last."""
    for service in services():
        *before, after = (week[service.id] for week in called)
        if not after and min(before) >= FEWEST_CALLS:
            yield service.id


def _unused(seen: Mapping[Sighting, int]) -> Iterator[Unused]:
    groups: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one, count in seen.items():
        kind = one.about if one.kind == UNMAPPED else one.kind
        groups[kind, _name(one.concept)][f"{one.system}|{one.code}" if one.system else one.code] += count
    for (kind, name), codes in sorted(groups.items(), key=lambda item: -sum(item[1].values())):
        yield Unused(kind, name, tuple(sorted(codes.items(), key=lambda item: (-item[1], item[0]))))


def _name(concept: str) -> str:
    if concept.startswith(_BISPHOSPHONATES):
        return "bisphosphonates"
    row = load_texts()[1]["names"].get(concept)
    return str(row["en"]) if row else concept.replace("_", " ")


def _unused_line(unused: Unused) -> str:
    count = len(unused.codes)
    if unused.kind == UNIT:
        spelling = "1 unit is" if count == 1 else f"{count} units are"
        return f"{spelling} not understood for {unused.name} (seen {unused.seen} times):"
    what = {"medications": "order", "tests": "laboratory"}.get(unused.kind, unused.kind)
    noun = f"1 {what} code looks" if count == 1 else f"{count} {what} codes look"
    verb = "matches" if count == 1 else "match"
    return f"{noun} like {unused.name} and {verb} no concept (seen {unused.seen} times):"


def _drift(drift: Drift) -> str:
    words = {
        Change.STOPPED: "stopped speaking",
        Change.FELL: "speaks less",
        Change.ROSE: "speaks more",
        Change.BEGAN: "began to speak",
    }
    before, after = (f"{share.fired} of {share.patients} patient-weeks" for share in (drift.before, drift.after))
    return f"{drift.rule} at {drift.service} {words[drift.change]}: {after} in the last week, {before} before."
