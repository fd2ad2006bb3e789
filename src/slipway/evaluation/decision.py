"""The rule that turns probabilities into a class; what is judged decides as what is served does."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation import costs as costing
from slipway.evaluation.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Cheapest:
    """Decides for the class with the least expected cost (Elkan, IJCAI 2001).

    Attributes:
        costs: Rows are actual classes, columns predicted ones.
    """

    costs: tuple[tuple[float, ...], ...]


Rule = float | Cheapest
"""The probability from which a binary prediction is the positive class, or the costs of decisions. Of more than two
classes, the most probable one is decided where the rule is a number."""


def rule(threshold: float, costs: Mapping[str, Mapping[str, float]], target: Target) -> Rule:
    """The rule of a model.

    Args:
        threshold: Its threshold; with two classes it has the costs in it already.
        costs: Actual class to predicted class to cost; empty for none.
        target: The target.

    Raises:
        DataError: The costs do not fit the target.
    """
    if not costs or target.task != "multiclass":
        return threshold
    return Cheapest(tuple(tuple(row) for row in costing.matrix(costs, target).tolist()))


def decide(outputs: Floats, rule: Rule) -> Ints:
    """The class that is answered for each row.

    Args:
        outputs: Probabilities, shape (n, k).
        rule: The rule.

    Returns:
        Class indices, shape (n,).
    """
    if isinstance(rule, Cheapest):
        return np.asarray((outputs @ np.array(rule.costs)).argmin(axis=1))
    if outputs.shape[1] == 2:
        return (outputs[:, 1] >= rule).astype(np.int64)
    return np.asarray(outputs.argmax(axis=1))
