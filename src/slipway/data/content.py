"""A hash of a table's rows, for tables that are not files: the order of the rows and of the columns does not matter."""

import hashlib
from collections.abc import Iterable

import numpy as np
import polars as pl

from slipway.data import rowhash

_SEEDS = (0, 1)


def digest(frames: Iterable[pl.DataFrame]) -> str:
    """Hashes rows with their types.

    Args:
        frames: Batches of the rows; how they are cut does not matter.

    Returns:
        sha256 over the sums of two 64-bit hashes of every row, and over the names and types of the columns, hex. Adding
        up tells apart tables that differ by chance; it is no protection against one who looks for a collision.
    """
    rows, sums = 0, np.zeros(len(_SEEDS), dtype=np.uint64)
    types: set[tuple[str, str]] = set()
    for frame in frames:
        rows += len(frame)
        types |= {(name, str(kind)) for name, kind in frame.schema.items() if kind != pl.Null}
        plain = frame.select([_plain(frame[name]) for name in frame.columns])
        sums += np.array([rowhash.hashes(plain, seed).sum(dtype=np.uint64) for seed in _SEEDS], dtype=np.uint64)
    return hashlib.sha256(repr((rows, sums.tolist(), sorted(types))).encode()).hexdigest()


def _plain(values: pl.Series) -> pl.Series:
    """The values in a type that ``rowhash`` knows."""
    if values.dtype == pl.Float32:
        return values.cast(pl.Float64)
    if values.dtype.is_temporal() or values.dtype in (pl.Boolean, pl.String, pl.Float64):
        return values
    if values.dtype.is_integer() and values.dtype not in (pl.UInt64, pl.Int128):
        return values
    if values.dtype.is_nested() or values.dtype == pl.Binary:
        return pl.Series(values.name, [None if value is None else repr(value) for value in values], dtype=pl.String)
    return values.cast(pl.String)
