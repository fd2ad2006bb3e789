"""Raw rows of every kind, generated."""

from collections.abc import Callable
from datetime import datetime

import polars as pl
import pytest
from hypothesis import strategies as st

from slipway.data.cast import TYPES
from slipway.data.schema import Column, Kind, Schema, Target

NUMBERS = [0.0, -0.0, 1e300, -1e300, 5e-324, -5e-324, 1e-42, 2.0**53, 2.0**53 + 2, 3.4028235677973366e38, 16777217.0]
INTEGERS = [2**53, 2**53 + 1, -(2**63), 2**63 - 1]
DATES = [
    datetime(1, 1, 1),
    datetime(1899, 12, 31, 23, 59, 59, 999_999),
    datetime(1969, 12, 31),
    datetime(2400, 2, 29, 5),
]
TEXTS = ["", "a", "A", " a", "a\x00b", "é", "e\u0301", "東京", "\U0001f600", "line\nbreak"]
NAMES = ["features", "outputs", "N", "__target__", "x", "x is missing"]

VALUES: dict[Kind, st.SearchStrategy[object]] = {
    "number": st.sampled_from(NUMBERS) | st.floats(allow_nan=False, allow_infinity=False, width=32),
    "integer": st.sampled_from(INTEGERS) | st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "category": st.sampled_from(TEXTS) | st.text(max_size=4),
    "date": st.sampled_from(DATES) | st.datetimes(),
}


@st.composite
def _frames(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(VALUES), least: int = 1) -> pl.DataFrame:
    rows = draw(st.integers(least, 20))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=len(NAMES)))
    return pl.DataFrame(
        [
            pl.Series(name, draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)), TYPES[kind])
            for name, kind in zip(NAMES, chosen, strict=False)
        ]
    )


@pytest.fixture(scope="session")
def frames() -> Callable[..., st.SearchStrategy[pl.DataFrame]]:
    """Raw rows of columns of any kinds, nulls and extremes among them."""
    return _frames


@pytest.fixture(scope="session")
def schema_of() -> Callable[[pl.DataFrame], Schema]:
    """The schema of raw rows."""
    kinds = {str(made): kind for kind, made in TYPES.items()}

    def schema(frame: pl.DataFrame) -> Schema:
        columns = tuple(Column(name, kinds[str(frame[name].dtype)], nullable=True) for name in frame.columns)
        return Schema(columns, Target("y", "regression", "number"))

    return schema
