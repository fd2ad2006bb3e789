"""The charts of the report. Only this module imports matplotlib, which is slow to import."""

import html
import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import EngFormatter, PercentFormatter

from slipway.evaluation import curves
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.content import ReportData
from slipway.evaluation.decisions import decide
from slipway.evaluation.svg import ACCENT, INK, MUTED, RULE, SECOND, embed
from slipway.evaluation.wording import count, number, percent, short

MAX_DOTS = 1000
"""Most rows that a scatter plot shows."""

MAX_CLASSES = 12
"""Most classes that a confusion matrix shows; the rarest are summed up."""

_LINES = 4
"""Most classes that get a ROC curve of their own."""

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
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
    "axes.unicode_minus": True,
}

_Draw = Callable[[Axes], None]


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


def charts(data: ReportData) -> tuple[Chart, ...]:
    """Draws what the challenger did on the test rows.

    Args:
        data: The run.

    Returns:
        The charts that the task has, in the order of the report.
    """
    if data.schema.target.task == "regression":
        return _regression(data)
    return _binary(data) if data.schema.target.task == "binary" else _multiclass(data)


def _binary(data: ReportData) -> tuple[Chart, ...]:
    y, outputs = data.y, data.outputs
    name, share = short(data.schema.target.classes[1]), float((y == 1).mean())
    made = [_matrix(data), _score_chart(data), _calibration_chart(data, f"Share that is {name}")]
    if 0 < share < 1:
        roc, trade = curves.roc(y, outputs), curves.precision_recall(y, outputs)
        made += [
            _chart(
                "ROC curve",
                "Share of positives found against share of negatives taken for positive. Dashed: chance.",
                lambda axes: _line(axes, roc.x, roc.y, "False positive rate", "True positive rate", (0, 1)),
            ),
            _chart(
                "Precision and recall",
                f"How many answers of {name} are right, as more of them are found. Dashed: the share of {name}.",
                lambda axes: _line(axes, trade.x, trade.y, "Recall", "Precision", (share, share)),
            ),
        ]
    return tuple(made)


def _multiclass(data: ReportData) -> tuple[Chart, ...]:
    frequent = np.argsort(-np.bincount(data.y, minlength=data.outputs.shape[1]), kind="stable")[:_LINES]
    drawn = [index for index in frequent if 0 < (data.y == index).sum() < len(data.y)]
    return (
        _matrix(data),
        _chart(
            "ROC curves",
            "Each class against the rest" + (f"; the {_LINES} most frequent ones." if len(drawn) == _LINES else "."),
            lambda axes: _rocs(axes, data, drawn),
        ),
        _calibration_chart(data, "Share that is right"),
        _chart(
            "Probability of the true class",
            "What each row's true class was given. The further right, the better.",
            lambda axes: _histogram(axes, [("", data.outputs[np.arange(len(data.y)), data.y], ACCENT)]),
        ),
    )


def _regression(data: ReportData) -> tuple[Chart, ...]:
    y, predicted = data.y.astype(np.float64), data.outputs.astype(np.float64)
    some = np.arange(len(y))
    if len(y) > MAX_DOTS:
        some = np.sort(np.random.default_rng(0).permutation(len(y))[:MAX_DOTS])
    shown = "" if len(some) == len(y) else f" {count(MAX_DOTS)} of {count(len(y))} rows are drawn."
    return (
        _chart(
            "Predicted and actual",
            f"Dashed: a perfect prediction.{shown}",
            lambda axes: _dots(axes, y[some], predicted[some], "Actual", "Predicted", identity=True),
        ),
        _chart(
            "Errors by prediction",
            f"Actual minus predicted. A trend or a funnel means that something is left to learn.{shown}",
            lambda axes: _dots(axes, predicted[some], (y - predicted)[some], "Predicted", "Actual minus predicted"),
        ),
        _chart(
            "How large errors are",
            f"Half of the rows are off by less than {number(float(np.median(np.abs(y - predicted))))}.",
            lambda axes: _errors(axes, y - predicted),
        ),
    )


def _chart(title: str, caption: str, draw: _Draw) -> Chart:
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph", category=UserWarning)
        figure = Figure(figsize=(5.0, 3.9), layout="constrained")
        draw(figure.subplots())
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    name = "-".join(title.lower().split())
    return Chart(title, caption, embed(file.getvalue(), name, html.escape(f"{title}. {caption}")))


def _line(
    axes: Axes, x: tuple[float, ...], y: tuple[float, ...], xlabel: str, ylabel: str, dashed: tuple[float, float]
) -> None:
    axes.plot((0, 1), dashed, color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    axes.plot(x, y, color=ACCENT)
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03), xlabel=xlabel, ylabel=ylabel)


def _rocs(axes: Axes, data: ReportData, classes: list[int]) -> None:
    axes.plot((0, 1), (0, 1), color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    looks = [(ACCENT, "-"), (SECOND, "-"), (ACCENT, (0, (2, 1.5))), (SECOND, (0, (2, 1.5)))]
    for index, (colour, style) in zip(classes, looks, strict=False):
        curve = curves.roc(data.y, data.outputs, index)
        axes.plot(curve.x, curve.y, color=colour, linestyle=style, label=short(data.schema.target.classes[index], 16))
    axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.03), xlabel="False positive rate", ylabel="True positive rate")
    axes.legend(loc="lower right")


def _calibration_chart(data: ReportData, label: str) -> Chart:
    bins = curves.calibration(data.y, data.outputs)
    sizes = 20 + 180 * np.asarray(bins.rows) / max(bins.rows)

    def draw(axes: Axes) -> None:
        axes.plot((0, 1), (0, 1), color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
        axes.plot(bins.claimed, bins.happened, color=ACCENT, linewidth=1.2)
        axes.scatter(bins.claimed, bins.happened, s=sizes, color=ACCENT, alpha=0.85, linewidths=0)
        axes.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), xlabel="Predicted probability", ylabel=label)

    caption = "On the dashed line a probability of 0.7 comes true in 7 of 10 rows. Larger dots hold more rows."
    return _chart("Calibration", caption, draw)


def _score_chart(data: ReportData) -> Chart:
    names = [short(name, 16) for name in data.schema.target.classes]
    parts = [(names[index], data.outputs[data.y == index, 1], colour) for index, colour in ((0, SECOND), (1, ACCENT))]

    def draw(axes: Axes) -> None:
        _histogram(axes, [part for part in parts if len(part[1])])
        axes.axvline(data.threshold, color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
        axes.set_xlabel(f"Probability of {names[1]}")

    caption = f"Rows of each class, by predicted probability. Dashed: the threshold of {number(data.threshold, 2)}."
    return _chart("Scores by class", caption, draw)


def _histogram(axes: Axes, parts: list[tuple[str, Floats, str]]) -> None:
    edges = np.linspace(0, 1, 26)
    for label, scores, colour in parts:
        shares = np.histogram(np.clip(scores, 0, 1), edges)[0] / len(scores)
        axes.stairs(shares, edges, color=colour, alpha=0.28, fill=True)
        axes.stairs(shares, edges, color=colour, linewidth=1.4, label=label)
    axes.set(xlim=(-0.01, 1.01), xlabel="Probability", ylabel="Share of rows")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    if parts[0][0]:
        axes.legend(loc="upper center", ncols=len(parts))


def _matrix(data: ReportData) -> Chart:
    decided = decide(data.outputs, data.threshold)
    names, y, decided = _summed(data.schema.target.classes, data.y, decided)
    counts = np.asarray(curves.confusion(y, decided, len(names)))
    right = float((data.y == decide(data.outputs, data.threshold)).mean())
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)

    def draw(axes: Axes) -> None:
        axes.grid(visible=False)
        for row, column in np.ndindex(*counts.shape):
            colour, strength = (ACCENT if row == column else SECOND), 0.06 + 0.5 * float(shares[row, column])
            box = Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, facecolor=colour, alpha=strength, linewidth=0)
            axes.add_patch(box)
            _cell(axes, column, row, int(counts[row, column]), float(shares[row, column]), len(names))
        span, slanted = (-0.5, len(names) - 0.5), len(names) > 4
        axes.set(xlim=span, ylim=span[::-1], xlabel="Predicted", ylabel="Actual")
        axes.set_xticks(range(len(names)), names, rotation=45 if slanted else 0, ha="right" if slanted else "center")
        axes.set_yticks(range(len(names)), names)
        axes.spines[:].set_visible(False)

    return _chart("Confusion matrix", f"{percent(round(right, 3))} of the test rows are answered right.", draw)


def _cell(axes: Axes, x: int, y: int, rows: int, share: float, classes: int) -> None:
    if classes > 4:
        axes.text(x, y, str(rows) if rows else "", ha="center", va="center", fontsize=7 if classes > 8 else 8.5)
        return
    axes.text(x, y - 0.07, count(rows), ha="center", va="center", fontsize=12)
    axes.text(x, y + 0.16, f"{share:.0%} of row", ha="center", va="center", fontsize=8.5, color=MUTED)


def _summed(classes: tuple[str, ...], y: Ints, decided: Ints) -> tuple[list[str], Ints, Ints]:
    """Class names and indices with the rarest classes taken together as the last one."""
    if len(classes) <= MAX_CLASSES:
        return [short(name, 12) for name in classes], y, decided
    frequent = np.sort(np.argsort(-np.bincount(y, minlength=len(classes)), kind="stable")[: MAX_CLASSES - 1])
    place = np.full(len(classes), MAX_CLASSES - 1)
    place[frequent] = np.arange(MAX_CLASSES - 1)
    others = f"{len(classes) - MAX_CLASSES + 1} others"
    return [*(short(classes[index], 12) for index in frequent), others], place[y], place[decided]


def _dots(axes: Axes, x: Floats, y: Floats, xlabel: str, ylabel: str, *, identity: bool = False) -> None:
    axes.scatter(x, y, s=9, color=ACCENT, alpha=0.45, linewidths=0)
    ends = (
        (float(min(x.min(), y.min())), float(max(x.max(), y.max()))) if identity else (float(x.min()), float(x.max()))
    )
    axes.plot(ends, ends if identity else (0, 0), color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    axes.set(xlabel=xlabel, ylabel=ylabel)
    _thousands(axes, x, y)


def _errors(axes: Axes, errors: Floats) -> None:
    rows, edges = np.histogram(errors, 30)
    axes.stairs(rows / len(errors), edges, color=ACCENT, alpha=0.28, fill=True)
    axes.stairs(rows / len(errors), edges, color=ACCENT, linewidth=1.4)
    axes.axvline(0, color=MUTED, linewidth=1, linestyle=(0, (4, 4)))
    axes.set(xlabel="Actual minus predicted", ylabel="Share of rows")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    _thousands(axes, errors, np.zeros(1))


def _thousands(axes: Axes, x: Floats, y: Floats) -> None:
    for axis, values in ((axes.xaxis, x), (axes.yaxis, y)):
        if np.abs(values).max() >= 10_000:
            axis.set_major_formatter(EngFormatter(sep=""))
