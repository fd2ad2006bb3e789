"""The gates of gains: over the baseline, over the champion, over the luck of a seed."""

import math

from slipway.evaluation.bootstrap import Interval
from slipway.evaluation.gates import Gate
from slipway.evaluation.metrics import Metric
from slipway.evaluation.wording import number, percent, signed, span

BASELINE = "baseline"
"""Name of the gate that asks for a gain over a model that looks at no column."""

CHAMPION = "champion"
"""Name of the gate that asks for a gain over the champion."""

SEEDS = "seeds"
"""Name of the gate that asks for more than the luck of a seed."""

TIES = frozenset({CHAMPION, SEEDS})
"""Gates that say no to a challenger that is as good as the champion, which is no refusal."""


def over_baseline(metric: Metric, gain: Interval, confidence: float) -> Gate:
    """The challenger must be better than a model that looks at no column.

    Args:
        metric: What decides.
        gain: Gain over the baseline.
        confidence: Confidence of the interval.
    """
    passed = gain.low > 0
    said = f"the gain over the baseline is {_gain(metric, gain, confidence)}"
    why = "" if passed else " (the columns say too little about the target, or there are too few rows to tell)"
    remedy = "" if passed else "bring columns that say more about the target, or more rows"
    return Gate(BASELINE, "Gain over the baseline", passed, gain.low, 0.0, ">", "", said + why, remedy)


def over_champion(metric: Metric, gain: Interval, confidence: float, min_gain: float, champion: str) -> Gate:
    """The challenger must be better than the champion by more than the least gain.

    Args:
        metric: What decides.
        gain: Gain over the champion on the same rows.
        confidence: Confidence of the interval.
        min_gain: The lower end must be above this.
        champion: What the champion is called.
    """
    said = f"the gain over {champion} is {_gain(metric, gain, confidence)}"
    return Gate(CHAMPION, f"Gain over {champion}", gain.low > min_gain, gain.low, min_gain, ">", "", said)


def over_seeds(metric: Metric, gain: Interval, luck: float, min_gain: float) -> Gate:
    """The challenger must be better than the champion by more than the luck of a seed and of the rows.

    An interval from resampled rows knows of the rows only: with enough of them, it tells two trainings of the same
    recipe apart, because they do differ (Bouthillier et al., "Accounting for Variance in Machine Learning Benchmarks",
    MLSys 2021). Both kinds of luck are independent, so what a gain may owe to them is the root of the sum of squares.

    Args:
        metric: What decides.
        gain: Gain over the champion on the same rows.
        luck: Gain that another seed has in one of twenty trainings; see ``slipway.training.luck``.
        min_gain: What is left without luck must be above this.
    """
    limit = min_gain + math.hypot(luck, gain.estimate - gain.low)
    said = (
        f"trained with another seed it gains up to {number(luck)} {metric.title} over itself by luck alone, and with "
        f"the luck of the rows a gain must be above {number(limit)}"
    )
    shown = float(f"{limit:.3g}")
    return Gate(SEEDS, "Gain over other seeds", gain.estimate > limit, gain.estimate, shown, ">", "", said)


def _gain(metric: Metric, gain: Interval, confidence: float) -> str:
    ends = span(gain.low, gain.high)
    return f"{signed(gain.estimate)} {metric.title} ({percent(confidence)} interval {ends})"
