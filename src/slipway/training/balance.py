"""Weights of rare classes."""

from dataclasses import replace

import numpy as np

from slipway.training.matrix import Rows

RARE = 0.2
"""Share of an even share below which a class is rare."""

LARGEST = 8.0
"""Largest weight of a class in units of the smallest: what the weights do to probabilities is undone by division, which
blows the rounding of single precision up."""


def rare(rows: Rows, classes: int) -> bool:
    """Whether a class has less than ``RARE`` of an even share of the rows."""
    return bool(classes) and float(_counts(rows, classes).min()) < RARE * _total(rows) / classes


def weights(rows: Rows, classes: int) -> tuple[float, ...]:
    """The weight of each class: inverse to how frequent it is, at most ``LARGEST`` times the smallest; mean 1."""
    counts = np.maximum(_counts(rows, classes), 1e-12)
    inverse = np.minimum(counts.max() / counts, LARGEST)
    return tuple((inverse * counts.sum() / (inverse * counts).sum()).tolist())


def weighted(rows: Rows, by_class: tuple[float, ...]) -> Rows:
    """The same rows, with the weight of their class on top of their own."""
    factor = np.array(by_class)[rows.y.astype(np.int64)]
    return replace(rows, weight=factor if rows.weight is None else factor * rows.weight)


def _counts(rows: Rows, classes: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.bincount(rows.y.astype(np.int64), rows.weight, minlength=classes).astype(np.float64)


def _total(rows: Rows) -> float:
    return float(len(rows.y) if rows.weight is None else rows.weight.sum())
