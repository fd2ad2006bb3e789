"""What the training data was like: small, without any row, enough to compare with later."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data import sketch as sketches
from slipway.data.columns import Columns
from slipway.data.schema import Kind
from slipway.data.sketch import Sketch
from slipway.drift import levels as categories
from slipway.drift.dependence import Dependence
from slipway.drift.levels import Levels
from slipway.errors import DataError

BUCKETS = 2048
"""Buckets of a number that a finished profile holds at most."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """What is known of a column.

    Attributes:
        name: Its name.
        kind: Its kind.
        rows: Rows seen.
        nulls: Rows without a value, or with one that is NaN or infinite.
        infinite: Rows with an infinite value.
        values: Finite values: all of them, sorted, of shape (n,), when the table is at hand, else a sketch of them; of
            a category the counts of its levels.
    """

    name: str
    kind: Kind
    rows: int
    nulls: int
    infinite: int
    values: Floats | Sketch | Levels


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a table; its size does not depend on the number of rows.

    Attributes:
        rows: Rows seen.
        columns: Its columns.
        importances: How much the model relies on a column, at least 0, in any unit; empty when that is not known.
        target: What is predicted, which is not among the columns; None when that is not known.
        dependence: How the numeric columns hang together; None when that is not known.
    """

    rows: int
    columns: tuple[Column, ...]
    importances: dict[str, float] = field(default_factory=dict)
    target: Column | None = None
    dependence: Dependence | None = None

    @property
    def kinds(self) -> dict[str, Kind]:
        """Name to kind of the columns."""
        return {column.name: column.kind for column in self.columns}


def fit(inputs: Mapping[str, NDArray[Any]], kinds: Mapping[str, Kind]) -> Profile:
    """Looks at a part of the rows.

    Args:
        inputs: Graph inputs of the rows: column name to an array of shape (n, 1), float64, or text with the empty text
            for a missing value.
        kinds: Name to kind of the columns to look at.
    """
    columns = [
        of_texts(name, inputs[name].ravel()) if kind == "category" else of_numbers(name, kind, inputs[name].ravel())
        for name, kind in kinds.items()
    ]
    return Profile(len(next(iter(inputs.values()))), tuple(columns))


def of_columns(table: Columns) -> Profile:
    """Looks at a table that is read by columns.

    Args:
        table: The table.
    """
    kinds: dict[str, Kind] = {name: kind or "category" for name, kind in table.kinds.items()}
    read = (pair for name, kind in kinds.items() for pair in table.read({name: kind}))
    columns = [
        of_numbers(name, kinds[name], values) if isinstance(values, np.ndarray) else of_counts(name, values)
        for name, values in read
    ]
    return Profile(table.rows, tuple(columns))


def merge(parts: Sequence[Profile]) -> Profile:
    """Adds up profiles of parts, in any order.

    Args:
        parts: Profiles of parts of the same columns.

    Raises:
        DataError: There is no part.
    """
    if not parts:
        message = "the table has no rows, so there is nothing to compare"
        raise DataError(message)
    columns = zip(*(part.columns for part in parts), strict=True)
    return replace(parts[0], rows=sum(part.rows for part in parts), columns=tuple(map(merged, columns)))


def finish(
    profile: Profile,
    importances: Mapping[str, float] | None = None,
    target: Column | None = None,
    dependence: Dependence | None = None,
) -> Profile:
    """The profile in the size that is stored.

    Args:
        profile: What is known of all rows.
        importances: How much the model relies on each column, where that is known.
        target: What is predicted, where that is known.
        dependence: How the numeric columns hang together, where that is known.
    """
    return Profile(
        profile.rows,
        tuple(map(_small, profile.columns)),
        dict(importances or profile.importances),
        _small(target) if target else profile.target,
        dependence or profile.dependence,
    )


def empty(name: str, kind: Kind, rows: int) -> Column:
    """A column without any value.

    Args:
        name: Its name.
        kind: Its kind.
        rows: Rows seen.
    """
    nothing = replace(sketches.fit(np.empty(0)), nulls=rows)
    return Column(name, kind, rows, rows, 0, categories.fit({}) if kind == "category" else nothing)


def exact(name: str, kind: Kind, values: Floats) -> Column:
    """A number, integer, boolean or date of a table that is at hand.

    Args:
        name: The column's name.
        kind: Its kind.
        values: float64, shape (n,), NaN for a missing value.
    """
    ordered = np.sort(values)
    first, last = np.searchsorted(ordered, [-np.inf, np.inf], side="right").tolist()
    end = int(np.searchsorted(ordered, np.inf, side="left"))
    return Column(name, kind, len(values), len(values) - (end - first), first + last - end, ordered[first:end])


def of_numbers(name: str, kind: Kind, values: Floats) -> Column:
    """A sketch of a part of a number, integer, boolean or date; see ``exact``."""
    sketch = sketches.fit(values)
    return Column(name, kind, len(values), sketch.nulls, int(np.isinf(values).sum()), sketch)


def of_texts(name: str, texts: NDArray[Any]) -> Column:
    """The levels of a part of a category.

    Args:
        name: The column's name.
        texts: Text, shape (n,), the empty one for a missing value.
    """
    return of_counts(name, Counter(texts.tolist()))


def of_counts(name: str, counts: Mapping[str, int]) -> Column:
    """A category of which the levels are counted already; see ``of_texts``."""
    nulls = counts.get("", 0)
    kept = categories.fit({level: count for level, count in counts.items() if level})
    return Column(name, "category", kept.total + nulls, nulls, 0, kept)


def counted(name: str, counts: Mapping[str, int]) -> Column:
    """A category of a table that is at hand.

    Args:
        name: The column's name.
        counts: Rows of each level, the empty text for a missing value.
    """
    nulls = counts.get("", 0)
    kept = categories.exact({level: count for level, count in counts.items() if level})
    return Column(name, "category", kept.total + nulls, nulls, 0, kept)


def merged(parts: Sequence[Column]) -> Column:
    """Adds up one column's parts; at least one is needed."""
    levels = [part.values for part in parts if isinstance(part.values, Levels)]
    numbers = [part.values for part in parts if isinstance(part.values, Sketch)]
    return replace(
        parts[0],
        rows=sum(part.rows for part in parts),
        nulls=sum(part.nulls for part in parts),
        infinite=sum(part.infinite for part in parts),
        values=categories.merge(levels) if levels else sketches.merge(numbers),
    )


def _small(column: Column) -> Column:
    if isinstance(column.values, Sketch):
        return replace(column, values=sketches.bounded(column.values, BUCKETS))
    return column
