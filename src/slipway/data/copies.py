"""How many rows are a copy of another one: exact up to a limit, then from a sample of the distinct rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.data.rowhash import Keys

MOST_KEYS = 1 << 22
"""Distinct rows that are held at most: 64 MB."""


@dataclass(frozen=True, slots=True)
class Copies:
    """Hashes of rows with how often each occurs.

    Past ``MOST_KEYS`` only hashes that begin with a zero bit are kept, then with two, and so on: whether a row is kept
    depends on its values alone, so all copies of it are, and the share of copies among them estimates the whole's
    (adaptive sampling: Flajolet, "On adaptive sampling", Computing 43, 1990).

    Attributes:
        keys: Distinct hashes, ascending, uint64.
        counts: Rows of each, int64.
        level: Leading zero bits that a hash that is kept has.
    """

    keys: Keys
    counts: NDArray[np.int64]
    level: int = 0

    @property
    def exact(self) -> bool:
        """Whether every row was counted."""
        return self.level == 0

    @property
    def share(self) -> float:
        """Share of the rows that are a copy of an earlier one; 64-bit hashes are taken for the rows."""
        rows = int(self.counts.sum())
        return 1 - len(self.keys) / rows if rows else 0.0

    def repeated(self, most: int) -> Keys:
        """Hashes of rows that occur more than once, the most frequent first."""
        order = np.argsort(-self.counts, kind="stable")[:most]
        return self.keys[order[self.counts[order] > 1]]


def fit(keys: Keys) -> Copies:
    """Counts the rows of a part by their hashes, shape (n,)."""
    distinct, counts = np.unique(keys, return_counts=True)
    return _bounded(Copies(distinct, counts.astype(np.int64)))


def merge(parts: Sequence[Copies]) -> Copies:
    """Adds up the counts of parts; at least one is needed."""
    level = max(part.level for part in parts)
    sampled = [_sampled(part, level) for part in parts]
    distinct, place = np.unique(np.concatenate([part.keys for part in sampled]), return_inverse=True)
    counts = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(counts, place, np.concatenate([part.counts for part in sampled]))
    return _bounded(Copies(distinct, counts, level))


def _bounded(copies: Copies) -> Copies:
    while len(copies.keys) > MOST_KEYS:
        copies = _sampled(copies, copies.level + 1)
    return copies


def _sampled(copies: Copies, level: int) -> Copies:
    if level == copies.level:
        return copies
    kept = copies.keys >> np.uint64(64 - level) == 0
    return Copies(copies.keys[kept], copies.counts[kept], level)
