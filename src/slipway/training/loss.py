"""The loss that validation rows are watched with, whatever the metric is."""

import numpy as np
from numpy.typing import NDArray

from slipway.training.matrix import Goal, Outputs, Weight

SMALLEST = 1e-15
"""Probabilities are taken for at least this."""


def each(y: Goal, outputs: Outputs) -> NDArray[np.float64]:
    """The loss of each row: minus the logarithm of the probability of its class, or the squared error.

    Args:
        y: Class indices or values, shape (n,).
        outputs: Probabilities (n, k), or predictions (n,).
    """
    exact = np.asarray(outputs, dtype=np.float64)
    if exact.ndim == 1:
        return np.asarray((exact - y) ** 2)
    return np.asarray(-np.log(np.clip(exact[np.arange(len(y)), y.astype(np.int64)], SMALLEST, None)))


def loss(y: Goal, outputs: Outputs, weight: Weight | None = None) -> float:
    """The mean of ``each`` over weighted rows."""
    return float(np.average(each(y, outputs), weights=weight))
