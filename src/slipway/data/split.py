"""Which rows train, which compare the candidates, which judge the winner.

Rows are ordered by a key: the hash of what they hold, or how new they are. The smallest keys test, those after them
validate, the others train. Keys are counted over parts of a table and added up, so memory does not grow with it. From
``tally.MOST`` distinct keys on, neighbouring keys count as one, and shares are met to one row in about as many.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from slipway.data import tally as tallies
from slipway.data.rowhash import Keys
from slipway.data.tally import Ints, Tally
from slipway.spec import Split

NAMES: Final = ("train", "validation", "test")
"""Names of the splits; a code is a position in here."""

TRAIN, VALIDATION, TEST = range(3)

Codes = NDArray[np.uint8]
State = dict[int, Tally]
"""A tally for each stratum."""

_MANY_EQUAL = 0.5
"""Share of distinct rows below which equal rows are taken for coincidence, and may fall into different splits."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where the splits begin.

    Attributes:
        edges: For each stratum, the first key that validates, the first that trains, and the low bits they ignore.
    """

    edges: dict[int, tuple[int, int, int]]

    def codes(self, keys: Ints, strata: Ints) -> Codes:
        """The split of each row; see ``fit``."""
        codes = np.full(len(keys), TRAIN, dtype=np.uint8)
        for stratum, (validation, train, shift) in self.edges.items():
            rows = np.flatnonzero(strata == stratum)
            place = keys[rows] >> shift
            codes[rows] = np.select([place < validation, place < train], [TEST, VALIDATION], TRAIN)
        return codes


def fit(keys: Ints, strata: Ints) -> State:
    """Counts a part of the rows.

    Args:
        keys: Key of each row, from ``by_value`` or ``newest_first``, shape (n,).
        strata: The stratum of each row, in which the shares are to be met; or zeros. Shape (n,).
    """
    return {int(stratum): tallies.fit(keys[strata == stratum]) for stratum in np.unique(strata)}


def merge(states: Sequence[State]) -> State:
    """Adds up counts of parts."""
    strata = sorted({stratum for state in states for stratum in state})
    return {stratum: tallies.merge([state[stratum] for state in states if stratum in state]) for stratum in strata}


def finish(state: State, split: Split) -> Cuts:
    """Where the splits begin: each gets a key of each stratum that has three distinct ones.

    Args:
        state: Counts of all rows.
        split: Shares of validation and test.
    """
    return Cuts({stratum: _edges(tally, split) for stratum, tally in state.items()})


def by_value(hashes: Keys) -> Ints:
    """Hashes as keys: where a row falls depends on what was hashed, not on its position.

    Rows that are added later move almost none of the others, and equal rows fall into the same split.
    """
    return np.asarray((hashes ^ np.uint64(1 << 63)).view(np.int64))


def newest_first(times: NDArray[np.float64]) -> Ints:
    """Times as keys: the newest test, the oldest train. Rows of the same time fall into the same split.

    Args:
        times: Any measure of time, shape (n,); NaN counts as oldest.
    """
    bits = (-np.nan_to_num(times, nan=-np.inf) + 0.0).view(np.int64)
    return np.where(bits < 0, np.iinfo(np.int64).min - bits - 1, bits)


def mostly_copies(tally: Tally) -> bool:
    """Whether most rows have a copy, as in a table of few categories.

    Args:
        tally: The keys of all rows; a table of more than ``tally.MOST`` distinct rows never has.
    """
    return not tally.shift and len(tally.keys) < _MANY_EQUAL * int(tally.counts.sum())


class Copies:
    """Tells equal rows apart by how many came before: the first copy keeps no hash of the others."""

    def __init__(self) -> None:
        self._seen: dict[int, int] = {}

    def apart(self, hashes: Keys) -> Keys:
        """Other hashes for the rows of the next part, which differ between copies."""
        distinct, place, counts = np.unique(hashes, return_inverse=True, return_counts=True)
        before = np.array([self._seen.get(key, 0) for key in distinct.tolist()], dtype=np.uint64)
        order = np.argsort(place, kind="stable")
        starts = np.cumsum(counts) - counts
        numbers = np.empty(len(hashes), dtype=np.uint64)
        numbers[order] = (np.arange(len(hashes)) - np.repeat(starts, counts)).astype(np.uint64)
        numbers += before[place]
        for key, seen, count in zip(distinct.tolist(), before.tolist(), counts.tolist(), strict=True):
            self._seen[key] = seen + count
        mixed = (hashes ^ (numbers * np.uint64(0x9E3779B97F4A7C15))) * np.uint64(0xBF58476D1CE4E5B9)
        return np.asarray(mixed ^ (mixed >> np.uint64(29)))


def _edges(tally: Tally, split: Split) -> tuple[int, int, int]:
    before = np.cumsum(tally.counts) / max(int(tally.counts.sum()), 1)
    distinct = len(tally.keys)
    test = _cut(before, split.test, distinct, leave=2)
    validation = max(_cut(before, split.test + split.validation, distinct, leave=1), min(test + 1, distinct - 1))
    keys = [*tally.keys.tolist(), int(tally.keys[-1]) + 1]
    return keys[test], keys[validation], tally.shift


def _cut(before: NDArray[np.float64], share: float, distinct: int, leave: int) -> int:
    """How many of the distinct keys make up a share of the rows: the nearest, at least one, leaving some."""
    nearest = int(np.abs(before - share).argmin()) + 1
    return max(0, min(nearest, distinct - leave))
