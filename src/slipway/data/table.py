"""A table on disk: a folder of Parquet parts."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from slipway.data import storage
from slipway.errors import DataError

PART_ROWS = 1 << 18
"""Rows of a part, at most."""

BATCH_ROWS = 1 << 16
"""Rows of a batch, at most."""


def write(batches: Iterable[pl.DataFrame], folder: Path) -> int:
    """Writes batches as a table; the folder appears when it is complete.

    Args:
        batches: Frames with the same columns; at least one.
        folder: Where the table is to be; what is there is replaced.

    Returns:
        Rows written.

    Raises:
        DataError: There is no batch.
        StorageError: The folder can't be written.
    """
    with storage.replacing(folder) as aside:
        rows = sum(_write_part(part, aside, index) for index, part in enumerate(_parts(batches)))
        if not any(aside.iterdir()):
            message = f"there is no row to write to {folder.name!r}"
            raise DataError(message)
    return rows


def batches(folder: Path, names: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a table in batches of at most ``BATCH_ROWS``.

    Args:
        folder: The table.
        names: Columns to read; None for all.
    """
    for path in _files(folder):
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH_ROWS, columns=None if names is None else list(names)):
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a record batch is never a series
                yield frame if names is None else pl.DataFrame([frame[name] for name in names])


def read(folder: Path, names: Sequence[str] | None = None) -> pl.DataFrame:
    """The whole table, or some of its columns."""
    return pl.concat(list(batches(folder, names)))


def rows(folder: Path) -> int:
    """Number of rows, from the parts' footers."""
    return sum(pq.read_metadata(path).num_rows for path in _files(folder))


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("part-*.parquet"))
    if not files:
        message = f"{folder.name!r} is no table: it has no part-*.parquet"
        raise DataError(message)
    return files


def _parts(batches: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    held: list[pl.DataFrame] = []
    count = 0
    for batch in batches:
        held.append(batch)
        count += len(batch)
        if count >= PART_ROWS:
            yield pl.concat(held)
            held, count = [], 0
    if held:
        yield pl.concat(held)


def _write_part(part: pl.DataFrame, folder: Path, index: int) -> int:
    path = folder / f"part-{index:05d}.parquet"
    with storage.told("written", str(path)):
        pq.write_table(part.to_arrow(), path, compression="zstd")
    return len(part)
