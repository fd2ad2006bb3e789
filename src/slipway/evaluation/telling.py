"""How much one column alone tells of the target: one that tells all is often made from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Target
from slipway.evaluation import metrics
from slipway.evaluation.arrays import Floats, Ints

_ROWS = 20_000
"""Most rows that are looked at."""

_BINS = 64
"""Bins of a number with more values."""


@dataclass(frozen=True, slots=True)
class Telling:
    """The column that tells most.

    Attributes:
        column: Its name.
        told: From 0 to 1, which is everything: for classes, the larger of the area under the ROC curve of its order
            (two classes) and the share of the most frequent class's errors that it spares; for a number, the larger of
            the squared rank correlation and the explained variance.
    """

    column: str
    told: float


def most(inputs: Mapping[str, NDArray[Any]], y: Floats | Ints, target: Target, seed: int = 0) -> Telling:
    """Looks at each column by itself: half of the rows learn what its values stand for, the other half is asked.

    Args:
        inputs: Column name to values, shape (n, 1): numbers with NaN for null, or objects of str; at least one column.
        y: Class indices or target, shape (n,).
        target: The target.
        seed: Seed of the halves.
    """
    order = np.random.default_rng(seed).permutation(len(y))[:_ROWS]
    tell = _number if target.task == "regression" else _classes
    found = [Telling(name, tell(values.ravel()[order], y[order])) for name, values in inputs.items()]
    return max(found, key=lambda one: one.told)


def _classes(values: NDArray[Any], y: Ints) -> float:
    codes, half = _codes(values), len(y) // 2
    seen = np.zeros((int(codes.max()) + 1, int(y.max()) + 1))
    np.add.at(seen, (codes[:half], y[:half]), 1)
    usual = int(seen.sum(axis=0).argmax())
    answers = np.where(seen.sum(axis=1) > 0, seen.argmax(axis=1), usual)[codes[half:]]
    missed, missed_anyway = float((answers != y[half:]).sum()), float((y[half:] != usual).sum())
    spared = 1 - missed / missed_anyway if missed_anyway else 0.0
    return max(0.0, spared, _area(values, y) if y.max() == 1 and values.dtype != object else 0.0)


def _number(values: NDArray[Any], y: Floats) -> float:
    codes, half = _codes(values), len(y) // 2
    counts = np.bincount(codes[:half], minlength=int(codes.max()) + 1)
    sums = np.bincount(codes[:half], y[:half], len(counts))
    middle = float(y[:half].mean())
    answers = np.where(counts > 0, sums / np.maximum(counts, 1), middle)[codes[half:]]
    spread = float(((y[half:] - middle) ** 2).sum())
    explained = 1 - float(((y[half:] - answers) ** 2).sum()) / spread if spread else 0.0
    return max(0.0, explained, _correlation(values, y) if values.dtype != object else 0.0)


def _codes(values: NDArray[Any]) -> Ints:
    if values.dtype == object:
        return np.asarray(np.unique(values.astype(str), return_inverse=True)[1])
    known = np.isfinite(values)
    edges = np.unique(values[known])
    if len(edges) > _BINS:
        edges = np.unique(np.quantile(values[known], np.linspace(0, 1, _BINS + 1)[1:-1]))
    return np.where(known, np.searchsorted(edges, values, side="right"), len(edges) + 1)


def _area(values: Floats, y: Ints) -> float:
    filled = np.where(np.isnan(values), -np.inf, values)
    area = metrics.score("roc_auc", y, np.column_stack([-filled, filled]))
    return max(area, 1 - area) if np.isfinite(area) else 0.0


def _correlation(values: Floats, y: Floats) -> float:
    known = np.isfinite(values)
    if known.sum() < len(values) / 2 or len(np.unique(values[known])) < 2 or len(np.unique(y[known])) < 2:
        return 0.0
    ranks = [np.unique(part, return_inverse=True)[1] for part in (values[known], y[known])]
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1] ** 2)
