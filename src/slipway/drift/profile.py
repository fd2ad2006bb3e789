"""What the training data was like: small, without any row, enough to compare with later."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data import sketch as sketches
from slipway.data.schema import Kind
from slipway.data.sketch import Sketch
from slipway.errors import DataError

FORMAT = 1
BINS = 10
"""Bins of a number: tenths of the reference, as far as its values can be told apart."""

MAX_LEVELS = 50
"""Levels of a category that are compared one by one; the others are counted together."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of rows so far.

    Attributes:
        rows: Rows seen.
        sketches: A sketch of each number, integer, boolean and date.
        levels: Level counts of each category; the empty text stands for a missing value.
    """

    rows: int
    sketches: dict[str, Sketch]
    levels: dict[str, Counter[str]]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the reference.

    Attributes:
        name: The column's name.
        kind: Its kind.
        edges: Inner edges of the bins of a number, without its extremes; empty for a category.
        levels: Levels of a category that are compared one by one; empty for a number.
        counts: Rows in each bin of ``count``.
        minimum: Smallest value; None for a category.
        maximum: Largest value; None for a category.
        shift: How wide the buckets were that its edges come from; see ``slipway.data.sketch``.
    """

    name: str
    kind: Kind
    edges: tuple[float, ...]
    levels: tuple[str, ...]
    counts: tuple[int, ...]
    minimum: float | None
    maximum: float | None
    shift: int = 0

    def count(self, state: State) -> NDArray[np.int64]:
        """Rows in each bin.

        The bins of a category are its levels, all other levels, and a missing value; those of a number are below the
        smallest, up to each edge, up to the largest, above the largest, and a missing value.

        Args:
            state: What is known of the rows, the column's own or others.
        """
        if self.kind == "category":
            found = state.levels[self.name]
            known = [found[level] for level in self.levels]
            missing = found[""]
            return np.array([*known, found.total() - sum(known) - missing, missing], dtype=np.int64)
        sketch = state.sketches[self.name].joined(self.shift)
        return np.append(np.bincount(self._bins(sketch), sketch.counts, self.inner + 2), sketch.nulls).astype(np.int64)

    @property
    def inner(self) -> int:
        """Bins that reference rows with a value can be in."""
        return len(self.levels) if self.kind == "category" else len(self.edges) + 1

    def _bins(self, sketch: Sketch) -> NDArray[np.int64]:
        # Buckets are compared with buckets: the value that stands for one depends on the extremes of its own data.
        if self.minimum is None or self.maximum is None:
            return np.ones(len(sketch.keys), dtype=np.int64)
        low, *edges, high = sketches.keys_of(np.array([self.minimum, *self.edges, self.maximum]), sketch.shift)
        places = 1 + np.searchsorted(edges, sketch.keys)
        places[sketch.keys < low] = 0
        places[sketch.keys > high] = self.inner + 1
        return places


@dataclass(frozen=True, slots=True)
class Profile:
    """A reference: what rows were like.

    Attributes:
        rows: Rows seen.
        columns: Its columns.
    """

    rows: int
    columns: tuple[Column, ...]

    def to_json(self) -> str:
        """The profile as JSON."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "Profile":
        """Reads what ``to_json`` wrote.

        Raises:
            DataError: It is no profile, or one of another format.
        """
        try:
            raw = json.loads(text)
            if raw["format"] != FORMAT:
                message = f"the reference profile has format {raw['format']!r}; this release reads format {FORMAT}"
                raise DataError(message)
            return cls(raw["rows"], tuple(_column(item) for item in raw["columns"]))
        except (ValueError, KeyError, TypeError) as error:
            message = f"the reference is no profile: {error!r}"
            raise DataError(message) from None


def fit(inputs: Mapping[str, NDArray[Any]], kinds: Mapping[str, Kind]) -> State:
    """Looks at a part of the rows.

    Args:
        inputs: Graph inputs of the rows: column name to an array of shape (n, 1).
        kinds: Name to kind of the columns to look at.
    """
    return State(
        len(next(iter(inputs.values()))),
        {name: sketches.fit(inputs[name].ravel()) for name, kind in kinds.items() if kind != "category"},
        {name: Counter(inputs[name].ravel().tolist()) for name, kind in kinds.items() if kind == "category"},
    )


def fit_all(parts: Iterable[Mapping[str, NDArray[Any]]], kinds: Mapping[str, Kind]) -> State:
    """Looks at parts of the rows one after the other, and forgets each before the next; see ``fit``."""
    return reduce(lambda state, part: merge([state, part]), (fit(part, kinds) for part in parts))


def merge(parts: Sequence[State]) -> State:
    """Adds up what is known of parts.

    Args:
        parts: States of parts of the same columns.

    Raises:
        DataError: There is no part.
    """
    if not parts:
        message = "the table has no rows, so there is nothing to compare"
        raise DataError(message)
    first = parts[0]
    return State(
        sum(part.rows for part in parts),
        {name: sketches.merge([part.sketches[name] for part in parts]) for name in first.sketches},
        {name: _added([part.levels[name] for part in parts]) for name in first.levels},
    )


def finish(state: State, kinds: Mapping[str, Kind]) -> Profile:
    """The profile of the rows that were seen.

    Args:
        state: What is known of them.
        kinds: Name to kind of their columns.
    """
    return Profile(
        state.rows,
        tuple(
            _of_category(name, state) if kind == "category" else _of_number(name, kind, state)
            for name, kind in kinds.items()
        ),
    )


def _of_number(name: str, kind: Kind, state: State) -> Column:
    sketch = state.sketches[name]
    quantiles = [sketch.quantile(place / BINS) for place in range(1, BINS)] if sketch.count else []
    edges = tuple(sorted({edge for edge in quantiles if edge < sketch.values[-1]}))
    low, high = (sketch.minimum, sketch.maximum) if sketch.count else (None, None)
    empty = Column(name, kind, edges, (), (), low, high, sketch.shift)
    return replace(empty, counts=tuple(empty.count(state).tolist()))


def _of_category(name: str, state: State) -> Column:
    found = [(level, count) for level, count in state.levels[name].items() if level]
    ranked = sorted(found, key=lambda item: (-item[1], item[0]))
    levels = tuple(level for level, _ in ranked[:MAX_LEVELS])
    empty = Column(name, "category", (), levels, (), None, None)
    return replace(empty, counts=tuple(empty.count(state).tolist()))


def _added(parts: list[Counter[str]]) -> Counter[str]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return total


def _column(raw: dict[str, Any]) -> Column:
    column = Column(**{**raw, **{name: tuple(raw[name]) for name in ("edges", "levels", "counts")}})
    bins = column.inner + (2 if column.kind == "category" else 3)
    if len(column.counts) != bins:
        message = f"column {column.name!r} has {len(column.counts)} counts, but {bins} bins"
        raise ValueError(message)
    return column
