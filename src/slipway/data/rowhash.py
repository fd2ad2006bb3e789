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
    texts = [name for name, kind in frame.schema.items() if kind == pl.String]
    plain = frame.select(_plain(name, kind) for name, kind in frame.schema.items() if name not in texts)
    for name in frame.columns:
        bits = _texts(frame.get_column(name)) if name in texts else _bits(plain.get_column(name).to_numpy())
        if frame.get_column(name).null_count():
            bits = np.where(frame.get_column(name).is_null().to_numpy(), _NULL, bits)
        total += _mix(bits ^ _mix(np.array([_text(name)], dtype=np.uint64)))
    return _mix(total)


def _plain(name: str, kind: pl.DataType) -> pl.Expr:
    """A column as floats if it holds floats, else as integers; 0 for null."""
    column = pl.col(name)
    return (column if kind == pl.Float64 else column.to_physical().cast(pl.Int64)).fill_null(0)


def _bits(values: NDArray[np.float64] | NDArray[np.int64]) -> Keys:
    """The bits of each value, the same for -0.0 and 0.0."""
    return (values + 0.0 if values.dtype == np.float64 else values).view(np.uint64)


def _texts(values: pl.Series) -> Keys:
    """The hash of each text, made once for each that is distinct; any for null."""
    encoded = values.to_arrow().dictionary_encode()
    hashed = np.array([*map(_text, encoded.dictionary.to_pylist()), 0], dtype=np.uint64)
    return np.asarray(hashed[encoded.indices.fill_null(len(hashed) - 1).to_numpy()])


def _mix(values: Keys) -> Keys:
    values = values + _GOLDEN
    values = (values ^ (values >> np.uint64(30))) * _MIX_1
    values = (values ^ (values >> np.uint64(27))) * _MIX_2
    return values ^ (values >> np.uint64(31))


def _text(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
