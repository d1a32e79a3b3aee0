"""The pictures of a patient, drawn by matplotlib as SVG on one time axis. Each says what a table beside it says too."""

import base64
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from babel.dates import format_date
from babel.numbers import format_decimal

from cds_service.app_pages.palette import LIGHT, MARKERS, PLANNED, darkened
from cds_service.app_pages.series import Axis, Course, Curve, Lane, Mark, Point
from cds_service.app_pages.words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches; a picture fills the width of the page at about its own size, and all of them have the same margins.
_WIDE, _LEFT, _RIGHT, _TOP, _BOTTOM = 9.6, 1.5, 1.35, 0.3, 0.3
_LANE, _CURVE = 0.44, 1.55
_SMALL, _TEXT, _LETTER, _TOUCHING = 8.5, 9.5, 4.9, 9.0  # points; a small letter is about so wide, a shape so large
_UP, _BESIDE = ("data", "axes fraction"), ("axes fraction", "data")
_EPOCH = date(1970, 1, 1)
_FONT: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "font.size": _TEXT,
    "svg.hashsalt": "osteohooks",
    "svg.fonttype": "path",
}
_ONE_AT_A_TIME = threading.Lock()  # a picture costs a core some time: calls of clinicians come first


@dataclass(frozen=True, slots=True)
class Picture:
    """An SVG in both schemes as addresses that need no request, and its size in CSS pixels."""

    light: str
    dark: str
    width: int
    height: int


def can_draw() -> bool:
    """Whether the extra `plots` is installed."""
    try:
        import matplotlib.figure  # noqa: F401 # only to see whether it is there
    except ImportError:
        return False
    return True


def draw(of: Course | Curve, days: Axis, words: Words) -> Picture:
    """One picture."""
    import matplotlib

    with _ONE_AT_A_TIME, matplotlib.rc_context(_FONT):
        figure = _course(of, days, words) if isinstance(of, Course) else _curve(of, days, words)
        out = BytesIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = out.getvalue().decode()
    width, height = figure.get_size_inches()
    return Picture(_address(svg), _address(darkened(svg)), round(width * 96), round(height * 96))


def _address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _canvas(height: float, days: Axis, words: Words) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    whole = height + _TOP + _BOTTOM
    figure = Figure(figsize=(_WIDE, whole))
    sides = {"left": _LEFT / _WIDE, "right": 1 - _RIGHT / _WIDE, "bottom": _BOTTOM / whole, "top": 1 - _TOP / whole}
    figure.subplots_adjust(**sides)
    axes = figure.subplots()
    axes.set_xlim(_noon(days.first), _noon(days.last))
    _months(axes, days)
    axes.axvline(_noon(days.today), color=LIGHT["text"], linewidth=1, linestyle=(0, (3, 2)), zorder=2)
    _label(axes, words("today"), (_noon(days.today), 1), LIGHT["text"], (0, 3), xycoords=_UP, ha="center")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LIGHT["line"])
    axes.tick_params(colors=LIGHT["muted"], length=0)
    return figure, axes


def _months(axes: "Axes", days: Axis) -> None:
    """Ticks at the first of a month, so many that their names do not touch, named in the reader's language."""
    months = (days.last.year - days.first.year) * 12 + days.last.month - days.first.month
    step = next(each for each in (1, 2, 3, 6, 12) if months / each <= 7 or each == 12)
    index = range(days.first.year * 12 + days.first.month, days.last.year * 12 + days.last.month)
    ticks = [date(month // 12, month % 12 + 1, 1) for month in index if month % step == 0]
    axes.set_xticks([_noon(day) for day in ticks], [format_date(day, "LLL yyyy", days.language) for day in ticks])
    axes.grid(axis="x", color=LIGHT["line"], linewidth=0.6)
    axes.set_axisbelow(True)


def _course(of: Course, days: Axis, words: Words) -> "Figure":
    figure, axes = _canvas(_LANE * max(len(of.lanes), 1), days, words)
    names = [lane.name for lane in of.lanes]
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_yticks(range(len(names)), names)
    axes.tick_params(axis="y", colors=LIGHT["text"])
    for row, lane in enumerate(of.lanes):
        _lane(axes, row, lane, days)
    return figure


def _lane(axes: "Axes", row: int, lane: Lane, days: Axis) -> None:
    hatches, thick = {"due": None, "late": "////", "order": None}, {"order": 0.22}
    for span in lane.stretches:
        first, last = max(span.first, days.first), min(span.last, days.last)
        if first <= last:
            high = thick.get(span.kind, 0.62)
            left, width = _noon(first), _noon(last) - _noon(first)
            look: dict[str, Any] = {"facecolor": LIGHT[span.kind], "hatch": hatches[span.kind], "zorder": 1}
            axes.broken_barh([(left, width)], (row - high / 2, high), edgecolor=LIGHT["surface"], linewidth=0, **look)
    shown = [mark for mark in lane.marks if days.shows(mark.day)]
    for mark, label in zip(shown, _labels(shown, days), strict=True):
        shape, colour = MARKERS.get(mark.kind, PLANNED)
        axes.plot(_noon(mark.day), row, shape, color=LIGHT[colour], markersize=6.5, zorder=3, clip_on=False)
        if label:
            _label(axes, label, (_noon(mark.day), row), LIGHT["text"], (6, 0), va="center_baseline")


def _labels(marks: list[Mark], days: Axis) -> list[str]:
    """What to write beside each mark: nothing where it would run into the next one, or repeats the one before; where
    marks touch, the last of them says what all are.
    """
    each_day = (_WIDE - _LEFT - _RIGHT) * 72 / (days.last - days.first).days
    edge = days.last + timedelta(days=int(_RIGHT * 72 / each_day))
    said, held, written = "", list[str](), []
    for position, mark in enumerate(marks, 1):
        held.append(mark.label)
        room = ((marks[position].day if position < len(marks) else edge) - mark.day).days * each_day
        label = ", ".join(dict.fromkeys(word for word in held if word))
        fits = label != said and len(label) * _LETTER <= room - 14
        written.append(label if fits else "")
        said = label if fits else said
        held = held if room <= _TOUCHING else []
    return written


def _label(axes: "Axes", text: str, at: tuple[float, float], colour: str, by: tuple[float, float], **how: Any) -> None:
    """Small words at a point of the data, some points (typographic) away from it."""
    how = {"textcoords": "offset points", "annotation_clip": False, "fontsize": _SMALL, **how}
    axes.annotate(text, at, xytext=by, color=colour, **how)


def _curve(of: Curve, days: Axis, words: Words) -> "Figure":
    figure, axes = _canvas(_CURVE, days, words)
    shown = [point for point in of.points if days.shows(point.day)]
    low, high = _limits(of, shown)
    axes.set_ylim(low, high)
    axes.yaxis.set_major_formatter(lambda value, _: format_decimal(round(value, 3), locale=days.language))
    axes.set_ylabel(of.unit, color=LIGHT["muted"], rotation=0, ha="right", va="center", labelpad=24)
    _bands(axes, of, low, high)
    _points(axes, shown)
    marks, bottom = [mark for mark in of.marks if days.shows(mark.day)], low + (high - low) * 0.07
    for mark, label in zip(marks, _labels(marks, days), strict=True):
        shape, colour = MARKERS.get(mark.kind, PLANNED)
        axes.plot(_noon(mark.day), bottom, shape, color=LIGHT[colour], markersize=5, zorder=4)
        _label(axes, label, (_noon(mark.day), bottom), LIGHT["text"], (5, 0), va="center_baseline")
    return figure


def _limits(of: Curve, shown: Iterable[Point]) -> tuple[float, float]:
    """All values, and every band up to the one in which they lie."""
    values = [value for point in shown for value in (point.low, min(point.high, point.low * 3 + 1))]
    edges = sorted(edge for band in of.bands for edge in (band.low, band.high) if edge is not None)
    normal = [edge for band in of.bands if band.tone == "ok" for edge in (band.low, band.high) if edge is not None]
    lowest, highest = min([*values, *normal[:1]], default=0.0), max([*values, *normal[:2]], default=1.0)
    if of.key == "vitamin-d":  # the toxic level is far above every usual one: shown only when it is near
        highest = max([*values, normal[0] * 1.6], default=1.0)
    pad = (highest - lowest) * 0.18 or highest * 0.1 or 1.0
    floor = lowest - pad if of.key == "calcium" else 0.0
    top = max(highest + pad, edges[-1] * 1.25 if of.key == "clearance" and edges else 0.0)
    return floor, top


def _bands(axes: "Axes", of: Curve, low: float, high: float) -> None:
    for band in of.bands:
        bottom, top = max(low, band.low or low if band.low is not None else low), min(high, band.high or high)
        if bottom >= top:
            continue
        axes.axhspan(bottom, top, facecolor=LIGHT[band.tone], edgecolor=LIGHT["surface"], linewidth=1.2, zorder=0)
        if (top - bottom) / (high - low) > 0.07:
            middle = (1, (bottom + top) / 2)
            _label(axes, band.label, middle, LIGHT[f"{band.tone}-text"], (6, 0), xycoords=_BESIDE, va="center")


def _points(axes: "Axes", shown: list[Point]) -> None:
    """Exact values joined by a line; a value that is only known within bounds as a bar, a preliminary one hollow."""
    exact = [point for point in shown if point.low == point.high]
    axes.plot([_noon(p.day) for p in exact], [p.low for p in exact], color=LIGHT["value"], linewidth=1.4, zorder=3)
    for point in shown:
        if point.low != point.high:
            axes.plot([_noon(point.day)] * 2, [point.low, point.high], color=LIGHT["value"], linewidth=3, zorder=3)
        else:
            fill = LIGHT["surface"] if point.provisional else LIGHT["value"]
            axes.plot(
                _noon(point.day), point.low, "o", markersize=5, mfc=fill, mec=LIGHT["value"], zorder=4, clip_on=False
            )


def _noon(day: date) -> float:
    """Noon of a day, in days: the middle of where it is drawn."""
    return (day - _EPOCH).days + 0.5
