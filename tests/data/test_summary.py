from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from slipway.data import cast, summary
from slipway.data.schema import Kind

VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    "number": st.floats(-1e9, 1e9).map(lambda value: value + 0.0),
    "integer": st.integers(-(2**53), 2**53),
    "boolean": st.booleans(),
    "category": st.text(max_size=2),
    "date": st.datetimes(),
}


def column(kind: Kind, values: list[Any]) -> pl.Series:
    return pl.Series("x", values, dtype=cast.TYPES[kind])


@given(st.data(), st.sampled_from(list(VALUES)))
def test_parts_add_up_to_the_whole(data: st.DataObject, kind: Kind) -> None:
    parts = data.draw(st.lists(st.lists(st.none() | VALUES[kind], max_size=12), min_size=1, max_size=4))
    merged = summary.merge([summary.fit(column(kind, part), kind) for part in parts])
    assert merged == summary.fit(column(kind, [value for part in parts for value in part]), kind)


@given(st.lists(st.none() | VALUES["integer"], min_size=1))
def test_what_is_counted(values: list[int | None]) -> None:
    found = summary.fit(column("integer", values), "integer")
    present = [value for value in values if value is not None]
    assert (found.rows, found.nulls) == (len(values), len(values) - len(present))
    assert dict(found.counts) == {value: present.count(value) for value in present}
    assert found.minimum == (float(min(present)) if present else None)


def test_levels_are_ordered_by_frequency_then_name() -> None:
    assert summary.fit(column("category", ["b", "c", "a", "c", None]), "category").levels == ("c", "a", "b")


def test_dates_are_in_seconds() -> None:
    dates = pl.Series("x", ["1970-01-02"]).str.to_datetime("%Y-%m-%d", time_unit="us")
    assert summary.fit(dates, "date").maximum == 86_400
