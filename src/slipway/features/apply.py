"""Applying a plan to a batch of raw rows."""

import math
import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import arrays
from slipway.data.schema import Kind, Schema
from slipway.features import category, date, expression, number, target_mean, text
from slipway.features.arithmetic import Floats, Numpy
from slipway.features.expression import Derived
from slipway.features.inputs import prepared
from slipway.features.plan import Plan
from slipway.features.target_mean import Folds

ROWS = 1 << 15
"""Rows that a thread transforms at a time, at most: what it works on stays in the processor's cache."""

LEAST_ROWS = 1 << 12
"""Rows that are worth a thread."""

VALUES = 1 << 23
"""Features of these rows, at most: a wide plan transforms fewer rows at a time."""


def transform(
    plan: Plan, frame: pl.DataFrame, schema: Schema, folds: Folds | None = None, others: list[Floats] | None = None
) -> NDArray[np.float32]:
    """The features of raw rows.

    Args:
        plan: The plan.
        frame: Raw rows.
        schema: Their schema.
        folds: For training rows, the fold of each, shape (n,); else None.
        others: For training rows, the means of the target from the other folds; else None.

    Returns:
        Shape (n, features), in the order of ``plan.names``, each feature contiguous; no NaN, no infinity.
    """
    width, kinds = plan.width, schema.kinds
    made = arrays.empty(width if plan.kept is None else len(plan.kept), len(frame))
    share = max(LEAST_ROWS, math.ceil(len(frame) / pl.thread_pool_size()))
    size = max(1, min(ROWS, VALUES // max(width, 1), share))

    def fill(start: int) -> None:
        rows = slice(start, start + size)
        own = None if folds is None else folds[rows]
        if plan.kept is None:
            _fill(made[:, rows], plan, frame[rows], kinds, own, others)
        else:
            every = np.empty((width, min(size, len(frame) - start)), dtype=np.float32)
            _fill(every, plan, frame[rows], kinds, own, others)
            np.take(every, plan.kept, axis=0, out=made[:, rows])

    list(_threads().map(fill, range(0, len(frame), size)))
    return made.T


@cache
def _threads() -> ThreadPoolExecutor:
    """The same threads for every batch: a new one would first have to get memory of its own."""
    return ThreadPoolExecutor(pl.thread_pool_size(), "features")


os.register_at_fork(after_in_child=_threads.cache_clear)


def _fill(
    made: NDArray[np.float32],
    plan: Plan,
    frame: pl.DataFrame,
    kinds: dict[str, Kind],
    folds: Folds | None,
    others: list[Floats] | None,
) -> None:
    """Writes every feature of some rows, shape (features, rows)."""
    ready = derive(plan.derived, prepared(frame, kinds))
    codes = category.coded((*plan.categories, *plan.ordinals, *plan.targets), ready)
    at = 0
    with np.errstate(over="ignore"):
        at += number.write(made, plan.numbers, ready)
        at += date.write(made[at:], plan.dates, ready)
        at += category.write(made[at:], plan.categories, codes)
        at += category.write_ordinals(made[at:], plan.ordinals, codes)
        at += target_mean.write(made[at:], plan.targets, codes, folds, others)
        at += text.write(made[at:], plan.texts, ready)
    assert at == len(made)  # noqa: S101 - otherwise features would have each other's names


def derive(steps: tuple[Derived, ...], ready: pl.DataFrame) -> pl.DataFrame:
    """Prepared rows with the derived columns.

    Args:
        steps: The derived columns.
        ready: Prepared rows, see ``slipway.features.inputs.prepared``.
    """
    for step in steps:
        columns = {name: arrays.floats(ready[name]) for name in step.columns}
        with np.errstate(all="ignore"):
            values = expression.evaluate(step, columns, Numpy())
        ready = ready.with_columns(pl.Series(step.name, values))
    return ready
