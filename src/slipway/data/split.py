"""Which rows train, which compare the candidates, which judge the winner."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from slipway.data.rowhash import Keys
from slipway.spec import Split

NAMES: Final = ("train", "validation", "test")
"""Names of the splits; a code is a position in here."""

TRAIN, VALIDATION, TEST = range(3)

_MANY_EQUAL = 0.5
"""Share of distinct rows below which equal rows are taken for coincidence, and may fall into different splits."""


def by_hash(keys: Keys, strata: NDArray[np.int64], split: Split) -> NDArray[np.uint8]:
    """Splits rows by their hash, in the same shares within each stratum.

    A row's place depends on what was hashed, not on its position: rows that are added later move almost none of the
    others. Equal rows fall into the same split, so that no row is judged by its copy; unless most rows have a
    copy, as in a table of few categories.

    Args:
        keys: Hash of each row's inputs, shape (n,).
        strata: The class of each row, or zeros, shape (n,).
        split: Shares of validation and test.

    Returns:
        A code for each row, shape (n,). Each split gets a row of each stratum that has three distinct ones.
    """
    keys = _told_apart(keys) if len(np.unique(keys)) < _MANY_EQUAL * len(keys) else keys
    codes = np.full(len(keys), TRAIN, dtype=np.uint8)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        codes[rows] = _by_rank(keys[rows], split)
    return codes


def by_entity(keys: Keys, split: Split) -> NDArray[np.uint8]:
    """Splits rows by the hash of their entity: all rows of one fall into the same split.

    Args:
        keys: Hash of each row's entity, shape (n,).
        split: Shares of validation and test.

    Returns:
        A code for each row, shape (n,).
    """
    return _by_rank(keys, split)


def by_time(times: NDArray[np.float64], split: Split) -> NDArray[np.uint8]:
    """Splits rows by time: the oldest train, the newest test. Rows of the same time fall into the same split.

    Args:
        times: Any measure of time, shape (n,); NaN counts as oldest.
        split: Shares of validation and test.

    Returns:
        A code for each row, shape (n,).
    """
    return _by_rank(-np.nan_to_num(times, nan=-np.inf), split)


def _by_rank(values: NDArray[Any], split: Split) -> NDArray[np.uint8]:
    """The smallest values test, those after them validate; equal ones stay together."""
    distinct, place = np.unique(values, return_inverse=True)
    before = np.cumsum(np.bincount(place)) / len(values)
    test = _cut(before, split.test, len(distinct), leave=2)
    validation = max(
        _cut(before, split.test + split.validation, len(distinct), leave=1), min(test + 1, len(distinct) - 1)
    )
    return np.select([place < test, place < validation], [TEST, VALIDATION], TRAIN).astype(np.uint8)


def _cut(before: NDArray[np.float64], share: float, distinct: int, leave: int) -> int:
    """How many of the distinct keys make up a share of the rows: the nearest, at least one, leaving some."""
    nearest = int(np.abs(before - share).argmin()) + 1
    return max(0, min(nearest, distinct - leave))


def _told_apart(keys: Keys) -> Keys:
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    copies = np.arange(len(keys)) - np.repeat(starts, np.diff(np.r_[starts, len(keys)]))
    numbers = np.empty(len(keys), dtype=np.uint64)
    numbers[order] = copies.astype(np.uint64)
    mixed = (keys ^ (numbers * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
    return np.asarray(mixed ^ (mixed >> np.uint64(29)))
