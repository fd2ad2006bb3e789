import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.schema import Kind
from slipway.data.sketch import Sketch
from slipway.drift import levels as categories
from slipway.drift import profile as profiles
from slipway.drift import stored
from slipway.drift.profile import Profile
from slipway.errors import DataError

KINDS: dict[str, Kind] = {"amount": "number", "visits": "integer", "since": "date", "city": "category"}

rows = st.lists(
    st.tuples(
        st.floats(-1e300, 1e300) | st.sampled_from([float("nan"), float("inf"), -np.inf, 0.0, -0.0, -1.5, 4099.0]),
        st.integers(-5, 5).map(float) | st.just(float("nan")),
        st.floats(0, 2e9),
        st.sampled_from(["", "a", "b", "ü", "<script>", "x" * 1000]) | st.text(max_size=2),
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
    return profiles.finish(profiles.fit(table(found), KINDS))


def text(made: Profile) -> str:
    """Profiles hold arrays; their text is what can be compared."""
    return stored.to_json(made)


@given(rows, st.integers(1, 39), st.booleans())
@settings(deadline=None)
def test_parts_in_any_order_give_the_profile_of_the_whole(found: list[tuple[Any, ...]], cut: int, swap: bool) -> None:
    halves = [part for part in (found[:cut], found[cut:]) if part]
    parts = [profiles.fit(table(part), KINDS) for part in (halves[::-1] if swap else halves)]

    assert text(profiles.finish(profiles.merge(parts))) == text(profile(found))
    assert text(profiles.finish(profiles.merge([profiles.finish(part) for part in parts]))) == text(profile(found))


def test_parts_of_many_values_give_the_profile_of_the_whole() -> None:
    """So many that buckets are joined, at other times in the parts than in the whole."""
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(size=60_000), np.exp(9 * random.normal(size=40_000))]).reshape(-1, 1)
    kinds: dict[str, Kind] = {"x": "number"}
    whole = profiles.finish(profiles.fit({"x": values}, kinds))
    parts = [profiles.finish(profiles.fit({"x": part}, kinds)) for part in np.split(values, [7, 3000, 80_000])]

    assert text(profiles.finish(profiles.merge(parts))) == text(whole)
    assert text(profiles.finish(profiles.merge(parts[::-1]))) == text(whole)


@pytest.mark.parametrize("count", [1_000, 100_000])
def test_the_size_of_a_profile_does_not_grow_with_the_rows(count: int) -> None:
    random = np.random.default_rng(0)
    numbers = np.exp(random.normal(size=count) * 20)
    kinds: dict[str, Kind] = {"x": "number", "t": "category"}
    texts = np.array([f"{'level ' * 50}{at}" for at in range(count)], object)
    made = profiles.finish(profiles.fit({"x": numbers.reshape(-1, 1), "t": texts.reshape(-1, 1)}, kinds))

    number, category = made.columns
    assert isinstance(number.values, Sketch)
    assert len(number.values.keys) <= profiles.BUCKETS
    assert isinstance(category.values, categories.Levels)
    assert len(category.values.counts) <= categories.CAPACITY
    assert len(text(made).encode()) < 150_000


@given(rows)
@settings(deadline=None)
def test_every_row_is_counted_once(found: list[tuple[Any, ...]]) -> None:
    for column in profile(found).columns:
        seen = column.values.total if isinstance(column.values, categories.Levels) else column.values.count
        assert seen + column.nulls == column.rows == len(found)
        assert column.infinite <= column.nulls


@given(rows)
@settings(deadline=None)
def test_json_keeps_everything(found: list[tuple[Any, ...]]) -> None:
    made = text(profiles.finish(profile(found), {"amount": 0.25, "city": 3.0}))

    assert text(stored.from_json(made)) == made
    assert text(stored.from_json(made.encode("utf-8"))) == made
    assert stored.from_json(made).importances == {"amount": 0.25, "city": 3.0}


@given(st.lists(st.floats() | st.sampled_from([0.0, 1.0]), max_size=30))
def test_values_at_hand_are_the_finite_ones_in_order(values: list[float]) -> None:
    column = profiles.exact("x", "number", np.array(values, dtype=float))
    sketched = profiles.of_numbers("x", "number", np.array(values, dtype=float))

    assert isinstance(column.values, np.ndarray)
    assert column.values.tolist() == sorted(value for value in values if np.isfinite(value))
    assert (column.rows, column.nulls, column.infinite) == (sketched.rows, sketched.nulls, sketched.infinite)


@pytest.mark.parametrize("version", [0, 1, 3, "1", None])
def test_another_format_is_an_error_that_names_both(version: Any) -> None:
    raw = json.loads(text(profile([(0.0, 0.0, 0.0, "a")])))
    todo = "make the reference again" if version in (0, 1) else "install the release"

    with pytest.raises(DataError, match=f"has format {version!r}; this release reads format 2: {todo}"):
        stored.from_json(json.dumps({**raw, "format": version}))


@pytest.mark.parametrize(
    "broken",
    ["", "[]", "null", "{}", '{"format": 2}', b"\xff", '{"format": 2, "rows": 3, "columns": [1]}', "[" * 100_000],
    ids=range(8),
)
def test_what_is_no_profile_is_an_error(broken: str | bytes) -> None:
    with pytest.raises(DataError, match="the reference is no profile"):
        stored.from_json(broken)


@pytest.mark.parametrize(
    ("place", "change", "said"),
    [
        (3, {"levels": {"a": -1}}, "-1 is no count"),
        (3, {"total": 7}, "'city' counts 7 values and 0 nulls, but 1 rows"),
        (0, {"counts": [1, 2]}, "'amount' has 1 buckets and 2 counts"),
        (0, {"counts": [3]}, "'amount' counts 3 values and 0 nulls, but 1 rows"),
        (0, {"shift": 70}, "'amount' has buckets of 70 bits"),
        (0, {"ends": [2.0, 1.0]}, "'amount' has buckets of 32 bits from 2.0 to 1.0"),
        (1, {"kind": "colour"}, "'visits' has the unknown kind 'colour'"),
    ],
)
def test_counts_that_contradict_each_other_are_an_error(place: int, change: dict[str, Any], said: str) -> None:
    raw = json.loads(text(profile([(0.0, 0.0, 0.0, "a")])))
    raw["columns"][place] |= change

    with pytest.raises(DataError, match=said):
        stored.from_json(json.dumps(raw))


@pytest.mark.parametrize("share", [0.01, 0.5, 0.999])
def test_a_profile_that_breaks_off_is_an_error(share: float) -> None:
    whole = text(profile([(0.0, 0.0, 0.0, "a")]))

    with pytest.raises(DataError, match="the reference is no profile"):
        stored.from_json(whole[: int(len(whole) * share)])


@pytest.mark.parametrize("value", [-1, "much", None, float("nan"), float("inf")], ids=range(5))
def test_an_importance_that_can_not_be_is_an_error(value: Any) -> None:
    raw = json.loads(text(profile([(0.0, 0.0, 0.0, "a")])))

    with pytest.raises(DataError, match="the reference is no profile"):
        stored.from_json(json.dumps({**raw, "importances": {"amount": value}}))


def test_a_column_that_is_there_twice_is_an_error() -> None:
    raw = json.loads(text(profile([(0.0, 0.0, 0.0, "a")])))

    with pytest.raises(DataError, match="column 'amount' is there twice"):
        stored.from_json(json.dumps({**raw, "columns": [*raw["columns"], raw["columns"][0]]}))


def test_no_rows_are_an_error() -> None:
    with pytest.raises(DataError, match="has no rows"):
        profiles.merge([])
