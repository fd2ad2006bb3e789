"""Metrics of a regression: root mean squared error, mean absolute error, R², pinball loss."""

from collections.abc import Callable

import numpy as np

from slipway.evaluation.arrays import Floats, Statistic
from slipway.evaluation.decision import Rule
from slipway.evaluation.probability import mean_of


def rmse(y: Floats, outputs: Floats, threshold: Rule) -> Statistic:
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


def mae(y: Floats, outputs: Floats, threshold: Rule) -> Statistic:
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


def r2(y: Floats, outputs: Floats, threshold: Rule) -> Statistic:
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


def pinball(quantile: float) -> Callable[[Floats, Floats, Rule], Statistic]:
    """The loss that a prediction of a quantile makes smallest (Koenker and Bassett, Econometrica 46, 1978).

    At 0.9 a prediction that is too low costs nine times what one costs that is too high; at 0.1 it is the reverse.

    Args:
        quantile: Between 0 and 1.

    Returns:
        From target (n,), predictions (n,) and a threshold that is not used to a function of weights.
    """

    def loss(y: Floats, outputs: Floats, threshold: Rule) -> Statistic:
        del threshold
        short = y - outputs.astype(np.float64)
        return mean_of(np.maximum(quantile * short, (quantile - 1) * short))

    return loss
