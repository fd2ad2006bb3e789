"""Dates: their parts, and whether they were missing."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from slipway.data import arrays
from slipway.data.sketch import Sketch
from slipway.features import calendar
from slipway.features.arithmetic import Numpy
from slipway.features.builder import LARGEST, Builder, Onnx
from slipway.features.named import Features, Named
from slipway.features.number import filled, filling, indicators
from slipway.spec.features import ColumnFeatures

PARTS = ("year", "month", "day", "weekday", "hour", "age")
"""What a date can become; weekday counts from Monday as 0, age is in days since 2000-01-01."""


@dataclass(frozen=True, slots=True)
class Date:
    """A date.

    Attributes:
        column: The raw column.
        fill: What stands for a missing date, in seconds since 1970.
        indicator: Whether a feature says that the date was missing.
        parts: What it becomes, among ``PARTS`` and in their order.
    """

    column: str
    fill: float
    indicator: bool
    parts: tuple[str, ...] = PARTS


def finish(column: str, sketch: Sketch, options: ColumnFeatures, parts: tuple[str, ...]) -> Date:
    """Fits a date.

    Args:
        column: The column.
        sketch: Its training values in seconds since 1970.
        options: What the spec says of it.
        parts: What it becomes unless the spec says it.
    """
    wanted = parts if options.parts is None else options.parts
    indicator = sketch.nulls > 0 if options.indicator is None else options.indicator
    return Date(column, filling(sketch, options), indicator, tuple(part for part in PARTS if part in wanted))


def names(steps: tuple[Date, ...]) -> list[Named]:
    """The features: each part of all dates, then indicators."""
    parts = [Named(f"{step.column} {part}", step.column) for part in PARTS for step in steps if part in step.parts]
    return [*parts, *(Named(f"{step.column} is missing", step.column) for step in steps if step.indicator)]


def write(made: Features, steps: tuple[Date, ...], frame: pl.DataFrame) -> int:
    """Writes the features of prepared rows; see ``slipway.features.number.write``."""
    seconds = {step.column: arrays.floats(frame.get_column(step.column)) for step in steps}
    missing = {column: np.isnan(values) for column, values in seconds.items()}
    parts = {
        step.column: calendar.parts(np.where(missing[step.column], step.fill, seconds[step.column]), Numpy())
        for step in steps
    }
    columns = [
        *(parts[step.column][at] for at, part in enumerate(PARTS) for step in steps if part in step.parts),
        *(missing[step.column] for step in steps if step.indicator),
    ]
    for feature, column in zip(made, columns, strict=False):
        np.copyto(feature, np.clip(column, -LARGEST, LARGEST), casting="unsafe")
    return len(columns)


def nodes(build: Builder, steps: tuple[Date, ...]) -> list[str]:
    """The features in a graph."""
    if not steps:
        return []
    seconds, missing = filled(build, [step.column for step in steps], [step.fill for step in steps])
    blocks = []
    for name, part in zip(PARTS, calendar.parts(seconds, Onnx(build)), strict=True):
        places = [place for place, step in enumerate(steps) if name in step.parts]
        if places:
            blocks.append(build.as_float(part if len(places) == len(steps) else build.take(part, places)))
    return [*blocks, *indicators(build, missing, [step.indicator for step in steps])]
