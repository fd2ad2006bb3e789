"""Columns of two samples as the features of a discriminant."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from slipway.data.schema import Kind
from slipway.drift.sample import Sample

Floats = NDArray[np.float64]

LEVELS = 300
"""Levels of all categories together that have a feature, the same number of each: its most frequent ones."""

_MOST = 50
_FEWEST = 20
"""Rows of such a level, at least."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """Features of rows.

    Attributes:
        features: Standardized: the scores of numbers, then their squares, levels and missing values; shape (n, p).
        owners: Place of the column that each feature is made of, shape (p,).
        scores: How many of them are scores.
    """

    features: Floats
    owners: NDArray[np.int64]
    scores: int


def encoded(reference: Sample, current: Sample, kinds: Mapping[str, Kind], names: list[str]) -> Encoded:
    """Features of the reference's rows, followed by those of the current ones.

    A number is the normal score of its rank among all of them, and the square of that; a level, and a missing value of
    a number, is there or not. What does not vary has no feature.

    Args:
        reference: Rows of the reference.
        current: Current rows.
        kinds: Name to kind of the columns.
        names: The columns to take, all of which both samples have.
    """
    scores: list[tuple[int, Floats]] = []
    others: list[tuple[int, Floats]] = []
    levels = LEVELS // max(1, sum(kinds[name] == "category" for name in names))
    for at, name in enumerate(names):
        values = np.concatenate([reference.columns[name], current.columns[name]])
        if kinds[name] == "category":
            others += [(at, feature) for feature in _levels(values, max(1, min(levels, _MOST)))]
        else:
            score = _scores(values)
            scores.append((at, score))
            others += [(at, np.square(score)), (at, np.isnan(values).astype(np.float64))]
    scores, others = ([item for item in some if item[1].std() > 0] for some in (scores, others))
    both = [*scores, *others]
    features = [(feature - feature.mean()) / feature.std() for _, feature in both]
    stacked = np.column_stack(features) if features else np.empty((len(reference.keys) + len(current.keys), 0))
    return Encoded(stacked, np.array([at for at, _ in both], dtype=np.int64), len(scores))


def ranks(values: NDArray[Any]) -> tuple[Floats, NDArray[np.int64]]:
    """Ranks from 1, ties sharing their mean; and the rows of each distinct value.

    Args:
        values: Without a missing one, shape (n,).
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places], counts


def _scores(values: Floats) -> Floats:
    """The normal scores of numbers; 0 for a missing one."""
    present = ~np.isnan(values)
    score = np.zeros(len(values))
    if present.any():
        score[present] = ndtri((ranks(values[present])[0] - 0.5) / present.sum())
    return score


def _levels(values: NDArray[Any], most: int) -> list[Floats]:
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    kept = np.argsort(-counts, kind="stable")[:most]
    return [(places == at).astype(np.float64) for at in kept[counts[kept] >= _FEWEST].tolist()]
