"""The bins that a column is compared by: ranges of a number, levels of a category."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Kind
from slipway.drift.levels import Levels
from slipway.drift.points import Points

TENTHS = np.arange(1, 10) / 10
"""A number's bins are tenths of the reference, as far as its values can be told apart."""

MAX_LEVELS = 50
"""Levels of a category that have a bin; the others share one."""

LEVEL_ROWS = 10
"""Fewest rows of such a level, in both tables together."""

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Bins:
    """A column's bins.

    Attributes:
        kind: The column's kind.
        ends: Smallest value, upper ends of the bins but the last, largest value; empty for a category, or without
            values.
        levels: Levels with a bin; empty for a number.
    """

    kind: Kind
    ends: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()


def of_points(kind: Kind, reference: Points) -> Bins:
    """The bins of a number.

    Args:
        kind: Its kind.
        reference: The reference's values.
    """
    if not reference.rows:
        return Bins(kind)
    low, high = reference.values[[0, -1]].tolist()
    inner = sorted({edge for edge in reference.quantiles(TENTHS).tolist() if edge < high})
    return Bins(kind, (low, *inner, high))


def of_levels(reference: Levels, current: Levels) -> Bins:
    """The bins of a category: the levels that are most frequent in both together.

    The reference's most frequent ones alone would be frequent there partly by chance, and less so anywhere else.

    Args:
        reference: The reference's levels.
        current: The current data's.
    """
    both = Counter(reference.counts) + Counter(current.counts)
    ranked = sorted(both, key=lambda level: (-both[level], level))[:MAX_LEVELS]
    levels = [level for level in ranked if both[level] >= LEVEL_ROWS]
    return Bins("category", levels=tuple(sorted(levels, key=lambda level: -reference.counts.get(level, 0))))


def count_points(bins: Bins, points: Points, nulls: int) -> Counts:
    """Rows below the smallest value, up to each end, above the largest value, and without a value.

    Args:
        bins: The bins.
        points: The values.
        nulls: Rows without a value.
    """
    if not bins.ends:
        return np.array([0, points.rows, 0, nulls])
    low, *ends = bins.ends
    below = points.up_to(np.array([low]), including=False)
    return np.append(np.diff(np.concatenate([[0], below, points.up_to(np.array(ends)), [points.rows]])), nulls)


def count_levels(bins: Bins, levels: Levels, nulls: int) -> Counts:
    """Rows of each level, of all other levels, and without a value.

    Args:
        bins: The bins.
        levels: The levels.
        nulls: Rows without a value.
    """
    known = [levels.counts.get(level, 0) for level in bins.levels]
    return np.array([*known, levels.total - sum(known), nulls])
