"""How far apart two distributions of a number are."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.drift.points import Floats, Points

_CELL = 64
"""Values of the reference in a cell."""

_HUGE = 1e150
"""Size from which the area is measured in units of the largest value, so that no sum overflows."""

_LARGEST = float(np.finfo(np.float64).max)

Whole = NDArray[np.int64]


def distances(reference: Points, current: Points) -> tuple[float, float]:
    """Kolmogorov-Smirnov and Wasserstein-1 distances of the values.

    The largest difference of the two distribution functions, and the area between them (S. Vallender, Theory of
    Probability and Its Applications 18(4), 1974). Differences are exact: whole numbers over the product of the rows.

    Args:
        reference: Values; at least one.
        current: Likewise.
    """
    n, m = reference.rows, current.rows
    most = float(np.abs([side.values[end] for side in (reference, current) for end in (0, -1)]).max())
    scale = most if most > _HUGE else 1.0
    one, other = reference.values, current.values
    if reference.counts is None and current.counts is None and scale == 1:
        largest, area = _of_values(one, other)
    else:
        steps = np.concatenate([_rows(reference) * m, _rows(current) * -n])
        largest, area = _walked(one, other, steps, _Stretches.whole(one, other), scale)
    return largest / (float(n) * m), min(area / (float(n) * m) * scale, _LARGEST)


def sketched_error(reference: Points, current: Points, *, whole: bool) -> float:
    """How much larger the Kolmogorov-Smirnov distance of the values can be than that of their buckets.

    Within a bucket the difference of the distribution functions F - G is at most its value at either end plus the
    smaller of the two samples' shares in that bucket: F(x) - G(x) <= F(end) - G(start), which is (F - G)(end) plus G's
    share and (F - G)(start) plus F's. A bucket that can hold one value only adds nothing; zero's also holds the
    denormal numbers next to it, which are taken for zero.

    Args:
        reference: Buckets.
        current: The same buckets.
        whole: Whether the values are whole numbers.
    """
    if reference.counts is None or current.counts is None:
        return 0.0
    shared, mine, others = np.intersect1d(reference.values, current.values, return_indices=True)
    smaller = np.minimum(reference.counts[mine] / max(1, reference.rows), current.counts[others] / max(1, current.rows))
    single = (reference.width < 1) & ((shared == 0) | (whole & (np.abs(shared) * reference.width < 1)))
    return float(np.max(np.where(single, 0.0, smaller), initial=0.0))


def _rows(points: Points) -> Whole:
    return np.ones(len(points.values), np.int64) if points.counts is None else points.counts


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Stretches of the line, each with values; heights are differences of the distribution functions, times n m.

    Attributes:
        starts: Where each begins, shape (s,).
        heights: The height there.
        sizes: Values in each, of both samples together.
    """

    starts: Floats
    heights: Whole
    sizes: Whole

    @classmethod
    def whole(cls, one: Floats, other: Floats) -> "_Stretches":
        """The whole line as one."""
        first = np.array([min(one[0], other[0])])
        return cls(first, np.zeros(1, np.int64), np.array([len(one) + len(other)]))


def _of_values(one: Floats, other: Floats) -> tuple[float, float]:
    """The largest height and the area below all heights.

    The line is cut into cells. How far the height can move within a cell is known from its ends; where it can neither
    change its sign nor exceed the largest at any end, the area is a sum over the cell, and the order of its values does
    not matter. The others are walked through.
    """
    n, m = len(one), len(other)
    cuts = np.unique(np.append(one[_CELL - 1 :: _CELL], max(one[-1], other[-1])))
    ends = [np.searchsorted(side, cuts, side="right") for side in (one, other)]
    mine, others = (np.diff(places, prepend=0) for places in ends)
    after = ends[0] * m - ends[1] * n
    before, starts = np.append(0, after[:-1]), np.append(min(one[0], other[0]), cuts[:-1])
    up, down = mine * m, others * n
    high, low = np.minimum(before + up, after + down), np.maximum(before - down, after - up)
    largest = int(np.abs(after).max())
    walked = ((low < 0) & (high > 0)) | (np.maximum(high, -low) > largest)
    walked &= ~(_at_the_cut(one, ends[0], mine, cuts) & _at_the_cut(other, ends[1], others, cuts))
    sums = m * _to_the_cut(one, mine, cuts) - n * _to_the_cut(other, others, cuts)
    areas = np.abs(before * (cuts - starts) + sums)
    if not walked.any():
        return largest, float(areas.sum())
    some = [side[np.repeat(walked, sizes)] for side, sizes in ((one, mine), (other, others))]
    steps = np.repeat([m, -n], [len(part) for part in some])
    stretches = _Stretches(starts[walked], before[walked], (mine + others)[walked])
    highest, area = _walked(some[0], some[1], steps, stretches)
    return max(largest, highest), float(areas[~walked].sum()) + area


def _at_the_cut(values: Floats, ends: Whole, sizes: Whole, cuts: Floats) -> NDArray[np.bool_]:
    """Whether a cell's values are all at its end."""
    return np.asarray((sizes == 0) | (values[np.minimum(ends - sizes, len(values) - 1)] == cuts))


def _to_the_cut(values: Floats, sizes: Whole, cuts: Floats) -> Floats:
    """The sum of the distances of a cell's values from its end."""
    sums, filled = np.zeros(len(cuts)), sizes > 0
    away = np.repeat(cuts, sizes)
    away -= values
    sums[filled] = np.add.reduceat(away, (np.cumsum(sizes) - sizes)[filled])
    return sums


def _walked(one: Floats, other: Floats, steps: Whole, stretches: _Stretches, scale: float = 1.0) -> tuple[float, float]:
    """The largest height and the area of stretches, value by value.

    Args:
        one: The first sample's values in the stretches, in order.
        other: The second's.
        steps: How much each value adds to the height, those of the first sample first.
        stretches: The stretches, in order; each ends at its last value.
        scale: The unit of the area, so that it does not overflow.
    """
    both = np.concatenate([one, other])
    order = np.argsort(both, kind="stable")
    values, climbed = both[order], np.cumsum(steps[order])
    ends = np.cumsum(stretches.sizes)
    begins = ends - stretches.sizes
    offsets = stretches.heights - np.append(0, climbed)[begins]
    heights = np.abs(climbed + np.repeat(offsets, stretches.sizes))
    last = np.append(values[1:] > values[:-1], True)
    widths = np.diff(values / scale, append=values[-1] / scale)
    widths[ends - 1] = 0
    first = np.abs(stretches.heights) * (values[begins] / scale - stretches.starts / scale)
    return float(np.max(heights * last)), float(np.sum(heights * widths) + np.sum(first))
