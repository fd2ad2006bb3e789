"""The marks that charts are made of. Only this module imports matplotlib, which is slow to import."""

import html
import io
import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes as Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import EngFormatter, PercentFormatter

from slipway.evaluation.arrays import Floats
from slipway.evaluation.svg import ACCENT, INK, MUTED, RULE, SECOND, embed
from slipway.evaluation.wording import count

LOOKS: tuple[tuple[str, Any], ...] = tuple(
    (colour, dash) for dash in ("-", (0, (2, 1.5))) for colour in (ACCENT, SECOND)
)
"""Colour and dash of the lines of a chart, in order."""

_DASHED: dict[str, Any] = {"color": MUTED, "linewidth": 1, "linestyle": (0, (4, 4))}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "slipway",
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "font.size": 10.5,
    "axes.labelsize": 10.5,
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
}

Draw = Callable[[Axes], None]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart.

    Attributes:
        title: What it shows.
        caption: How to read it.
        svg: An ``svg`` element for an HTML page.
    """

    title: str
    caption: str
    svg: str


def chart(title: str, caption: str, draw: Draw) -> Chart:
    """Draws a chart.

    Args:
        title: What it shows; unique in a report.
        caption: How to read it.
        draw: Puts the marks onto the axes.
    """
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure = Figure(figsize=(4.4, 3.5), layout="constrained")
        draw(figure.subplots())
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    return Chart(title, caption, embed(file.getvalue(), name, html.escape(f"{title}. {caption}")))


def unit_axes(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Makes both axes go from 0 to 1."""
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.04), xlabel=xlabel, ylabel=ylabel)


def dashed(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draws a line to compare with."""
    axes.plot((start[0], end[0]), (start[1], end[1]), **_DASHED)


def threshold(axes: Axes, at: float) -> None:
    """Marks a value of the horizontal axis over the whole height."""
    axes.axvline(at, **_DASHED)


def lines(axes: Axes, curves: Sequence[tuple[str, Sequence[float], Sequence[float]]]) -> None:
    """Draws curves.

    Args:
        axes: Where to.
        curves: Label, horizontal and vertical values of at most four; an empty label is not listed.
    """
    for (label, x, y), (colour, dash) in zip(curves, LOOKS, strict=False):
        axes.plot(x, y, color=colour, linestyle=dash, label=label or None)
    if any(label for label, _, _ in curves):
        _legend(axes, len(curves))


def bubbles(axes: Axes, x: Sequence[float], y: Sequence[float], rows: Sequence[int]) -> None:
    """Draws connected dots whose areas stand for rows."""
    sizes = 20 + 160 * np.asarray(rows) / max(rows)
    axes.plot(x, y, color=ACCENT, linewidth=1.2)
    axes.scatter(x, y, s=sizes, color=ACCENT, alpha=0.85, linewidths=0)


def histogram(axes: Axes, parts: Sequence[tuple[str, Floats]], edges: Floats) -> None:
    """Draws what share of the values falls between edges.

    Args:
        axes: Where to.
        parts: Label and values of at most two groups, the shares are of each; an empty label is not listed.
        edges: Edges of the bins, ascending.
    """
    for (label, values), colour in zip(parts, (ACCENT, SECOND), strict=False):
        shares = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0] / len(values)
        axes.stairs(shares, edges, color=colour, alpha=0.28, fill=True)
        axes.stairs(shares, edges, color=colour, linewidth=1.4, label=label or None)
    axes.set_ylabel("Share of rows")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if any(label for label, _ in parts):
        _legend(axes, len(parts))


def dots(axes: Axes, x: Floats, y: Floats, *, identity: bool) -> None:
    """Draws one dot a row, with a line at equality or at zero.

    Args:
        axes: Where to.
        x: Horizontal values, shape (n,).
        y: Vertical values, shape (n,).
        identity: Whether the line is where both are equal, rather than where ``y`` is 0.
    """
    axes.scatter(x, y, s=9, color=ACCENT, alpha=0.45, linewidths=0)
    seen = np.concatenate([x, y]) if identity else x
    low, high = float(seen.min()), float(seen.max())
    dashed(axes, (low, low if identity else 0.0), (high, high if identity else 0.0))
    shorten(axes)


def bars(axes: Axes, names: Sequence[str], values: Sequence[float]) -> None:
    """Draws a horizontal bar for each name, from the top; the accent is for those above zero."""
    axes.barh(range(len(names)), values, color=[ACCENT if value > 0 else SECOND for value in values], height=0.62)
    axes.axvline(0, color=MUTED, linewidth=1)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")


def _legend(axes: Axes, entries: int) -> None:
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=min(entries, 2), borderaxespad=0.2, handlelength=1.4)


def shorten(axes: Axes) -> None:
    """Writes ten thousands as 10k where the axes get that far, and leaves room between the numbers."""
    axes.locator_params(axis="x", nbins=5)
    for axis, ends in ((axes.xaxis, axes.get_xlim()), (axes.yaxis, axes.get_ylim())):
        if max(np.abs(ends)) >= 10_000:
            axis.set_major_formatter(EngFormatter(sep=""))


def matrix(axes: Axes, counts: Sequence[Sequence[int]], names: Sequence[str]) -> None:
    """Draws a confusion matrix, shaded by the share of each row.

    Args:
        axes: Where to.
        counts: Rows are actual classes, columns predicted ones.
        names: The classes.
    """
    table = np.asarray(counts)
    shares = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    for row, column in np.ndindex(*table.shape):
        colour, strength = (ACCENT if row == column else SECOND), 0.06 + 0.5 * float(shares[row, column])
        box = Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, alpha=strength, linewidth=0)
        axes.add_patch(box)
        _cell(axes, column, row, int(table[row, column]), float(shares[row, column]), len(names))
    ends, slanted = (-0.5, len(names) - 0.5), len(names) > 3
    axes.grid(visible=False)
    axes.set(xlim=ends, ylim=ends[::-1], xlabel="Predicted", ylabel="Actual")
    axes.set_xticks(range(len(names)), names, rotation=40 if slanted else 0, ha="right" if slanted else "center")
    axes.set_yticks(range(len(names)), names)
    if len(names) > 8:
        axes.tick_params(labelsize=8)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _cell(axes: Axes, x: int, y: int, rows: int, share: float, classes: int) -> None:
    if classes > 4:
        size = 6.5 if classes > 8 else 9
        axes.text(x, y, str(rows) if rows else "", ha="center", va="center", fontsize=size)
        return
    axes.text(x, y - 0.06 * classes / 2, count(rows), ha="center", va="center", fontsize=13 if classes == 2 else 11)
    axes.text(x, y + 0.09 * classes / 2, f"{share:.0%}", ha="center", va="center", fontsize=9.5)
