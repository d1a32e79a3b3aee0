"""The plots of the report, drawn by matplotlib without a display. Each says what a table beside it says too."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Any

from cds_service.site.burden import Report, per_100
from cds_service.site.report_words import Words

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST_BARS, _LONGEST_LABEL = 20, 46
# Okabe and Ito: told apart by colour-blind readers and in grey
_BLUE, _SKY, _GREEN, _ORANGE, _GREY = "#0072b2", "#a6d3ee", "#009e73", "#e69f00", "#bbbbbb"
_DPI = 144


@dataclass(frozen=True, slots=True)
class Plot:
    """One picture: a name for its files, a caption, and its bytes in both formats."""

    name: str
    caption: str
    svg: bytes
    png: bytes


def can_draw() -> bool:
    """Whether the extra `plots` is installed."""
    try:
        import matplotlib.figure  # noqa: F401 # only to see whether it is there
    except ImportError:
        return False
    return True


def draw(report: Report, words: Words) -> tuple[Plot, ...]:
    """The plots that have something to show."""
    wanted: Sequence[tuple[str, Callable[[Report, Words], Figure | None]]] = (
        ("rules", _rules),
        ("answers", _answers),
        ("weeks", _weeks),
        ("wards", _wards),
    )
    made = ((name, drawing(report, words)) for name, drawing in wanted)
    return tuple(_plot(name, words(f"plot-{name}"), figure) for name, figure in made if figure is not None)


def _rules(report: Report, words: Words) -> "Figure | None":
    lines = [line for line in report.rules if line.calls][:_MOST_BARS]
    if not lines:
        return None
    labels = [_short(f"{line.rule}  {words.rule(line.rule)}") for line in lines]
    figure, axes = _canvas(len(lines))
    _bars(axes, labels, {words("spoke-short"): [line.per_100 or 0 for line in lines]}, _SKY)
    _bars(axes, labels, {words("shown-short"): [line.shown_per_100 or 0 for line in lines]}, _BLUE)
    return _finished(figure, axes, words("per-100"))


def _answers(report: Report, words: Words) -> "Figure | None":
    lines = sorted((line for line in report.rules if line.cards), key=lambda line: -line.cards)[:_MOST_BARS]
    if not lines:
        return None
    figure, axes = _canvas(len(lines))
    begun = [0] * len(lines)
    labels = [_short(f"{line.rule}  {words.rule(line.rule)}") for line in lines]
    for key, colour in (("accepted", _GREEN), ("overridden", _ORANGE), ("ignored", _GREY)):
        counts = [getattr(line, key) for line in lines]
        axes.barh(labels, counts, left=begun, color=colour, label=words(key))
        begun = [one + more for one, more in zip(begun, counts, strict=True)]
    return _finished(figure, axes, words("cards"))


def _weeks(report: Report, words: Words) -> "Figure | None":
    if len(report.weeks) < 2:
        return None
    figure, axes = _canvas(8)
    days = [words.day(week.monday) for week in report.weeks]
    for counted, colour, key in (("spoke", _SKY, "spoke-short"), ("shown", _BLUE, "shown-short")):
        rates = [per_100(sum(getattr(week, counted).values()), week.calls) or 0 for week in report.weeks]
        axes.plot(days, rates, color=colour, marker="o", label=words(key))
    axes.set_ylim(bottom=0)
    axes.set_ylabel(words("per-100"))
    axes.tick_params(axis="x", rotation=45)
    axes.grid(axis="y", color="#e5e5e5")
    figure.legend(frameon=False, loc="outside upper right", ncols=2)
    return figure


def _wards(report: Report, words: Words) -> "Figure | None":
    lines = [line for line in report.wards if line.speaking is not None][:_MOST_BARS]
    if len(lines) < 2:
        return None
    figure, axes = _canvas(len(lines))
    labels = [_short(words.ward(line.name)) for line in lines]
    _bars(axes, labels, {words("speaking"): [line.speaking_per_100 or 0 for line in lines]}, _SKY)
    _bars(axes, labels, {words("shown-calls"): [line.shown_per_100 or 0 for line in lines]}, _BLUE)
    return _finished(figure, axes, words("per-100"))


def _canvas(rows: int) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, max(2.4, 0.34 * rows + 1.2)), layout="constrained")
    return figure, figure.subplots()


def _bars(axes: "Axes", labels: Sequence[str], series: Mapping[str, Sequence[float]], colour: str) -> None:
    for name, values in series.items():
        axes.barh(labels, values, color=colour, label=name)


def _finished(figure: "Figure", axes: "Axes", unit: str) -> "Figure":
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel(unit)
    axes.grid(axis="x", color="#e5e5e5")
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.legend(frameon=False, loc="outside upper right", ncols=3)
    return figure


def _plot(name: str, caption: str, figure: "Figure") -> Plot:
    return Plot(name, caption, _saved(figure, "svg", metadata={"Date": None}), _saved(figure, "png", dpi=_DPI))


def _saved(figure: "Figure", kind: str, **options: Any) -> bytes:
    import matplotlib

    out = BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "osteohooks", "svg.fonttype": "none"}):  # the same bytes every time
        figure.savefig(out, format=kind, **options)
    return out.getvalue()


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else f"{text[: _LONGEST_LABEL - 1]}…"
