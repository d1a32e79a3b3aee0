"""Writes ``docs/editions.md``: what changes for the shipped patients between two editions, by a replay of their calls.

``python -m tests.replay.editions`` renews the page; a test compares it.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from cds_service.replay.plan import Side, parts_of
from cds_service.sandbox.scenarios import Scenario, hook_request_bytes, scenarios
from tests.replay.cohort import DAY, plan, replayed, rows

PAGE = Path(__file__).parents[2] / "docs" / "editions.md"
BEFORE, AFTER = "aura-earlier", "aura-2026"
HOOKS = ("order-sign", "patient-view")
HEAD = """# What the 2026 edition changes

The shipped synthetic patients, each asked about twice on {day}: by the rules of `{before}` and by those of `{after}`. Every change
of a card stands here with its reason. Written by a replay of recorded requests ([replay.md](replay.md)), renewed by
`python -m tests.replay.editions`. Nothing here is advice, and clinical review is pending.

The same for the patients of a hospital (in a clone, `. .venv/bin/activate` first puts `osteohooks` on the path):

```sh
osteohooks replay export/ --hook order-sign --as-of 2026-03-01 --edition {before} --against {after} --out changes/
```

"""


class Change(NamedTuple):
    """One row of ``changes.parquet``, for whom it is."""

    scenario: Scenario
    row: dict[str, Any]

    @property
    def only_below(self) -> bool:
        """The card leads with the same sentence; what changes is in the text below it."""
        return self.row["said_before"] is not None and self.row["said_before"] == self.row["said_after"]


def page() -> str:
    """The page as it should stand."""
    found = {hook: _changes(hook) for hook in HOOKS}
    text = HEAD.format(day=DAY.isoformat(), before=BEFORE, after=AFTER)
    text += "| Hook | Calls | Cards before | Cards after | Patients with a change |\n|---|---|---|---|---|\n"
    for hook, (changes, cards) in found.items():
        patients = len({each.scenario.id for each in changes})
        text += f"| {hook} | {len(cards[0])} | {sum(cards[0])} | {sum(cards[1])} | {patients} |\n"
    for hook, (changes, _) in found.items():
        text += f"\n## By rule, at {hook}\n\n" + "".join(_by_rule(changes))
    return text + "\n## Patient by patient\n" + "".join(_by_patient(found))


def _changes(hook: str) -> tuple[list[Change], tuple[list[int], list[int]]]:
    """The changes in the order of the scenarios, and the cards of every call on either side."""
    found: list[Change] = []
    cards: tuple[list[int], list[int]] = ([], [])
    with TemporaryDirectory() as folder:
        source, out = Path(folder) / "requests", Path(folder) / "out"
        source.mkdir()
        for each in _once():
            (source / f"{each.id}.json").write_bytes(hook_request_bytes(each, DAY, hook))
        replayed(source, out, plan(hook, BEFORE, AFTER, names=True), formats=())
        held = {patient: list(same) for patient, same in groupby(rows(out / "changes.parquet"), lambda r: r["patient"])}
        for side, name in zip(cards, ("findings-calls", "against-calls"), strict=True):
            side += [row["cards_shown"] for row in rows(out / f"{name}.parquet")]
    for each in _once():
        found += [Change(each, row) for row in held.get(f"syn-{each.patient}", [])]
    return found, cards


def _once() -> list[Scenario]:
    """One scenario of each patient: results are told by patient."""
    return list({each.patient: each for each in reversed(scenarios())}.values())[::-1]


def _by_rule(changes: Iterable[Change]) -> Iterator[str]:
    rules = parts_of(Side(AFTER)).rules
    yield "| Rule | What | Speaks now | Is silent now | Says something else | Same sentence, other text below | Why |\n"
    yield "|---|---|---|---|---|---|---|\n"
    ordered = sorted(changes, key=lambda change: change.row["rule"])
    for rule, same in groupby(ordered, lambda change: change.row["rule"]):
        of_rule = list(same)
        kinds = [_kind(change) for change in of_rule]
        counts = " | ".join(str(kinds.count(kind) or "–") for kind in ("new", "gone", "other", "below"))
        why = "; ".join(dict.fromkeys(change.row["why"] for change in of_rule))
        yield f"| {rule} | {_cell(rules[rule].title['en'])} | {counts} | {_cell(why)} |\n"


def _kind(change: Change) -> str:
    if change.only_below:
        return "below"
    if change.row["said_before"] is None:
        return "new"
    return "gone" if change.row["said_after"] is None else "other"


def _by_patient(found: dict[str, tuple[list[Change], Any]]) -> Iterator[str]:
    """Those of whom a card leads with another sentence; the others are counted above."""
    for scenario in _once():
        told = [
            _told(hook, change)
            for hook, (changes, _) in found.items()
            for change in changes
            if change.scenario is scenario and not change.only_below
        ]
        if told:
            yield f"\n### {scenario.title['en']}\n\n`{scenario.id}`\n\n" + "".join(told)


def _told(hook: str, change: Change) -> str:
    row = change.row
    before = row["said_before"] or f"*{row['before']}*"
    after = row["said_after"] or f"*{row['after']}*"
    return f"- **{row['rule']}** at {hook}: {row['why']}\n    - before: {before}\n    - after: {after}\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
