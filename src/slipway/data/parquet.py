"""Parquet as batches with the kinds that Slipway knows."""

import contextlib
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from slipway.data import table
from slipway.data.files import File
from slipway.data.schema import Kind
from slipway.errors import DataError

_BUFFER = 1 << 18
"""Bytes of a column that are read at a time, however large the file or its row groups are."""


class Readable(Protocol):
    """Where Parquet is kept."""

    @property
    def name(self) -> str:
        """What errors call it."""

    def binary(self) -> Any:
        """A context manager that gives a stream of its bytes."""


@dataclass(frozen=True, slots=True)
class Parquet:
    """A Parquet file as a part of a table.

    Attributes:
        file: Where it is kept.
    """

    file: Readable

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.name

    def names(self) -> list[str]:
        """Names of all columns."""
        with _opened(self.file) as parquet:
            return list(parquet.schema_arrow.names)

    def kinds(self, ignore: frozenset[str]) -> dict[str, Kind | None]:
        """The kind of each column; see ``Typed``."""
        with _opened(self.file) as parquet:
            return kinds_of(f"file {self.name!r}", parquet.schema_arrow, ignore)

    def batches(self, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The rows; see ``Typed``."""
        with _opened(self.file) as parquet:
            try:
                for batch in parquet.iter_batches(table.batch_rows(len(names)), columns=list(names)):
                    yield frame_of(batch, names)
            except (pa.ArrowInvalid, OSError) as error:
                message = f"file {self.name!r} is damaged: {error}"
                raise DataError(message) from None

    def rows(self) -> int:
        """Number of rows, from the file's footer."""
        with _opened(self.file) as parquet:
            return int(parquet.metadata.num_rows)


def frame_of(batch: pa.RecordBatch, names: Sequence[str]) -> pl.DataFrame:
    """A record batch as a frame with some of its columns, in that order."""
    frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
    return pl.DataFrame([frame[name] for name in names])


def kinds_of(where: str, schema: pa.Schema, ignore: frozenset[str]) -> dict[str, Kind | None]:
    """The kinds of the columns of an Arrow schema; None for one without a type.

    Args:
        where: What errors call the place that it comes from.
        schema: The schema.
        ignore: Columns to leave out.

    Raises:
        DataError: Two columns have the same name or one has none, or a column has a type that is no single value.
    """
    twice = next((name for name, count in Counter(schema.names).items() if count > 1), None)
    if twice is not None:
        message = f"{where} has two columns named {twice!r}; rename or remove one of them"
        raise DataError(message)
    nameless = [place for place, name in enumerate(schema.names, 1) if not name.strip()]
    if nameless:
        message = f"{where}: column {nameless[0]} has no name; give it one"
        raise DataError(message)
    return {field.name: kind_of(field, where) for field in schema if field.name not in ignore}


@contextlib.contextmanager
def _opened(file: Readable) -> Iterator[pq.ParquetFile]:
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(file.binary())
            parquet = stack.enter_context(pq.ParquetFile(stream, buffer_size=_BUFFER, pre_buffer=not _local_path(file)))
        except PermissionError as error:
            message = f"file {file.name!r} can't be read: {error.strerror}"
            raise DataError(message) from None
        except (pa.ArrowInvalid, OSError) as error:
            message = f"file {file.name!r} is no Parquet file, or it is damaged: {error}"
            raise DataError(message) from None
        yield parquet


def _local_path(file: Readable) -> str:
    """Its path on this machine; empty for one elsewhere, of which few large parts are fetched, not many small ones."""
    return file.path if isinstance(file, File) and isinstance(file.system, LocalFileSystem) else ""


def footer(file: Readable) -> pq.FileMetaData:
    """What a file says about itself: rows, columns, where they are."""
    with _opened(file) as parquet:
        return parquet.metadata


class Reader:
    """Reads columns of a file whole; one thread's alone.

    Args:
        file: A Parquet file.
        footer: Its footer.
        texts: Columns that hold text; they are read as they are stored, each distinct value once.

    Raises:
        DataError: The file is damaged.
    """

    def __init__(self, file: Readable, footer: pq.FileMetaData, texts: Collection[str]) -> None:
        path = _local_path(file)
        self._file, self._stack = file, contextlib.ExitStack()
        with _undamaged(file):
            place = path or self._stack.enter_context(file.binary())
            options = {"metadata": footer, "read_dictionary": list(texts), "pre_buffer": not path}
            self._parquet = self._stack.enter_context(pq.ParquetFile(place, **options))

    def read(self, names: Sequence[str]) -> pa.Table:
        """Some columns.

        Raises:
            DataError: The file is damaged.
        """
        with _undamaged(self._file):
            return self._parquet.read(columns=list(names), use_threads=False)

    def close(self) -> None:
        """Closes the file."""
        self._stack.close()


@contextlib.contextmanager
def _undamaged(file: Readable) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        message = f"file {file.name!r} is damaged: {error}"
        raise DataError(message) from None


def kind_of(field: pa.Field, where: str) -> Kind | None:
    """The kind of a column; None for one that is nothing but nulls, without a type.

    Args:
        field: The column.
        where: What holds it, in words.

    Raises:
        DataError: Its type is no single value.
    """
    if pa.types.is_null(field.type):
        return None
    of = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    tests: tuple[tuple[Kind, tuple[object, ...]], ...] = (
        ("boolean", (pa.types.is_boolean,)),
        ("integer", (pa.types.is_integer,)),
        ("number", (pa.types.is_floating, pa.types.is_decimal)),
        ("date", (pa.types.is_date, pa.types.is_timestamp)),
        ("category", (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)),
    )
    for kind, checks in tests:
        if any(check(of) for check in checks):  # type: ignore[operator]
            return kind
    message = (
        f"column {field.name!r} of {where} holds {field.type}, which is not a single value; "
        "leave it out (in a spec: list it under 'identifiers'), or spread it over columns"
    )
    raise DataError(message)
