"""What a model that looks at no column would answer: the yardstick that every model has to beat."""

import numpy as np

from slipway.data.schema import Target
from slipway.evaluation.arrays import Floats, Ints


def outputs(train: Floats | Ints, target: Target, rows: int) -> Floats:
    """The class shares, or the mean, of the training rows for every row.

    Args:
        train: Class indices or target of the training rows, shape (m,).
        target: The target.
        rows: Number of rows to answer for.

    Returns:
        Probabilities (rows, k), or predictions (rows,) for a regression.
    """
    if target.task == "regression":
        return np.full(rows, train.mean())
    shares = np.bincount(train, minlength=len(target.classes)) / len(train)
    return np.tile(shares, (rows, 1))
