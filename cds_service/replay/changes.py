"""What changes between two replays: which patients' findings differ, and why. Joined on disk, not in memory.

The other side is the second one of the same replay (another edition or policy), or an earlier replay: another version
of the software, of which only the results are at hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from cds_service.replay import reasons
from cds_service.replay.reasons import Half
from cds_service.replay.results import database
from cds_service.replay.tables import Writer, packed
from cds_service.replay.words import Words

Found = list[Any]
"""Status, severity, case, because, summary and words of one side."""

CHANGES = pa.schema(
    [
        *(("patient", pa.string()), ("call", pa.int32()), ("day", pa.date32()), ("hook", pa.string())),
        *((name, pa.string()) for name in ("rule", "draft", "before", "after", "why", "said_before", "said_after")),
    ]
)
"""One row per call, rule and order about which something else is said."""

_JOINED = """
    SELECT coalesce(a.patient, b.patient), coalesce(a.call, b.call), coalesce(a.day, b.day), coalesce(a.hook, b.hook),
           coalesce(a.rule, b.rule) AS rule, coalesce(a.draft, b.draft) AS draft, coalesce(a.ordinal, b.ordinal),
           a.status, a.severity, a.case, a.because, a.summary, a.words,
           b.status, b.severity, b.case, b.because, b.summary, b.words,
           ca.patient IS NOT NULL AND ca.refused IS NULL, cb.patient IS NOT NULL AND cb.refused IS NULL
    FROM read_parquet($before) a
    FULL OUTER JOIN read_parquet($after) b
      ON a.patient = b.patient AND a.day = b.day AND a.hook = b.hook AND a.call = b.call
     AND a.rule = b.rule AND a.draft = b.draft AND a.ordinal = b.ordinal
    LEFT JOIN read_parquet($calls_before) ca
      ON ca.patient = coalesce(a.patient, b.patient) AND ca.call = coalesce(a.call, b.call)
     AND ca.day = coalesce(a.day, b.day)
    LEFT JOIN read_parquet($calls_after) cb
      ON cb.patient = coalesce(a.patient, b.patient) AND cb.call = coalesce(a.call, b.call)
     AND cb.day = coalesce(a.day, b.day)
    WHERE (a.status IS DISTINCT FROM b.status OR a.severity IS DISTINCT FROM b.severity
        OR a.case IS DISTINCT FROM b.case OR a.words IS DISTINCT FROM b.words)
      AND NOT (coalesce(a.status, 'silent') = 'silent' AND coalesce(b.status, 'silent') = 'silent')
    ORDER BY 1, 3, 2, 4, 5, 6, 7
"""
_TOTALS = """
    SELECT (SELECT count(DISTINCT patient) FROM (SELECT patient FROM read_parquet($calls_before)
                                                 UNION SELECT patient FROM read_parquet($calls_after))),
           (SELECT count(*) FROM read_parquet($calls_before)), (SELECT count(*) FROM read_parquet($calls_after)),
           (SELECT coalesce(sum(cards_shown), 0) FROM read_parquet($calls_before)),
           (SELECT coalesce(sum(cards_shown), 0) FROM read_parquet($calls_after))
"""


@dataclass(frozen=True, slots=True)
class Totals:
    """Over everything that was compared."""

    patients: int
    calls_before: int
    calls_after: int
    cards_before: int
    cards_after: int


def write_changes(before: Half, after: Half, words: Words, out: Path, work: Path) -> Totals:
    """Write ``changes.parquet``, in the order of patients and days; returns the totals."""
    paths = {"before": before.findings, "after": after.findings}
    called = {"calls_before": before.calls, "calls_after": after.calls}
    asked = {name: str(path) for name, path in (*paths.items(), *called.items())}
    writer = Writer(out / "changes.parquet", CHANGES)
    with database(work) as joining:
        found = joining.execute(_JOINED, asked)
        while rows := found.fetchmany(2048):
            writer.add(packed(CHANGES, [_change(row, before, after, words) for row in rows]))
        counted = joining.execute(_TOTALS, {name: asked[name] for name in called}).fetchone()
    writer.close()
    return Totals(*(int(count) for count in counted or ()))


def _change(row: tuple[Any, ...], before: Half, after: Half, words: Words) -> tuple[Any, ...]:
    patient, call, day, hook, rule, draft, _, *rest = row
    was, now = rest[:6], rest[6:12]
    stood, stands = (
        _standing(found, half, rule, called, words)
        for found, half, called in ((was, before, rest[12]), (now, after, rest[13]))
    )
    why = "; ".join(_why(rule, (was, before), (now, after), rest[12] and rest[13], words))
    same = words("other-words") if stood == stands else stands
    return patient, call, day, hook, rule, draft, stood, same, why, was[4], now[4]


def _standing(found: Found, half: Half, rule: str, called: bool, words: Words) -> str:
    status, severity, case, because = found[:4]
    if not called:
        return words("no-call")
    if status not in (None, "silent"):
        return f"{severity} {case}"
    because = because or reasons.unasked(rule, half, words)
    return f"{words('silent')} ({because})" if because else words("silent")


def _why(rule: str, was: tuple[Found, Half], now: tuple[Found, Half], called: bool, words: Words) -> Iterator[str]:
    """What differs in the rule itself; else what is known to make it speak or fall silent beside others."""
    if not called:
        yield words("one-call")
        return
    before, after = was[1], now[1]
    told = [said for half in (before, after) if (said := reasons.unasked(rule, half, words))]
    told += reasons.numbers(rule, before, after, words)
    told += [f"{half.label}: {found[3]}" for found, half in (was, now) if found[3]]
    if before.parts is None or after.parts is None:
        told.append(words("version", before=before.label, after=after.label))
    elif not told:
        told.append(words("by-words" if was[0][0] == now[0][0] else "by-others"))
    yield from told
