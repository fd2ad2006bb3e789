"""Applying a plan to a batch of raw rows."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Schema
from slipway.features import calendar
from slipway.features.inputs import numeric
from slipway.features.plan import Category, Date, Number, Plan

Floats = NDArray[np.float64]

LARGEST = float(np.finfo(np.float32).max)
"""Features are clipped to what a float32 can hold."""


def transform(plan: Plan, frame: pl.DataFrame, schema: Schema) -> NDArray[np.float32]:
    """The features of raw rows.

    Args:
        plan: The plan.
        frame: Raw rows.
        schema: Their schema.

    Returns:
        float32, shape (n, number of features), in the order of ``plan.names``; no NaN, no infinity.
    """
    rows = len(frame)
    out = np.zeros((rows, len(plan.names)), dtype=np.float32)
    values = numeric(frame, schema)
    at = _write(out, 0, _filled(plan.numbers, values, rows))
    at = _write(out, at, _indicators(plan.numbers, values, rows))
    if plan.dates:
        for part in calendar.parts(_filled(plan.dates, values, rows), _Numpy()):
            at = _write(out, at, part)
    at = _write(out, at, _indicators(plan.dates, values, rows))
    for category in plan.categories:
        _set(out[:, at : at + category.width], _codes(category, frame[category.column]))
        at += category.width
    return out


class _Numpy:
    def add(self, a: Floats, b: Floats | float) -> Floats:
        return np.asarray(a + b)

    def multiply(self, a: Floats, b: Floats | float) -> Floats:
        return np.asarray(a * b)

    def divide(self, a: Floats, b: float) -> Floats:
        return np.asarray(a / b)

    def floor(self, a: Floats) -> Floats:
        return np.asarray(np.floor(a))

    def less(self, a: Floats, b: float) -> Floats:
        return (a < b).astype(np.float64)


def _write(out: NDArray[np.float32], at: int, values: Floats) -> int:
    end = at + int(values.shape[1])
    out[:, at:end] = np.clip(values, -LARGEST, LARGEST)
    return end


def _filled(steps: tuple[Number, ...] | tuple[Date, ...], values: dict[str, Floats], rows: int) -> Floats:
    columns = [np.where(np.isnan(column := values[step.column]), step.fill, column) for step in steps]
    return np.hstack(columns) if columns else np.empty((rows, 0))


def _indicators(steps: tuple[Number, ...] | tuple[Date, ...], values: dict[str, Floats], rows: int) -> Floats:
    columns = [np.isnan(values[step.column]).astype(np.float64) for step in steps if step.indicator]
    return np.hstack(columns) if columns else np.empty((rows, 0))


def _codes(category: Category, values: pl.Series) -> NDArray[np.int64]:
    codes = category.codes
    known = values.cast(pl.String).fill_null("")
    return known.replace_strict(
        list(codes), list(codes.values()), default=category.unknown, return_dtype=pl.Int64
    ).to_numpy()


def _set(block: NDArray[np.float32], codes: NDArray[np.int64]) -> None:
    rows = np.flatnonzero(codes < block.shape[1])
    block[rows, codes[rows]] = 1.0
