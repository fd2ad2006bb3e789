"""How many rows have each key, in the order of the keys: mergeable, and bounded in size."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST = 1 << 18
"""Keys that are told apart, at most; with more, neighbours are joined."""

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Rows of each key.

    Attributes:
        keys: Keys that occur, ascending, without their low bits.
        counts: Rows of each.
        shift: Low bits that are ignored; 0 until there are more than ``MOST`` keys.
    """

    keys: Ints
    counts: Ints
    shift: int = 0

    def joined(self, shift: int) -> "Tally":
        """The same rows with at least so many low bits ignored."""
        if shift <= self.shift:
            return self
        return Tally(*_grouped(self.keys >> (shift - self.shift), self.counts), shift)


def fit(keys: Ints) -> Tally:
    """Counts a part of the rows."""
    found, counts = np.unique(keys, return_counts=True)
    return _bounded(Tally(found, counts.astype(np.int64)))


def merge(parts: Sequence[Tally]) -> Tally:
    """Adds up tallies of parts; at least one is needed. The order of the parts does not matter."""
    shift = max(part.shift for part in parts)
    joined = [part.joined(shift) for part in parts]
    keys = np.concatenate([part.keys for part in joined])
    order = np.argsort(keys, kind="stable")
    return _bounded(Tally(*_grouped(keys[order], np.concatenate([part.counts for part in joined])[order]), shift))


def _bounded(tally: Tally) -> Tally:
    while len(tally.keys) > MOST:
        tally = tally.joined(tally.shift + 1)
    return tally


def _grouped(keys: Ints, counts: Ints) -> tuple[Ints, Ints]:
    if not len(keys):
        return keys, counts
    starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
    return keys[starts], np.add.reduceat(counts, starts)
