"""A score with its chance, and whether it is worse than another one."""

import math
from dataclasses import dataclass

from scipy.special import ndtri

from slipway.drift.answers import Answers
from slipway.errors import DataError
from slipway.evaluation.bootstrap import Interval, resample
from slipway.evaluation.metrics import Metric
from slipway.evaluation.sample import Sample

LEVEL = 0.05
"""Probability that an interval misses, where no other is asked for."""

_RESAMPLES = 200


@dataclass(frozen=True, slots=True)
class Scored:
    """A score.

    Attributes:
        estimate: The score on the rows.
        deviation: Its standard deviation over rows that might have been drawn instead.
    """

    estimate: float
    deviation: float

    def interval(self, level: float = LEVEL) -> Interval:
        """The normal interval.

        Args:
            level: Probability that it misses.
        """
        reach = float(-ndtri(level / 2)) * self.deviation
        return Interval(self.estimate, self.estimate - reach, self.estimate + reach)


def scored(metric: Metric, answers: Answers, seed: int = 0) -> Scored | None:
    """A score with its bootstrap deviation; None where the rows do not define it.

    Args:
        metric: What is scored.
        answers: Predictions with the truth.
        seed: Seed of the bootstrap.
    """
    try:
        statistic = metric.prepare(answers.y, answers.outputs, answers.threshold)
        drawn = resample([statistic], Sample(answers.y), resamples=_RESAMPLES, confidence=1 - LEVEL, seed=seed)
    except DataError:
        return None
    return Scored(float(drawn.estimates[0]), float(drawn.values.std()))


def expected(answers: Answers) -> dict[str, Interval]:
    """Metric to its score, where the rows define it.

    Args:
        answers: Predictions with the truth.
    """
    found = {metric.name: scored(metric, answers) for metric in answers.metrics}
    return {name: one.interval() for name, one in found.items() if one is not None}


def is_worse(metric: Metric, found: Interval, expected: Interval, level: float) -> bool:
    """Whether a score is worse than another by more than the chance in both.

    Args:
        metric: Says which way is better.
        found: The score, with its interval at ``LEVEL``.
        expected: What it is compared with, likewise.
        level: Probability of yes when nothing changed.
    """
    ends = (found.high, expected.low) if metric.higher_is_better else (found.low, expected.high)
    chance = math.hypot(ends[0] - found.estimate, ends[1] - expected.estimate)
    return metric.gain(expected.estimate, found.estimate) > chance * float(ndtri(level) / ndtri(LEVEL / 2))
