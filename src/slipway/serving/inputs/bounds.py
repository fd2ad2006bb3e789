"""Which values of a column are refused: the limits of the data contract, and unseen ranges where that is asked for."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import TEXTUAL, Column, Kind, Schema
from slipway.serving.inputs.values import seconds

_SHOWN = 8
"""Allowed values that a message names."""


@dataclass(frozen=True, slots=True)
class Bound:
    """What is taken of a column; a missing value is no concern of it.

    Attributes:
        low: Smallest value of a number, or of a date in seconds since 1970.
        high: Largest value, likewise.
        allowed: The only values; None for all.
        said: What a value should be, in words.
    """

    low: float
    high: float
    allowed: frozenset[float | str] | None
    said: str

    def outside(self, values: NDArray[Any]) -> NDArray[np.bool_]:
        """Which values are refused.

        Args:
            values: Values as the graph takes them, of shape (n,).
        """
        wrong = np.zeros(len(values), dtype=np.bool_)
        if self.allowed is not None:
            wrong |= [not (value in self.allowed or value != value or value == "") for value in values.tolist()]
        return wrong if values.dtype == object else wrong | (values < self.low) | (values > self.high)


def bounds(schema: Schema, spec: Mapping[str, Any], *, refuse_unseen: bool = False) -> dict[str, Bound]:
    """Column to what is taken of it, for columns of which not everything is.

    Args:
        schema: The model's columns.
        spec: The bundle's spec; ``min``, ``max`` and ``allowed`` of its ``quality.columns`` hold here too.
        refuse_unseen: Whether numbers and dates outside of the range of the training data are refused.
    """
    limits = (spec.get("quality") or {}).get("columns") or {}
    made = {column.name: _bound(column, limits.get(column.name) or {}, refuse_unseen) for column in schema.columns}
    return {name: bound for name, bound in made.items() if bound is not None}


def refusal(columns: Sequence[Column], limits: Mapping[str, Bound]) -> Callable[[NDArray[Any]], bool] | None:
    """A function that says whether any value of a block, of shape (columns, rows), is refused.

    Args:
        columns: Columns of one kind.
        limits: See ``bounds``.

    Returns:
        None where nothing is.
    """
    bounded = [(place, limits[column.name]) for place, column in enumerate(columns) if column.name in limits]
    if not bounded:
        return None
    return lambda block: any(bound.outside(block[place]).any() for place, bound in bounded)


def _bound(column: Column, limit: Mapping[str, Any], refuse_unseen: bool) -> Bound | None:
    low, high = (_number(limit.get(side), default) for side, default in (("min", -math.inf), ("max", math.inf)))
    said = _range(limit)
    if refuse_unseen and column.minimum is not None and column.maximum is not None:
        if column.minimum > low or column.maximum < high:
            said = [*said, "within the range of the training data"]
        low, high = max(low, column.minimum), min(high, column.maximum)
    allowed = limit.get("allowed")
    if allowed is not None:
        more = ", …" if len(allowed) > _SHOWN else ""
        said = [*said, f"one of {', '.join(str(value) for value in allowed[:_SHOWN])}{more}"]
        allowed = frozenset(_value(value, column.kind) for value in allowed)
    return Bound(low, high, allowed, " and ".join(said)) if said else None


def _range(limit: Mapping[str, Any]) -> list[str]:
    words = (("min", "at least"), ("max", "at most"))
    return [f"{word} {limit[side]}" for side, word in words if limit.get(side) is not None]


def _number(value: float | str | None, default: float) -> float:
    if value is None:
        return default
    return seconds(value) if isinstance(value, str) else float(value)


def _value(value: float | str, kind: Kind) -> float | str:
    return str(value).removesuffix(".0") if kind in TEXTUAL else float(value)
