"""Raw rows as the inputs of a graph, and as the columns that features are made from."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import arrays
from slipway.data.schema import TEXTUAL, Column, Kind, Schema

WHITESPACE: Final = r"[\t-\r\x{85}\x{a0} ]+"
"""What separates the words of a text; it becomes one space."""


def prepared(frame: pl.DataFrame, kinds: Mapping[str, Kind]) -> pl.DataFrame:
    """Columns of raw rows in the types that features are made from.

    Args:
        frame: Raw rows with at least these columns.
        kinds: Name to kind of the columns that are wanted.

    Returns:
        Numbers, integers and booleans as float64, null or NaN for what is missing; dates as seconds since 1970
        likewise; categories as text with the empty one for null; texts with one space between words.
    """
    return pl.DataFrame([_prepared(frame.get_column(name), kind) for name, kind in kinds.items()])


def inputs(frame: pl.DataFrame, kinds: Mapping[str, Kind]) -> dict[str, NDArray[Any]]:
    """Columns of raw rows as a graph takes them.

    Args:
        frame: Raw rows with at least these columns.
        kinds: Name to kind of the columns that are wanted.

    Returns:
        Column name to an array of shape (n, 1): float64 with NaN for null, or objects of str; see ``prepared``.
    """
    return {column.name: _array(column).reshape(-1, 1) for column in prepared(frame, kinds).iter_columns()}


def extended(table: Schema, event_time: str, made: Iterable[Column]) -> Schema:
    """The schema of a table with further inputs.

    Args:
        table: The schema.
        event_time: The event time when it is an input, else empty.
        made: Columns that are made from earlier rows.
    """
    event = [Column(event_time, "date", nullable=True)] if event_time else []
    added = [column for column in (*event, *made) if column.name not in table.names]
    return replace(table, columns=(*table.columns, *added))


def _prepared(values: pl.Series, kind: Kind) -> pl.Series:
    if kind in TEXTUAL:
        text = values.cast(pl.String)
        text = text.fill_null("") if text.null_count() else text
        return text.str.replace_all(WHITESPACE, " ").str.strip_chars(" ") if kind == "text" else text
    if kind == "date":
        return values.cast(pl.Datetime("us")).to_physical().cast(pl.Float64) / 1e6
    return values.cast(pl.Float64)


def _array(values: pl.Series) -> NDArray[Any]:
    if values.dtype == pl.String:
        return np.array(values.to_list(), dtype=object)
    return arrays.floats(values)
