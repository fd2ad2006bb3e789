"""What candidates are scored on: the validation rows, or folds of all rows that are not for the test."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedGroupKFold, StratifiedKFold

from slipway.errors import DataError
from slipway.training.matrix import Goal, Matrix, Rows, Weight, joined

FEW_ROWS = 1_000
"""Training and validation rows below which ``auto`` is a cross-validation."""

AUTO = 5


@dataclass(frozen=True, slots=True, eq=False)
class Fold:
    """Rows to train on, and rows to score on.

    Attributes:
        rows: The former.
        validation: The latter.
    """

    rows: Rows
    validation: Rows


@dataclass(frozen=True, slots=True, eq=False)
class Folds:
    """Every fold.

    Attributes:
        parts: The folds.
        whole: Makes all rows of all of them, for the final fit.
        y: Goal of the rows that are scored, fold after fold.
        weight: Their weights.
    """

    parts: tuple[Fold, ...]
    whole: Callable[[], Rows]
    y: Goal
    weight: Weight | None


@dataclass(frozen=True, slots=True, eq=False)
class Keys:
    """What must not be torn apart.

    Attributes:
        entity: Code of the entity of each row, shape (n,); None when every row is one of its own.
        time: When each row happened, shape (n,); None when that is not known.
    """

    entity: NDArray[np.int64] | None = None
    time: NDArray[np.float64] | None = None


def holdout(train: Rows, validation: Rows) -> Folds:
    """One fold: the training rows and the validation rows."""
    return Folds((Fold(train, validation),), lambda: joined(train, validation), validation.y, validation.weight)


def crossed(rows: Matrix, count: int, keys: Keys, *, stratified: bool, seed: int) -> Folds:
    """Folds of a cross-validation.

    Args:
        rows: All rows, training rows first.
        count: Number of folds.
        keys: Rows of an entity fall into one fold; with times, each fold trains on what is older.
        stratified: Whether ``rows.y`` are classes, which each fold gets in the same shares.
        seed: Seed of the shuffle.

    Raises:
        DataError: There are fewer rows of a class, entities or times than folds.
    """
    if keys.time is not None:
        pairs = _by_time(keys.time, count)
    elif keys.entity is not None:
        pairs = _by_entity(rows.y, keys.entity, count, stratified=stratified, seed=seed)
    elif stratified:
        _require(int(np.unique(rows.y, return_counts=True)[1].min()), count, "rows of the rarest class")
        pairs = list(StratifiedKFold(count, shuffle=True, random_state=seed).split(rows.y, rows.y))
    else:
        _require(len(rows.y), count, "rows")
        pairs = list(KFold(count, shuffle=True, random_state=seed).split(rows.y))
    _require_classes(rows.y, pairs, stratified=stratified)
    parts = tuple(Fold(rows.take(train), rows.take(held_out)) for train, held_out in pairs)
    scored = np.concatenate([held_out for _, held_out in pairs])
    return Folds(parts, lambda: rows, rows.y[scored], None if rows.weight is None else rows.weight[scored])


Pairs = list[tuple[NDArray[np.int64], NDArray[np.int64]]]


def _by_entity(y: Goal, entity: NDArray[np.int64], count: int, *, stratified: bool, seed: int) -> Pairs:
    _require(len(np.unique(entity)), count, "entities")
    strata = y if stratified else np.zeros(len(y), dtype=np.int64)
    return list(StratifiedGroupKFold(count, shuffle=True, random_state=seed).split(strata, strata, entity))


def _by_time(times: NDArray[np.float64], count: int) -> Pairs:
    """Fold k trains on the first k of count + 1 spans of time, and is scored on the next one."""
    distinct, place, rows = np.unique(np.nan_to_num(times, nan=-np.inf), return_inverse=True, return_counts=True)
    _require(len(distinct), count + 1, "times")
    span = np.minimum((np.cumsum(rows) - rows) * (count + 1) // len(times), count)[place]
    pairs = [(np.flatnonzero(span < number), np.flatnonzero(span == number)) for number in range(1, count + 1)]
    return [(train, held_out) for train, held_out in pairs if len(train) and len(held_out)]


def _require(have: int, need: int, what: str) -> None:
    if have < need:
        message = (
            f"search.folds asks for {need} folds, but there are only {have} {what}; set it to a smaller number or 0"
        )
        raise DataError(message)


def _require_classes(y: Goal, pairs: Pairs, *, stratified: bool) -> None:
    if stratified and any(len(np.unique(y[train])) < len(np.unique(y)) for train, _ in pairs):
        message = (
            "a fold of the cross-validation trains on rows that lack a class; set search.folds to 0 or fewer folds"
        )
        raise DataError(message)
