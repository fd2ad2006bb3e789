"""Features and target of a split, in memory."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slipway.data import table
from slipway.data.schema import Target
from slipway.features import plan

TARGET = plan.TARGET
"""Name of the target's column in a table of features."""

Features = NDArray[np.float32]
Outputs = NDArray[np.float32] | NDArray[np.float64]
Goal = NDArray[np.int64] | NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows to train on or to score.

    Attributes:
        x: Features, float32, shape (n, f).
        y: Class indices, int64, or values, float64; shape (n,).
        names: Names of the features.
    """

    x: Features
    y: Goal
    names: tuple[str, ...]


def read(folder: Path, target: Target) -> Matrix:
    """Reads a table of features.

    Args:
        folder: A table whose columns are features, and the target under the name ``TARGET``.
        target: The target.
    """
    frame = table.read(folder)
    names = tuple(name for name in frame.columns if name != TARGET)
    y = frame[TARGET].to_numpy()
    x = np.column_stack([frame[name].to_numpy() for name in names]).astype(np.float32, copy=False)
    return Matrix(x, y if target.task == "regression" else y.astype(np.int64), names)
