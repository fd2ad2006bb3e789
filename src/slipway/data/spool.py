"""A table that can be read once, kept as Parquet in temporary files that vanish with the process, whatever ends it."""

import contextlib
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from typing import IO

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from slipway.data import storage
from slipway.data.parquet import Parquet


class Segment:
    """Rows with the same types, in one temporary file without a name.

    Args:
        name: What errors call it.
        schema: The types.
    """

    def __init__(self, name: str, schema: pa.Schema) -> None:
        self.name = name
        self._schema = schema
        self._file: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the segment
        weakref.finalize(self, self._file.close)
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")

    def fits(self, schema: pa.Schema) -> bool:
        """Whether rows of a schema can be added: the types are the same, or there are only nulls."""
        return all(pa.types.is_null(a.type) or a.type == b.type for a, b in zip(schema, self._schema, strict=True))

    def write(self, rows: pa.Table) -> None:
        """Adds rows."""
        with storage.told("written", tempfile.gettempdir()):
            self._writer.write_table(rows.cast(self._schema))

    def close(self) -> None:
        """Ends the writing."""
        with storage.told("written", tempfile.gettempdir()):
            self._writer.close()

    @contextlib.contextmanager
    def binary(self) -> Iterator[IO[bytes]]:
        """The file's bytes."""
        self._file.seek(0)
        yield self._file


def spool(name: str, frames: Iterable[pl.DataFrame]) -> tuple[Parquet, ...]:
    """Keeps rows as they are now.

    Args:
        name: What errors call them.
        frames: The rows; read to the end. Batches may differ in their types.

    Returns:
        Parts of a table; none when there is no row.

    Raises:
        StorageError: There is no room for temporary files.
    """
    segments: list[Segment] = []
    for frame in frames:
        rows = frame.to_arrow()
        if not segments or not segments[-1].fits(rows.schema):
            segments.append(Segment(name, rows.schema))
        segments[-1].write(rows)
    for segment in segments:
        segment.close()
    return tuple(Parquet(segment) for segment in segments)
