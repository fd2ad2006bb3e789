"""A table at a URI, with its column types settled once over all rows of all files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from slipway.data import cast, csv, evidence, parquet
from slipway.data.csv import Dialect
from slipway.data.evidence import Evidence
from slipway.data.files import File, find
from slipway.data.schema import NUMERIC, Kind
from slipway.errors import DataError, UnknownNameError


@dataclass(frozen=True, slots=True)
class Source:
    """A table that can be read as often as needed.

    Attributes:
        files: The files it is in.
        columns: Name to kind of each column, in the order of the first file.
        notes: Sentences on what was done to read it.
        dialects: How each CSV file is written; empty for Parquet.
        evidence: What each column parses as; of Parquet, those whose kind was given or is numeric.
    """

    files: tuple[File, ...]
    columns: dict[str, Kind]
    notes: tuple[str, ...]
    dialects: tuple[Dialect, ...]
    evidence: dict[str, Evidence]

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows, typed, in batches of bounded size.

        Args:
            names: Columns to read; None for all.

        Raises:
            DataError: A value is not of its column's kind, or a file is damaged.
        """
        wanted = list(self.columns) if names is None else list(names)
        for index, file in enumerate(self.files):
            if file.format == "csv":
                for texts in csv.batches(file, self.dialects[index]):
                    yield pl.DataFrame([self._from_text(texts[name]) for name in wanted])
            else:
                for frame in parquet.batches(file, wanted):
                    yield pl.DataFrame(
                        [cast.from_typed(frame[name], self.columns[name], self._found(name)) for name in wanted]
                    )

    def _from_text(self, text: pl.Series) -> pl.Series:
        return cast.from_text(text, self.columns[text.name], self._found(text.name))

    def _found(self, name: str) -> Evidence:
        return self.evidence.get(name, Evidence())


def open_table(uri: str, kinds: Mapping[str, Kind] | None = None, ignore: Collection[str] = ()) -> Source:
    """Opens a table: reads it once to settle what its columns are.

    Args:
        uri: A file, a glob or a folder of CSV or Parquet, local or at any fsspec URI.
        kinds: Kinds of columns where the one found is not the one wanted.
        ignore: Columns to leave out.

    Raises:
        DataError: There is no such table, it has no rows, or a column can't be settled.
        UnknownNameError: ``kinds`` or ``ignore`` names a column that is not there.
    """
    files = find(uri)
    given = dict(kinds or {})
    source = (_open_csv if files[0].format == "csv" else _open_parquet)(files, given, frozenset(ignore))
    for name in [*given, *ignore]:
        if name not in source.columns and name not in ignore:
            raise UnknownNameError(what="column", name=name, known=source.columns)
    return source


def _open_csv(files: tuple[File, ...], kinds: dict[str, Kind], ignore: frozenset[str]) -> Source:
    dialects = tuple(csv.sniff(file) for file in files)
    _check_ignored(ignore, dialects[0].names)
    names = [name for name in dialects[0].names if name not in ignore]
    for file, dialect in zip(files, dialects, strict=True):
        _same_columns(files[0], set(dialects[0].names), file, set(dialect.names))
    found = _gather(files, dialects, names)
    if not found:
        message = f"file {files[0].name!r} has a header but no rows"
        raise DataError(message)
    _check_exact(kinds, found)
    columns = {name: kinds.get(name) or evidence.settle(name, found[name]) for name in names}
    notes = [
        *_dialect_notes(files, dialects),
        *(note for name in names for note in _notes(name, columns[name], found[name])),
    ]
    return Source(files, columns, tuple(notes), dialects, found)


def _gather(files: tuple[File, ...], dialects: tuple[Dialect, ...], names: list[str]) -> dict[str, Evidence]:
    total: dict[str, Evidence] = {}
    for file, dialect in zip(files, dialects, strict=True):
        row = 1
        for texts in csv.batches(file, dialect):
            part = {name: evidence.fit(texts[name], row, _place(file, files)) for name in names}
            total = {name: evidence.merge([total[name], part[name]]) for name in names} if total else part
            row += len(texts)
    return total


def _open_parquet(files: tuple[File, ...], kinds: dict[str, Kind], ignore: frozenset[str]) -> Source:
    columns = common_kinds(files, kinds, ignore)
    _check_ignored(ignore, [*columns, *ignore] if ignore else list(columns))
    if not sum(parquet.rows(file) for file in files):
        message = f"file {files[0].name!r} has columns but no rows"
        raise DataError(message)
    settled: dict[str, Kind] = {name: kinds.get(name) or kind or "category" for name, kind in columns.items()}
    found = _look(files, [name for name, kind in settled.items() if kind in NUMERIC or name in kinds])
    _check_exact({name: kinds.get(name, "integer") for name in found}, found)
    notes = [note for name in found for note in _notes(name, settled[name], found[name])]
    return Source(files, settled, tuple(notes), (), found)


def common_kinds(files: tuple[File, ...], given: Mapping[str, Kind], ignore: frozenset[str]) -> dict[str, Kind | None]:
    """The kind of each column of Parquet files; None for one that is nothing but nulls, without a type.

    Args:
        files: The files of a table.
        given: Kinds of columns where the one found is not the one wanted.
        ignore: Columns to leave out.

    Raises:
        DataError: The files have other columns, or a column of other kinds.
    """
    columns = parquet.kinds(files[0], ignore)
    for file in files[1:]:
        other = parquet.kinds(file, ignore)
        _same_columns(files[0], set(columns), file, set(other))
        columns = {name: given.get(name) or _common(name, kind, other[name], file) for name, kind in columns.items()}
    return columns


def _look(files: tuple[File, ...], names: list[str]) -> dict[str, Evidence]:
    total = dict.fromkeys(names, Evidence())
    for file in files:
        row = 1
        for frame in parquet.batches(file, names):
            for name in names:
                total[name] = evidence.merge([total[name], cast.look(frame[name], row, _place(file, files))])
            row += len(frame)
    return total


def _place(file: File, files: tuple[File, ...]) -> str:
    return file.name if len(files) > 1 else ""


def _check_exact(kinds: Mapping[str, Kind], found: Mapping[str, Evidence]) -> None:
    for name, kind in kinds.items():
        large = found[name].too_large if name in found else None
        if large and kind == "integer":
            raise DataError(evidence.too_large(name, large))


def _common(name: str, kind: Kind | None, other: Kind | None, file: File) -> Kind | None:
    if kind is None or other is None or kind == other:
        return kind or other
    if {kind, other} <= NUMERIC:
        return "number"
    message = (
        f"column {name!r} is {kind} in the first file but {other} in {file.name!r}; make them the same, "
        f"or say what the column is, for example types: {{{name!r}: category}}"
    )
    raise DataError(message)


def _same_columns(first: File, names: set[str], file: File, others: set[str]) -> None:
    if names == others:
        return
    missing, added = sorted(names - others), sorted(others - names)
    parts = [f"lacks {missing}"] * bool(missing) + [f"adds {added}"] * bool(added)
    message = f"file {file.name!r} has other columns than {first.name!r}: it {' and '.join(parts)}"
    raise DataError(message)


def _check_ignored(ignore: frozenset[str], names: Collection[str]) -> None:
    for name in sorted(ignore):
        if name not in names:
            raise UnknownNameError(what="column", name=name, known=names)


def _dialect_notes(files: tuple[File, ...], dialects: tuple[Dialect, ...]) -> list[str]:
    notes = []
    for file, dialect in zip(files, dialects, strict=True):
        if dialect.encoding != "utf-8":
            notes.append(f"{file.name} is not UTF-8; it was read as {dialect.encoding} (Latin-1)")
        if dialect.separator != ",":
            notes.append(f"{file.name} separates its fields by {dialect.separator!r}")
    return notes


def _notes(name: str, kind: Kind, found: Evidence) -> Iterator[str]:
    if found.infinite and kind == "number":
        yield _infinite_note(name, found.infinite)
    if found.missing and kind != "category":
        yield f"column {name!r}: {found.missing:,} words such as NA were read as missing values"
    if kind == "category" and found.codes and found.integers == found.values - found.missing:
        yield f"column {name!r} holds numbers with leading zeros, so it is taken for a category"
    if kind == "category" and 0 < found.values - found.missing == found.month_first == found.day_first:
        yield f"column {name!r} holds dates whose day and month can't be told apart; write them as 2026-11-21"


def _infinite_note(name: str, count: int) -> str:
    return f"column {name!r}: {count:,} infinite values were read as missing values"
