"""Every metric of one model on the test rows."""

from dataclasses import dataclass

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation import metrics
from slipway.evaluation.arrays import Floats
from slipway.evaluation.bootstrap import Interval, resample
from slipway.evaluation.decision import Rule
from slipway.evaluation.sample import Sample
from slipway.spec.model import Spec


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric of a model.

    Attributes:
        name: The metric's name.
        title: What a sentence calls it.
        value: The score on the test rows.
        interval: Its interval.
        higher_is_better: Which way is better.
    """

    name: str
    title: str
    value: float
    interval: Interval
    higher_is_better: bool


def measures(sample: Sample, outputs: Floats, target: Target, spec: Spec, threshold: Rule = 0.5) -> tuple[Measure, ...]:
    """Scores a model by every metric that its task and these rows define.

    Args:
        sample: The test rows.
        outputs: Probabilities (n, k) or predictions (n,).
        target: The target.
        spec: The spec: resamples, confidence, and the split's seed.
        threshold: The rule that decides.
    """
    defined = [
        (metric, value)
        for metric in metrics.for_task(target.task)
        if np.isfinite(value := metrics.score(metric.name, sample.y, outputs, threshold, sample.weight))
    ]
    draws = resample(
        [metric.prepare(sample.y, outputs, threshold) for metric, _ in defined],
        sample,
        resamples=spec.gates.resamples,
        confidence=spec.gates.confidence,
        seed=spec.split.seed,
    )
    intervals = [
        draws.corrected(at) if metric.name == "ece" else draws.interval(at) for at, (metric, _) in enumerate(defined)
    ]
    return tuple(
        Measure(metric.name, metric.title, value, interval, metric.higher_is_better)
        for (metric, value), interval in zip(defined, intervals, strict=True)
    )
