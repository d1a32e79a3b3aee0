"""Writes the report into a folder: one HTML page, CSV tables, JSON, and the plots as SVG and PNG."""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path

from cds_service.site.burden import Report
from cds_service.site.burden_page import page
from cds_service.site.burden_plots import Plot
from cds_service.site.burden_rows import Rows, as_rows
from cds_service.site.report_words import Words
from hooks.exact_json import dumps_exact

FORMATS = ("html", "csv", "json")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write(report: Report, words: Words, plots: Iterable[Plot], formats: Iterable[str], folder: Path) -> list[Path]:
    """Write the formats that are asked for; returns the files in the order they were written.

    Raises:
        OSError: the folder cannot be written.
    """
    drawn = tuple(plots)
    folder.mkdir(parents=True, exist_ok=True)
    made: list[Path] = []
    for name, content in _contents(report, words, drawn, set(formats)):
        path = folder / name
        path.write_bytes(content)
        made.append(path)
    return made


def _contents(report: Report, words: Words, plots: tuple[Plot, ...], formats: set[str]) -> Iterable[tuple[str, bytes]]:
    if "html" in formats:
        yield "report.html", page(report, words, plots).encode()
        yield from ((f"{plot.name}.{kind}", getattr(plot, kind)) for plot in plots for kind in ("svg", "png"))
    if "csv" in formats:
        for name, rows in as_rows(report).items():
            if rows:
                yield f"{name}.csv", _table(rows)
    if "json" in formats:
        yield "report.json", dumps_exact(summary(report))


def summary(report: Report) -> dict[str, object]:
    """The whole report for a program."""
    about = {
        "from": report.scope.first.isoformat(),
        "to": report.scope.last.isoformat(),
        "client": report.scope.client,
        "calls": report.calls,
        "smallest": report.smallest,
        "versions": report.versions,
    }
    return {**about, **as_rows(report)}


def _table(rows: Rows) -> bytes:
    """UTF-8 with the mark by which spreadsheets know it; nothing in a cell is taken for a formula."""
    out = StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
