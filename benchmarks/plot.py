"""The race as a picture: how the service compares with the floor as requests grow."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

GOALS = {"20": 1.5, "200": 1.0, "2000": 0.6, "20000": 0.6}


def draw(ratios: Mapping[str, float], path: Path) -> Path:
    """Write the ratios of the medians, by number of results, with the goal of each size."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    sizes = [int(size) for size in ratios]
    axes.plot(sizes, list(ratios.values()), marker="o", label="service / floor, median")
    axes.plot(sizes, [GOALS[size] for size in ratios], marker="_", linestyle=":", label="goal")
    axes.axhline(1, linewidth=0.8, color="grey")
    axes.set(xscale="log", xlabel="results in the request", ylabel="times the floor", ylim=(0, None))
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.legend()
    figure.savefig(path)
    return path
