"""Which files a URI names: one, a glob, or all in a folder."""

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

from slipway.data import storage
from slipway.errors import DataError, nearest

Format = Literal["csv", "parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "csv",
    ".tsv.gz": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
GLOB = frozenset("*?[")
"""Characters that make a path a pattern."""

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class File:
    """A file of a table.

    Attributes:
        system: Its fsspec file system.
        path: Its path in there.
        format: What is in it.
    """

    system: Any
    path: str
    format: Format

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    def binary(self) -> Any:
        """The file's bytes as they are."""
        return self.system.open(self.path, "rb")

    def digest(self) -> str:
        """sha256 of the file, hex.

        Raises:
            StorageError: It can't be read.
        """
        digest = hashlib.sha256()
        with storage.told("read", self.path), self.binary() as stream:
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
        return digest.hexdigest()

    def open(self) -> Any:
        """The file's bytes as an Arrow stream, decompressed."""
        compression = "gzip" if self.path.endswith(".gz") else None
        return pa.input_stream(self.binary(), compression=compression)


def find(uri: str) -> tuple[File, ...]:
    """The files that a URI names, in the order of their names.

    Args:
        uri: A file, a glob or a folder, local or at any fsspec URI.

    Raises:
        DataError: There is no such file, it is empty, or its format is not known.
        StorageError: The place can't be reached.
    """
    system, path = storage.filesystem(uri)
    with storage.told("read", uri):
        paths = _paths(system, path, uri)
        empty = [item for item in paths if format_of(item) and system.size(item) == 0]
    formats = {item: format_of(item) for item in paths}
    known = {item: form for item, form in formats.items() if form is not None}
    if not known:
        message = f"{uri!r} is not a table that can be read: the name should end in one of {', '.join(_FORMATS)}"
        raise DataError(message)
    if empty:
        message = f"file {empty[0]!r} is empty: a table has a header and rows"
        raise DataError(message)
    if len(set(known.values())) > 1:
        message = f"{uri!r} holds both CSV and Parquet; name one kind, for example {uri.rstrip('/')}/*.parquet"
        raise DataError(message)
    return tuple(File(system, item, known[item]) for item in sorted(known))


def _paths(system: Any, path: str, uri: str) -> list[str]:
    if system.isdir(path):
        below = [item for item in system.find(path) if not _hidden(item, path)]
        readable = [item for item in below if format_of(item)]
        if not readable:
            message = f"folder {uri!r} holds no table: no file in it ends in one of {', '.join(_FORMATS)}"
            raise DataError(message)
        return readable
    if GLOB & set(path) and not system.exists(path):
        matched = [item for item in system.glob(path) if system.isfile(item)]
        if not matched:
            message = f"no file matches {uri!r}"
            raise DataError(message)
        return matched
    if not system.exists(path):
        raise DataError(_missing(system, path, uri))
    return [path]


def _missing(system: Any, path: str, uri: str) -> str:
    folder, _, name = path.rpartition("/")
    try:
        siblings = [item.rpartition("/")[2] for item in system.ls(folder, detail=False)]
    except OSError:
        siblings = []
    near = nearest(name, siblings)
    return f"there is no file at {uri!r}" + (f"; did you mean {near!r}?" if near else "")


def format_of(path: str) -> Format | None:
    """What a file's name says is in it; None when it does not."""
    name = path.lower()
    return next((form for ending, form in _FORMATS.items() if name.endswith(ending)), None)


def _hidden(path: str, folder: str) -> bool:
    below = path.removeprefix(folder).split("/")
    return any(part.startswith((".", "_")) for part in below if part)
