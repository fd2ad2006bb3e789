"""Areas under ROC curves of models on the same rows, with their covariance, without resampling."""

import numpy as np
from scipy import stats

from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.bootstrap import Interval


def areas(positive: Ints, scores: Floats) -> tuple[Floats, Floats]:
    """Areas and their covariance (DeLong et al., Biometrics 44, 1988), by midranks.

    The midranks take n log n steps where comparing all pairs takes n squared (Sun and Xu, IEEE Signal Processing
    Letters 21, 2014).

    Args:
        positive: Truth values, shape (n,); at least two of each.
        scores: Scores of m models, shape (m, n).

    Returns:
        Areas, shape (m,), and their covariance, shape (m, m).
    """
    hits, misses = scores[:, positive], scores[:, ~positive]
    m, n = hits.shape[1], misses.shape[1]
    pooled = _midranks(np.concatenate([hits, misses], axis=1))
    of_hits = (pooled[:, :m] - _midranks(hits)) / n
    of_misses = 1 - (pooled[:, m:] - _midranks(misses)) / m
    covariance = np.atleast_2d(np.cov(of_hits)) / m + np.atleast_2d(np.cov(of_misses)) / n
    return of_hits.mean(axis=1), covariance


def gain(y: Ints, outputs: Floats, over: Floats, confidence: float) -> Interval:
    """How much larger one area is than another on the same rows, with its normal interval.

    Args:
        y: Class indices 0 and 1, shape (n,).
        outputs: Probabilities, shape (n, 2).
        over: Probabilities that they are compared with, shape (n, 2).
        confidence: Confidence of the interval, 0 to 1.
    """
    found, covariance = areas(y == 1, np.stack([outputs[:, 1], over[:, 1]]).astype(np.float64))
    estimate = float(found[0] - found[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    reach = float(stats.norm.ppf((1 + confidence) / 2) * np.sqrt(max(variance, 0.0)))
    return Interval(estimate, max(-1.0, estimate - reach), min(1.0, estimate + reach))


def _midranks(scores: Floats) -> Floats:
    return np.asarray(stats.rankdata(scores, axis=1))
