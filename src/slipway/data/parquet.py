"""Parquet files as batches with the kinds that Slipway knows."""

import contextlib
from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from fsspec.implementations.local import LocalFileSystem

from slipway.data.files import File
from slipway.data.schema import Kind
from slipway.errors import DataError

_BATCH_ROWS = 1 << 16


def kinds(file: File, ignore: frozenset[str]) -> dict[str, Kind | None]:
    """The kind of each column of a file; None for one that is nothing but nulls, without a type.

    Args:
        file: A Parquet file.
        ignore: Columns to leave out.

    Raises:
        DataError: The file is damaged, or a column has a type that is no single value.
    """
    with _opened(file) as parquet:
        schema = parquet.schema_arrow
    twice = next((name for name in schema.names if schema.names.count(name) > 1), None)
    if twice is not None:
        message = f"file {file.name!r} has two columns named {twice!r}; rename or remove one of them"
        raise DataError(message)
    nameless = [place for place, name in enumerate(schema.names, 1) if not name.strip()]
    if nameless:
        message = f"file {file.name!r}: column {nameless[0]} has no name; give it one"
        raise DataError(message)
    return {field.name: kind_of(field, f"file {file.name!r}") for field in schema if field.name not in ignore}


def batches(file: File, names: Sequence[str]) -> Iterator[pl.DataFrame]:
    """The rows of a file.

    Raises:
        DataError: The file is damaged.
    """
    with _opened(file) as parquet:
        try:
            for batch in parquet.iter_batches(_BATCH_ROWS, columns=list(names)):
                frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
                yield pl.DataFrame([frame[name] for name in names])
        except (pa.ArrowInvalid, OSError) as error:
            message = f"file {file.name!r} is damaged: {error}"
            raise DataError(message) from None


def rows(file: File) -> int:
    """Number of rows, from the file's footer."""
    with _opened(file) as parquet:
        return int(parquet.metadata.num_rows)


@contextlib.contextmanager
def _opened(file: File) -> Iterator[pq.ParquetFile]:
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(file.system.open(file.path, "rb"))
            parquet = stack.enter_context(pq.ParquetFile(stream))
        except (pa.ArrowInvalid, OSError) as error:
            message = f"file {file.name!r} is no Parquet file, or it is damaged: {error}"
            raise DataError(message) from None
        yield parquet


def footer(file: File) -> pq.FileMetaData:
    """What a file says about itself: rows, columns, where they are."""
    with _opened(file) as parquet:
        return parquet.metadata


def columns(file: File, footer: pq.FileMetaData, names: Sequence[str], texts: Sequence[str]) -> pa.Table:
    """Some columns of a file, whole.

    Args:
        file: A Parquet file.
        footer: Its footer.
        names: The columns.
        texts: Those among them that hold text; they are read as they are stored, each distinct value once.

    Raises:
        DataError: The file is damaged.
    """
    local = isinstance(file.system, LocalFileSystem)
    with contextlib.ExitStack() as stack:
        try:
            place = file.path if local else stack.enter_context(file.system.open(file.path, "rb"))
            options = {"metadata": footer, "read_dictionary": list(texts), "memory_map": local}
            parquet = stack.enter_context(pq.ParquetFile(place, **options))
            return parquet.read(columns=list(names), use_threads=False)
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
        "list it under 'identifiers' to leave it out, or spread it over columns"
    )
    raise DataError(message)
