"""How far apart two sets of counts are."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri

Counts = NDArray[np.int64]

_SMOOTHING = 0.5
"""Rows added to each bin before a logarithm, so that an empty bin has a finite one."""


def psi(reference: Counts, current: Counts) -> float:
    """Population stability index: sum of (q - p) ln(q / p) over the bins that are not empty on both sides.

    Args:
        reference: Rows in each bin, shape (b,).
        current: Likewise.
    """
    filled = (reference + current) > 0
    p, q = _smoothed(reference[filled]), _smoothed(current[filled])
    return float(np.sum((q - p) * np.log(q / p)))


def psi_without_drift(reference: Counts, current: Counts, level: float) -> float:
    """The PSI that samples of these sizes exceed with a given probability when nothing has changed.

    Without drift, PSI / (1/n + 1/m) is about chi-squared with one degree of freedom less than there are bins
    (B. Yurdakul, "Statistical Properties of Population Stability Index", Western Michigan University, 2018).

    Args:
        reference: Rows in each bin, shape (b,).
        current: Likewise.
        level: The probability.
    """
    filled = int(np.count_nonzero(reference + current))
    n, m = max(1, int(reference.sum())), max(1, int(current.sum()))
    return float(chdtri(max(1, filled - 1), level) * (1 / n + 1 / m))


def kolmogorov_smirnov(reference: Counts, current: Counts) -> float:
    """Largest distance of the cumulated shares; of ordered bins, a lower bound of the statistic of the values."""
    p, q = _shares(reference), _shares(current)
    return float(np.max(np.abs(np.cumsum(p) - np.cumsum(q)), initial=0.0))


def jensen_shannon(reference: Counts, current: Counts) -> float:
    """Jensen-Shannon distance with logarithms to base 2: 0 for the same shares, 1 for shares that never meet."""
    p, q = _shares(reference), _shares(current)
    middle = (p + q) / 2
    divergence = (_relative_entropy(p, middle) + _relative_entropy(q, middle)) / 2
    return float(np.sqrt(max(0.0, divergence)))


def _relative_entropy(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    some = p > 0
    return float(np.sum(p[some] * np.log2(p[some] / q[some])))


def _shares(counts: Counts) -> NDArray[np.float64]:
    return np.asarray(counts / max(1, counts.sum()))


def _smoothed(counts: Counts) -> NDArray[np.float64]:
    raised = counts + _SMOOTHING
    return np.asarray(raised / raised.sum())
