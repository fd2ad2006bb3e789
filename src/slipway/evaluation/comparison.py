"""How much better one contender is than another on the same rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from slipway.evaluation import delong
from slipway.evaluation.bootstrap import Interval, Resamples, resample
from slipway.evaluation.metrics import Metric
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender
from slipway.evaluation.wording import count
from slipway.spec import Gates

_LEAST = 10
"""Fewest rows of each class for DeLong's normal interval."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Contenders on the same rows.

    Attributes:
        metric: What decides.
        sample: The rows.
        contenders: Who is compared.
        draws: The metric of each on the rows and on each resample.
    """

    metric: Metric
    sample: Sample
    contenders: Sequence[Contender]
    draws: Resamples

    @classmethod
    def of(
        cls, metric: Metric, sample: Sample, contenders: Sequence[Contender], gates: Gates, seed: int
    ) -> "Comparison":
        """Scores contenders on the rows and on resamples of them.

        Args:
            metric: What decides.
            sample: The rows.
            contenders: At least one.
            gates: Resamples and confidence.
            seed: Seed of the resamples.
        """
        statistics = [metric.prepare(sample.y, one.outputs, one.threshold) for one in contenders]
        draws = resample(statistics, sample, resamples=gates.resamples, confidence=gates.confidence, seed=seed)
        return cls(metric, sample, contenders, draws)

    @property
    def by_delong(self) -> bool:
        """Whether gains come from DeLong's formula: two classes, and rows that stand for themselves and count alike."""
        binary = self.metric.name == "roc_auc" and self.contenders[0].outputs.shape[1] == 2
        return binary and self.sample.alike and int(np.bincount(self.sample.y, minlength=2).min()) >= _LEAST

    @property
    def method(self) -> str:
        """Where the intervals of gains come from, in words."""
        if self.by_delong:
            return "DeLong's formula"
        if self.sample.entity is None:
            return "a paired bootstrap of the rows"
        return (
            f"a paired bootstrap of the {count(self.sample.units)} entities, because rows of one entity are alike and "
            "don't count as evidence one by one"
        )

    def gain(self, over: int) -> Interval:
        """How much better the first contender is than another; positive is better, also for errors.

        Args:
            over: Position of the other.
        """
        if self.by_delong:
            first, other = self.contenders[0], self.contenders[over]
            return delong.gain(self.sample.y, first.outputs, other.outputs, self.draws.confidence)
        return self.draws.gain(self.metric, 0, over)
