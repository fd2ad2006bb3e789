from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.schema import Schema
from slipway.features import fit as fitting
from slipway.features.plan import Category, Plan

SchemaOf = Callable[[pl.DataFrame], Schema]
Frames = Callable[..., st.SearchStrategy[pl.DataFrame]]


def plan_of(parts: list[pl.DataFrame], schema: Schema) -> Plan:
    return fitting.finish(fitting.merge([fitting.fit(part, schema) for part in parts]), schema)


def category(values: list[str | None], schema_of: SchemaOf) -> Category:
    frame = pl.DataFrame({"c": values})
    return plan_of([frame], schema_of(frame)).categories[0]


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_parts_add_up_to_the_whole_in_any_order(data: st.DataObject, frames: Frames, schema_of: SchemaOf) -> None:
    whole = pl.concat([data.draw(frames())] * 3)
    schema = schema_of(whole)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    edges = [0, *cuts, len(whole)]
    parts = [whole[start:end] for start, end in pairwise(edges)]

    assert plan_of(data.draw(st.permutations(parts)), schema) == plan_of([whole], schema)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject, frames: Frames, schema_of: SchemaOf) -> None:
    frame = pl.concat([data.draw(frames())] * 3)
    schema = schema_of(frame)
    shuffled = frame[data.draw(st.permutations(range(len(frame))))]

    assert plan_of([shuffled], schema) == plan_of([frame], schema)


def test_a_missing_number_is_filled_with_the_median(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [1.0, 2.0, 1e300, None, 2.0]})

    number = plan_of([frame], schema_of(frame)).numbers[0]

    assert (number.fill, number.indicator) == (2.0, True)


def test_a_missing_date_is_filled_with_about_the_median(schema_of: SchemaOf) -> None:
    days = [datetime(2024, 1, 1) + timedelta(days=day) for day in range(11)]
    frame = pl.DataFrame({"d": days})

    date = plan_of([frame], schema_of(frame)).dates[0]

    assert abs(date.fill / datetime(2024, 1, 6).timestamp() - 1) < 2**-10
    assert not date.indicator


def test_a_column_that_is_always_missing_is_filled_with_zero(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": pl.Series([None, None], dtype=pl.Float64)})

    number = plan_of([frame], schema_of(frame)).numbers[0]

    assert (number.fill, number.indicator) == (0.0, True)


def test_levels_stand_in_the_order_of_their_frequency(schema_of: SchemaOf) -> None:
    assert category(["b"] * 5 + ["a"] * 5 + ["c"] * 6, schema_of) == Category(
        "c", ("c", "a", "b"), other=False, missing=False
    )


def test_a_rare_level_is_one_of_the_others(schema_of: SchemaOf) -> None:
    assert category(["a"] * 5 + ["b"] * 4 + [None], schema_of) == Category("c", ("a",), other=True, missing=True)


def test_so_many_levels_have_features_of_their_own(schema_of: SchemaOf) -> None:
    made = category([f"{level:03d}" for level in range(fitting.MAX_LEVELS + 1)] * fitting.MIN_LEVEL_ROWS, schema_of)

    assert len(made.levels) == fitting.MAX_LEVELS
    assert made.other
