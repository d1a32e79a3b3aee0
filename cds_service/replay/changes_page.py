"""The changes as one HTML page that needs nothing else, for those who decide about an edition or a policy."""

import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from io import BytesIO
from pathlib import Path
from typing import Any

from cds_service.replay.changes import Totals
from cds_service.replay.reasons import Half
from cds_service.replay.results import database
from cds_service.replay.words import Words
from cds_service.site.burden_page import policy, style, templates
from cds_service.site.burden_plots import can_draw

MOST_ROWS = 500
_MOST_BARS = 20
_BLUE, _ORANGE = "#0072b2", "#e69f00"  # Okabe and Ito
_APPEARS = "count(*) FILTER (said_before IS NULL)"
_DISAPPEARS = "count(*) FILTER (said_after IS NULL)"
_DIFFERS = "count(*) FILTER (said_before IS NOT NULL AND said_after IS NOT NULL)"
_BY_RULE = f"""
    SELECT rule, count(DISTINCT patient), {_APPEARS}, {_DISAPPEARS}, {_DIFFERS}
    FROM read_parquet($changes) GROUP BY rule ORDER BY count(*) DESC, rule
"""
_BY_REASON = """
    SELECT rule, before, after, why, count(DISTINCT patient), count(*)
    FROM read_parquet($changes) GROUP BY ALL ORDER BY count(*) DESC, rule, before, after, why
"""
_ROWS = f"""
    SELECT patient, day, rule, before, after, why FROM read_parquet($changes)
    ORDER BY patient, day, call, rule, draft, before LIMIT {MOST_ROWS}
"""
_WHOLE = "SELECT count(*), count(DISTINCT patient), count(DISTINCT (patient, call)) FROM read_parquet($changes)"


@dataclass(frozen=True, slots=True)
class _Section:
    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    picture: str | None = None


def write_page(halves: tuple[Half, Half], hook: str, totals: Totals, words: Words, out: Path, work: Path) -> Path:
    """Write ``changes.html`` from ``changes.parquet``; returns it."""
    with database(work) as counting:
        whole, by_rule, by_reason, rows = (
            counting.execute(query, {"changes": str(out / "changes.parquet")}).fetchall()
            for query in (_WHOLE, _BY_RULE, _BY_REASON, _ROWS)
        )
    page = (
        templates("cds_service.replay")
        .get_template("changes.html")
        .render(
            words=words,
            lead=words("compared", before=halves[0].label, after=halves[1].label, hook=hook),
            notes=list(_notes(totals, whole[0], words)),
            sections=list(_sections(by_rule, by_reason, rows, words)),
            style=style(),
            csp=policy(),
            version=version("osteohooks"),
        )
    )
    path = out / "changes.html"
    path.write_text(page, "utf-8")
    return path


def _notes(totals: Totals, whole: tuple[int, int, int], words: Words) -> Iterator[str]:
    changes, patients, calls = whole
    about = {"patients": totals.patients, "calls": totals.calls_after, "changed": patients, "changed_calls": calls}
    yield words("totals", before=totals.cards_before, after=totals.cards_after, **about)
    if not changes:
        yield words("none")
        return
    yield words("how-to-read")
    if changes > MOST_ROWS:
        yield words("where-all", shown=MOST_ROWS, all=changes)


def _sections(by_rule: list[Any], by_reason: list[Any], rows: list[Any], words: Words) -> Iterator[_Section]:
    if not rows:
        return
    heads = [words(head) for head in ("rule", "patients", "appears", "disappears", "differs")]
    counted = [[words.rule(rule), *map(words.number, counts)] for rule, *counts in by_rule]
    yield _Section(words("by-rule"), heads, counted, _picture(by_rule, words) if can_draw() else None)
    heads = [words(head) for head in ("rule", "before", "after", "why", "patients", "calls")]
    told = [[*texts, *map(words.number, counts)] for *texts, one, two in by_reason for counts in [(one, two)]]
    yield _Section(words("by-reason"), heads, told)
    heads = [words(head) for head in ("patient", "day", "rule", "before", "after", "why")]
    shown = [[patient, words.day(day), *texts] for patient, day, *texts in rows]
    yield _Section(words("by-patient"), heads, shown)


def _picture(by_rule: list[Any], words: Words) -> str:
    """Bars to both sides; every number of it stands in the table below. The same bytes every time."""
    from matplotlib.figure import Figure

    shown = [row for row in by_rule if row[2] or row[3]][:_MOST_BARS] or by_rule[:_MOST_BARS]
    labels = [row[0] for row in shown]
    figure = Figure(figsize=(9, max(2.4, 0.34 * len(shown) + 1.2)), layout="constrained")
    axes = figure.subplots()
    axes.barh(labels, [row[2] for row in shown], color=_BLUE, label=words("appears"))
    axes.barh(labels, [-row[3] for row in shown], color=_ORANGE, label=words("disappears"))
    axes.axvline(0, color="#333333", linewidth=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: words.number(round(abs(value))))
    axes.invert_yaxis()
    axes.set_xlabel(words("calls"))
    figure.legend(frameon=False, loc="outside upper right", ncols=2)
    out = BytesIO()
    figure.savefig(out, format="png", dpi=144)
    return base64.b64encode(out.getvalue()).decode()
