"""Two plots of results.json: how a class grows, and where a submission's time goes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

COLOURS = ("#7a869a", "#2f6db5", "#d9822b", "#8a5fb0", "#3a9a68", "#c4475a")
STYLE = {
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "font.size": 11,
    "svg.hashsalt": "grader",
    "svg.fonttype": "path",
}


def draw(results: dict[str, Any], folder: Path) -> None:
    """Write growth.svg and breakdown.svg."""
    with plt.rc_context(STYLE):
        _growth(results["growth"], folder / "growth.svg")
        _breakdown(results["floor"], folder / "breakdown.svg")


def _growth(growth: list[dict[str, Any]], file: Path) -> None:
    figure, (times, memory) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    sizes = [one["submissions"] for one in growth]
    each = [one["each"] * 1000 for one in growth]
    _line(times, sizes, each, "ms per submission, after the start", COLOURS[1])
    peaks = [one["peak_mb"] for one in growth]
    _line(memory, sizes, peaks, "MB, peak of the largest process", COLOURS[2])
    figure.suptitle("Classes that kept the starter's set-up, two jobs")
    _save(file)


def _line(axes: Axes, sizes: list[int], values: list[float], title: str, colour: str) -> None:
    axes.plot(sizes, values, marker="o", color=colour, linewidth=2)
    for size, value in zip(sizes, values, strict=True):
        axes.annotate(
            f"{value:.0f}", (size, value), (0, 8), textcoords="offset points", ha="center"
        )
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.margins(x=0.15)
    axes.set_ylim(0, max(values) * 1.25)
    axes.set_xlabel("submissions")
    axes.set_title(title, fontsize=11)
    axes.grid(axis="y", color="#dddddd")


def _breakdown(floor: dict[str, Any], file: Path) -> None:
    figure, axes = plt.subplots(figsize=(9, 3.2), layout="constrained")
    bars = (floor["floor_parts"], floor["parts"])
    names = list(floor["parts"])
    for place, parts in enumerate(bars):
        left = 0.0
        for name, seconds in parts.items():
            width = seconds * 1000
            colour = COLOURS[names.index(name)]
            axes.barh(place, width, left=left, color=colour, height=0.55)
            if width > 1.2:
                middle = (left + width / 2, place)
                axes.annotate(f"{width:.0f}", middle, ha="center", va="center", color="white")
            left += width
        axes.annotate(
            f"{left:.0f} ms", (left, place), (6, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(bars)), ["floor: two forks,\nstudent's own cells", "grader, one job"])
    handles = [plt.Rectangle((0, 0), 1, 1, color=COLOURS[i]) for i in range(len(names))]
    figure.legend(handles, names, loc="outside lower center", ncols=3, frameon=False)
    axes.set_xlabel("ms (medians)")
    axes.margins(x=0.12)
    axes.set_title("One submission that kept the starter's set-up", fontsize=12)
    _save(file)


def _save(file: Path) -> None:
    plt.savefig(file, metadata={"Date": None})
    plt.close()
