"""Reading the outcomes of an A/B test."""

import numpy as np
import numpy.typing as npt
import polars as pl

from slipway.data.source import open_table
from slipway.errors import DataError, UnknownNameError
from slipway.rollout.trial import VARIANT

Floats = npt.NDArray[np.float64]


def read(uri: str, variant: str, outcome: str) -> tuple[Floats, Floats]:
    """The outcomes of the stable revision and of the challenger.

    Args:
        uri: A table with a row for each outcome.
        variant: Column that says ``stable`` or ``challenger``.
        outcome: Column of outcomes: numbers, or yes and no.

    Raises:
        UnknownNameError: A column is not there.
        DataError: A column holds something else, or the table can't be read.
    """
    source = open_table(uri)
    for name in (variant, outcome):
        if name not in source.columns:
            raise UnknownNameError("column", name, source.columns, where=repr(uri))  # noqa: EM101 - what it names
    found: dict[str, list[Floats]] = {"stable": [], VARIANT: []}
    for frame in source.batches():
        names = frame[variant].cast(pl.String)
        unknown = sorted(set(names.drop_nulls().to_list()) - found.keys())
        if unknown:
            message = f"column {variant!r} holds {unknown[0]!r}; it may hold stable and {VARIANT}"
            raise DataError(message)
        values = frame[outcome].cast(pl.Float64, strict=False)
        if values.null_count() > frame[outcome].null_count():
            message = f"column {outcome!r} holds something that is no number; outcomes are numbers, higher is better"
            raise DataError(message)
        for name, parts in found.items():
            parts.append(values.filter((names == name) & values.is_not_null()).to_numpy())
    return np.concatenate(found["stable"]), np.concatenate(found[VARIANT])
