"""A table at a URI, with its column types settled once over all rows of all files."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from slipway.data import cast, csv, evidence
from slipway.data.csv import Dialect
from slipway.data.evidence import Evidence
from slipway.data.files import File
from slipway.data.kinds import settle, too_large
from slipway.data.located import Located, locate
from slipway.data.part import Typed
from slipway.data.schema import NUMERIC, Kind
from slipway.errors import DataError, UnknownNameError
from slipway.spec import Origin

Named = File | Typed


@dataclass(frozen=True, slots=True)
class Source:
    """A table that can be read as often as needed.

    Attributes:
        parts: What it is read from, where that has types; else ``files`` are read.
        files: The CSV files it is in.
        columns: Name to kind of each column, in the order of the first file.
        notes: Sentences on what was done to read it.
        dialects: How each CSV file is written.
        evidence: What each column parses as; of typed parts, those whose kind was given or is numeric.
    """

    parts: tuple[Typed, ...]
    files: tuple[File, ...]
    columns: dict[str, Kind]
    notes: tuple[str, ...]
    dialects: tuple[Dialect, ...]
    evidence: dict[str, Evidence]

    @property
    def empty(self) -> list[str]:
        """Columns of CSV files without any value, so that nothing says what they would hold."""
        return [name for name, found in self.evidence.items() if found.values == found.missing] if self.files else []

    def batches(self, names: Sequence[str] | None = None) -> Iterator[pl.DataFrame]:
        """The rows, typed, in batches of bounded size.

        Args:
            names: Columns to read; None for all.

        Raises:
            DataError: A value is not of its column's kind, or a file is damaged.
        """
        wanted = list(self.columns) if names is None else list(names)
        for file, dialect in zip(self.files, self.dialects, strict=True):
            for texts in csv.batches(file, dialect):
                yield pl.DataFrame([self._from_text(texts[name]) for name in wanted])
        for part in self.parts:
            for frame in part.batches(wanted):
                yield pl.DataFrame(
                    [cast.from_typed(frame[name], self.columns[name], self._found(name)) for name in wanted]
                )

    def _from_text(self, text: pl.Series) -> pl.Series:
        return cast.from_text(text, self.columns[text.name], self._found(text.name))

    def _found(self, name: str) -> Evidence:
        return self.evidence.get(name, Evidence())


def open_table(
    uri: str, kinds: Mapping[str, Kind] | None = None, ignore: Collection[str] = (), origin: Origin | None = None
) -> Source:
    """Opens a table: reads it once to settle what its columns are.

    Args:
        uri: The table; see ``locate``.
        kinds: Kinds of columns where the one found is not the one wanted.
        ignore: Columns to leave out.
        origin: The query, or the version of a Delta Lake table; None for neither.

    Raises:
        DataError: There is no such table, it has no rows, or a column can't be settled.
        UnknownNameError: ``kinds`` or ``ignore`` names a column that is not there.
    """
    return open_located(locate(uri, origin), kinds, ignore)


def open_located(
    located: Located, kinds: Mapping[str, Kind] | None = None, ignore: Collection[str] = (), *, lenient: bool = False
) -> Source:
    """Opens a table that was found already; see ``open_table``.

    Args:
        located: The table.
        kinds: Kinds of columns where the one found is not the one wanted.
        ignore: Columns to leave out.
        lenient: Whether a column that can't be settled is kept as it is, for it is not learned from; integers beyond
            2^53 are left to the caller then.
    """
    given = dict(kinds or {})
    hidden = frozenset(ignore)
    if located.texts:
        source = _open_csv(located.texts, given, hidden, lenient)
    else:
        source = _open_typed(located.parts, given, hidden, lenient)
    for name in given:
        if name not in source.columns and name not in ignore:
            raise UnknownNameError(what="column", name=name, known=source.columns)
    return source


def _open_csv(files: tuple[File, ...], kinds: dict[str, Kind], ignore: frozenset[str], lenient: bool) -> Source:
    dialects = tuple(csv.sniff(file) for file in files)
    _check_ignored(ignore, dialects[0].names)
    names = [name for name in dialects[0].names if name not in ignore]
    for file, dialect in zip(files, dialects, strict=True):
        _same_columns(files[0], set(dialects[0].names), file, set(dialect.names))
    each = [_gather(file, dialect, names, _place(file, files)) for file, dialect in zip(files, dialects, strict=True)]
    filled = [part for part in each if part]
    found = {name: evidence.merge([part[name] for part in filled]) for name in names} if filled else {}
    if not found:
        message = f"file {files[0].name!r} has a header but no rows"
        raise DataError(message)
    if not lenient:
        _check_exact(kinds, found)
    columns = {name: kinds.get(name) or _settled(name, found[name], lenient) for name in names}
    notes = [
        *_dialect_notes(files, dialects),
        *(note for name in names for note in _notes(name, columns[name], found[name])),
        *(
            note
            for name in names
            if columns[name] == "category" and name not in kinds
            for note in _mixed(name, files, each)
        ),
    ]
    return Source((), files, columns, tuple(notes), dialects, found)


def _settled(name: str, found: Evidence, lenient: bool) -> Kind:
    try:
        return settle(name, found)
    except DataError:
        if not lenient:
            raise
        return "category"


def _gather(file: File, dialect: Dialect, names: list[str], place: str) -> dict[str, Evidence]:
    total: dict[str, Evidence] = {}
    row = 1
    for texts in csv.batches(file, dialect):
        part = {name: evidence.fit(texts[name], row, place) for name in names}
        total = {name: evidence.merge([total[name], part[name]]) for name in names} if total else part
        row += len(texts)
    return total


def _mixed(name: str, files: Sequence[File], each: Sequence[Mapping[str, Evidence]]) -> Iterator[str]:
    """A note on a category that is nothing but numbers in some of the files."""
    numeric: list[str] = []
    text: list[str] = []
    for file, found in zip(files, each, strict=True):
        said = found[name].values - found[name].missing if found else 0
        if said:
            (numeric if found[name].numbers == said else text).append(file.name)
    if numeric and text:
        yield (
            f"column {name!r} holds numbers in {numeric[0]} and text in {text[0]}, so it is taken for a category; "
            f"mend one of them, or say so with types: {{{name!r}: category}}"
        )


def _open_typed(parts: tuple[Typed, ...], kinds: dict[str, Kind], ignore: frozenset[str], lenient: bool) -> Source:
    first = parts[0]
    _check_ignored(ignore, first.names())
    columns = common_kinds(parts, kinds, ignore)
    if not sum(part.rows() for part in parts):
        message = f"file {first.name!r} has columns but no rows"
        raise DataError(message)
    settled: dict[str, Kind] = {name: kinds.get(name) or kind or "category" for name, kind in columns.items()}
    found = _look(parts, [name for name, kind in settled.items() if kind in NUMERIC or name in kinds])
    if not lenient:
        _check_exact({name: kinds.get(name, "integer") for name in found}, found)
    notes = [note for name in found for note in _notes(name, settled[name], found[name])]
    return Source(parts, (), settled, tuple(notes), (), found)


def common_kinds(
    parts: Sequence[Typed], given: Mapping[str, Kind], ignore: frozenset[str] = frozenset()
) -> dict[str, Kind | None]:
    """The kind of each column of typed parts; None for one that is nothing but nulls, without a type.

    Args:
        parts: The parts of a table.
        given: Kinds of columns where the one found is not the one wanted.
        ignore: Columns to leave out.

    Raises:
        DataError: The parts have other columns, or a column of other kinds.
    """
    columns = parts[0].kinds(ignore)
    for part in parts[1:]:
        other = part.kinds(ignore)
        _same_columns(parts[0], set(columns), part, set(other))
        columns = {name: given.get(name) or _common(name, kind, other[name], part) for name, kind in columns.items()}
    return columns


def _look(parts: tuple[Typed, ...], names: list[str]) -> dict[str, Evidence]:
    total = dict.fromkeys(names, Evidence())
    for part in parts:
        row = 1
        for frame in part.batches(names):
            for name in names:
                total[name] = evidence.merge([total[name], cast.look(frame[name], row, _place(part, parts))])
            row += len(frame)
    return total


def _place(file: Named, files: Sequence[Named]) -> str:
    return file.name if len(files) > 1 else ""


def _check_exact(kinds: Mapping[str, Kind], found: Mapping[str, Evidence]) -> None:
    for name, kind in kinds.items():
        large = found[name].too_large if name in found else None
        if large and kind == "integer":
            raise DataError(too_large(name, large))


def _common(name: str, kind: Kind | None, other: Kind | None, file: Named) -> Kind | None:
    if kind is None or other is None or kind == other:
        return kind or other
    if {kind, other} <= NUMERIC:
        return "number"
    message = (
        f"column {name!r} is {kind} in the first file but {other} in {file.name!r}; make them the same, "
        f"or say what the column is, for example types: {{{name!r}: category}}"
    )
    raise DataError(message)


def _same_columns(first: Named, names: set[str], file: Named, others: set[str]) -> None:
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
