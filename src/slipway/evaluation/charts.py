"""Which charts a report has, and what they say."""

import numpy as np

from slipway.evaluation import curves, plots
from slipway.evaluation.arrays import Ints
from slipway.evaluation.content import ReportData
from slipway.evaluation.decision import decide
from slipway.evaluation.plots import Chart
from slipway.evaluation.wording import count, number, percent, short

MAX_DOTS = 1000
"""Most rows that a scatter plot shows."""

MAX_CLASSES = 12
"""Most classes that a confusion matrix shows; the rarest are summed up."""

LEAST_LIFTED = 0.01
"""Smallest share of rows whose lift is drawn; that of fewer is noise."""

_UNIT = np.linspace(0, 1, 26)


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
    name = short(data.schema.target.classes[1])
    always = (_matrix(data), _scores(data), _calibration(data, f"Share that is {name}"))
    return (*always, *_trades(data, name)) if len(np.unique(data.y)) == 2 else always


def _trades(data: ReportData, name: str) -> tuple[Chart, ...]:
    share = float((data.y == 1).mean())
    roc, trade = curves.roc(data.y, data.outputs), curves.precision_recall(data.y, data.outputs)

    def draw_roc(axes: plots.Axes) -> None:
        plots.dashed(axes, (0, 0), (1, 1))
        plots.lines(axes, [("", roc.x, roc.y)])
        plots.unit_axes(axes, "False positive rate", "True positive rate")

    def draw_trade(axes: plots.Axes) -> None:
        plots.dashed(axes, (0, share), (1, share))
        plots.lines(axes, [("", trade.x, trade.y)])
        plots.unit_axes(axes, "Recall", "Precision")

    def draw_thresholds(axes: plots.Axes) -> None:
        plots.threshold(axes, data.cut)
        plots.lines(axes, [("precision", trade.thresholds, trade.y), ("recall", trade.thresholds, trade.x)])
        plots.unit_axes(axes, "Threshold", "")

    found = curves.gains(data.y, data.outputs)

    def draw_gains(axes: plots.Axes) -> None:
        plots.dashed(axes, (0, 0), (1, 1))
        plots.lines(axes, [("", found.x, found.y)])
        plots.unit_axes(axes, "Share of rows, highest scores first", f"Share of all {name} found")

    def draw_lift(axes: plots.Axes) -> None:
        lift = [(x, y / x) for x, y in zip(found.x, found.y, strict=True) if x >= LEAST_LIFTED]
        plots.dashed(axes, (0, 1), (1, 1))
        plots.lines(axes, [("", [x for x, _ in lift], [times for _, times in lift])])
        axes.set(xlabel="Share of rows, highest scores first", ylabel="Times better than chance", xlim=(-0.02, 1.02))

    answers = f"How many answers of {name} are right, as more of them are found. Dashed: the share of {name}."
    moved = f"What another threshold would give. Dashed: the one in use, {number(data.cut, 2)}."
    return (
        plots.chart("ROC curve", "Positives found against negatives taken for positive. Dashed: chance.", draw_roc),
        plots.chart("Precision and recall", answers, draw_trade),
        plots.chart("Choice of the threshold", moved, draw_thresholds),
        plots.chart("Cumulative gain", f"Of all {name}, how many are among the rows that score highest.", draw_gains),
        plots.chart("Lift", f"How much denser {name} is among them than among all rows. Dashed: chance.", draw_lift),
    )


def _multiclass(data: ReportData) -> tuple[Chart, ...]:
    classes, y, outputs = data.schema.target.classes, data.y, data.outputs
    frequent = np.argsort(-np.bincount(y, minlength=len(classes)), kind="stable")[: len(plots.LOOKS)]
    drawn = [(short(classes[at], 16), curves.roc(y, outputs, at)) for at in frequent if 0 < (y == at).sum() < len(y)]

    def draw_rocs(axes: plots.Axes) -> None:
        plots.dashed(axes, (0, 0), (1, 1))
        plots.lines(axes, [(name, curve.x, curve.y) for name, curve in drawn])
        plots.unit_axes(axes, "False positive rate", "True positive rate")

    def draw_given(axes: plots.Axes) -> None:
        plots.histogram(axes, [("", outputs[np.arange(len(y)), y])], _UNIT)
        axes.set_xlabel("Probability")

    some = f"; the {len(drawn)} most frequent ones" if len(drawn) < len(classes) else ""
    told = f"Each class against the rest{some}. Dashed: chance."
    return (
        _matrix(data),
        *([plots.chart("ROC curves", told, draw_rocs)] if drawn else []),
        _calibration(data, "Share that is right"),
        plots.chart("Probability of the true class", "The further right the rows are, the better.", draw_given),
    )


def _regression(data: ReportData) -> tuple[Chart, ...]:
    y, predicted = data.y.astype(np.float64), data.outputs.astype(np.float64)
    errors = y - predicted
    some = np.sort(np.random.default_rng(0).permutation(len(y))[:MAX_DOTS])
    shown = f" {count(MAX_DOTS)} of {count(len(y))} rows are drawn." if len(y) > MAX_DOTS else ""
    ends = np.quantile(errors, [0.005, 0.995])
    edges = np.linspace(ends[0], ends[1], 31) if ends[1] > ends[0] else np.linspace(ends[0] - 1, ends[0] + 1, 31)

    def draw_errors(axes: plots.Axes) -> None:
        plots.histogram(axes, [("", errors)], edges)
        plots.threshold(axes, 0)
        plots.shorten(axes)
        axes.set_xlabel("Actual minus predicted")

    half = f"Half of the rows are off by less than {number(float(np.median(np.abs(errors))))}."
    return (
        plots.chart(
            "Predicted and actual",
            f"Dashed: a perfect prediction.{shown}",
            _labelled("Actual", "Predicted", lambda axes: plots.dots(axes, y[some], predicted[some], identity=True)),
        ),
        plots.chart(
            "Errors by prediction",
            "A trend or a funnel means that something is left to learn.",
            _labelled(
                "Predicted",
                "Actual minus predicted",
                lambda axes: plots.dots(axes, predicted[some], errors[some], identity=False),
            ),
        ),
        plots.chart("Size of the errors", f"{half} The outermost bars hold all that lies further out.", draw_errors),
    )


def _labelled(x: str, y: str, draw: plots.Draw) -> plots.Draw:
    def both(axes: plots.Axes) -> None:
        draw(axes)
        axes.set(xlabel=x, ylabel=y)

    return both


def _calibration(data: ReportData, happened: str) -> Chart:
    bins = curves.calibration(data.y, data.outputs)

    def draw(axes: plots.Axes) -> None:
        plots.dashed(axes, (0, 0), (1, 1))
        plots.bubbles(axes, bins.claimed, bins.happened, bins.rows)
        plots.unit_axes(axes, "Predicted probability", happened)

    caption = "On the dashed line, 0.7 comes true in 7 of 10 rows. Larger dots hold more rows."
    return plots.chart("Calibration", caption, draw)


def _scores(data: ReportData) -> Chart:
    names = [short(name, 16) for name in data.schema.target.classes]
    parts = [(names[at], data.outputs[data.y == at, 1]) for at in (1, 0) if (data.y == at).any()]

    def draw(axes: plots.Axes) -> None:
        plots.histogram(axes, parts, _UNIT)
        plots.threshold(axes, data.cut)
        axes.set_xlabel(f"Probability of {names[1]}")

    caption = f"How rows of each class are scored. Dashed: the threshold, {number(data.cut, 2)}."
    return plots.chart("Scores by class", caption, draw)


def _matrix(data: ReportData) -> Chart:
    decided = decide(data.outputs, data.threshold)
    right = f"{percent(round(float((data.y == decided).mean()), 3))} of the test rows are answered right."
    names, actual, predicted = _summed(data.schema.target.classes, data.y, decided)
    counts = curves.confusion(actual, predicted, len(names))
    shade = f" {'Percentages' if len(names) <= 4 else 'Shades'}: share of the actual class."
    return plots.chart("Confusion matrix", right + shade, lambda axes: plots.matrix(axes, counts, names))


def _summed(classes: tuple[str, ...], y: Ints, decided: Ints) -> tuple[list[str], Ints, Ints]:
    """Class names and indices with the rarest classes taken together as the last one."""
    if len(classes) <= MAX_CLASSES:
        return [short(name, 12) for name in classes], y, decided
    frequent = np.sort(np.argsort(-np.bincount(y, minlength=len(classes)), kind="stable")[: MAX_CLASSES - 1])
    place = np.full(len(classes), MAX_CLASSES - 1)
    place[frequent] = np.arange(MAX_CLASSES - 1)
    others = f"{len(classes) - MAX_CLASSES + 1} others"
    return [*(short(classes[at], 12) for at in frequent), others], place[y], place[decided]
