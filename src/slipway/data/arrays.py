"""Columns as arrays, and arrays as columns: in the calling thread, and without a copy where none is needed.

An expression of polars wakes the threads of its pool, which costs more than it saves on a batch.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray


def stacked(columns: Sequence[pl.Series]) -> NDArray[np.float64]:
    """Numbers with NaN for null, shape (columns, n).

    Args:
        columns: float64, all of one length; at least one.
    """
    held = pa.chunked_array([column.to_arrow() for column in columns])
    return np.asarray(pc.fill_null(held, float("nan"))).reshape(len(columns), len(columns[0]))


def floats(values: pl.Series) -> NDArray[np.float64]:
    """Numbers with NaN for null, shape (n,).

    Args:
        values: float64.
    """
    return stacked([values])[0]


def places(texts: pl.Series, levels: pl.Enum) -> NDArray[np.int32]:
    """The place of each text among the levels, shape (n,); -1 for null and for other texts.

    Args:
        texts: Texts.
        levels: The levels.
    """
    found = texts.cast(levels, strict=False).to_arrow()
    return np.asarray(found.indices.cast(pa.int32()).fill_null(-1))


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
