"""Raw rows of every kind, generated."""

from collections.abc import Callable
from datetime import datetime

import polars as pl
import pytest
from hypothesis import strategies as st

from slipway.data.cast import TYPES
from slipway.data.schema import Column, Kind, Schema, Target
from slipway.features import fit as fitting
from slipway.features.choice import choose
from slipway.features.fit import Fitted
from slipway.spec import Features

NUMBERS = [0.0, -0.0, 1e300, -1e300, 5e-324, -5e-324, 1e-42, 2.0**53, 2.0**53 + 2, 3.4028235677973366e38, 16777217.0]
INTEGERS = [2**53, 2**53 + 1, -(2**63), 2**63 - 1]
DATES = [
    datetime(1, 1, 1),
    datetime(1899, 12, 31, 23, 59, 59, 999_999),
    datetime(1969, 12, 31),
    datetime(2400, 2, 29, 5),
]
TEXTS = ["", "a", "A", " a", "a\x00b", "é", "e\u0301", "東京", "\U0001f600", "line\nbreak"]
WORDS = [
    "great",
    "Great",
    "GREAT!",
    "bad,",
    "(bad)",
    "Été",
    "ÉTÉ",
    "straße",
    "İ",
    "東京",
    "\U0001f600",
    "a\x00b",
    "'",
    "x\x1cy",
]
SPACES = [" ", "  ", "\n", "\t ", "\u00a0", "\u2003", "\r\n", "\x0b", "\x85"]
NAMES = ["features", "outputs", "N", "__target__", "x", "x is missing"]

SENTENCES = st.lists(st.sampled_from(WORDS) | st.sampled_from(SPACES) | st.text(max_size=2), max_size=9).map("".join)
VALUES: dict[Kind, st.SearchStrategy[object]] = {
    "number": st.sampled_from(NUMBERS) | st.floats(allow_nan=False, width=32) | st.floats(),
    "integer": st.sampled_from(INTEGERS) | st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "category": st.sampled_from(TEXTS) | st.text(max_size=4),
    "date": st.sampled_from(DATES) | st.datetimes(),
    "text": st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | SENTENCES,
}


@st.composite
def _frames(draw: st.DrawFn, kinds: tuple[Kind, ...] = tuple(VALUES), least: int = 1) -> pl.DataFrame:
    rows = draw(st.integers(least, 20))
    chosen = draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=len(NAMES)))
    return pl.DataFrame(
        [
            pl.Series(
                _named(name, kind), draw(st.lists(st.none() | VALUES[kind], min_size=rows, max_size=rows)), TYPES[kind]
            )
            for name, kind in zip(NAMES, chosen, strict=False)
        ]
    )


def _named(name: str, kind: Kind) -> str:
    return f"{name} text" if kind == "text" else name


@pytest.fixture(scope="session")
def frames() -> Callable[..., st.SearchStrategy[pl.DataFrame]]:
    """Raw rows of columns of any kinds, nulls and extremes among them."""
    return _frames


@pytest.fixture(scope="session")
def schema_of() -> Callable[..., Schema]:
    """The schema of raw rows; a column of text whose name ends in ``text`` is free text."""
    kinds = {str(made): kind for kind, made in TYPES.items() if kind != "text"}

    def schema(frame: pl.DataFrame, target: Target = Target("y", "regression", "number")) -> Schema:  # noqa: B008
        columns = tuple(
            Column(name, "text" if name.endswith(" text") else kinds[str(frame[name].dtype)], nullable=True)
            for name in frame.columns
            if name != target.name
        )
        return Schema(columns, target)

    return schema


def fit_parts(parts: list[pl.DataFrame], schema: Schema, features: Features) -> Fitted:
    """A plan fitted on parts of training rows."""
    return fitting.whole(lambda: parts, schema, choose(features, schema))


@pytest.fixture(scope="session")
def fitted() -> Callable[[list[pl.DataFrame], Schema, Features], Fitted]:
    """Fits a plan on parts of training rows."""
    return fit_parts
