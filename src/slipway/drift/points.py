"""The values of a number in order, with the rows that each stands for."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.data import sketch as sketches
from slipway.data.sketch import Sketch

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Points:
    """Values in ascending order.

    Attributes:
        values: float64, shape (n,); of a sketch one for each bucket.
        counts: Rows of each value, int64, shape (n,); None when each is one row.
        width: Width of a bucket, relative to its value; 0 when values are exact.
    """

    values: Floats
    counts: NDArray[np.int64] | None = None
    width: float = 0.0

    @property
    def rows(self) -> int:
        """Rows with a value."""
        return len(self.values) if self.counts is None else int(self.counts.sum())

    @property
    def cumulated(self) -> NDArray[np.int64]:
        """Rows up to and including each value."""
        return np.arange(1, len(self.values) + 1) if self.counts is None else np.cumsum(self.counts)

    def up_to(self, ends: Floats, *, including: bool = True) -> NDArray[np.int64]:
        """Rows with values up to each end."""
        places = np.searchsorted(self.values, ends, side="right" if including else "left")
        return places if self.counts is None else np.concatenate([[0], self.cumulated])[places]

    def quantiles(self, shares: Floats) -> Floats:
        """The values up to which shares of the rows lie (nearest rank); at least one value is needed."""
        ranks = np.clip(np.ceil(shares * self.rows), 1, self.rows).astype(np.int64)
        return self.values[ranks - 1 if self.counts is None else np.searchsorted(self.cumulated, ranks)]


def aligned(one: Floats | Sketch, other: Floats | Sketch) -> tuple[Points, Points]:
    """Two columns' values such that they can be compared: as they are, or in the same buckets when one is a sketch.

    Args:
        one: Values in ascending order, or a sketch.
        other: Likewise.
    """
    if isinstance(one, Sketch) or isinstance(other, Sketch):
        coarsest = max(values.shift for values in (one, other) if isinstance(values, Sketch))
        buckets = [
            values if isinstance(values, Sketch) else sketches.of_sorted(values, coarsest) for values in (one, other)
        ]
        shift = max(sketch.shift for sketch in buckets)
        return _of_sketch(buckets[0].joined(shift)), _of_sketch(buckets[1].joined(shift))
    return Points(one), Points(other)


def _of_sketch(sketch: Sketch) -> Points:
    return Points(sketches.values_of(sketch.keys, sketch.shift), sketch.counts, sketch.relative_error)
