"""Applying a plan to a batch of raw rows."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Schema
from slipway.features import category, date, expression, number, target_mean, text
from slipway.features.arithmetic import Floats, Numpy
from slipway.features.expression import Derived
from slipway.features.inputs import prepared
from slipway.features.plan import Plan
from slipway.features.target_mean import Folds


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
    ready = derive(plan.derived, prepared(frame, schema.kinds))
    numbers = ready.select(made.alias(str(place)) for place, made in enumerate(number.expressions(plan.numbers)))
    columns = [
        *numbers.get_columns(),
        *date.columns(plan.dates, ready),
        *category.columns(plan.categories, ready),
        *category.ordinal_columns(plan.ordinals, ready),
        *target_mean.columns(plan.targets, ready, folds, others),
        *text.columns(plan.texts, ready),
    ]
    chosen = columns if plan.kept is None else [columns[place] for place in plan.kept]
    return pl.DataFrame([made.cast(pl.Float32).alias(name) for made, name in zip(chosen, plan.names, strict=True)])


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
        columns = {name: ready[name].fill_null(float("nan")).to_numpy() for name in step.columns}
        with np.errstate(all="ignore"):
            values = expression.evaluate(step, columns, Numpy())
        ready = ready.with_columns(pl.Series(step.name, values).fill_nan(None))
    return ready
