"""Some rows of a table that is read by columns."""

from collections.abc import Mapping

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
    parts = [pl.DataFrame(pl.from_arrow(table.load(block).take(positions))) for block in blocks]
    return pl.DataFrame(
        [cast.from_typed(part[name], kinds[name], Evidence()) for part in parts for name in part.columns]
    )


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
