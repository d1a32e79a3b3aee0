"""The alert-burden report of a replay: its calls and findings are put where the report looks for those of a service.

A decision log on disk is filled, counted and removed; so the numbers mean the same as those of `osteohooks report`.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import create_engine, insert

from cds_service.replay.plan import Plan
from cds_service.replay.results import Account, findings_of
from cds_service.replay.tables import read_rows
from cds_service.site import burden_files, burden_plots
from cds_service.site.burden import Report, burden
from cds_service.site.burden_data import Scope
from cds_service.site.report_words import Words
from cds_service.store.schema import calls, decisions, feedback, metadata
from hooks.limits import Rule

_BATCH = 4096
_NOBODY = "00000000-0000-0000-0000-000000000000"
Row = dict[str, Any]


def write_report(
    plan: Plan, account: Account, rules: dict[str, Rule], out: Path, work: Path, formats: tuple[str, ...], smallest: int
) -> list[Path]:
    """Count, draw and write the report; returns its files."""
    words = Words(plan.language, rules, smallest)
    found = _counted(account, out, work, smallest)
    on_page = "html" in formats and found.calls and burden_plots.can_draw()
    plots = burden_plots.draw(found, words) if on_page else ()
    return burden_files.write(found, words, plots, formats, out)


def _counted(account: Account, out: Path, work: Path, smallest: int) -> Report:
    path = work / "burden.sqlite"
    path.unlink(missing_ok=True)
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA synchronous=OFF")
            metadata.create_all(connection, tables=[calls, decisions, feedback])
            first, last = date.max, date.min
            for some in _batches(_call_rows(account, out)):
                first, last = min(first, *(row["as_of"] for row in some)), max(last, *(row["as_of"] for row in some))
                connection.execute(insert(calls), some)
            for some in _batches(_decision_rows(out)):
                connection.execute(insert(decisions), some)
            scope = Scope(first, last) if first <= last else Scope(date.min, date.min)
            return burden(connection, scope, smallest)
    finally:
        engine.dispose()
        path.unlink(missing_ok=True)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    for _, some in groupby(enumerate(rows), key=lambda numbered: numbered[0] // _BATCH):
        yield [row for _, row in some]


def _call_rows(account: Account, out: Path) -> Iterator[Row]:
    """The calls that were answered; ``seq`` is their place among all, which the findings use too."""
    for seq, row in enumerate(_rows(findings_of(out)[1])):
        if row["refused"] is None:
            yield {
                **_EMPTY,
                **{"seq": seq, "id": str(UUID(int=seq + 1)), "as_of": row["day"], "hook": row["hook"]},
                **{"at": datetime.combine(row["day"], time(), UTC), "service": row["service"]},
                **{"patient_key": row["patient"][:64], "edition": row["edition"], "policy_version": row["policy"]},
                **{"config_version": account.configuration, "software_version": account.software},
                **{"cards_shown": row["cards_shown"], "cards_withheld": row["cards_withheld"]},
            }


_EMPTY: Row = {
    **dict.fromkeys(("client", "tenant"), "replay"),
    **dict.fromkeys(("user_key", "language", "key_id", "previous_hash", "hash"), ""),
    **{"hook_instance": _NOBODY, "duration_us": 0, "checks": 0, "unanswered": {}, "broken": {}, "silent": False},
    "form": 1,
}


def _decision_rows(out: Path) -> Iterator[Row]:
    """Both files are in the order of patients and calls, so they are read side by side."""
    places = enumerate((row["patient"], row["call"]) for row in _rows(findings_of(out)[1]))
    seq, place = -1, None
    position = 0
    for row in _rows(findings_of(out)[0]):
        while place != (row["patient"], row["call"]):
            seq, place = next(places)
            position = 0
        if row["status"] != "silent":
            yield {
                **{"call_seq": seq, "position": position, "rule": row["rule"], "case": row["case"]},
                **{"status": row["status"], "severity": row["severity"], "shown": row["shown"]},
                **{"withheld_because": row["withheld"], "figures": {}, "evidence_hashes": [], "missing": {}},
                "card": None if row["card"] is None else str(UUID(int=(seq + 1 << 16) + row["card"])),
            }
            position += 1


def _rows(path: Path) -> Iterator[Row]:
    return (row for some in read_rows(path) for row in some)
