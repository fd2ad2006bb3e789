"""A bounded, uniform sample of rows, of which parts add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Kind
from slipway.drift.levels import shortened

ROWS = 5_000
"""Rows that a sample holds at most."""

COLUMNS = 100
"""Columns that a sample holds at most."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows, each as likely as any other.

    Attributes:
        rows: Rows that it was drawn from.
        keys: A random number for each row that was kept; the smallest of all that were drawn. Shape (s,).
        columns: Name to values of shape (s,): float64 with NaN for a missing value, or text, empty for a missing one.
    """

    rows: int
    keys: NDArray[np.float64]
    columns: dict[str, NDArray[Any]]


def names(kinds: Mapping[str, Kind], importances: Mapping[str, float]) -> list[str]:
    """The columns that are sampled; dates are not, for they move with time in any table that does.

    Of more than ``COLUMNS`` those are taken that the model relies on most, or the first ones. They are not chosen by
    how much they changed: then chance alone would make them look changed together.

    Args:
        kinds: Name to kind of the table's columns.
        importances: How much the model relies on each column; empty when that is not known.
    """
    return sorted(_undated(kinds), key=lambda name: -importances.get(name, 0.0))[:COLUMNS]


def note(kinds: Mapping[str, Kind], importances: Mapping[str, float]) -> str:
    """What is not looked at because of ``COLUMNS``, in a sentence; empty when everything is. See ``names``."""
    found = len(_undated(kinds))
    if found <= COLUMNS:
        return ""
    which = "those that the model relies on most" if importances else "the first ones, for no importances are known"
    return f"dependence was looked at in {COLUMNS} of {found:,} columns only: {which}; each column alone was, in all"


def _undated(kinds: Mapping[str, Kind]) -> list[str]:
    return [name for name, kind in kinds.items() if kind != "date"]


def fit(inputs: Mapping[str, NDArray[Any]], wanted: Sequence[str], random: np.random.Generator) -> Sample:
    """Draws from a part of the rows.

    Args:
        inputs: Graph inputs of the rows: column name to an array of shape (n, 1); at least one column.
        wanted: Columns to sample.
        random: Where the keys come from; parts need generators that differ.
    """
    rows = len(next(iter(inputs.values())))
    return _smallest(rows, random.random(rows), {name: inputs[name].ravel() for name in wanted})


def merge(parts: Sequence[Sample]) -> Sample:
    """One sample of the rows of all parts: those with the smallest keys, whatever the order of the parts.

    Args:
        parts: Samples of the same columns; at least one.
    """
    keys = np.concatenate([part.keys for part in parts])
    columns = {name: np.concatenate([part.columns[name] for part in parts]) for name in parts[0].columns}
    return _smallest(sum(part.rows for part in parts), keys, columns)


def _smallest(rows: int, keys: NDArray[np.float64], columns: dict[str, NDArray[Any]]) -> Sample:
    kept = np.argsort(keys, kind="stable")[:ROWS] if len(keys) <= 2 * ROWS else _first(keys)
    return Sample(rows, keys[kept], {name: _short(values[kept]) for name, values in columns.items()})


def _short(values: NDArray[Any]) -> NDArray[Any]:
    return values if values.dtype != object else np.array([shortened(text) for text in values], dtype=object)


def _first(keys: NDArray[np.float64]) -> NDArray[np.intp]:
    kept = np.argpartition(keys, ROWS)[:ROWS]
    return np.asarray(kept[np.argsort(keys[kept], kind="stable")])
