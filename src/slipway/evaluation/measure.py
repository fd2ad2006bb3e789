"""Every metric of one model on the test rows."""

from dataclasses import dataclass

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation import metrics
from slipway.evaluation.arrays import Floats, Ints
from slipway.evaluation.bootstrap import Interval, resample
from slipway.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of a model.

    Attributes:
        name: The metric's name.
        title: What a sentence calls it.
        value: The score on the test rows.
        interval: Its interval; None for a metric whose bootstrap gives none.
        higher_is_better: Which way is better.
    """

    name: str
    title: str
    value: float
    interval: Interval | None
    higher_is_better: bool


def measures(y: Floats | Ints, outputs: Floats, target: Target, spec: Spec) -> tuple[Measure, ...]:
    """Scores a model by every metric that its task and these rows define.

    Args:
        y: Class indices or target of the test rows, shape (n,).
        outputs: Probabilities (n, k) or predictions (n,).
        target: The target.
        spec: The spec: threshold, resamples, confidence, and the split's seed.
    """
    defined = [
        (metric, value)
        for metric in metrics.for_task(target.task)
        if np.isfinite(value := metrics.score(metric.name, y, outputs, spec.threshold))
    ]
    resampled = [metric for metric, _ in defined if metric.resampled]
    draws = resample(
        [metric.prepare(y, outputs, spec.threshold) for metric in resampled],
        len(y),
        resamples=spec.gates.resamples,
        confidence=spec.gates.confidence,
        seed=spec.split.seed,
    )
    intervals = {metric.name: draws.interval(index) for index, metric in enumerate(resampled)}
    return tuple(
        Measure(metric.name, metric.title, value, intervals.get(metric.name), metric.higher_is_better)
        for metric, value in defined
    )
