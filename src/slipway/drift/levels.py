"""How often each level of a category occurs, in bounded memory."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

CAPACITY = 1000
"""Levels that are counted at most."""

LONGEST = 120
"""Characters of a level that are kept; a longer one keeps its beginning and a digest of the whole."""


@dataclass(frozen=True, slots=True)
class Levels:
    """Counts of levels, the most frequent first; ties in the order of their names.

    With at most ``CAPACITY`` levels every count is exact. With more, counts are those of J. Misra and D. Gries,
    "Finding Repeated Elements", Science of Computer Programming 2 (1982), merged as in P. Agarwal et al., "Mergeable
    Summaries", PODS 2012: a level's count is too low by at most ``error``, and ``error`` is at most
    ``total`` / (``CAPACITY`` + 1).

    Attributes:
        counts: Rows of each level that is kept.
        total: Rows with a value.
        error: Largest amount by which a count may be too low; 0 when all levels are kept.
    """

    counts: dict[str, int]
    total: int
    error: int = 0

    @property
    def complete(self) -> bool:
        """Whether every level that occurred is kept, with its exact count."""
        return self.error == 0

    @property
    def others(self) -> int:
        """Rows of levels that are not kept, and rows by which counts are too low."""
        return self.total - sum(self.counts.values())


def fit(counts: Mapping[str, int]) -> Levels:
    """Looks at a part of a column.

    Args:
        counts: Rows of each level; levels that stand for a missing value are left out by the caller.
    """
    short: dict[str, int] = {}
    for level, count in counts.items():
        name = shortened(level)
        short[name] = short.get(name, 0) + int(count)
    return _bounded(short, sum(short.values()), 0)


def exact(counts: Mapping[str, int]) -> Levels:
    """All levels of a column that is at hand, however many.

    Args:
        counts: Rows of each level; see ``fit``.
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return Levels({shortened(level): count for level, count in ordered}, sum(counts.values()))


def merge(parts: Sequence[Levels]) -> Levels:
    """Adds up what is known of parts; at least one is needed."""
    counts: dict[str, int] = {}
    for part in parts:
        for level, count in part.counts.items():
            counts[level] = counts.get(level, 0) + count
    return _bounded(counts, sum(part.total for part in parts), sum(part.error for part in parts))


def shortened(level: str) -> str:
    """A level's name, or its beginning and a digest when it is longer than ``LONGEST``."""
    if len(level) <= LONGEST:
        return level
    digest = hashlib.blake2b(level.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    return f"{level[: LONGEST - len(digest) - 1]}…{digest}"


def _bounded(counts: dict[str, int], total: int, error: int) -> Levels:
    beyond = int(np.partition([*counts.values()], -CAPACITY - 1)[-CAPACITY - 1]) if len(counts) > CAPACITY else 0
    kept = [(level, count - beyond) for level, count in counts.items() if count > beyond]
    return Levels(dict(sorted(kept, key=lambda item: (-item[1], item[0]))), total, error + beyond)
