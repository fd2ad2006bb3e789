"""How far apart two columns are."""

import numpy as np
from numpy.typing import NDArray

from slipway.drift.points import Points

Counts = NDArray[np.int64]

_SMOOTHING = 0.5
"""Rows added to each bin before a logarithm, so that an empty bin has a finite one."""


def psi(reference: Counts, current: Counts) -> float:
    """Population stability index: sum of (q - p) ln(q / p) over the bins that are not empty on both sides.

    N. Siddiqi, "Credit Risk Scorecards", Wiley, 2006; the same as the symmetric divergence of H. Jeffreys (1946).

    Args:
        reference: Rows in each bin, shape (b,).
        current: Likewise.
    """
    filled = (reference + current) > 0
    p, q = _smoothed(reference[filled]), _smoothed(current[filled])
    return float(np.sum((q - p) * np.log(q / p)))


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """Jensen-Shannon distance with logarithms to base 2: 0 for the same shares, 1 for shares that never meet.

    The root of the divergence of J. Lin, IEEE Transactions on Information Theory 37(1), 1991; a metric by D. Endres and
    J. Schindelin, ibid. 49(7), 2003.
    """
    p, q = _shares(reference), _shares(current)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return float(np.sqrt(max(0.0, divergence)))


def total_variation(reference: Counts, current: Counts) -> float:
    """Half the sum of the differences between shares: the largest difference in the share of any set of bins."""
    return float(np.abs(_shares(reference) - _shares(current)).sum() / 2)


def chi_square(reference: Counts, current: Counts) -> float:
    """Pearson's statistic for two samples of one distribution (K. Pearson, Biometrika 8, 1911), without correction."""
    n, m, both = float(reference.sum()), float(current.sum()), reference + current
    filled = both > 0
    difference = m * reference[filled] - n * current[filled]
    return float(np.sum((difference / both[filled]) * (difference / max(1.0, n * m))))


def distances(reference: Points, current: Points) -> tuple[float, float]:
    """Kolmogorov-Smirnov and Wasserstein-1 distances of the values.

    The largest difference of the two distribution functions, and the area between them (S. Vallender, Theory of
    Probability and Its Applications 18(4), 1974).

    Args:
        reference: Values; at least one.
        current: Likewise.
    """
    values = np.concatenate([reference.values, current.values])
    order = np.argsort(values, kind="stable")
    values = values[order]
    here, total = _cumulated(reference, current, order)
    n, m = reference.rows, current.rows
    gap = np.abs(here * (n + m) - total * n) / (float(n) * m)
    last = np.append(values[1:] > values[:-1], True)
    scale = max(float(abs(values[0])), float(abs(values[-1])), np.finfo(np.float64).tiny)
    area = float(np.dot(gap[:-1], np.diff(values / scale)))
    with np.errstate(over="ignore"):
        return float(gap[last].max()), float(min(np.multiply(area, scale), np.finfo(np.float64).max))


def sketched_error(reference: Points, current: Points, *, whole: bool) -> float:
    """How much larger the Kolmogorov-Smirnov distance of the values can be than that of their buckets.

    Within a bucket the difference of the distribution functions F - G is at most its value at either end plus the
    smaller of the two samples' shares in that bucket: F(x) - G(x) <= F(end) - G(start), which is (F - G)(end) plus G's
    share and (F - G)(start) plus F's. A bucket that can hold one value only adds nothing.

    Args:
        reference: Buckets.
        current: The same buckets.
        whole: Whether the values are whole numbers.
    """
    if reference.counts is None or current.counts is None:
        return 0.0
    shared, mine, others = np.intersect1d(reference.values, current.values, return_indices=True)
    smaller = np.minimum(reference.counts[mine] / max(1, reference.rows), current.counts[others] / max(1, current.rows))
    single = (shared == 0) | (whole & (np.abs(shared) * reference.width < 1))
    return float(np.max(np.where(single, 0.0, smaller), initial=0.0))


def _cumulated(
    reference: Points, current: Points, order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    mine = order < len(reference.values)
    if reference.counts is None or current.counts is None:
        return np.cumsum(mine), np.arange(1, len(order) + 1)
    counts = np.concatenate([reference.counts, current.counts])[order]
    return np.cumsum(np.where(mine, counts, 0)), np.cumsum(counts)


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(1, counts.sum()))


def _smoothed(counts: Counts) -> NDArray[np.float64]:
    raised = counts + _SMOOTHING
    return np.asarray(raised / raised.sum())
