"""A version of a Delta Lake table."""

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from slipway.data import parquet, storage
from slipway.data.files import GLOB, format_of
from slipway.data.schema import Kind
from slipway.errors import DataError, SpecError
from slipway.spec import Origin

_BATCH_ROWS = 1 << 16


def is_table(uri: str) -> bool:
    """Whether there is a Delta Lake table: a folder with a transaction log."""
    if GLOB & set(uri) or format_of(uri):
        return False
    return storage.exists(storage.join(uri, "_delta_log"))


class Snapshot:
    """A version of a Delta Lake table as a part; later versions do not change it.

    Args:
        uri: The table's folder.
        origin: Which version.

    Raises:
        SpecError: ``deltalake`` is not installed, or there is no such version.
        DataError: The table is damaged, or has features that can't be read.
    """

    def __init__(self, uri: str, origin: Origin) -> None:
        try:
            from deltalake import DeltaTable
            from deltalake.exceptions import DeltaError
        except ImportError:
            message = (
                f"{uri!r} is a Delta Lake table; to read it, install support with: pip install 'kfp-slipway[delta]'"
            )
            raise SpecError(message) from None
        self.name = uri.rstrip("/").rpartition("/")[2]
        try:
            newest = DeltaTable(uri)
            if origin.version is not None and origin.version > newest.version():
                message = (
                    f"the Delta Lake table {uri!r} has no version {origin.version}; the newest is {newest.version()}"
                )
                raise SpecError(message)
            table = newest if origin.version is None else DeltaTable(uri, version=origin.version)
            self.version: int = table.version()
            self._data: Any = table.to_pyarrow_dataset()
        except (DeltaError, OSError) as error:
            message = f"the Delta Lake table {uri!r} can't be read: {' '.join(str(error).split())}"
            raise DataError(message) from None

    def names(self) -> list[str]:
        """Names of all columns."""
        return list(self._data.schema.names)

    def kinds(self, ignore: frozenset[str]) -> dict[str, Kind | None]:
        """The kind of each column; see ``Typed``."""
        return parquet.kinds_of(f"table {self.name!r}", self._data.schema, ignore)

    def batches(self, names: Sequence[str]) -> Iterator[pl.DataFrame]:
        """The rows; see ``Typed``."""
        import pyarrow as pa

        try:
            for batch in self._data.to_batches(columns=list(names), batch_size=_BATCH_ROWS):
                if len(batch):
                    yield parquet.frame_of(batch, names)
        except (pa.ArrowException, OSError) as error:
            message = f"version {self.version} of the Delta Lake table {self.name!r} can't be read: {error}"
            raise DataError(message) from None

    def rows(self) -> int:
        """Number of rows."""
        return int(self._data.count_rows())
