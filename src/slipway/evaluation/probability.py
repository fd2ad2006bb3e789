"""Metrics that look at the probabilities themselves: log loss, Brier score, calibration error."""

import numpy as np

from slipway.evaluation.arrays import Floats, Ints, Statistic
from slipway.evaluation.decision import Rule

BINS = 10
"""Bins of equal width for the calibration error and its chart."""

_LEAST = float(np.finfo(np.float32).eps)
"""Least probability that the log loss knows; outputs are float32, so smaller ones carry no meaning."""


def log_loss(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Mean of minus the natural logarithm of the probability given to the true class.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
        threshold: Not used.

    Returns:
        From weights (b, n) to losses (b,) in nats.
    """
    del threshold
    given = outputs[np.arange(len(y)), y].astype(np.float64)
    return mean_of(-np.log(np.clip(given, _LEAST, 1.0)))


def brier(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Mean squared distance of the probabilities from what happened (Brier, 1950).

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k). With two classes only the positive one counts, so the score is at most
            1; with more it is summed over classes and at most 2.
        threshold: Not used.

    Returns:
        From weights (b, n) to scores (b,).
    """
    del threshold
    outputs = outputs.astype(np.float64)
    if outputs.shape[1] == 2:
        return mean_of((outputs[:, 1] - y) ** 2)
    given = outputs[np.arange(len(y)), y]
    return mean_of((outputs**2).sum(axis=1) - 2 * given + 1)


def calibration_error(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Expected calibration error: how far probabilities are from the shares that come true, on average.

    With two classes the probability of the positive one is looked at, with more the largest probability and
    whether that class is the true one (Guo et al., ICML 2017).

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
        threshold: Not used.

    Returns:
        From weights (b, n) to errors (b,) between 0 and 1.
    """
    del threshold
    claimed, happened = claims(y, outputs)
    bins = np.minimum((claimed * BINS).astype(np.int64), BINS - 1)
    differences = happened - claimed

    def error(weights: Floats) -> Floats:
        gaps = [np.abs(np.bincount(bins, row * differences, minlength=BINS)).sum() for row in weights]
        errors: Floats = np.asarray(gaps) / weights.sum(axis=1)
        return errors

    return error


def claims(y: Ints, outputs: Floats) -> tuple[Floats, Floats]:
    """What a calibration chart compares.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).

    Returns:
        The probability claimed for each row, and 1.0 where the claim came true, else 0.0.
    """
    outputs = outputs.astype(np.float64)
    if outputs.shape[1] == 2:
        return outputs[:, 1], (y == 1).astype(np.float64)
    return outputs.max(axis=1), (outputs.argmax(axis=1) == y).astype(np.float64)


def mean_of(losses: Floats) -> Statistic:
    """The weighted mean of one value a row.

    Args:
        losses: Shape (n,).

    Returns:
        From weights (b, n) to means (b,).
    """
    return lambda weights: (weights @ losses) / weights.sum(axis=1)
