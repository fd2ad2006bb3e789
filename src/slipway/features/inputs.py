"""Raw rows as the inputs of a graph."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Kind, Schema


def inputs(frame: pl.DataFrame, kinds: Mapping[str, Kind]) -> dict[str, NDArray[Any]]:
    """Columns of raw rows as a graph takes them.

    Args:
        frame: Raw rows with at least these columns.
        kinds: Name to kind of the columns that are wanted.

    Returns:
        Column name to an array of shape (n, 1): numbers, integers and booleans as float64 with NaN for null, dates as
        float64 seconds since 1970 with NaN for null, categories as objects of str with the empty text for null.
    """
    return {name: _array(frame[name], kind).reshape(-1, 1) for name, kind in kinds.items()}


def numeric(frame: pl.DataFrame, schema: Schema) -> dict[str, NDArray[np.float64]]:
    """The inputs of a schema that are no categories; see ``inputs``."""
    return inputs(frame, {name: kind for name, kind in schema.kinds.items() if kind != "category"})


def _array(values: pl.Series, kind: Kind) -> NDArray[Any]:
    if kind == "category":
        return np.array(values.cast(pl.String).fill_null("").to_list(), dtype=object)
    if kind == "date":
        seconds = values.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / 1e6
        return seconds.fill_null(float("nan")).to_numpy()
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
