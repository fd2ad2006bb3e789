"""How far apart two distributions of a number are."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from slipway.drift.points import Points

_PART = 1 << 16
"""Values of the reference that are merged with the current ones at a time, so that they stay in the cache."""

_LARGEST = float(np.finfo(np.float64).max)


def distances(reference: Points, current: Points) -> tuple[float, float]:
    """Kolmogorov-Smirnov and Wasserstein-1 distances of the values.

    The largest difference of the two distribution functions, and the area between them (S. Vallender, Theory of
    Probability and Its Applications 18(4), 1974). Differences are exact: whole numbers over the product of the rows.

    Args:
        reference: Values; at least one.
        current: Likewise.
    """
    n, m = reference.rows, current.rows
    scale = float(np.abs([side.values[end] for side in (reference, current) for end in (0, -1)]).max()) or 1.0
    largest, area, before, height = 0.0, 0.0, 0.0, 0.0
    for values, mine, total in _parts(reference, current):
        gap = np.abs(mine * (n + m) - total * n) / (float(n) * m)
        last = np.append(values[1:] > values[:-1], True)
        largest = max(largest, float(np.max(gap * last)))
        scaled = values / scale
        area += height * (float(scaled[0]) - before) + float(np.dot(gap[:-1], np.diff(scaled)))
        before, height = float(scaled[-1]), float(gap[-1])
    return largest, min(area * scale, _LARGEST)


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


Whole = NDArray[np.int64]


def _parts(reference: Points, current: Points) -> Iterator[tuple[NDArray[np.float64], Whole, Whole]]:
    """Values of both in order; the reference's rows and all rows up to each, ties at the end of a part complete."""
    ends = np.append(reference.values[_PART - 1 : -1 : _PART], np.inf)
    cuts = [np.searchsorted(side.values, ends, side="right").tolist() for side in (reference, current)]
    mine = total = start = begin = 0
    for stop, end in zip(*cuts, strict=True):
        values = np.concatenate([reference.values[start:stop], current.values[begin:end]])
        order = np.argsort(values, kind="stable")
        own = _rows(reference, start, stop, end - begin)
        here = mine + np.cumsum(own[order])
        both = total + np.cumsum((own + _rows(current, begin, end, stop - start, first=False))[order])
        if len(values):
            yield values[order], here, both
            mine, total, start, begin = int(here[-1]), int(both[-1]), stop, end


def _rows(points: Points, start: int, stop: int, others: int, *, first: bool = True) -> Whole:
    counts = np.ones(stop - start, np.int64) if points.counts is None else points.counts[start:stop]
    zeros = np.zeros(others, np.int64)
    return np.concatenate([counts, zeros] if first else [zeros, counts])
