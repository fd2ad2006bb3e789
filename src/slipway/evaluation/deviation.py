"""Metrics of a regression: root mean squared error, mean absolute error, R²."""

import numpy as np

from slipway.evaluation.arrays import Floats, Statistic
from slipway.evaluation.probability import mean_of


def rmse(y: Floats, outputs: Floats, threshold: float) -> Statistic:
    """Root of the mean squared error, in units of the target.

    Args:
        y: Target, shape (n,).
        outputs: Predictions, shape (n,).
        threshold: Not used.

    Returns:
        From weights (b, n) to errors (b,).
    """
    del threshold
    mean = mean_of((outputs.astype(np.float64) - y) ** 2)
    return lambda weights: np.sqrt(mean(weights))


def mae(y: Floats, outputs: Floats, threshold: float) -> Statistic:
    """Mean absolute error, in units of the target.

    Args:
        y: Target, shape (n,).
        outputs: Predictions, shape (n,).
        threshold: Not used.

    Returns:
        From weights (b, n) to errors (b,).
    """
    del threshold
    return mean_of(np.abs(outputs.astype(np.float64) - y))


def r2(y: Floats, outputs: Floats, threshold: float) -> Statistic:
    """Coefficient of determination: 1 minus the squared error over that of the mean of the same rows.

    Args:
        y: Target, shape (n,).
        outputs: Predictions, shape (n,).
        threshold: Not used.

    Returns:
        From weights (b, n) to values (b,); NaN where the target is constant.
    """
    del threshold
    squared, centred = (outputs.astype(np.float64) - y) ** 2, y - y.mean()

    def statistic(weights: Floats) -> Floats:
        square = weights @ centred**2
        spread = square - (weights @ centred) ** 2 / weights.sum(axis=1)
        varies = spread > 1e-12 * square
        unexplained: Floats = np.divide(weights @ squared, spread, out=np.full(len(weights), np.nan), where=varies)
        return 1 - unexplained

    return statistic
