"""Columns as arrays, and arrays as columns: in the calling thread, and without a copy where none is needed.

An expression of polars wakes the threads of its pool, which costs more than it saves on a batch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def floats(values: pl.Series) -> NDArray[np.float64]:
    """Numbers with NaN for null, shape (n,).

    Args:
        values: float64.
    """
    held = values.to_arrow()
    return np.asarray(pc.fill_null(held, float("nan")) if held.null_count else held)


def stacked(columns: Sequence[pl.Series]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Numbers of several columns, and which of them are null, both of shape (columns, n).

    Args:
        columns: float64, all of one length; at least one of them, and one row.

    Returns:
        The numbers, anything where there is a null; and the nulls.
    """
    shape = len(columns), len(columns[0])
    held = pa.concat_arrays([column.to_arrow() for column in columns])
    known, numbers = held.buffers()
    values = np.frombuffer(numbers, np.float64)[held.offset :][: len(held)].reshape(shape)
    if known is None:
        return values, np.zeros(shape, np.bool_)
    bits = np.unpackbits(np.frombuffer(known, np.uint8), count=held.offset + len(held), bitorder="little")
    return values, (bits[held.offset :] == 0).reshape(shape)


def places(texts: pl.Series, levels: pl.Enum) -> NDArray[np.integer[Any]]:
    """The place of each text among the levels, shape (n,); -1 for null and for other texts.

    Args:
        texts: Texts.
        levels: The levels.
    """
    found = texts.cast(levels, strict=False).to_arrow().indices
    return np.asarray(found.cast(pa.int32()).fill_null(-1) if found.null_count else found)


def empty(columns: int, rows: int) -> NDArray[np.float32]:
    """An array to fill, shape (columns, rows).

    Its memory is of Arrow's pool, which keeps what is given back to it. A new array of numpy's would wait until the
    system has cleared its pages, which takes about as long as filling them.

    Args:
        columns: How many.
        rows: How long each is.
    """
    size = columns * rows * np.dtype(np.float32).itemsize
    return np.frombuffer(pa.allocate_buffer(size), np.float32).reshape(columns, rows)


def columns(names: Sequence[str], rows: NDArray[np.float32]) -> pl.DataFrame:
    """A column for each row of an array, whose memory they share.

    Args:
        names: A name for each.
        rows: Shape (columns, n), each row contiguous.
    """
    numbered = [str(place) for place in range(len(rows))]
    frame = pl.DataFrame(pa.RecordBatch.from_arrays([pa.array(row) for row in rows], names=numbered))
    frame.columns = list(names)  # Arrow's names end at a NUL, ours need not
    return frame
