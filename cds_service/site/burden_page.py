"""The report as one HTML page that needs nothing else: no script, no font, no address; pictures inside it."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

from cds_service.site.burden import PlaceLine, Report
from cds_service.site.burden_plots import Plot, can_draw
from cds_service.site.report_words import Words

Row = Sequence[str]


@dataclass(frozen=True, slots=True)
class Section:
    """One table with its heading, and the pictures that stand above it."""

    title: str
    heads: Row
    rows: tuple[Row, ...]
    plots: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Picture:
    caption: str
    image: str


def page(report: Report, words: Words, plots: Iterable[Plot] = ()) -> str:
    """The page. Every number of a picture stands in a table too."""
    pictures = {plot.name: _Picture(plot.caption, base64.b64encode(plot.png).decode()) for plot in plots}
    return (
        templates("cds_service.site")
        .get_template("report.html")
        .render(
            report=report,
            words=words,
            plots=pictures,
            can_draw=can_draw(),
            sections=list(_sections(report, words)),
            style=style(),
            csp=policy(),
            version=version("osteohooks"),
        )
    )


def policy() -> str:
    """The content security policy: our style by its hash, pictures from the page itself, nothing else."""
    digest = base64.b64encode(hashlib.sha256(style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


@cache
def templates(package: str) -> Environment:
    """The templates of a package, with ``sheet.html``, on which every such page is printed."""
    loader = ChoiceLoader([PackageLoader(package), PackageLoader("cds_service.site")])
    return Environment(
        loader=loader, autoescape=select_autoescape(), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


@cache
def style() -> str:
    """The style sheet as it stands in the page."""
    return files("cds_service.site").joinpath("templates/report.css").read_text("utf-8")


def _sections(report: Report, words: Words) -> Iterator[Section]:
    yield _by_rule(report, words)
    yield _answers(report, words)
    if rows := tuple(_reasons(report, words)):
        yield Section(words("reasons"), (words("rule"), words("reason"), words("cards")), rows)
    if rows := tuple(_withheld(report, words)):
        yield Section(words("withheld"), (words("rule"), words("reason"), words("calls")), rows)
    yield _places(words("by-service"), words("service"), report.services, words)
    if report.wards:
        yield _places(words("by-ward"), words("ward"), report.wards, words, ("wards",))
        yield _cells(report, words)
    yield _weeks(report, words)


def _by_rule(report: Report, words: Words) -> Section:
    heads = ("rule", "asked", "spoke", "per-100", "needs-data", "shown", "shown-per-100", "patients")
    rows = tuple(
        (
            f"{line.rule} {words.rule(line.rule)}",
            *(words.number(n) for n in (line.asked, line.calls, line.per_100, line.needs_data)),
            *(words.number(n) for n in (line.shown, line.shown_per_100)),
            words.count(line.patients),
        )
        for line in report.rules
    )
    return Section(words("by-rule"), tuple(words(head) for head in heads), rows, ("rules",))


def _answers(report: Report, words: Words) -> Section:
    heads = ("rule", "cards", "accepted", "overridden", "ignored")
    rows = tuple(
        (line.rule, *(words.number(n) for n in (line.cards, line.accepted, line.overridden, line.ignored)))
        for line in report.rules
        if line.cards
    )
    return Section(words("plot-answers"), tuple(words(head) for head in heads), rows, ("answers",))


def _reasons(report: Report, words: Words) -> Iterator[Row]:
    for line in report.rules:
        for system, code, count in line.reasons:
            yield line.rule, words.reason(system, code), words.number(count)


def _withheld(report: Report, words: Words) -> Iterator[Row]:
    for line in report.rules:
        for because, count in line.withheld.items():
            yield line.rule, words.because(because), words.number(count)


def _places(title: str, head: str, lines: Iterable[PlaceLine], words: Words, plots: tuple[str, ...] = ()) -> Section:
    heads = ("calls", "patients", "speaking", "per-100", "shown-calls", "shown-per-100")
    rows = tuple(
        (
            words.ward(line.name) if plots else str(line.name),
            words.number(line.calls),
            words.count(line.patients),
            words.count(line.speaking),
            words.number(line.speaking_per_100),
            words.count(line.shown),
            words.number(line.shown_per_100),
        )
        for line in lines
    )
    return Section(title, (head, *(words(name) for name in heads)), rows, plots)


def _cells(report: Report, words: Words) -> Section:
    wards = [line.name for line in report.wards]
    rules = [line.rule for line in report.rules if any((line.rule, ward) in report.cells for ward in wards)]
    rows = tuple((rule, *(_cell(report.cells, rule, ward, words) for ward in wards)) for rule in rules)
    return Section(words("by-ward-and-rule"), (words("rule"), *(words.ward(ward) for ward in wards)), rows)


def _cell(cells: Mapping[tuple[str, str | None], int | None], rule: str, ward: str | None, words: Words) -> str:
    return words.count(cells.get((rule, ward), 0))


def _weeks(report: Report, words: Words) -> Section:
    heads = (words("week"), words("calls"), words("spoke"), words("shown"))
    rows = tuple(
        (words.day(w.monday), *(words.number(n) for n in (w.calls, sum(w.spoke.values()), sum(w.shown.values()))))
        for w in report.weeks
    )
    return Section(words("by-week"), heads, rows, ("weeks",))
