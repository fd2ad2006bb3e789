"""Intervals of scores and of gains, from resampled rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slipway.errors import DataError
from slipway.evaluation.arrays import Floats, Ints, Statistic
from slipway.evaluation.metrics import Metric

_CELLS = 200_000
"""Weights held at a time: rows times resamples."""

_ATTEMPTS = 200
"""How often a resample on which a metric is not defined is drawn again."""


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the ends of its confidence interval."""

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Resamples:
    """Values of several statistics on the same resampled rows.

    Attributes:
        estimates: Values on the rows themselves, shape (s,).
        values: Values on each resample, shape (resamples, s).
        confidence: Confidence of the intervals, 0 to 1.
    """

    estimates: Floats
    values: Floats
    confidence: float

    def interval(self, index: int) -> Interval:
        """Percentile interval of one statistic (Efron and Tibshirani, 1993, chapter 13)."""
        return self._percentiles(float(self.estimates[index]), self.values[:, index])

    def gain(self, metric: Metric, index: int, over: int) -> Interval:
        """Percentile interval of how much better one statistic is than another on the same rows.

        Args:
            metric: Says which way is better.
            index: The statistic whose gain is asked for.
            over: The statistic that it is compared with.
        """
        sign = 1.0 if metric.higher_is_better else -1.0
        estimate = sign * float(self.estimates[index] - self.estimates[over])
        return self._percentiles(estimate, sign * (self.values[:, index] - self.values[:, over]))

    def _percentiles(self, estimate: float, values: Floats) -> Interval:
        tail = (1 - self.confidence) / 2
        low, high = np.quantile(values, [tail, 1 - tail])
        return Interval(estimate, float(low), float(high))


def resample(statistics: Sequence[Statistic], rows: int, *, resamples: int, confidence: float, seed: int) -> Resamples:
    """Draws rows with replacement and evaluates every statistic on each draw.

    Draws on which a statistic is not defined (the ROC AUC without both classes) are drawn again, so the intervals
    are conditional on being defined. Memory does not grow with rows times resamples.

    Args:
        statistics: Functions of row weights.
        rows: Number of rows.
        resamples: Number of draws.
        confidence: Confidence of the intervals, 0 to 1.
        seed: Seed of the random numbers.

    Raises:
        DataError: A statistic is not defined on the rows themselves.
    """
    estimates = _evaluate(statistics, np.ones((1, rows)))[0]
    if not np.isfinite(estimates).all():
        message = f"a metric is not defined on the {rows} rows: do they hold at least two classes, or two values?"
        raise DataError(message)
    random = np.random.default_rng(seed)
    block = max(1, _CELLS // rows)
    sizes = [min(block, resamples - start) for start in range(0, resamples, block)]
    values = np.concatenate([_block(statistics, random, size, rows) for size in sizes])
    return Resamples(estimates, values, confidence)


def paired(
    metric: Metric, y: Floats | Ints, a: Floats, b: Floats, *,
    resamples: int = 1000, confidence: float = 0.95, seed: int = 0, threshold: float = 0.5,
) -> Interval:  # fmt: skip
    """How much better the predictions ``a`` are than ``b``, on the same resampled rows.

    Args:
        metric: What is compared.
        y: Class indices or target, shape (n,).
        a: Probabilities (n, k) or predictions (n,).
        b: Likewise, for the same rows.
        resamples: Number of draws.
        confidence: Confidence of the interval, 0 to 1.
        seed: Seed of the random numbers.
        threshold: Probability from which a binary prediction is the positive class.

    Returns:
        The gain; positive is better, also for errors.

    Raises:
        DataError: The metric is not defined on the rows.
    """
    statistics = [metric.prepare(y, outputs, threshold) for outputs in (a, b)]
    return resample(statistics, len(y), resamples=resamples, confidence=confidence, seed=seed).gain(metric, 0, 1)


def interval(
    metric: Metric, y: Floats | Ints, outputs: Floats, *,
    resamples: int = 1000, confidence: float = 0.95, seed: int = 0, threshold: float = 0.5,
) -> Interval:  # fmt: skip
    """A score with its interval.

    Args:
        metric: What is scored.
        y: Class indices or target, shape (n,).
        outputs: Probabilities (n, k) or predictions (n,).
        resamples: Number of draws.
        confidence: Confidence of the interval, 0 to 1.
        seed: Seed of the random numbers.
        threshold: Probability from which a binary prediction is the positive class.

    Raises:
        DataError: The metric is not defined on the rows.
    """
    statistics = [metric.prepare(y, outputs, threshold)]
    return resample(statistics, len(y), resamples=resamples, confidence=confidence, seed=seed).interval(0)


def _block(statistics: Sequence[Statistic], random: np.random.Generator, size: int, rows: int) -> Floats:
    values = _evaluate(statistics, _weights(random, size, rows))
    for _ in range(_ATTEMPTS):
        undefined = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if not len(undefined):
            return values
        values[undefined] = _evaluate(statistics, _weights(random, len(undefined), rows))
    message = f"a metric is defined on almost no resample of the {rows} rows; they are too few or too much alike"
    raise DataError(message)


def _weights(random: np.random.Generator, size: int, rows: int) -> Floats:
    drawn = random.integers(0, rows, (size, rows))
    drawn += rows * np.arange(size)[:, None]
    return np.bincount(drawn.ravel(), minlength=size * rows).reshape(size, rows).astype(np.float64)


def _evaluate(statistics: Sequence[Statistic], weights: Floats) -> Floats:
    return np.column_stack([statistic(weights) for statistic in statistics])
