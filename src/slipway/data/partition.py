"""A table in folders by the hash of a column, so that all rows of one value are together and each folder is small."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import polars as pl

from slipway.data import rowhash, table

BUCKET_ROWS = 1 << 18
"""Rows of a folder that are aimed at; a value with more rows than that has a larger one."""


def by_value(batches: Iterable[pl.DataFrame], column: str, rows: int, folder: Path) -> Iterator[pl.DataFrame]:
    """The rows of a table, all those of each value together.

    Args:
        batches: The rows.
        column: The column whose values are kept together.
        rows: How many rows there are.
        folder: Where folders may be written.

    Yields:
        One frame after the other; each holds all rows of its values.
    """
    count = max(1, -(-rows // BUCKET_ROWS))
    with ExitStack() as stack:
        most = table.PART_BYTES // count
        writers = [stack.enter_context(table.writing(folder / f"{bucket:05d}", most)) for bucket in range(count)]
        for batch in batches:
            buckets = (rowhash.hashes(batch.select(column)) >> np.uint64(33)).astype(np.int64) % count
            for bucket, writer in enumerate(writers):
                writer.add(batch.filter(pl.Series(buckets == bucket)))
    for bucket in range(count):
        whole = table.read(folder / f"{bucket:05d}")
        if len(whole):
            yield whole
