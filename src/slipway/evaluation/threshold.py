"""The threshold of a binary model, chosen on rows that it was not trained on."""

from collections.abc import Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.evaluation import costs as costing
from slipway.evaluation.arrays import Floats, Ints

DEFAULT = 0.5
EDGE = 1e-6
"""A threshold is at least this far from 0 and 1."""

Aim = Literal["auto", "f1", "balanced_accuracy"] | float


def choose(
    aim: Aim, y: Ints, outputs: Floats, weight: Floats | None, costs: Mapping[str, Mapping[str, float]], target: Target
) -> float:
    """Chooses a threshold.

    Args:
        aim: A number, which is the threshold; ``f1`` or ``balanced_accuracy`` to make the largest; or ``auto``: the
            least costs where there are any, else ``DEFAULT``.
        y: Class indices of rows that the model was not trained on, shape (n,).
        outputs: Its probabilities for them, shape (n, k).
        weight: How much each row counts; None when all count the same.
        costs: Actual class to predicted class to cost; empty for none.
        target: The target.

    Returns:
        The threshold; ``DEFAULT`` where there are not two classes.

    Raises:
        DataError: The costs do not fit the target, or a decision of the one class is never cheaper.
    """
    if target.task != "binary":
        if aim in ("f1", "balanced_accuracy"):
            message = f"threshold {aim!r} is for two classes, but {target.name!r} is {target.task}; set it to auto"
            raise DataError(message)
        if costs:
            costing.matrix(costs, target)
        return DEFAULT
    if isinstance(aim, float):
        return aim
    counted = np.ones(len(y)) if weight is None else weight
    if aim == "auto":
        return _cheapest(costing.matrix(costs, target), y, outputs[:, 1], counted) if costs else DEFAULT
    hits, misses = _above(y == 1, outputs[:, 1], counted)
    values = _f1(hits, misses) if aim == "f1" else _balanced(hits, misses)
    return _between(outputs[:, 1], int(np.argmax(values)))


def _cheapest(costs: Floats, y: Ints, scores: Floats, weight: Floats) -> float:
    """The threshold with the least mean cost; Elkan's (IJCAI 2001) unless that is dearer by a standard error."""
    wrong, missed = float(costs[0, 1] - costs[0, 0]), float(costs[1, 0] - costs[1, 1])
    if wrong <= 0 or missed <= 0:
        dear = "negative" if wrong <= 0 else "positive"
        message = (
            f"'costs' make a wrong decision about a {dear} row no dearer than the right one, so one class would always "
            "be decided: a wrong decision must cost more than a right one"
        )
        raise DataError(message)
    exact = wrong / (wrong + missed)
    hits, misses = _above(y == 1, scores, weight)
    found = _between(scores, int(np.argmin(missed * (hits[-1] - hits) + wrong * misses)))
    dearer = weight * (_each(y, scores, exact, wrong, missed) - _each(y, scores, found, wrong, missed))
    noise = dearer.std() / np.sqrt(len(y))
    return float(np.clip(found if dearer.mean() > noise else exact, EDGE, 1 - EDGE))


def _each(y: Ints, scores: Floats, threshold: float, wrong: float, missed: float) -> NDArray[np.float64]:
    decided = scores >= threshold
    return np.where(decided & (y == 0), wrong, 0.0) + np.where(~decided & (y == 1), missed, 0.0)


def _above(positive: Ints, scores: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Weights of positive and of other rows above each possible threshold, from above all rows to below all."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))
    hits, misses = (np.cumsum(np.where(kind, weight, 0.0)[order])[ends] for kind in (positive, ~positive))
    return np.insert(hits, 0, 0.0), np.insert(misses, 0, 0.0)


def _f1(hits: Floats, misses: Floats) -> Floats:
    return np.asarray(2 * hits / np.maximum(hits[-1] + hits + misses, 1e-300))


def _balanced(hits: Floats, misses: Floats) -> Floats:
    return np.asarray(hits / max(hits[-1], 1e-300) - misses / max(misses[-1], 1e-300))


def _between(scores: Floats, place: int) -> float:
    """The middle between the distinct scores before and after a place in the order from above all to below all."""
    distinct = np.concatenate([[1.0], np.unique(scores)[::-1], [0.0]])
    return float(np.clip((distinct[place] + distinct[place + 1]) / 2, EDGE, 1 - EDGE))
