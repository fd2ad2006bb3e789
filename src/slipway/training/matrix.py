"""Features and target of a split: in memory, or read part by part."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
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
Weight = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Matrix:
    """Rows to train on or to score.

    Attributes:
        x: Features, float32, shape (n, f).
        y: Class indices, int64, or values, float64; shape (n,).
        names: Names of the features.
        weight: How much each row counts, shape (n,); None when all count the same.
    """

    x: Features
    y: Goal
    names: tuple[str, ...]
    weight: Weight | None = None

    def batches(self) -> Iterator["Matrix"]:
        """The rows as one batch."""
        yield self

    def take(self, places: NDArray[np.int64]) -> "Matrix":
        """Some of the rows."""
        weight = None if self.weight is None else self.weight[places]
        return replace(self, x=self.x[places], y=self.y[places], weight=weight)


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Stored:
    """Rows whose features stay on disk; only the target and the weights are in memory.

    Attributes:
        folders: Tables of features, in order.
        y: See ``Matrix``, of all folders.
        names: Names of the features.
        weight: See ``Matrix``.
    """

    folders: tuple[Path, ...]
    y: Goal
    names: tuple[str, ...]
    weight: Weight | None = None

    def batches(self) -> Iterator[Matrix]:
        """The rows, a batch at a time."""
        start = 0
        for folder in self.folders:
            for frame in table.batches(folder, self.names):
                part = slice(start, start + len(frame))
                weight = None if self.weight is None else self.weight[part]
                yield Matrix(frame.to_numpy().astype(np.float32, copy=False), self.y[part], self.names, weight)
                start += len(frame)


Rows = Matrix | Stored


def read(folder: Path, target: Target, weight: Weight | None = None) -> Matrix:
    """Reads a table of features.

    Args:
        folder: A table whose columns are features, and the target under the name ``TARGET``.
        target: The target.
        weight: How much each row counts.
    """
    frame = table.read(folder)
    names = tuple(name for name in frame.columns if name != TARGET)
    x = np.column_stack([frame[name].to_numpy() for name in names]).astype(np.float32, copy=False)
    return Matrix(x, _goal(frame[TARGET].to_numpy(), target), names, weight)


def stored(folder: Path, target: Target, names: tuple[str, ...], weight: Weight | None = None) -> Stored:
    """A table of features that stays on disk; see ``read``."""
    return Stored((folder,), _goal(table.read(folder, [TARGET])[TARGET].to_numpy(), target), names, weight)


def joined(first: Rows, second: Rows) -> Rows:
    """The rows of both, which must be of one kind."""
    y = np.concatenate([first.y, second.y])
    weight = _joined_weight(first, second)
    if isinstance(first, Stored) and isinstance(second, Stored):
        return Stored(first.folders + second.folders, y, first.names, weight)
    assert isinstance(first, Matrix)  # noqa: S101 - the caller reads both in one way
    assert isinstance(second, Matrix)  # noqa: S101
    return Matrix(np.concatenate([first.x, second.x]), y, first.names, weight)


def _joined_weight(first: Rows, second: Rows) -> Weight | None:
    if first.weight is None and second.weight is None:
        return None
    parts = [np.ones(len(rows.y)) if rows.weight is None else rows.weight for rows in (first, second)]
    return np.concatenate(parts)


def _goal(y: NDArray[np.generic], target: Target) -> Goal:
    return y.astype(np.float64) if target.task == "regression" else y.astype(np.int64)
