"""How far apart two columns are."""

import numpy as np
from numpy.typing import NDArray

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


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(1, counts.sum()))


def _smoothed(counts: Counts) -> NDArray[np.float64]:
    raised = counts + _SMOOTHING
    return np.asarray(raised / raised.sum())
