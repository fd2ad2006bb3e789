"""Fitting a plan: over parts of the training rows, added up."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from slipway.data import sketch as sketches
from slipway.data import summary as summaries
from slipway.data.schema import Schema
from slipway.data.sketch import Sketch
from slipway.data.summary import Summary
from slipway.features.inputs import numeric
from slipway.features.plan import Category, Date, Number, Plan

MAX_LEVELS = 64
"""Levels of a category that get a feature of their own."""

MIN_LEVEL_ROWS = 5
"""Fewest training rows of such a level."""


@dataclass(frozen=True, slots=True)
class State:
    """What is known of the training rows so far.

    Attributes:
        sketches: A sketch of each number, integer, boolean and date.
        summaries: Level counts of each category.
    """

    sketches: dict[str, Sketch]
    summaries: dict[str, Summary]


def fit(part: pl.DataFrame, schema: Schema) -> State:
    """Looks at a part of the training rows.

    Args:
        part: Raw rows.
        schema: Their schema.
    """
    values = numeric(part, schema)
    return State(
        {name: sketches.fit(column.ravel()) for name, column in values.items()},
        {
            column.name: summaries.fit(part[column.name], column.kind)
            for column in schema.columns
            if column.kind == "category"
        },
    )


def merge(parts: Sequence[State]) -> State:
    """Adds up what is known of parts; at least one is needed."""
    first = parts[0]
    return State(
        {name: sketches.merge([part.sketches[name] for part in parts]) for name in first.sketches},
        {name: summaries.merge([part.summaries[name] for part in parts]) for name in first.summaries},
    )


def finish(state: State, schema: Schema) -> Plan:
    """The plan for rows like those that were seen.

    Args:
        state: What is known of all training rows.
        schema: Their schema.
    """
    return Plan(
        numbers=tuple(
            Number(column.name, _median(state.sketches[column.name]), state.sketches[column.name].nulls > 0)
            for column in schema.columns
            if column.kind in ("number", "integer", "boolean")
        ),
        dates=tuple(
            Date(column.name, _median(state.sketches[column.name]), state.sketches[column.name].nulls > 0)
            for column in schema.columns
            if column.kind == "date"
        ),
        categories=tuple(
            _category(column.name, state.summaries[column.name])
            for column in schema.columns
            if column.kind == "category"
        ),
    )


def _median(sketch: Sketch) -> float:
    return sketch.quantile(0.5) + 0.0 if sketch.count else 0.0  # never -0.0, which a graph's Where turns into 0.0


def _category(name: str, summary: Summary) -> Category:
    ranked = sorted(
        ((str(level), count) for level, count in summary.counts.items()), key=lambda item: (-item[1], item[0])
    )
    levels = tuple(level for level, count in ranked[:MAX_LEVELS] if count >= MIN_LEVEL_ROWS)
    return Category(name, levels, other=len(levels) < len(ranked), missing=summary.nulls > 0)
