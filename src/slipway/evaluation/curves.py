"""The points of the curves that reports and the KFP dashboard draw."""

from dataclasses import dataclass

import numpy as np

from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.probability import BINS, claims

MAX_POINTS = 200
"""Most points of a curve."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve over the thresholds of a score; all values are finite.

    Attributes:
        x: Horizontal values, ascending.
        y: Vertical values.
        thresholds: The score from which a row counts as positive, descending.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    thresholds: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Calibration:
    """Bins of claimed probabilities, empty ones left out.

    Attributes:
        claimed: Mean probability claimed in each bin.
        happened: Share that came true in each.
        rows: Rows in each.
    """

    claimed: tuple[float, ...]
    happened: tuple[float, ...]
    rows: tuple[int, ...]


def roc(y: Ints, outputs: Floats, positive: int = 1) -> Curve:
    """The ROC curve of one class against the rest.

    Args:
        y: Class indices, shape (n,), with rows of that class and others.
        outputs: Probabilities, shape (n, k).
        positive: Index of the class.

    Returns:
        False positive rate against true positive rate, from (0, 0) to (1, 1), at most ``MAX_POINTS`` points.
    """
    hits, misses, thresholds = _counts(y == positive, outputs[:, positive])
    x, curve = np.concatenate([[0.0], misses / misses[-1]]), np.concatenate([[0.0], hits / hits[-1]])
    return _thin(x, curve, np.concatenate([[max(1.0, float(thresholds[0]))], thresholds]))


def precision_recall(y: Ints, outputs: Floats, positive: int = 1) -> Curve:
    """The precision-recall curve of one class against the rest.

    Args:
        y: Class indices, shape (n,), with rows of that class.
        outputs: Probabilities, shape (n, k).
        positive: Index of the class.

    Returns:
        Recall against precision, at most ``MAX_POINTS`` points.
    """
    hits, misses, thresholds = _counts(y == positive, outputs[:, positive])
    return _thin(hits / hits[-1], hits / (hits + misses), thresholds)


def gains(y: Ints, outputs: Floats, positive: int = 1) -> Curve:
    """How many of a class are found among the rows with the highest scores.

    Args:
        y: Class indices, shape (n,), with rows of that class.
        outputs: Probabilities, shape (n, k).
        positive: Index of the class.

    Returns:
        Share of the rows against the share of the class that is among them, from (0, 0) to (1, 1), at most
        ``MAX_POINTS`` points.
    """
    hits, misses, thresholds = _counts(y == positive, outputs[:, positive])
    rows, found = (hits + misses) / len(y), hits / hits[-1]
    zero = np.zeros(1)
    return _thin(
        np.concatenate([zero, rows]), np.concatenate([zero, found]), np.concatenate([thresholds[:1], thresholds])
    )


def confusion(y: Ints, decided: Ints, classes: int) -> list[list[int]]:
    """How often each class was taken for each.

    Args:
        y: True class indices, shape (n,).
        decided: Decided class indices, shape (n,).
        classes: Number of classes.

    Returns:
        Counts: rows are true classes, columns are decided ones.
    """
    counts = np.bincount(y * classes + decided, minlength=classes * classes)
    matrix: list[list[int]] = counts.reshape(classes, classes).tolist()
    return matrix


def calibration(y: Ints, outputs: Floats) -> Calibration:
    """What was claimed and what happened, in bins of equal width.

    Args:
        y: Class indices, shape (n,).
        outputs: Probabilities, shape (n, k).
    """
    claimed, happened = claims(y, outputs)
    bins = np.minimum((claimed * BINS).astype(np.int64), BINS - 1)
    rows = np.bincount(bins, minlength=BINS)
    filled = rows > 0
    claimed_sums, happened_sums = np.bincount(bins, claimed, BINS), np.bincount(bins, happened, BINS)
    return Calibration(
        tuple((claimed_sums[filled] / rows[filled]).tolist()),
        tuple((happened_sums[filled] / rows[filled]).tolist()),
        tuple(rows[filled].tolist()),
    )


def _counts(positive: Ints, scores: Floats) -> tuple[Floats, Floats, Floats]:
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order].astype(np.float64)
    last = np.flatnonzero(np.concatenate([ordered[1:] != ordered[:-1], [True]]))
    hits = np.cumsum(positive[order], dtype=np.float64)[last]
    return hits, last + 1.0 - hits, ordered[last]


def _thin(x: Floats, y: Floats, thresholds: Floats) -> Curve:
    """Keeps points that are evenly spread along the curve, and both ends."""
    if len(x) > MAX_POINTS:
        length = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(x)) + np.abs(np.diff(y)))])
        wanted = np.linspace(0.0, length[-1], MAX_POINTS)
        keep = np.unique(np.concatenate([[0], np.searchsorted(length, wanted[1:-1]), [len(x) - 1]]))
        x, y, thresholds = x[keep], y[keep], thresholds[keep]
    return Curve(tuple(x.tolist()), tuple(y.tolist()), tuple(thresholds.tolist()))
