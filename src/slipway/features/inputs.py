"""Raw rows as the inputs of a graph."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Schema


def inputs(frame: pl.DataFrame, schema: Schema, *, categories: bool = True) -> dict[str, NDArray[Any]]:
    """The input columns of raw rows as a graph takes them.

    Args:
        frame: Raw rows with at least the schema's columns.
        schema: The schema.
        categories: Whether to include categories.

    Returns:
        Column name to an array of shape (n, 1): numbers, integers and booleans as float64 with NaN for null, dates as
        float64 seconds since 1970 with NaN for null, categories as objects of str with the empty text for null.
    """
    return {
        column.name: _array(frame[column.name], column.kind).reshape(-1, 1)
        for column in schema.columns
        if categories or column.kind != "category"
    }


def _array(values: pl.Series, kind: str) -> NDArray[Any]:
    if kind == "category":
        return np.array(values.cast(pl.String).fill_null("").to_list(), dtype=object)
    if kind == "date":
        seconds = values.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / 1e6
        return seconds.fill_null(float("nan")).to_numpy()
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
