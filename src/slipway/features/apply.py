"""Applying a plan to a batch of raw rows."""

from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Schema
from slipway.features import category, date, expression, number, target_mean, text
from slipway.features.arithmetic import Floats, Numpy
from slipway.features.category import Codes
from slipway.features.expression import Derived
from slipway.features.inputs import prepared
from slipway.features.plan import Plan
from slipway.features.target_mean import Folds

ROWS = 1 << 14
"""Rows that a thread transforms at a time: a column of them stays in the processor's cache."""


def transform(
    plan: Plan, frame: pl.DataFrame, schema: Schema, folds: Folds | None = None, others: list[Floats] | None = None
) -> pl.DataFrame:
    """The features of raw rows.

    Args:
        plan: The plan.
        frame: Raw rows.
        schema: Their schema.
        folds: For training rows, the fold of each, shape (n,); else None.
        others: For training rows, the means of the target from the other folds; else None.

    Returns:
        A float32 column for each feature, in the order of ``plan.names``; no null, no NaN, no infinity.
    """
    names = plan.names
    made = np.empty((len(names), len(frame)), dtype=np.float32)
    ready = prepared(frame, schema.kinds)
    codes = category.coded((*plan.categories, *plan.ordinals, *plan.targets), ready)

    def fill(start: int) -> None:
        rows = slice(start, start + ROWS)
        part = {column: coded[rows] for column, coded in codes.items()}
        _fill(made[:, rows], plan, ready[rows], part, None if folds is None else folds[rows], others)

    with ThreadPoolExecutor(pl.thread_pool_size()) as threads:
        list(threads.map(fill, range(0, len(frame), ROWS)))
    return pl.DataFrame([pl.Series(name, feature) for name, feature in zip(names, made, strict=True)])


def _fill(
    made: NDArray[np.float32],
    plan: Plan,
    ready: pl.DataFrame,
    codes: Codes,
    folds: Folds | None,
    others: list[Floats] | None,
) -> None:
    ready = derive(plan.derived, ready)
    columns = chain(
        number.columns(plan.numbers, ready),
        date.columns(plan.dates, ready),
        category.columns(plan.categories, codes),
        category.ordinal_columns(plan.ordinals, codes),
        target_mean.columns(plan.targets, codes, folds, others),
        text.columns(plan.texts, ready),
    )
    kept = None if plan.kept is None else set(plan.kept)
    chosen = (column for place, column in enumerate(columns) if kept is None or place in kept)
    with np.errstate(over="ignore"):
        for feature, column in zip(made, chosen, strict=True):
            np.copyto(feature, column, casting="unsafe")


def matrix(features: pl.DataFrame) -> NDArray[np.float32]:
    """Features as one contiguous array, shape (n, number of features)."""
    return np.ascontiguousarray(features.to_numpy(), dtype=np.float32)


def derive(steps: tuple[Derived, ...], ready: pl.DataFrame) -> pl.DataFrame:
    """Prepared rows with the derived columns.

    Args:
        steps: The derived columns.
        ready: Prepared rows, see ``slipway.features.inputs.prepared``.
    """
    for step in steps:
        columns = {name: ready[name].to_numpy() for name in step.columns}
        with np.errstate(all="ignore"):
            values = expression.evaluate(step, columns, Numpy())
        ready = ready.with_columns(pl.Series(step.name, values))
    return ready
