"""CSV files as batches of text: encoding, separator and header are found in the file."""

import codecs
import csv
import io
import time
import weakref
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow as pa
from pyarrow import csv as pacsv

from slipway.data.files import File
from slipway.errors import DataError

_SEPARATORS = ",;\t|"
_ENCODINGS = ("utf-8", "cp1252")
_CHUNK = 1 << 20
_BLOCK = 8 << 20

_RELEASE_SECONDS = 1.0
_END = "end-of-table-6c1f0c52d9a84b7e"
"""First field of a row that is appended to every file; it is missing among the rows when a quote is never closed."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV file is written.

    Attributes:
        encoding: ``utf-8`` or ``cp1252``.
        separator: What stands between fields.
        names: The header's names, stripped.
    """

    encoding: str
    separator: str
    names: tuple[str, ...]


def sniff(file: File) -> Dialect:
    """Finds how a file is written.

    Raises:
        DataError: The header is empty, names a column twice or not at all, or the file is no text.
    """
    encoding = _encoding(file)
    with file.open() as stream:
        head = stream.read(_CHUNK)
    text = head.decode(encoding, errors="ignore").removeprefix("\ufeff")
    if "\x00" in text:
        message = f"file {file.name!r} is not text, so it is no CSV; save it as UTF-8"
        raise DataError(message)
    records = {mark: _first_record(text, mark) for mark in _SEPARATORS}
    separator = max(_SEPARATORS, key=lambda mark: len(records[mark]))
    names = tuple(name.strip() for name in records[separator])
    _check_names(file, names)
    return Dialect(encoding, separator, names)


def batches(file: File, dialect: Dialect) -> Iterator[pl.DataFrame]:
    """The rows of a file as stripped text; null where there is nothing.

    Raises:
        DataError: A row has more or fewer fields than the header, or a quote is never closed.
    """
    odd: list[tuple[int, int]] = []
    whole = False

    def refuse(row: pacsv.InvalidRow) -> str:
        odd.append((row.number or 0, row.actual_columns))
        return "error"

    try:
        with file.open() as stream, _reader(stream, dialect, refuse) as reader:
            for batch in reader:
                frame = pl.DataFrame(pl.from_arrow(pa.Table.from_batches([batch])))
                whole = len(frame) > 0 and frame.item(-1, 0) == _END
                frame = frame.head(-1) if whole else frame
                if len(frame):
                    yield pl.DataFrame([_stripped(frame[name]) for name in dialect.names])
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(_odd_row(file, dialect, odd) or _unreadable(file, error)) from None
    if not whole:
        message = (
            f"file {file.name!r} has a quote that is never closed, so its last rows run together; close or remove it"
        )
        raise DataError(message)


class _Ended:
    """A stream with one more row."""

    closed = False

    def __init__(self, stream: pa.NativeFile, row: str) -> None:
        self._stream = stream
        self._rest = row.encode()

    def read(self, size: int) -> bytes:
        data: bytes = self._stream.read(size)
        while 0 < len(data) < size and (more := self._stream.read(size - len(data))):
            data += more
        room = size - len(data)
        data, self._rest = data + self._rest[:room], self._rest[room:]
        return data

    def close(self) -> None:
        self.closed = True


def _reader(stream: pa.NativeFile, dialect: Dialect, refuse: object) -> pacsv.CSVStreamingReader:
    ended = _Ended(stream, f"\n{_END}{dialect.separator * (len(dialect.names) - 1)}\n")
    held = weakref.ref(ended)
    try:
        return _opened(pa.PythonFile(ended, mode="r"), dialect, refuse)
    except pa.ArrowInvalid:
        del ended
        _wait_for_release(held)
        raise


def _wait_for_release(held: weakref.ref[_Ended]) -> None:
    """Waits until no thread of pyarrow holds a stream: one that lets go of it later could abort the ending process."""
    deadline = time.monotonic() + _RELEASE_SECONDS
    while held() is not None and time.monotonic() < deadline:
        time.sleep(0.001)


def _opened(stream: pa.PythonFile, dialect: Dialect, refuse: object) -> pacsv.CSVStreamingReader:
    return pacsv.open_csv(
        stream,
        read_options=pacsv.ReadOptions(
            encoding=dialect.encoding, block_size=_BLOCK, column_names=list(dialect.names), skip_rows_after_names=1,
            use_threads=False,
        ),
        parse_options=pacsv.ParseOptions(
            delimiter=dialect.separator, newlines_in_values=True, invalid_row_handler=refuse
        ),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(dialect.names, pa.string()), strings_can_be_null=True, null_values=[""],
            quoted_strings_can_be_null=True,
        ),
    )  # fmt: skip


def _stripped(values: pl.Series) -> pl.Series:
    text = values.str.strip_chars()
    return text.set((text == "").fill_null(False), None)


def _encoding(file: File) -> str:
    try:
        fitting = next((encoding for encoding in _ENCODINGS if _decodes(file, encoding)), None)
    except OSError as error:
        message = f"file {file.name!r} can't be read: {error}"
        raise DataError(message) from None
    if fitting is None:
        message = f"file {file.name!r} is neither UTF-8 nor Latin-1 text; save it as UTF-8"
        raise DataError(message)
    return fitting


def _decodes(file: File, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        with file.open() as stream:
            while chunk := stream.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _first_record(text: str, separator: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
    except csv.Error:
        return []


def _check_names(file: File, names: tuple[str, ...]) -> None:
    if not any(names):
        message = f"file {file.name!r} has no header: its first line should name the columns"
        raise DataError(message)
    if "" in names:
        place = names.index("") + 1
        message = f"file {file.name!r} has no name for column {place} of {len(names)} in its header; name or remove it"
        raise DataError(message)
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        message = f"file {file.name!r} has two columns named {twice!r}; rename or remove one of them"
        raise DataError(message)


def _odd_row(file: File, dialect: Dialect, odd: list[tuple[int, int]]) -> str:
    if not odd:
        return ""
    number, count = odd[0]
    where = f"line {number}" if number else "a line"
    return (
        f"file {file.name!r}, {where}: {count} fields where the header has {len(dialect.names)} "
        f"(separated by {dialect.separator!r}); is a separator inside of a value without quotes, or a quote "
        "never closed?"
    )


def _unreadable(file: File, error: Exception) -> str:
    if "straddl" in str(error):
        return f"file {file.name!r} has a quote that is never closed, or a row of more than {_BLOCK >> 20} MB; mend it"
    return f"file {file.name!r} can't be read as CSV: {error}"
