"""How well a classification performs before the truth is known, from how sure it is."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Task
from slipway.drift.answers import WATCHED
from slipway.drift.scores import is_worse
from slipway.evaluation import metrics
from slipway.evaluation.bootstrap import Interval

Floats = NDArray[np.float64]

LIMITS = (
    "Estimated from the probabilities alone: it is right only as far as they are calibrated on the current rows, and "
    "it can't see a change in what the truth depends on. The interval holds the chance of the unknown truth, no more."
)

_DRAWS = 200
_ROWS = 20_000
_CONFIDENCE = 0.95
_WORSE = 0.01
"""Probability that any estimate is called worse when the probabilities are right and nothing changed."""


@dataclass(frozen=True, slots=True)
class Estimated:
    """A score without the truth.

    Attributes:
        name: The metric's name.
        title: What a sentence calls it.
        score: Its expectation, and the interval that holds it with 95 % probability if the probabilities are right.
        expected: The score when the model was judged; None where that is not known.
        worse: Whether it is worse than expected by more than the chance in both.
    """

    name: str
    title: str
    score: Interval
    expected: Interval | None
    worse: bool


def estimate(
    task: Task, outputs: Floats, threshold: float = 0.5, expected: dict[str, Interval] | None = None, seed: int = 0
) -> tuple[Estimated, ...]:
    """Scores that are to be expected of rows whose truth is not known.

    The truth is drawn from the probabilities many times, and scored: a Monte Carlo form of what NannyML calls
    confidence-based performance estimation (CBPE).

    Args:
        task: The task; a regression has no estimate, for its outputs do not say how sure they are.
        outputs: Calibrated probabilities, shape (n, k).
        threshold: Probability from which a binary prediction is the positive class.
        expected: Metric to its score when the model was judged.
        seed: Seed of the draws, and of the choice of rows when there are more than ``_ROWS``.

    Returns:
        One for each metric that the draws define.
    """
    if task == "regression" or not len(outputs):
        return ()
    random = np.random.default_rng(seed)
    rows = outputs if len(outputs) <= _ROWS else outputs[np.sort(random.choice(len(outputs), _ROWS, replace=False))]
    drawn = _truths(rows.astype(np.float64), random)
    found = []
    for name in WATCHED[task]:
        values = np.array([metrics.score(name, y, rows, threshold) for y in drawn])
        values = values[np.isfinite(values)]
        if len(values):
            found.append(_estimated(name, values, (expected or {}).get(name), _WORSE / len(WATCHED[task])))
    return tuple(found)


def _truths(outputs: Floats, random: np.random.Generator) -> list[NDArray[np.int64]]:
    ends = np.cumsum(outputs / outputs.sum(axis=1, keepdims=True), axis=1)[:, :-1]
    return [(random.random((len(outputs), 1)) > ends).sum(axis=1) for _ in range(_DRAWS)]


def _estimated(name: str, values: Floats, expected: Interval | None, level: float) -> Estimated:
    metric, tail = metrics.get(name), (1 - _CONFIDENCE) / 2
    low, high = np.quantile(values, [tail, 1 - tail]).tolist()
    score = Interval(float(values.mean()), low, high)
    worse = expected is not None and is_worse(metric, score, expected, level)
    return Estimated(name, metric.title, score, expected, worse)
