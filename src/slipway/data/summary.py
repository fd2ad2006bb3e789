"""What a column's values are like: counted over parts, added up, bounded in size."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from slipway.data.schema import TEXTUAL, Kind

MAX_LEVELS = 1000
"""Levels that a schema keeps of a category."""

_TRACKED = 200_000
"""Distinct values that are counted; a column with more is known to have many."""

_TRACKED_NUMBERS = 1000
"""The same for numbers, of which nothing but a class is ever asked for by its value."""


_PROSE_WORDS = 4
"""Words of a free text, on average; a name or an address has fewer."""


@dataclass(frozen=True, slots=True)
class Summary:
    """Counts and extremes of a column.

    Attributes:
        kind: The column's kind.
        rows: Rows seen.
        nulls: Nulls among them.
        minimum: Smallest value as a float (dates in seconds since 1970); None for text, or without a value.
        maximum: Largest value, likewise.
        counts: How often each distinct value occurs; the first ``_TRACKED`` that were met.
    """

    kind: Kind
    rows: int
    nulls: int
    minimum: float | None
    maximum: float | None
    counts: Counter[object]

    @property
    def many(self) -> bool:
        """Whether there are more distinct values than were counted."""
        return len(self.counts) >= _tracked(self.kind)

    @property
    def prose(self) -> bool:
        """Whether the values are texts of several words, at least ``_PROSE_WORDS`` on average."""
        texts = list(self.counts)[:_TRACKED_NUMBERS]
        words = sum(len(str(text).split()) for text in texts)
        return self.kind == "category" and words >= _PROSE_WORDS * max(1, len(texts))

    @property
    def levels(self) -> tuple[str, ...] | None:
        """Levels of a category, most frequent first, at most ``MAX_LEVELS``."""
        if self.kind != "category":
            return None
        ranked = sorted(self.counts.items(), key=lambda item: (-item[1], str(item[0])))
        return tuple(str(level) for level, _ in ranked[:MAX_LEVELS])


def fit(values: pl.Series, kind: Kind) -> Summary:
    """Summarises a part of a column."""
    present = values.drop_nulls()
    counted = present.value_counts() if kind not in ("date", "text") else pl.DataFrame({"v": [], "count": []})
    counts: Counter[object] = Counter(dict(counted.head(_tracked(kind)).iter_rows()))
    low, high = _extremes(present, kind)
    return Summary(kind, len(values), len(values) - len(present), low, high, counts)


def merge(parts: Sequence[Summary]) -> Summary:
    """Adds up summaries of parts; at least one is needed."""
    counts: Counter[object] = Counter()
    for part in parts:
        counts.update(part.counts)
        if len(counts) > _tracked(part.kind):
            counts = Counter(dict(list(counts.items())[: _tracked(part.kind)]))
    return Summary(
        parts[0].kind,
        sum(part.rows for part in parts),
        sum(part.nulls for part in parts),
        min((part.minimum for part in parts if part.minimum is not None), default=None),
        max((part.maximum for part in parts if part.maximum is not None), default=None),
        counts,
    )


def _tracked(kind: Kind) -> int:
    return _TRACKED_NUMBERS if kind == "number" else _TRACKED


def _extremes(present: pl.Series, kind: Kind) -> tuple[float | None, float | None]:
    if kind in TEXTUAL or not len(present):
        return None, None
    scale = 1e6 if kind == "date" else 1.0
    numbers = present.to_physical().cast(pl.Float64) / scale
    return float(numbers.min()), float(numbers.max())  # type: ignore[arg-type]
