"""How far groups are apart. Fairlearn is imported when a sensitive column is named: it is slow to import."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from slipway.evaluation.arrays import Floats, Ints, Statistic
from slipway.evaluation.bootstrap import Interval
from slipway.evaluation.groups import Groups
from slipway.evaluation.sample import Sample
from slipway.spec import Fairness

OUTCOME_ROWS = 10
"""Fewest rows of each outcome that a group needs for rates of hits and false alarms."""


@dataclass(frozen=True, slots=True)
class Disparity:
    """One measure of how far groups are apart.

    Attributes:
        name: The measure.
        title: What a sentence calls it.
        value: Fairlearn's value with its interval.
        limit: The spec's limit; None where it sets none.
        at_least: Whether the limit is the least rather than the largest value.
    """

    name: str
    title: str
    value: Interval
    limit: float | None
    at_least: bool = False

    @property
    def passed(self) -> bool:
        """Whether the value keeps the limit."""
        if self.limit is None:
            return True
        return self.value.estimate >= self.limit if self.at_least else self.value.estimate <= self.limit


class Means:
    """Means within groups as functions of row weights."""

    def __init__(self, groups: Groups, sample: Sample, judged: Ints, y: Floats, answers: Floats) -> None:
        self.members = groups.codes == judged[:, None]
        self.judged = judged.tolist()
        self.groups, self.sample, self.y, self.answers = groups, sample, y, answers

    def mean(self, group: int, values: Floats, among: Ints | None = None) -> Statistic:
        """The mean of a group's rows, or of some of them; 0 where a resample has none."""
        member = self.groups.codes == group
        counted = (member if among is None else member & among).astype(float)

        def statistic(weights: Floats) -> Floats:
            total = weights @ counted
            return np.asarray(np.divide(weights @ (counted * values), total, out=np.zeros(len(total)), where=total > 0))

        return statistic

    def spread(self, values: Floats, among: Ints | None = None, *, ratio: bool = False) -> Statistic:
        """The largest mean minus the smallest, or the smallest over the largest."""
        each = [self.mean(at, values, among) for at in self.judged]

        def statistic(weights: Floats) -> Floats:
            means = np.stack([one(weights) for one in each])
            low, high = means.min(axis=0), means.max(axis=0)
            return np.asarray(np.divide(low, high, out=np.ones_like(low), where=high > 0) if ratio else high - low)

        return statistic

    def kept(self) -> Ints:
        """Rows of the groups that are judged."""
        return np.asarray(self.members.any(axis=0))


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure: its value by Fairlearn, the same as a function of row weights, and the spec's limit."""

    name: str
    title: str
    value: float
    statistic: Statistic
    limit: float | None
    at_least: bool = False

    def held(self, interval: Interval) -> Disparity:
        """The value of Fairlearn with the interval of the resamples."""
        return Disparity(
            self.name, self.title, Interval(self.value, interval.low, interval.high), self.limit, self.at_least
        )


def measures(means: Means, limits: Fairness, outcome: str) -> list[Measured]:
    """What is compared between groups: by Fairlearn, and as functions of row weights.

    Args:
        means: The groups that are judged; at least two.
        limits: The spec's limits.
        outcome: The class whose answers are looked at; empty for a number.
    """
    return _of_classes(means, limits) if outcome else _of_numbers(means, limits)


def _of_classes(means: Means, limits: Fairness) -> list[Measured]:
    from fairlearn import metrics as fairlearn

    def value(metric: Callable[..., Any]) -> float:
        kept = means.kept()
        return float(
            metric(
                means.y[kept],
                means.answers[kept],
                sensitive_features=means.groups.codes[kept],
                sample_weight=means.sample.counts[kept],
            )
        )

    parity, impact = means.spread(means.answers), means.spread(means.answers, ratio=True)
    ratio = value(fairlearn.demographic_parity_ratio)
    found = [
        Measured(
            "parity_difference", "demographic parity difference",
            value(fairlearn.demographic_parity_difference), parity, limits.max_parity_difference,
        ),
        Measured(
            "impact_ratio", "disparate impact ratio",
            ratio if np.isfinite(ratio) else 1.0, impact, limits.min_impact_ratio, at_least=True,
        ),
    ]  # fmt: skip
    if all((means.members & (means.y == side)).sum(axis=1).min() >= OUTCOME_ROWS for side in (0, 1)):
        hits, alarms = (means.spread(means.answers, means.y == side) for side in (1, 0))
        odds: Statistic = lambda weights: np.maximum(hits(weights), alarms(weights))  # noqa: E731
        differ = value(fairlearn.equalized_odds_difference)
        found.append(Measured("odds_difference", "equalized odds difference", differ, odds, limits.max_odds_difference))
    return found


def _of_numbers(means: Means, limits: Fairness) -> list[Measured]:
    from fairlearn.metrics import MetricFrame, mean_prediction
    from sklearn.metrics import mean_absolute_error

    kept = means.kept()
    frame = MetricFrame(
        metrics={"error": mean_absolute_error, "mean": mean_prediction},
        y_true=means.y[kept],
        y_pred=means.answers[kept],
        sensitive_features=means.groups.codes[kept],
        sample_params={name: {"sample_weight": means.sample.counts[kept]} for name in ("error", "mean")},
    )
    apart = frame.difference()
    error, mean = means.spread(np.abs(means.y - means.answers)), means.spread(means.answers)
    return [
        Measured(
            "error_difference",
            "difference of mean absolute errors",
            float(apart["error"]),
            error,
            limits.max_error_difference,
        ),
        Measured(
            "mean_difference", "difference of mean predictions", float(apart["mean"]), mean, limits.max_mean_difference
        ),
    ]
