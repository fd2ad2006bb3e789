"""Intervals of scores and of gains, from resampled rows."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, stdtrit

from slipway.errors import DataError
from slipway.evaluation.arrays import Floats, Statistic
from slipway.evaluation.metrics import Metric
from slipway.evaluation.sample import Sample

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
        units: Units that were drawn, as many as count (see ``Sample.effective``).
    """

    estimates: Floats
    values: Floats
    confidence: float
    units: float

    def interval(self, index: int, confidence: float | None = None) -> Interval:
        """Expanded percentile interval of one statistic; see ``tail``.

        Args:
            index: Which statistic.
            confidence: Confidence, where it is not the one of the others.
        """
        return self._percentiles(float(self.estimates[index]), self.values[:, index], confidence)

    def corrected(self, index: int, highest: float = math.inf) -> Interval:
        """Interval of a statistic that drifts in a resample, as the calibration error and the largest difference grow.

        The percentiles are mirrored at the estimate (the basic interval; Davison and Hinkley, 1997, section 5.2), which
        takes the drift off, cut at zero and at the highest value, and reach at least to the estimate.

        Args:
            index: Which statistic.
            highest: Largest value that it can have.
        """
        found = self.interval(index)
        low, high = 2 * found.estimate - found.high, 2 * found.estimate - found.low
        return Interval(found.estimate, max(0.0, min(low, found.estimate)), min(highest, max(found.estimate, high)))

    def gain(self, metric: Metric, index: int, over: int) -> Interval:
        """Interval of how much better one statistic is than another on the same rows.

        Args:
            metric: Says which way is better.
            index: The statistic whose gain is asked for.
            over: The statistic that it is compared with.
        """
        sign = 1.0 if metric.higher_is_better else -1.0
        return self.difference(index, over, sign)

    def difference(self, index: int, other: int, sign: float = 1.0) -> Interval:
        """Interval of one statistic minus another, times ``sign``."""
        estimate = sign * float(self.estimates[index] - self.estimates[other])
        return self._percentiles(estimate, sign * (self.values[:, index] - self.values[:, other]), None)

    def _percentiles(self, estimate: float, values: Floats, confidence: float | None) -> Interval:
        share = tail(self.units, confidence or self.confidence)
        low, high = np.quantile(values, [share, 1 - share])
        return Interval(estimate, float(low), float(high))


def tail(units: float, confidence: float) -> float:
    """Share of the resamples below an interval, and above it.

    Percentiles of few rows are too narrow; they are moved outward as Student's t and the missing degree of freedom ask
    for (Hesterberg, The American Statistician 69, 2015, section 3.2).

    Args:
        units: Rows or entities.
        confidence: Confidence of the interval, 0 to 1.
    """
    if units <= 1:
        return 0.0
    reach = stdtrit(units - 1, (1 - confidence) / 2) * np.sqrt(units / (units - 1))
    return float(ndtr(reach))


def resample(
    statistics: Sequence[Statistic], sample: Sample, *, resamples: int, confidence: float, seed: int
) -> Resamples:
    """Draws rows with replacement and evaluates every statistic on each draw.

    Where rows are about entities, whole entities are drawn: rows of one are alike, and drawing them one by one would
    pretend that they tell as much as rows of many (the cluster bootstrap; Davison and Hinkley, 1997, section 3.8).

    Draws on which a statistic is not defined (the ROC AUC without both classes) are drawn again, so the intervals
    are conditional on being defined. Memory does not grow with rows times resamples.

    Args:
        statistics: Functions of row weights.
        sample: The rows.
        resamples: Number of draws.
        confidence: Confidence of the intervals, 0 to 1.
        seed: Seed of the random numbers.

    Raises:
        DataError: A statistic is not defined on the rows themselves, or no row counts.
    """
    if not sample.counts.any():
        message = f"the weights of all {len(sample)} rows are 0, so no metric is defined on them; use another 'weight'"
        raise DataError(message)
    estimates = _evaluate(statistics, sample.counts[None])[0]
    if not np.isfinite(estimates).all():
        message = f"a metric is not defined on the {len(sample)} rows: do they hold at least two classes, or values?"
        raise DataError(message)
    random = np.random.default_rng(seed)
    block = max(1, _CELLS // len(sample))
    sizes = [min(block, resamples - start) for start in range(0, resamples, block)]
    values = np.concatenate([_block(statistics, random, size, sample) for size in sizes])
    return Resamples(estimates, values, confidence, sample.effective)


def _block(statistics: Sequence[Statistic], random: np.random.Generator, size: int, sample: Sample) -> Floats:
    values = _evaluate(statistics, _weights(random, size, sample))
    for _ in range(_ATTEMPTS):
        undefined = np.flatnonzero(~np.isfinite(values).all(axis=1))
        if not len(undefined):
            return values
        values[undefined] = _evaluate(statistics, _weights(random, len(undefined), sample))
    message = f"a metric is defined on almost no resample of the {len(sample)} rows; they are too few or too much alike"
    raise DataError(message)


def _weights(random: np.random.Generator, size: int, sample: Sample) -> Floats:
    drawn = random.integers(0, sample.units, (size, sample.units))
    drawn += sample.units * np.arange(size)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=size * sample.units).reshape(size, sample.units)
    return sample.rows(counts.astype(np.float64))


def _evaluate(statistics: Sequence[Statistic], weights: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.column_stack([statistic(weights) for statistic in statistics])
