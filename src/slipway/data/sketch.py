"""A mergeable summary of a numeric column: its values in buckets, and its extremes."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BUCKETS = 1 << 15
"""Buckets that a sketch holds at most; with more, neighbours are joined."""

FINEST = 32
"""Low bits of a float64 that the finest bucket ignores: 52 - 32 = 20 bits of mantissa are kept."""


_INFINITE = (-0x7FF00001, 0x7FF00000)
"""Finest buckets of the infinities; those of NaN lie beyond."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Counts of a column's finite values in buckets whose width is a share of their values.

    A bucket is the leading bits of a float64, in numeric order. It does not depend on the data, so sketches of parts
    add up to exactly the sketch of the whole, in any order; when there are too many, each two neighbours become one
    (Masson, Rim and Lee, "DDSketch", PVLDB 12(12), 2019, for mergeable relative-error buckets that collapse).

    Attributes:
        keys: Bucket keys that occur, ascending, int64.
        counts: Values in each of them, int64.
        nulls: Values that were null, NaN or infinite.
        minimum: Smallest finite value; NaN without one.
        maximum: Largest finite value; NaN without one.
        shift: Low bits of a float64 that a bucket ignores.
    """

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]
    nulls: int
    minimum: float
    maximum: float
    shift: int = FINEST

    @property
    def count(self) -> int:
        """Finite values seen."""
        return int(self.counts.sum())

    @property
    def relative_error(self) -> float:
        """Width of a bucket relative to its values, where these are normal numbers: 1e-6 until buckets are joined."""
        return float(2.0 ** (self.shift - 52))

    @property
    def values(self) -> NDArray[np.float64]:
        """A value for each bucket, within ``relative_error`` of all in it."""
        return np.clip(values_of(self.keys, self.shift), self.minimum, self.maximum)

    def quantile(self, q: float) -> float:
        """The value below which a share of the values lies.

        Args:
            q: Share, 0 to 1.

        Returns:
            The quantile (nearest rank), within ``relative_error``; NaN when no value was seen.
        """
        count = self.count
        if count == 0:
            return float("nan")
        rank = min(max(int(np.ceil(q * count)), 1), count)
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])

    def joined(self, shift: int) -> "Sketch":
        """The same values in buckets that ignore at least so many bits."""
        if shift <= self.shift:
            return self
        keys, counts = _grouped(self.keys >> (shift - self.shift), self.counts)
        return replace(self, keys=keys, counts=counts, shift=shift)


def fit(values: NDArray[np.float64]) -> Sketch:
    """Sketches a part of a column.

    Args:
        values: float64, shape (n,); NaN and infinities count as null.
    """
    keys = np.sort(_finest(values))
    keys = keys[np.searchsorted(keys, _INFINITE[0], side="right") : np.searchsorted(keys, _INFINITE[1])]
    shift = _further(keys, MOST_BUCKETS)
    starts = np.flatnonzero(np.append(len(keys) > 0, (keys[1:] ^ keys[:-1]) >> shift))
    counts = np.diff(starts, append=len(keys))
    low, high = _extremes(values) if len(keys) else (float("nan"), float("nan"))
    return Sketch(keys[starts].astype(np.int64) >> shift, counts, len(values) - len(keys), low, high, FINEST + shift)


def of_sorted(values: NDArray[np.float64], shift: int = FINEST) -> Sketch:
    """Sketches finite values in ascending order.

    Args:
        values: float64, shape (n,).
        shift: Low bits of a float64 that a bucket ignores.
    """
    keys = keys_of(values, shift)
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    counts = np.diff(starts, append=len(keys))
    low, high = (float(values[0]), float(values[-1])) if len(values) else (float("nan"), float("nan"))
    return bounded(Sketch(keys[starts], counts, 0, low, high, shift))


def merge(parts: Sequence[Sketch]) -> Sketch:
    """Adds up sketches of parts; at least one is needed."""
    shift = max(part.shift for part in parts)
    joined = [part.joined(shift) for part in parts]
    keys = np.concatenate([part.keys for part in joined])
    order = np.argsort(keys, kind="stable")
    keys, counts = _grouped(keys[order], np.concatenate([part.counts for part in joined])[order])
    filled = [part for part in parts if len(part.keys)]
    low = min((part.minimum for part in filled), default=float("nan"))
    high = max((part.maximum for part in filled), default=float("nan"))
    return bounded(Sketch(keys, counts, sum(part.nulls for part in parts), low, high, shift))


def keys_of(values: NDArray[np.float64], shift: int) -> NDArray[np.int64]:
    """The bucket of each value.

    Args:
        values: Finite values, shape (n,).
        shift: Low bits of a float64 that a bucket ignores.
    """
    bits = (values + 0.0).view(np.int64) >> shift
    return bits ^ ((bits >> 63) & ((1 << (63 - shift)) - 1))


def _finest(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """The finest bucket of each value, as ``keys_of`` gives it, from the upper half of its bits alone."""
    upper = (values + 0.0).astype("<f8", copy=False).view("<i4")[1::2]
    return np.asarray(upper ^ ((upper >> 31) & np.int32(0x7FFFFFFF)))


def _extremes(values: NDArray[np.float64]) -> tuple[float, float]:
    low, high = float(np.fmin.reduce(values)), float(np.fmax.reduce(values))
    return (low, high) if np.isfinite([low, high]).all() else _extremes(values[np.isfinite(values)])


def values_of(keys: NDArray[np.int64], shift: int) -> NDArray[np.float64]:
    """The value of each bucket that is nearest to zero.

    Args:
        keys: Buckets, shape (n,).
        shift: Low bits of a float64 that a bucket ignores.
    """
    bits = np.where(keys < 0, -(1 << (63 - shift)) - keys - 1, keys)
    return (bits << shift).view(np.float64)


def bounded(sketch: Sketch, buckets: int | None = None) -> Sketch:
    """The same values in at most so many buckets, by default ``MOST_BUCKETS``."""
    return sketch.joined(sketch.shift + _further(sketch.keys, buckets or MOST_BUCKETS))


def _further(keys: NDArray[np.integer[Any]], most: int) -> int:
    """How many more bits of sorted keys to ignore for at most so many buckets."""
    if len(keys) <= most:
        return 0
    differing = keys[1:] ^ keys[:-1]
    return bisect_left(range(64), True, key=lambda by: int(np.count_nonzero(differing >> by)) < most)


def _grouped(keys: NDArray[np.int64], counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    starts = np.flatnonzero(np.diff(keys, prepend=keys[:1] - 1))
    return keys[starts], np.add.reduceat(counts, starts) if len(starts) else counts
