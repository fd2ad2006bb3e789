"""Some rows of a table that is read by columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import cast
from slipway.data.columns import Columns
from slipway.data.evidence import Evidence
from slipway.data.schema import Kind

_BLOCK = 8
"""Columns that are held whole at a time."""


def take(table: Columns, kinds: Mapping[str, Kind], positions: NDArray[np.int64]) -> pl.DataFrame:
    """Rows by their positions.

    Args:
        table: The table.
        kinds: Name to kind of the columns that are wanted.
        positions: Positions of the rows, shape (n,).

    Returns:
        Columns of the types of ``slipway.data.cast``.

    Raises:
        DataError: A value is not of its column's kind.
    """
    names = list(kinds)
    blocks = [names[at : at + _BLOCK] for at in range(0, len(names), _BLOCK)]
    parts = [table.load(block).take(positions) for block in blocks]
    return _typed({name: part[name] for part in parts for name in part.column_names}, kinds)


def aside(
    table: Columns, kinds: Mapping[str, Kind], positions: NDArray[np.int64]
) -> tuple[Columns, Callable[[], pl.DataFrame]]:
    """The same table, which sets rows aside while it is read for another purpose, so that it is read once.

    Args:
        table: The table.
        kinds: Name to kind of the columns that are wanted.
        positions: Positions of the rows, shape (n,).

    Returns:
        The table, and what gives the rows, as ``take`` does, when each of these columns has been read.
    """
    found: dict[str, Any] = {}

    def load(names: Sequence[str]) -> Any:
        loaded = table.load(names)
        found.update({name: loaded[name].take(positions) for name in names if name in kinds})
        return loaded

    return replace(table, load=load), lambda: _typed(found, kinds)


def _typed(found: Mapping[str, Any], kinds: Mapping[str, Kind]) -> pl.DataFrame:
    columns = {name: pl.Series(name, pl.from_arrow(found[name])) for name in kinds}
    return pl.DataFrame([cast.from_typed(column, kinds[name], Evidence()) for name, column in columns.items()])


def choose(rows: int, most: int, seed: int) -> NDArray[np.int64]:
    """Positions of rows, each as likely as any other, in their order.

    Args:
        rows: Rows of the table.
        most: Rows that are wanted.
        seed: Seed of the choice.
    """
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))
