from datetime import datetime
from typing import Any

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from slipway.data import rowhash

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "number": st.none() | st.floats(allow_nan=False, allow_infinity=False),
            "integer": st.none() | st.integers(-(2**53), 2**53),
            "boolean": st.none() | st.booleans(),
            "category": st.none() | st.text(max_size=5),
            "date": st.none() | st.datetimes(min_value=datetime(1900, 1, 1)),
        }
    ),
    min_size=1,
    max_size=20,
)
SCHEMA = {
    "number": pl.Float64,
    "integer": pl.Int64,
    "boolean": pl.Boolean,
    "category": pl.String,
    "date": pl.Datetime("us"),
}


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=SCHEMA)


@given(ROWS)
def test_a_row_hashes_the_same_alone_and_among_others(rows: list[dict[str, Any]]) -> None:
    together = rowhash.hashes(frame(rows))
    alone = np.concatenate([rowhash.hashes(frame([row])) for row in rows])
    np.testing.assert_array_equal(together, alone)


@given(ROWS, st.permutations(list(SCHEMA)))
def test_the_order_of_the_columns_does_not_matter(rows: list[dict[str, Any]], names: list[str]) -> None:
    np.testing.assert_array_equal(rowhash.hashes(frame(rows)), rowhash.hashes(frame(rows).select(names)))


@given(ROWS)
def test_equal_hashes_mean_equal_rows(rows: list[dict[str, Any]]) -> None:
    distinct = frame(rows).with_columns(pl.col("number") + 0.0).unique()
    assert len(np.unique(rowhash.hashes(frame(rows)))) == len(distinct)


def test_values_that_swap_columns_hash_differently() -> None:
    one, other = rowhash.hashes(pl.DataFrame({"a": [1, 2], "b": [2, 1]}))
    assert one != other


def test_a_seed_gives_other_hashes() -> None:
    table = pl.DataFrame({"a": [1, 2, 3]})
    assert not set(rowhash.hashes(table, 0)) & set(rowhash.hashes(table, 1))


def test_hashes_are_those_of_every_release() -> None:
    table = pl.DataFrame({"a": [1, None], "b": ["x", "ü"], "c": [0.5, -0.0], "d": [True, False]})
    assert rowhash.hashes(table).tolist() == [11965456812105152922, 15038757920306216793]
