"""A table on disk: a folder of Parquet parts."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from slipway.data import storage
from slipway.errors import DataError

PART_ROWS = 1 << 18
"""Rows from which a part is written."""

PART_BYTES = 1 << 24
"""Bytes in memory from which a part is written."""

BATCH_ROWS = 1 << 15
"""Rows of a batch, at most."""

BATCH_VALUES = 1 << 22
"""Values of a batch that are aimed at: a wide table has fewer rows in each."""

_LEAST_ROWS = 1 << 10
_PAGE_BYTES = 1 << 17
"""Bytes of a column's page: a reader holds one of each column, and its dictionary."""


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
    with writing(folder) as made:
        for batch in batches:
            made.add(batch)
    return made.rows


@contextmanager
def writing(folder: Path, part_bytes: int = PART_BYTES) -> Iterator["Writer"]:
    """Writes a table batch by batch; the folder appears when the block ends.

    Args:
        folder: Where the table is to be; what is there is replaced.
        part_bytes: Bytes in memory from which a part is written.

    Raises:
        DataError: There is no batch.
        StorageError: The folder can't be written.
    """
    with storage.replacing(folder) as aside:
        writer = Writer(aside, part_bytes)
        yield writer
        writer.flush()
        if not any(aside.iterdir()):
            message = f"there is no row to write to {folder.name!r}"
            raise DataError(message)


class Writer:
    """Parts of a table that are written one after the other.

    Attributes:
        rows: Rows so far.
    """

    def __init__(self, folder: Path, part_bytes: int) -> None:
        self.rows = 0
        self._bytes, self._most = 0, part_bytes
        self._folder = folder
        self._held: list[pl.DataFrame] = []
        self._parts = 0

    def add(self, batch: pl.DataFrame) -> None:
        """Adds rows; a part is written when it is full."""
        self.rows += len(batch)
        self._held.append(batch)
        self._bytes += int(batch.estimated_size())
        if sum(len(item) for item in self._held) >= PART_ROWS or self._bytes >= self._most:
            self.flush()

    def flush(self) -> None:
        """Writes what is held as a part."""
        if self._held:
            _write_part(pl.concat(self._held), self._folder, self._parts)
            self._parts += 1
            self._held, self._bytes = [], 0


def batches(folder: Path, names: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a table in batches of ``batch_rows``.

    Args:
        folder: The table.
        names: Columns to read; None for all.
    """
    for path in _files(folder):
        with pq.ParquetFile(path, pre_buffer=False, buffer_size=_PAGE_BYTES) as file:
            wanted = file.schema_arrow.names if names is None else list(names)
            for batch in file.iter_batches(batch_rows(len(wanted)), columns=wanted):
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a record batch is never a series
                yield frame if names is None else pl.DataFrame([frame[name] for name in names])


def batch_rows(columns: int) -> int:
    """Rows of a batch of so many columns."""
    return min(BATCH_ROWS, max(_LEAST_ROWS, BATCH_VALUES // max(columns, 1)))


def parts(folder: Path) -> Iterator[pl.DataFrame]:
    """The rows of a table, a part at a time: larger than batches, and still bounded."""
    for path in _files(folder):
        frame = pl.from_arrow(pq.read_table(path))
        assert isinstance(frame, pl.DataFrame)  # noqa: S101 - a table is never a series
        yield frame


def read(folder: Path, names: Sequence[str] | None = None) -> pl.DataFrame:
    """The whole table, or some of its columns."""
    return pl.concat(list(batches(folder, names)))


def rows(folder: Path) -> int:
    """Number of rows, from the parts' footers."""
    return sum(pq.read_metadata(path).num_rows for path in _files(folder))


def names(folder: Path) -> tuple[str, ...]:
    """Names of the columns, from a part's footer."""
    return tuple(pq.read_schema(_files(folder)[0]).names)


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("part-*.parquet"))
    if not files:
        message = f"{folder.name!r} is no table: it has no part-*.parquet"
        raise DataError(message)
    return files


def _write_part(part: pl.DataFrame, folder: Path, index: int) -> None:
    path = folder / f"part-{index:05d}.parquet"
    with storage.told("written", str(path)):
        sizes = {"data_page_size": _PAGE_BYTES, "dictionary_pagesize_limit": _PAGE_BYTES}
        pq.write_table(part.to_arrow(), path, compression="zstd", **sizes)
