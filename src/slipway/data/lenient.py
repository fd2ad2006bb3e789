"""Rows of a table of which some can't be used: those are told apart instead of refused with the whole."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from slipway.data import cast, csv
from slipway.data.evidence import Evidence
from slipway.data.source import Source
from slipway.errors import DataError


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row can't be used.

    Attributes:
        row: The row, from 1, over all files.
        sentence: The column, and what is wrong with its value.
    """

    row: int
    sentence: str


def batches(source: Source, names: Sequence[str]) -> Iterator[tuple[pl.DataFrame, list[Fault]]]:
    """The rows in batches of bounded size, with the faults of each; a value that is not of its kind is null.

    Args:
        source: The table.
        names: Columns to read.

    Raises:
        DataError: A file is damaged.
    """
    first = 1
    for to_kind, frames in _raw(source, names):
        for frame in frames:
            faults: list[Fault] = []
            columns = []
            for name in names:
                given = (source.columns[name], source.evidence.get(name, Evidence()))
                columns.append(_cast(frame[name], to_kind, given, first, faults))
            yield pl.DataFrame(columns), sorted(faults, key=lambda fault: fault.row)
            first += len(frame)


def _raw(source: Source, names: Sequence[str]) -> Iterator[tuple[Callable[..., pl.Series], Iterator[pl.DataFrame]]]:
    for file, dialect in zip(source.files, source.dialects, strict=True):
        yield cast.from_text, csv.batches(file, dialect)
    for part in source.parts:
        yield cast.from_typed, part.batches(names)


def _cast(
    values: pl.Series, to_kind: Callable[..., pl.Series], given: tuple[Any, ...], first: int, faults: list[Fault]
) -> pl.Series:
    """Values as a kind; where that fails, halves are tried until each bad value is found."""
    try:
        return to_kind(values, *given)
    except DataError as error:
        if len(values) == 1:
            faults.append(Fault(first, str(error)))
            return to_kind(values.clear(1), *given)
    half = len(values) // 2
    parts = [
        _cast(values.head(half), to_kind, given, first, faults),
        _cast(values.tail(-half), to_kind, given, first + half, faults),
    ]
    return pl.concat(parts)
