"""Training every candidate and ranking them on the validation rows."""

import logging
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slipway.data.schema import Target
from slipway.training import candidate as candidates
from slipway.training import rescale
from slipway.training.candidate import Candidate, Model
from slipway.training.matrix import Goal, Matrix, Outputs

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Metric:
    """What ranks the candidates.

    Attributes:
        name: What a log calls it.
        score: From y and outputs to a score.
        higher_is_better: False for errors and losses.
    """

    name: str
    score: Callable[[Goal, Outputs], float]
    higher_is_better: bool


@dataclass(frozen=True, slots=True)
class Trained:
    """A candidate that was trained.

    Attributes:
        name: The candidate's name.
        model: The model.
        score: Its score on the validation rows.
        seconds: Seconds that training took.
    """

    name: str
    model: Model
    score: float
    seconds: float


def train(
    rows: Matrix, validation: Matrix, target: Target, names: Sequence[str], metric: Metric, seed: int
) -> tuple[Trained, ...]:
    """Trains every candidate.

    Args:
        rows: Rows to train on.
        validation: Rows to rank on.
        target: The target.
        names: Names of the candidates.
        metric: What ranks them.
        seed: Seed of every random number.

    Returns:
        The candidates, best first, one without a score last; of two with the same score, the one that is named first.

    Raises:
        UnknownNameError: There is no candidate of a name.
    """
    chosen = {name: candidates.get(name) for name in names}
    trained = [_one(name, candidate, rows, validation, target, metric, seed) for name, candidate in chosen.items()]
    sign = -1.0 if metric.higher_is_better else 1.0
    return tuple(sorted(trained, key=lambda item: (math.isnan(item.score), sign * item.score)))


def _one(
    name: str, candidate: Candidate, rows: Matrix, validation: Matrix, target: Target, metric: Metric, seed: int
) -> Trained:
    started = time.perf_counter()
    model = _fit(candidate, rows, validation, target, seed)
    seconds = time.perf_counter() - started
    score = metric.score(validation.y, model.predict(validation.x))
    logger.info("%s: %s %.4g on %s validation rows", name, metric.name, score, f"{len(validation.y):,}")
    return Trained(name, model, score, seconds)


def _fit(candidate: Candidate, rows: Matrix, validation: Matrix, target: Target, seed: int) -> Model:
    if target.task != "regression":
        return candidate.fit(rows, validation, target, seed)
    scale = rescale.of(rows)
    model = candidate.fit(scale.standardised(rows), scale.standardised(validation), target, seed)
    return rescale.RescaledModel(model, scale)
