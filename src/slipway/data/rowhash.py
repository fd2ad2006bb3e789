"""A 64-bit hash of a row that is the same on every machine and with every library version."""

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

Keys = NDArray[np.uint64]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_NULL = np.uint64(0x2545F4914F6CDD1D)


def hashes(frame: pl.DataFrame, seed: int = 0) -> Keys:
    """Hashes rows by their values and the names of their columns; the order of the columns does not matter.

    Args:
        frame: Columns of the types of ``slipway.data.cast``.
        seed: Gives other hashes.

    Returns:
        Shape (n,). Each value goes through the finalizer of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014); text is
        hashed by BLAKE2b.
    """
    total = np.full(len(frame), _text(str(seed)), dtype=np.uint64)
    for name in frame.columns:
        total += _mix(_bits(frame[name]) ^ _mix(np.array([_text(name)], dtype=np.uint64)))
    return _mix(total)


def _bits(values: pl.Series) -> Keys:
    if values.dtype == pl.String:
        codes = values.rank("dense").fill_null(0).to_numpy()
        levels = values.drop_nulls().unique().sort().to_list()
        table = np.array([_NULL, *(_text(level) for level in levels)], dtype=np.uint64)
        return np.asarray(table[codes])
    null = values.is_null().to_numpy()
    if values.dtype == pl.Float64:
        bits = (values.fill_null(0.0).to_numpy() + 0.0).view(np.uint64)
    else:
        bits = values.to_physical().cast(pl.Int64).fill_null(0).to_numpy().view(np.uint64)
    return np.where(null, _NULL, bits)


def _mix(values: Keys) -> Keys:
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def _text(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
