"""Metrics that look at the order of the scores: area under the ROC curve, average precision."""

from collections.abc import Callable

import numpy as np

from slipway.evaluation.arrays import Floats, Ints, Statistic
from slipway.evaluation.decision import Rule


def roc_auc(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Area under the ROC curve; with more than two classes the mean over one class against the rest.

    The area is the share of pairs of a positive and a negative row that the score puts in the right order, ties
    counting half (Hanley and McNeil, Radiology 143, 1982). Classes that a resample lacks are left out of the mean.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
        threshold: Not used.

    Returns:
        From weights (b, n) to areas (b,); NaN where a class or its rest is missing.
    """
    del threshold
    return _one_against_rest(y, outputs, _area)


def pr_auc(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
    """Average precision: precision at each distinct score, weighted by the recall it adds.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k); with more than two classes the mean over one class against the rest.
        threshold: Not used.

    Returns:
        From weights (b, n) to average precisions (b,); NaN where no row is positive.
    """
    del threshold
    return _one_against_rest(y, outputs, _average_precision)


def micro(binary: Callable[[Ints, Floats, Rule], Statistic]) -> Callable[[Ints, Floats, Rule], Statistic]:
    """A metric over all pairs of a row and a class at once, instead of the mean over classes.

    Args:
        binary: The metric of two classes.

    Returns:
        From class indices (n,), probabilities (n, k) and threshold to a function of weights.
    """

    def pooled(y: Ints, outputs: Floats, threshold: Rule) -> Statistic:
        classes = outputs.shape[1]
        held, scores = np.eye(classes, dtype=np.int64)[y].ravel(), outputs.ravel()
        statistic = binary(held, np.column_stack([1 - scores, scores]), threshold)
        return lambda weights: statistic(np.repeat(weights, classes, axis=1))

    return pooled


def _one_against_rest(y: Ints, outputs: Floats, binary: Callable[[Ints, Floats], Statistic]) -> Statistic:
    classes = outputs.shape[1]
    if classes == 2:
        return binary(y == 1, outputs[:, 1])
    parts = [binary(y == index, outputs[:, index]) for index in range(classes) if (y == index).any()]

    def mean(weights: Floats) -> Floats:
        total, defined = np.zeros(len(weights)), np.zeros(len(weights))
        for part in parts:
            values = part(weights)
            total += np.nan_to_num(values)
            defined += np.isfinite(values)
        return _ratio(total, defined)

    return mean


def _area(positive: Ints, scores: Floats) -> Statistic:
    hits, misses = np.flatnonzero(positive), np.flatnonzero(~positive)
    hits, misses = (rows[np.argsort(scores[rows], kind="stable")] for rows in (hits, misses))
    lower = np.searchsorted(scores[misses], scores[hits], side="left")
    upper = np.searchsorted(scores[misses], scores[hits], side="right")

    def area(weights: Floats) -> Floats:
        below = np.zeros((len(weights), len(misses) + 1))
        np.cumsum(weights[:, misses], axis=1, out=below[:, 1:])
        gained = weights[:, hits]
        pairs = np.einsum("bh,bh->b", gained, below[:, lower]) + np.einsum("bh,bh->b", gained, below[:, upper])
        return _ratio(pairs / 2, gained.sum(axis=1) * below[:, -1])

    return area


def _average_precision(positive: Ints, scores: Floats) -> Statistic:
    order, starts = _groups(-scores)
    positive = positive[order]

    def precision(weights: Floats) -> Floats:
        ordered = weights[:, order]
        hits = _sums(ordered * positive, starts)
        taken = np.cumsum(_sums(ordered, starts), axis=1)
        precisions = np.divide(np.cumsum(hits, axis=1), taken, out=np.zeros_like(taken), where=taken > 0)
        return _ratio(np.einsum("bg,bg->b", hits, precisions), hits.sum(axis=1))

    return precision


def _groups(scores: Floats) -> tuple[Ints, Ints]:
    order = np.argsort(scores, kind="stable")
    ordered = scores[order]
    return order, np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def _sums(values: Floats, starts: Ints) -> Floats:
    return values if len(starts) == values.shape[1] else np.add.reduceat(values, starts, axis=1)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    ratio: Floats = np.divide(numerator, denominator, out=np.full(len(numerator), np.nan), where=denominator > 0)
    return ratio
