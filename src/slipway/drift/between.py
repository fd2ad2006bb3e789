"""Comparing the columns of tables that are at hand: exactly, a block of columns at a time."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from slipway.data.columns import Columns, Values
from slipway.data.schema import Kind
from slipway.drift import profile as profiles
from slipway.drift.compare import judge
from slipway.drift.comparison import Comparison
from slipway.drift.kinds import comparable
from slipway.drift.measure import Measured, measure
from slipway.drift.profile import Column, Profile
from slipway.spec import Drift

BLOCK_VALUES = 1 << 22
"""Values of a table that a thread holds at most, unless one column has more."""

THREADS = 2


def compare(
    reference: Profile | Columns, current: Columns, limits: Drift, importances: Mapping[str, float]
) -> Comparison:
    """Compares a table with a profile or another table; memory is bounded by a block of columns for each thread.

    Args:
        reference: The reference.
        current: The current data.
        limits: PSI above which a column is named, and above which it alarms.
        importances: How much a model relies on each column, in any unit; empty when that is not known.

    Raises:
        DataError: There are too few rows on a side.
    """
    before = _Stored(reference) if isinstance(reference, Profile) else reference
    pairs = {
        name: pair
        for name, kind in before.kinds.items()
        if name in current.kinds and (pair := _pair(kind, current.kinds[name]))
    }
    size = max(1, BLOCK_VALUES // max(1, reference.rows, current.rows))
    names = list(pairs)
    blocks = [{name: pairs[name] for name in names[at : at + size]} for at in range(0, len(names), size)]
    with ThreadPoolExecutor(THREADS) as threads:
        measured = [column for found in threads.map(partial(_block, before, current), blocks) for column in found]
    rows = (reference.rows, current.rows)
    return judge(measured, rows, before.kinds, current.kinds, limits, importances)


class _Stored:
    """A profile, read like a table."""

    def __init__(self, profile: Profile) -> None:
        self._columns = {column.name: column for column in profile.columns}
        self.kinds: Mapping[str, Kind | None] = profile.kinds

    def read(self, kinds: Mapping[str, Kind]) -> Iterator[tuple[str, Column]]:
        return ((name, self._columns[name]) for name in kinds)


def _pair(before: Kind | None, now: Kind | None) -> tuple[Kind, Kind] | None:
    """The kinds to read a column as; None when it can't be compared. A column of nulls is of the other side's kind."""
    kinds = before or now or "category", now or before or "category"
    return kinds if comparable(*kinds) else None


def _block(before: _Stored | Columns, now: Columns, pairs: Mapping[str, tuple[Kind, Kind]]) -> list[Measured]:
    sides = [table.read({name: pair[side] for name, pair in pairs.items()}) for side, table in enumerate((before, now))]
    return [
        measure(_column(name, pairs[name][0], one), _column(name, pairs[name][1], other))
        for (name, one), (_, other) in zip(*sides, strict=True)
    ]


def _column(name: str, kind: Kind, values: Values | Column) -> Column:
    if isinstance(values, Column):
        return values
    return profiles.exact(name, kind, values) if isinstance(values, np.ndarray) else profiles.counted(name, values)
