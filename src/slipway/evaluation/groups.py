"""Rows taken together by what a raw column holds: its levels, or ranges of its numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Kind
from slipway.evaluation.arrays import Ints
from slipway.evaluation.wording import plain, short

MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Groups:
    """A column's groups.

    Attributes:
        column: The column.
        names: What each group holds, in words.
        codes: The group of each row, shape (n,).
    """

    column: str
    names: tuple[str, ...]
    codes: Ints

    def sentence(self, group: int) -> str:
        """A group in words, with its column."""
        name = self.names[group]
        column = short(self.column, 40)
        if name == MISSING:
            return f"{column} is missing"
        return f"{column} {name}" if name.startswith(("up to", "above", "from")) else f"{column} = {name}"


def of(column: str, values: NDArray[Any], kind: Kind, *, bins: int = 4, levels: int = 20) -> Groups:
    """Groups of a column.

    Args:
        column: Its name.
        values: Its values as a graph takes them, shape (n, 1) or (n,): numbers with NaN for null, or objects of str.
        kind: Its kind.
        bins: Ranges of about as many rows that numbers and dates are divided into.
        levels: Most levels of a category that are groups of their own, the most frequent ones.
    """
    values = values.ravel()
    if kind == "category" or values.dtype == object:
        return _levels(column, values.astype(str), levels)
    if kind == "boolean":
        codes = np.where(np.isnan(values), 2, np.nan_to_num(values)).astype(np.int64)
        return _compact(column, ["false", "true", MISSING], codes)
    return _ranges(column, values, kind, bins)


def _levels(column: str, values: NDArray[np.str_], most: int) -> Groups:
    found, codes, rows = np.unique(values, return_inverse=True, return_counts=True)
    frequent = np.argsort(-rows, kind="stable")[:most]
    place = np.full(len(found), len(frequent))
    place[frequent] = np.arange(len(frequent))
    names = [short(str(found[at]), 40) if found[at] else MISSING for at in frequent]
    return _compact(column, [*names, f"{len(found) - len(frequent)} other levels"], place[codes])


def _ranges(column: str, values: NDArray[np.float64], kind: Kind, bins: int) -> Groups:
    known = np.isfinite(values)
    distinct = np.unique(values[known])
    if len(distinct) <= bins:
        codes = np.where(known, np.searchsorted(distinct, values), len(distinct))
        return _compact(column, [*(_said(value, kind) for value in distinct), MISSING], codes)
    edges = np.unique(np.quantile(values[known], np.linspace(0, 1, bins + 1)[1:-1], method="inverted_cdf"))
    codes = np.where(known, np.searchsorted(edges, values, side="left"), len(edges) + 1)
    said = [_said(edge, kind) for edge in edges]
    middle = [f"above {low} up to {high}" for low, high in pairwise(said)]
    return _compact(column, [f"up to {said[0]}", *middle, f"above {said[-1]}", MISSING], codes)


def _compact(column: str, names: Sequence[str], codes: Ints) -> Groups:
    """Groups that have a row."""
    held, compact = np.unique(codes, return_inverse=True)
    return Groups(column, tuple(names[at] for at in held), compact)


def _said(value: float, kind: Kind) -> str:
    if kind == "date":
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return plain(float(f"{value:.4g}"))
