"""Metrics that look at the decided class: accuracy, balanced accuracy, F1."""

import numpy as np

from slipway.evaluation.arrays import Floats, Ints, Statistic
from slipway.evaluation.decision import Rule, decide
from slipway.evaluation.probability import mean_of


def accuracy(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Share of rows whose class is right.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
        threshold: The rule that decides; see ``decision``.

    Returns:
        From weights (b, n) to shares (b,).
    """
    return mean_of((decide(outputs, threshold) == y).astype(np.float64))


def balanced_accuracy(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Mean over the classes that occur of the share of their rows that is found.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
        threshold: The rule that decides; see ``decision``.

    Returns:
        From weights (b, n) to means (b,).
    """
    decided, classes = decide(outputs, threshold), outputs.shape[1]

    def statistic(weights: Floats) -> Floats:
        found = _totals(y, weights * (decided == y), classes)
        support = _totals(y, weights, classes)
        recall = np.divide(found, support, out=np.zeros_like(found), where=support > 0)
        return np.asarray(recall.sum(axis=1) / (support > 0).sum(axis=1))

    return statistic


def f1(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """F1 of the positive class; with more than two classes the mean over those that occur or are decided.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
        threshold: The rule that decides; see ``decision``.

    Returns:
        From weights (b, n) to scores (b,); 0 where nothing positive occurs or is decided.
    """
    decided, classes = decide(outputs, threshold), outputs.shape[1]

    def statistic(weights: Floats) -> Floats:
        found = _totals(y, weights * (decided == y), classes)
        seen = _totals(y, weights, classes) + _totals(decided, weights, classes)
        scores = np.divide(2 * found, seen, out=np.zeros_like(found), where=seen > 0)
        return np.asarray(scores[:, 1] if classes == 2 else scores.sum(axis=1) / (seen > 0).sum(axis=1))

    return statistic


def _totals(groups: Ints, weights: Floats, classes: int) -> Floats:
    return np.stack([np.bincount(groups, row, minlength=classes) for row in weights])
