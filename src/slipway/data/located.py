"""Where a table is: files, a version of a Delta Lake table, or what a query gave."""

import functools
import hashlib

from slipway.data import content, delta, sql
from slipway.data.files import File, find
from slipway.data.parquet import Parquet
from slipway.data.part import Typed
from slipway.spec import Origin


class Files:
    """A table in files.

    Args:
        files: CSV files, or Parquet files.
    """

    def __init__(self, files: tuple[File, ...]) -> None:
        self.files = files

    @property
    def texts(self) -> tuple[File, ...]:
        """The files, where they hold text."""
        return self.files if self.files[0].format == "csv" else ()

    @property
    def parts(self) -> tuple[Typed, ...]:
        """The files, where they hold types."""
        return () if self.texts else tuple(Parquet(file) for file in self.files)

    @property
    def fingerprint(self) -> str:
        """sha256 over the sorted sha256 of the files, as they are now."""
        return hashlib.sha256("".join(sorted(file.digest() for file in self.files)).encode()).hexdigest()


class Snapshot:
    """Rows that do not change any more.

    Args:
        parts: What they are read from.
    """

    texts: tuple[File, ...] = ()

    def __init__(self, parts: tuple[Typed, ...]) -> None:
        self.parts = parts

    @functools.cached_property
    def fingerprint(self) -> str:
        """Hash of the rows, whatever their order."""
        return content.digest(frame for part in self.parts for frame in part.batches(part.names()))


Located = Files | Snapshot


def locate(uri: str, origin: Origin | None = None) -> Located:
    """Finds a table.

    Args:
        uri: A file, a glob or a folder of CSV or Parquet, or a Delta Lake table, local or at any fsspec URI; a
            SQLAlchemy URL when there is a query.
        origin: The query, or the version of the Delta Lake table; None for neither.

    Raises:
        DataError: There is no such table.
        SpecError: What it takes to read it is not installed, or the URL is not allowed.
        StorageError: The place can't be reached.
    """
    origin = origin or Origin()
    if origin.query:
        return Snapshot(sql.read(uri, origin))
    if delta.is_table(uri):
        return Snapshot((delta.Snapshot(uri, origin),))
    return Files(find(uri))
