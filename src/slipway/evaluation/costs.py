"""What decisions cost or earn."""

from collections.abc import Mapping

import numpy as np

from slipway.data.schema import Target
from slipway.errors import DataError
from slipway.evaluation.arrays import Floats, Ints


def matrix(costs: Mapping[str, Mapping[str, float]], target: Target) -> Floats:
    """The cost of every pair of an actual and a predicted class; a pair that is not named costs nothing.

    Args:
        costs: Actual class to predicted class to cost; a gain is negative.
        target: The target.

    Returns:
        Shape (k, k): rows are actual classes, columns predicted ones.

    Raises:
        DataError: The target is a number, or a class is not one of its classes.
    """
    if target.task == "regression":
        message = f"'costs' are for classes, but {target.name!r} is a number; leave them out, or set task"
        raise DataError(message)
    made = np.zeros((len(target.classes), len(target.classes)))
    for actual, row in costs.items():
        for predicted, cost in row.items():
            made[_place(actual, target), _place(predicted, target)] = cost
    return made


def profit(costs: Floats, y: Ints, decided: Ints) -> Floats:
    """What the decision on each row earns, shape (n,).

    Args:
        costs: See ``matrix``.
        y: Actual class indices, shape (n,).
        decided: Decided class indices, shape (n,).
    """
    return np.asarray(-costs[y, decided])


def constant(costs: Floats, shares: Floats) -> int:
    """The one class that costs least when it is decided for every row.

    Args:
        costs: See ``matrix``.
        shares: Share of each class, shape (k,).
    """
    return int(np.argmin(shares @ costs))


def _place(label: str, target: Target) -> int:
    if label not in target.classes:
        message = (
            f"'costs' names the class {label!r}, which {target.name!r} does not have; classes: "
            f"{', '.join(target.classes)}"
        )
        raise DataError(message)
    return target.classes.index(label)
