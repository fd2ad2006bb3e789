"""A mergeable summary of a numeric column: quantiles, histogram, extremes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_SHIFT = 42
"""Low bits of a float64 that a bucket ignores: 52 - 42 = 10 bits of mantissa are kept."""

RELATIVE_ERROR = 2.0 ** -(52 - _SHIFT)
"""Width of a bucket relative to its values; a quantile is off by at most this share of itself."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """Counts of a column's finite values in buckets of a fixed relative width.

    The buckets are those of a log-linear histogram: the leading bits of the float64, in numeric order. They do not
    depend on the data, so sketches of parts add up to exactly the sketch of the whole, in any order
    (Masson, Rim and Lee, "DDSketch", PVLDB 12(12), 2019, for the idea of mergeable relative-error buckets).

    Attributes:
        keys: Bucket keys that occur, ascending, int64.
        counts: Values in each of them, int64.
        nulls: Values that were null, NaN or infinite.
        minimum: Smallest finite value; NaN without one.
        maximum: Largest finite value; NaN without one.
        total: Sum of the finite values; the largest float64 where it is beyond that.
    """

    keys: NDArray[np.int64]
    counts: NDArray[np.int64]
    nulls: int
    minimum: float
    maximum: float
    total: float

    @property
    def count(self) -> int:
        """Finite values seen."""
        return int(self.counts.sum())

    @property
    def values(self) -> NDArray[np.float64]:
        """A value for each bucket, within ``RELATIVE_ERROR`` of all in it; exact for integers below 2,048."""
        return np.clip(_value_of(self.keys), self.minimum, self.maximum)

    def quantile(self, q: float) -> float:
        """The value below which a share of the values lies.

        Args:
            q: Share, 0 to 1.

        Returns:
            The quantile (nearest rank), within ``RELATIVE_ERROR``; NaN when no value was seen.
        """
        count = self.count
        if count == 0:
            return float("nan")
        rank = min(max(int(np.ceil(q * count)), 1), count)
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank)])

    def counts_between(self, edges: NDArray[np.float64]) -> NDArray[np.int64]:
        """Values in each of the intervals that inner edges make.

        Args:
            edges: Inner edges, ascending, shape (k,). Interval i holds edges[i-1] < x <= edges[i].

        Returns:
            Counts, shape (k + 1,).
        """
        bins = np.searchsorted(edges, self.values, side="left")
        return np.bincount(bins, weights=self.counts, minlength=len(edges) + 1).astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """The sketch as plain JSON values, keys as differences (they are small and compress well)."""
        first = int(self.keys[0]) if len(self.keys) else 0
        return {
            "first": first,
            "steps": np.diff(self.keys).tolist(),
            "counts": self.counts.tolist(),
            "nulls": self.nulls,
            "minimum": None if np.isnan(self.minimum) else self.minimum,
            "maximum": None if np.isnan(self.maximum) else self.maximum,
            "total": self.total,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> "Sketch":
        """Reads what ``to_dict`` wrote."""
        counts = np.asarray(raw["counts"], dtype=np.int64)
        steps = np.asarray([raw["first"], *raw["steps"]], dtype=np.int64)
        keys = np.cumsum(steps) if len(counts) else np.empty(0, dtype=np.int64)
        low, high = raw["minimum"], raw["maximum"]
        return cls(
            keys,
            counts,
            raw["nulls"],
            float("nan") if low is None else low,
            float("nan") if high is None else high,
            raw["total"],
        )


def fit(values: NDArray[np.float64]) -> Sketch:
    """Sketches a part of a column.

    Args:
        values: float64, shape (n,); NaN and infinities count as null.
    """
    finite = values[np.isfinite(values)]
    keys, counts = np.unique(_key_of(finite), return_counts=True)
    empty = len(finite) == 0
    return Sketch(
        keys,
        counts.astype(np.int64),
        len(values) - len(finite),
        float("nan") if empty else float(finite.min()),
        float("nan") if empty else float(finite.max()),
        _sum(finite),
    )


def merge(parts: Sequence[Sketch]) -> Sketch:
    """Adds up sketches of parts; at least one is needed."""
    keys, position = np.unique(np.concatenate([part.keys for part in parts]), return_inverse=True)
    counts = np.zeros(len(keys), dtype=np.int64)
    np.add.at(counts, position, np.concatenate([part.counts for part in parts]))
    filled = [part for part in parts if len(part.keys)]
    return Sketch(
        keys,
        counts,
        sum(part.nulls for part in parts),
        min((part.minimum for part in filled), default=float("nan")),
        max((part.maximum for part in filled), default=float("nan")),
        _sum(np.array([part.total for part in parts])),
    )


def _sum(values: NDArray[np.float64]) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        return float(np.nan_to_num(values.sum()))


def _key_of(values: NDArray[np.float64]) -> NDArray[np.int64]:
    bits = (values + 0.0).view(np.int64) >> _SHIFT
    return np.where(bits < 0, np.int64(-(2**21)) - bits - 1, bits)


def _value_of(keys: NDArray[np.int64]) -> NDArray[np.float64]:
    negative = keys < 0
    bits = np.where(negative, np.int64(-(2**21)) - keys - 1, keys)
    return (bits << _SHIFT).view(np.float64)
