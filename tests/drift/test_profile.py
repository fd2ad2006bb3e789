import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.schema import Kind
from slipway.drift import profile as profiles
from slipway.drift.profile import Profile
from slipway.errors import DataError

KINDS: dict[str, Kind] = {"amount": "number", "visits": "integer", "since": "date", "city": "category"}

rows = st.lists(
    st.tuples(
        st.floats(-1e300, 1e300) | st.just(float("nan")) | st.sampled_from([0.0, -1.5, 4099.0]),
        st.integers(-5, 5).map(float) | st.just(float("nan")),
        st.floats(0, 2e9),
        st.sampled_from(["", "a", "b", "ü", "<script>"]) | st.text(max_size=2),
    ),
    min_size=1,
    max_size=40,
)


def table(found: list[tuple[Any, ...]]) -> dict[str, Any]:
    columns = zip(KINDS.items(), zip(*found, strict=True), strict=True)
    return {
        name: np.array(values, dtype=object if kind == "category" else float).reshape(-1, 1)
        for (name, kind), values in columns
    }


def profile(found: list[tuple[Any, ...]]) -> Profile:
    return profiles.finish(profiles.fit(table(found), KINDS), KINDS)


@given(rows, st.data())
@settings(deadline=None)
def test_parts_in_any_order_give_the_profile_of_the_whole(found: list[tuple[Any, ...]], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(found)))
    parts = [found[cut:], found[:cut]] if cut < len(found) else [found]

    merged = profiles.merge([profiles.fit(table(part), KINDS) for part in parts])

    assert profiles.finish(merged, KINDS) == profile(found)


@given(rows)
@settings(deadline=None)
def test_every_row_is_in_one_bin_of_each_column(found: list[tuple[Any, ...]]) -> None:
    state = profiles.fit(table(found), KINDS)

    for column in profiles.finish(state, KINDS).columns:
        assert sum(column.counts) == len(found)
        assert column.count(state).tolist() == list(column.counts)
        if column.kind != "category":
            assert (column.counts[0], column.counts[-2]) == (0, 0)


@given(rows)
@settings(deadline=None)
def test_json_keeps_everything(found: list[tuple[Any, ...]]) -> None:
    made = profile(found)

    assert Profile.from_json(made.to_json()) == made
    assert Profile.from_json(made.to_json().encode()) == made


def test_bins_are_tenths() -> None:
    made = profile([(float(at), 0.0, 0.0, "") for at in range(1000)])

    assert made.columns[0].counts == (0, *[100] * 10, 0, 0)


def test_bins_of_other_data_do_not_depend_on_its_extremes() -> None:
    """4,099 and 9,001 share buckets with other numbers; what stands for a bucket moves with the extremes."""
    made = profile([(value, 0.0, 0.0, "") for value in [0.0] + [4099.0] * 60 + [9001.0] * 39])
    other = profiles.fit(table([(value, 0.0, 0.0, "") for value in [4099.0] * 30 + [9001.0] * 20]), KINDS)

    assert made.columns[0].counts == (0, 61, 39, 0, 0)
    assert made.columns[0].count(other).tolist() == [0, 30, 20, 0, 0]


def test_levels_beyond_the_most_frequent_are_counted_together() -> None:
    made = profile([(0.0, 0.0, 0.0, f"level {at % 60}") for at in range(130)])

    column = made.columns[3]
    assert len(column.levels) == profiles.MAX_LEVELS
    assert column.levels[0] == "level 0"
    assert column.counts[-2:] == (20, 0)


@pytest.mark.parametrize("version", [0, 2, "1", None])
def test_another_format_is_an_error_that_names_both(version: Any) -> None:
    raw = json.loads(profile([(0.0, 0.0, 0.0, "a")]).to_json())

    with pytest.raises(DataError, match=f"has format {version!r}; this release reads format 1"):
        Profile.from_json(json.dumps({**raw, "format": version}))


@pytest.mark.parametrize(
    "text", ["", "[]", "null", "{}", '{"format": 1}', b"\xff", '{"format": 1, "rows": 3, "columns": [1]}']
)
def test_what_is_no_profile_is_an_error(text: str | bytes) -> None:
    with pytest.raises(DataError, match="the reference is no profile"):
        Profile.from_json(text)


def test_counts_that_do_not_fit_the_bins_are_an_error() -> None:
    raw = json.loads(profile([(0.0, 0.0, 0.0, "a")]).to_json())
    raw["columns"][3]["counts"].pop()

    with pytest.raises(DataError, match="'city' has 2 counts, but 3 bins"):
        Profile.from_json(json.dumps(raw))


def test_no_rows_are_an_error() -> None:
    with pytest.raises(DataError, match="has no rows"):
        profiles.merge([])
