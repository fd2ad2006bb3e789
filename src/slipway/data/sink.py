"""Frames into one file, Parquet or CSV, that appears when it is complete."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from slipway.data import storage
from slipway.errors import StorageError

Write = Callable[[pl.DataFrame], None]

_SUFFIXES = (".parquet", ".csv")


@contextlib.contextmanager
def opened(uri: str) -> Iterator[Write]:
    """A function that appends a frame to a file; when the block fails, nothing is left of it.

    Args:
        uri: A file at any fsspec URI that ends with .parquet or .csv; what is there is replaced.

    Raises:
        StorageError: It can't be written, or its name has another end.
    """
    if not uri.endswith(_SUFFIXES):
        message = f"{uri!r} should end with {' or '.join(_SUFFIXES)}"
        raise StorageError(message)
    with storage.writing(uri) as path, contextlib.ExitStack() as stack:
        yield _parquet(path, stack) if uri.endswith(".parquet") else _csv(path, stack)


def _parquet(path: Path, stack: contextlib.ExitStack) -> Write:
    writers: list[pq.ParquetWriter] = []

    def write(frame: pl.DataFrame) -> None:
        table = frame.to_arrow()
        if not writers:
            writers.append(stack.enter_context(pq.ParquetWriter(path, table.schema, compression="zstd")))
        writers[0].write_table(table)

    return write


def _csv(path: Path, stack: contextlib.ExitStack) -> Write:
    file = stack.enter_context(path.open("wb"))

    def write(frame: pl.DataFrame) -> None:
        frame.write_csv(file, include_header=file.tell() == 0)

    return write
