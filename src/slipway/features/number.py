"""Numbers, integers and booleans: filled, clipped, and whether they were missing."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import arrays
from slipway.data.sketch import Sketch
from slipway.features.builder import LARGEST, Builder
from slipway.features.named import Features, Named
from slipway.spec.features import ColumnFeatures


@dataclass(frozen=True, slots=True)
class Number:
    """A number, integer, boolean or derived column.

    Attributes:
        column: The column.
        fill: What stands for a missing value.
        indicator: Whether a feature says that the value was missing.
        low: What smaller values are raised to; None: what a float32 can hold.
        high: What larger values are lowered to; None: what a float32 can hold.
    """

    column: str
    fill: float
    indicator: bool
    low: float | None = None
    high: float | None = None


def finish(column: str, sketch: Sketch, options: ColumnFeatures) -> Number:
    """Fits a column.

    Args:
        column: The column.
        sketch: Its training values.
        options: What the spec says of it.
    """
    indicator = sketch.nulls > 0 if options.indicator is None else options.indicator
    low, high = (sketch.quantile(q) for q in options.clip) if options.clip and sketch.count else (None, None)
    return Number(column, filling(sketch, options), indicator, low, high)


def filling(sketch: Sketch, options: ColumnFeatures) -> float:
    """What stands for a missing value: never -0.0, which a graph's Where turns into 0.0."""
    if options.impute == "constant":
        return options.fill + 0.0
    if not sketch.count:
        return 0.0
    if options.impute == "mean":
        return float((sketch.values * (sketch.counts / sketch.count)).sum()) + 0.0
    return sketch.quantile(0.5) + 0.0


def names(steps: tuple[Number, ...]) -> list[Named]:
    """The features: values, then indicators."""
    values = [Named(step.column, step.column) for step in steps]
    return [*values, *(Named(f"{step.column} is missing", step.column) for step in steps if step.indicator)]


def write(made: Features, steps: tuple[Number, ...], frame: pl.DataFrame) -> int:
    """Writes the features of prepared rows; see ``slipway.features.inputs.prepared``.

    Args:
        made: To write to, shape (features or more, rows).
        steps: The columns.
        frame: The rows.

    Returns:
        Number of features.
    """
    if not steps:
        return 0
    values = made[: len(steps)]
    numbers, missing = arrays.stacked([frame.get_column(step.column) for step in steps])
    np.copyto(values, numbers, casting="unsafe")
    missing |= np.isnan(values)
    fills, lows, highs = np.clip(_constants(steps), -LARGEST, LARGEST).astype(np.float32)[:, :, None]
    bits = values.view(np.int32)
    bits ^= (bits ^ fills.view(np.int32)) * missing  # a copy where missing takes twice as long
    np.clip(values, lows, highs, out=values)
    flags = [place for place, step in enumerate(steps) if step.indicator]
    made[len(steps) : len(steps) + len(flags)] = missing[flags]
    return len(steps) + len(flags)


def _constants(steps: tuple[Number, ...]) -> NDArray[np.float64]:
    """Fills, lower and upper bounds, shape (3, columns)."""
    lows = [-LARGEST if step.low is None else step.low for step in steps]
    highs = [LARGEST if step.high is None else step.high for step in steps]
    return np.array([[step.fill for step in steps], lows, highs])


def nodes(build: Builder, steps: tuple[Number, ...]) -> list[str]:
    """The features in a graph."""
    if not steps:
        return []
    values, missing = filled(build, [step.column for step in steps], [step.fill for step in steps])
    if any(step.low is not None or step.high is not None for step in steps):
        values = build.node("Max", [values, build.row([-LARGEST if s.low is None else s.low for s in steps])])
        values = build.node("Min", [values, build.row([LARGEST if s.high is None else s.high for s in steps])])
    return [build.as_float(values), *indicators(build, missing, [step.indicator for step in steps])]


def filled(build: Builder, columns: list[str], fills: list[float]) -> tuple[str, str]:
    """Columns side by side with their fills, and which of their values are missing."""
    values = build.join([build.columns[column] for column in columns])
    missing = build.node("IsNaN", [values])
    return build.node("Where", [missing, build.row(fills), values]), missing


def indicators(build: Builder, missing: str, wanted: list[bool]) -> list[str]:
    """The flags that are wanted, as features."""
    places = [place for place, flag in enumerate(wanted) if flag]
    return [build.flags(build.take(missing, places))] if places else []
