"""A table that is read by columns, a few at a time."""

import contextlib
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from slipway.data import parquet, source
from slipway.data import table as tables
from slipway.data.files import find
from slipway.data.located import locate
from slipway.data.parquet import Parquet
from slipway.data.schema import Kind
from slipway.errors import DataError

_MOST_OPEN = 100
"""Files of a table that stay open; those of a table of more are opened for each block of columns."""

Values = NDArray[np.float64] | Counter[str]


@dataclass(frozen=True, slots=True)
class Columns:
    """A table by columns.

    Attributes:
        rows: Its rows.
        kinds: Name to kind of each column; None for one that is nothing but nulls, without a type.
        load: Reads columns by name.
        notes: Sentences on what was done to read it.
    """

    rows: int
    kinds: dict[str, Kind | None]
    load: Callable[[Sequence[str]], pa.Table]
    notes: tuple[str, ...] = ()

    def read(self, kinds: Mapping[str, Kind]) -> Iterator[tuple[str, Values]]:
        """Values of some columns, each to be used before the next is asked for.

        Args:
            kinds: Name to kind of the columns that are wanted.

        Yields:
            The name, with the rows of each level of a category, stripped, the empty text for a missing value; for any
            other kind float64 of shape (rows,), with NaN for a missing value and dates in seconds since 1970.
        """
        table = self.load(list(kinds))
        for name, kind in kinds.items():
            yield name, _levels(table[name]) if kind == "category" else _numbers(table[name], kind)


def of_frame(frame: Any) -> Columns:
    """A polars or pandas dataframe by columns.

    Args:
        frame: The dataframe; the index of a pandas one is left out.

    Raises:
        DataError: It is neither, two columns have the same name, or a column holds what is not one type of value.
    """
    table = _arrow(frame)
    return Columns(table.num_rows, parquet.kinds_of("the dataframe", table.schema, frozenset()), table.select)


@contextlib.contextmanager
def open_columns(uri: str) -> Iterator[Columns]:
    """Opens a table for reading by columns; what is not Parquet is first rewritten so in a temporary folder.

    Args:
        uri: The table; see ``locate``.

    Raises:
        DataError: There is no such table, it has no rows, or a column can't be settled.
    """
    located = locate(uri)
    files = [part for part in located.parts if isinstance(part, Parquet)]
    with contextlib.ExitStack() as stack:
        if files and len(files) == len(located.parts):
            yield _of_parquet(files, stack)
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "table"
        found = source.open_located(located)
        integers: dict[str, Kind] = dict.fromkeys(found.empty, "integer")  # which can be read as any kind
        tables.write(replace(found, columns={**found.columns, **integers}).batches(), folder)
        table = _of_parquet([Parquet(file) for file in find(str(folder))], stack)
        yield replace(table, kinds={**table.kinds, **dict.fromkeys(found.empty)}, notes=found.notes)


class _Parquet:
    """Parquet files of one table; their footers are read once, and each thread opens them once."""

    def __init__(self, files: Sequence[Parquet], stack: contextlib.ExitStack) -> None:
        self._files, self._stack, self._own = files, stack, threading.local()

    @cached_property
    def kinds(self) -> dict[str, Kind | None]:
        return source.common_kinds(self._files, {})

    @cached_property
    def footers(self) -> list[pq.FileMetaData]:
        return [parquet.footer(item.file) for item in self._files]

    def load(self, names: Sequence[str]) -> pa.Table:
        if len(self._files) > _MOST_OPEN:
            with contextlib.ExitStack() as stack:
                return _read(self._opened(stack), names)
        if not hasattr(self._own, "readers"):
            self._own.readers = list(self._opened(self._stack))
        return _read(self._own.readers, names)

    def _opened(self, stack: contextlib.ExitStack) -> Iterator[parquet.Reader]:
        texts = [name for name, kind in self.kinds.items() if kind == "category"]
        for item, footer in zip(self._files, self.footers, strict=True):
            reader = parquet.Reader(item.file, footer, texts)
            stack.callback(reader.close)
            yield reader


def _read(readers: Iterable[parquet.Reader], names: Sequence[str]) -> pa.Table:
    return pa.concat_tables([reader.read(names) for reader in readers], promote_options="permissive")


def _of_parquet(files: Sequence[Parquet], stack: contextlib.ExitStack) -> Columns:
    table = _Parquet(files, stack)
    rows = sum(footer.num_rows for footer in table.footers)
    return Columns(rows, table.kinds, table.load)


def _arrow(frame: Any) -> pa.Table:
    pandas = sys.modules.get("pandas")
    try:
        if isinstance(frame, pl.DataFrame):
            return frame.to_arrow()
        if pandas and isinstance(frame, pandas.DataFrame):
            return pa.Table.from_pandas(_distinct(frame), preserve_index=False)
    except (pa.ArrowException, TypeError) as error:
        message = f"the dataframe has a column that can't be read, such as one with values of several types: {error}"
        raise DataError(message) from None
    message = f"a polars or pandas dataframe is needed, not {type(frame).__name__}"
    raise DataError(message)


def _distinct(frame: Any) -> Any:
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        message = f"the dataframe has two columns named {str(twice[0])!r}; rename or remove one of them"
        raise DataError(message)
    return frame


def _levels(values: pa.ChunkedArray) -> Counter[str]:
    if pa.types.is_null(values.type):
        return Counter({"": len(values)})
    plain = values.cast(pa.large_string()) if pa.types.is_string_view(values.type) else values
    found = pc.value_counts(plain)
    counts: Counter[str] = Counter()
    for level, count in zip(found.field(0).to_pylist(), found.field(1).to_pylist(), strict=True):
        counts[(level or "").strip()] += count
    return counts


def _numbers(values: pa.ChunkedArray, kind: Kind) -> NDArray[np.float64]:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if kind == "date":
        values = values.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    numbers = np.asarray(values.cast(pa.float64(), safe=False).to_numpy())
    return numbers / 1e6 if kind == "date" else numbers
