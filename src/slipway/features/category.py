"""Categories: one feature a level, or the rank of the level."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import arrays
from slipway.features.builder import Builder
from slipway.features.named import Features, Named

Codes = Mapping[str, NDArray[Any]]
"""Column to the code of each row, shape (n,)."""


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a category that are told apart.

    Attributes:
        column: The raw column.
        levels: Levels with a code of their own, most frequent first.
        other: Whether all other levels have a code; only when training rows had any. Without it, a level that is not
            known is coded ``unknown``.
        missing: Whether a missing value has a code; only when training rows had nulls.
    """

    column: str
    levels: tuple[str, ...]
    other: bool
    missing: bool

    @property
    def width(self) -> int:
        """Number of codes."""
        return len(self.levels) + self.other + self.missing

    @property
    def codes(self) -> dict[str, int]:
        """Level to its code; the empty text stands for a missing value."""
        codes = {level: place for place, level in enumerate(self.levels)}
        return {**codes, "": len(self.levels) + self.other} if self.missing else codes

    @property
    def unknown(self) -> int:
        """Code of a level that is not known; ``width`` where there is none."""
        return len(self.levels) if self.other else self.width


class Category(Levels):
    """A category with one feature a code; a level without a code sets none."""

    __slots__ = ()


class Ordinal(Levels):
    """A category with its code as the one feature."""

    __slots__ = ()


def ranked(counts: Counter[str], most: int, least_rows: int) -> tuple[str, ...]:
    """Levels that are told apart, most frequent first.

    Args:
        counts: Training rows of each level.
        most: Most levels.
        least_rows: Fewest rows of one.
    """
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return tuple(level for level, count in order[:most] if count >= least_rows)


def coded(steps: Sequence[Levels], frame: pl.DataFrame) -> Codes:
    """The code of each prepared row in each column, in the smallest type that holds all of them.

    Args:
        steps: The categories.
        frame: Prepared rows, see ``slipway.features.inputs.prepared``.
    """
    return {step.column: _codes(step, frame.get_column(step.column)) for step in steps}


def _codes(step: Levels, texts: pl.Series) -> NDArray[Any]:
    levels, codes = _table(step)
    return codes.take(arrays.places(texts, levels))


@lru_cache
def _table(step: Levels) -> tuple[pl.Enum, NDArray[Any]]:
    """The levels, and the codes of their places; last that of all others."""
    codes = step.codes
    return pl.Enum(list(codes)), np.array([*codes.values(), step.unknown], np.min_scalar_type(step.width))


def names(steps: tuple[Category, ...]) -> list[Named]:
    """The features of one-hot encoding."""
    named = []
    for step in steps:
        rest = ["other levels"] * step.other + ["is missing"] * step.missing
        named += [Named(f"{step.column} = {level}", step.column) for level in step.levels]
        named += [Named(f"{step.column} {name}", step.column) for name in rest]
    return named


def write(made: Features, steps: tuple[Category, ...], codes: Codes) -> int:
    """Writes the features of coded rows by one-hot encoding; see ``slipway.features.number.write``."""
    at = 0
    for step in steps:
        coded = codes[step.column]
        made[at : at + step.width] = coded == np.arange(step.width, dtype=coded.dtype)[:, None]
        at += step.width
    return at


def nodes(build: Builder, steps: tuple[Category, ...]) -> list[str]:
    """The features of one-hot encoding in a graph."""
    encoded = [_one_hot(build, step) for step in steps if step.width]
    if not encoded:
        return []
    joined = build.node("Concat", encoded, axis=2) if len(encoded) > 1 else encoded[0]
    return [build.node("Squeeze", [joined, build.constant(np.array([1], dtype=np.int64))])]


def _one_hot(build: Builder, step: Category) -> str:
    code = build.codes(build.columns[step.column], step.codes, step.unknown)
    depth = build.constant(np.array([step.width], dtype=np.int64))
    return build.node("OneHot", [code, depth, build.constant(np.array([0, 1], dtype=np.float32))], axis=-1)


def ordinal_names(steps: tuple[Ordinal, ...]) -> list[Named]:
    """The features of ordinal encoding."""
    return [Named(f"{step.column} rank", step.column) for step in steps]


def write_ordinals(made: Features, steps: tuple[Ordinal, ...], codes: Codes) -> int:
    """Writes the features of coded rows by ordinal encoding: levels from 0, most frequent first."""
    for feature, step in zip(made, steps, strict=False):
        feature[:] = codes[step.column]
    return len(steps)


def ordinal_nodes(build: Builder, steps: tuple[Ordinal, ...]) -> list[str]:
    """The features of ordinal encoding in a graph."""
    codes = [build.codes(build.columns[step.column], step.codes, step.unknown) for step in steps]
    return [build.flags(build.join(codes))] if codes else []
