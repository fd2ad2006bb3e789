"""Categories as the mean of the target among their rows, without a training row seeing its own target.

Every row is in one of some folds. The value of a training row comes from the rows of the other folds; all other rows
get the value from all training rows (Micci-Barreca, "A Preprocessing Scheme for High-Cardinality Categorical
Attributes", SIGKDD Explorations 3(1), 2001, for the smoothed means).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data.schema import Target
from slipway.features import category
from slipway.features.builder import Builder
from slipway.features.category import Codes, Levels
from slipway.features.named import Features, Named

Floats = NDArray[np.float64]
Folds = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TargetMean(Levels):
    """A category as means of the target; each level, all others, and a missing value have some.

    Attributes:
        outputs: What each mean is called: the share of a class, or the target's mean.
        means: For each code, a mean for each output.
    """

    outputs: tuple[str, ...] = ()
    means: tuple[tuple[float, ...], ...] = ()


def start(column: str, levels: tuple[str, ...], target: Target) -> TargetMean:
    """A category whose means are not known yet."""
    classes = {"binary": target.classes[1:], "multiclass": target.classes, "regression": ()}[target.task]
    outputs = tuple(f"share of {name}" for name in classes) or (f"mean {target.name}",)
    return TargetMean(column, levels, other=True, missing=True, outputs=outputs)


def fit(
    frame: pl.DataFrame, steps: Sequence[TargetMean], goal: NDArray[np.int64] | Floats, folds: Folds, count: int
) -> list[Floats]:
    """Adds up the targets of a part of the training rows.

    Args:
        frame: Prepared rows, see ``slipway.features.inputs.prepared``.
        steps: The categories.
        goal: Class indices or values, shape (n,).
        folds: Fold of each row, shape (n,).
        count: Number of folds.

    Returns:
        For each category an array (folds, codes, 1 + outputs): rows, and sums of each output.
    """
    codes = category.coded(steps, frame)
    return [_sums(codes[step.column], folds, _indicators(goal, step), (count, step.width)) for step in steps]


def merge(parts: Sequence[list[Floats]]) -> list[Floats]:
    """Adds up sums of parts; at least one is needed."""
    return [np.sum(arrays, axis=0) for arrays in zip(*parts, strict=True)]


def finish(
    steps: Sequence[TargetMean], sums: list[Floats], smoothing: float
) -> tuple[tuple[TargetMean, ...], list[Floats]]:
    """The categories with their means.

    Args:
        steps: The categories.
        sums: What ``merge`` gave.
        smoothing: Rows of the overall mean that are added to each level.

    Returns:
        The categories; and for each an array (folds, codes, outputs), the means from the other folds.
    """
    whole = [_means(item.sum(axis=0), smoothing) for item in sums]
    others = [np.stack([_means(item.sum(axis=0) - fold, smoothing) for fold in item]) for item in sums]
    fitted = [replace(step, means=tuple(map(tuple, table.tolist()))) for step, table in zip(steps, whole, strict=True)]
    return tuple(fitted), others


def names(steps: tuple[TargetMean, ...]) -> list[Named]:
    """The features: each output of each category."""
    return [Named(f"{step.column}: {output}", step.column) for step in steps for output in step.outputs]


def write(
    made: Features,
    steps: tuple[TargetMean, ...],
    codes: Codes,
    folds: Folds | None = None,
    others: list[Floats] | None = None,
) -> int:
    """Writes the features of coded rows; see ``slipway.features.number.write``.

    Args:
        made: To write to.
        steps: The categories.
        codes: The rows, see ``slipway.features.category.coded``.
        folds: Fold of each row when they are training rows, shape (n,).
        others: The means from the other folds, from ``finish``, when they are.
    """
    at = 0
    for place, step in enumerate(steps):
        coded, width = codes[step.column], len(step.outputs)
        if folds is None or others is None:
            made[at : at + width] = np.asarray(step.means)[coded].T
        else:
            made[at : at + width] = others[place][folds, coded].T
        at += width
    return at


def nodes(build: Builder, steps: tuple[TargetMean, ...]) -> list[str]:
    """The features in a graph."""
    blocks = []
    for step in steps:
        code = build.codes(build.columns[step.column], step.codes, step.unknown)
        table = build.constant(np.asarray(step.means, dtype=np.float32))
        blocks.append(build.node("Gather", [table, code], axis=0))
    if not blocks:
        return []
    joined = build.node("Concat", blocks, axis=2) if len(blocks) > 1 else blocks[0]
    return [build.node("Squeeze", [joined, build.constant(np.array([1], dtype=np.int64))])]


def _indicators(goal: NDArray[np.int64] | Floats, step: TargetMean) -> Floats:
    if not step.outputs[0].startswith("share of "):
        return goal.astype(np.float64).reshape(-1, 1)
    first = 1 if len(step.outputs) == 1 else 0
    return np.asarray(goal[:, None] == np.arange(first, first + len(step.outputs)), dtype=np.float64)


def _sums(codes: NDArray[Any], folds: Folds, values: Floats, shape: tuple[int, int]) -> Floats:
    place = folds * shape[1] + codes
    columns = [np.ones(len(codes)), *values.T]
    return np.stack([np.bincount(place, column, shape[0] * shape[1]).reshape(shape) for column in columns], axis=-1)


def _means(sums: Floats, smoothing: float) -> Floats:
    """Smoothed means of each code, rounded to what a float32 holds."""
    total = sums.sum(axis=0)
    prior = total[1:] / max(total[0], 1.0)
    rows = sums[:, :1] + smoothing
    smoothed = np.where(rows > 0, (sums[:, 1:] + smoothing * prior) / np.where(rows > 0, rows, 1.0), prior)
    return np.asarray(smoothed.astype(np.float32).astype(np.float64) + 0.0)
