import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipway.data import sketch

VALUES = st.one_of(
    st.floats(-1e300, 1e300, allow_subnormal=False),
    st.integers(-3000, 3000).map(float),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), float("-inf")]),
)
COLUMN = arrays.arrays(np.float64, st.integers(0, 60), elements=VALUES)


def same(one: sketch.Sketch, other: sketch.Sketch) -> bool:
    ends = [(part.minimum, part.maximum) for part in (one, other)]
    return (
        np.array_equal(one.keys, other.keys)
        and np.array_equal(one.counts, other.counts)
        and one.nulls == other.nulls
        and np.array_equal(*ends, equal_nan=True)
        and one.shift == other.shift
    )


@given(st.lists(COLUMN, min_size=1, max_size=4), st.randoms())
def test_parts_in_any_order_add_up_to_the_whole(parts: list[np.ndarray], random: object) -> None:
    whole = sketch.fit(np.concatenate(parts))
    random.shuffle(parts)  # type: ignore[attr-defined]
    assert same(sketch.merge([sketch.fit(part) for part in parts]), whole)


@given(COLUMN, st.floats(0, 1))
def test_a_quantile_is_within_the_error(values: np.ndarray, q: float) -> None:
    finite = np.sort(values[np.isfinite(values)])
    assume(len(finite))
    exact = finite[max(int(np.ceil(q * len(finite))), 1) - 1]
    assert sketch.fit(values).quantile(q) == pytest.approx(exact, rel=1e-6, abs=0)


@given(arrays.arrays(np.float64, 50, elements=st.integers(-2047, 2047).map(float)))
def test_small_integers_are_exact(values: np.ndarray) -> None:
    levels, counts = np.unique(values, return_counts=True)
    found = sketch.fit(values)
    np.testing.assert_array_equal(found.values, levels)
    np.testing.assert_array_equal(found.counts, counts)


def test_a_column_without_values_has_no_quantile() -> None:
    assert np.isnan(sketch.fit(np.array([np.nan, np.inf])).quantile(0.5))


def test_the_largest_values_do_not_overflow() -> None:
    largest = np.finfo(np.float64).max
    assert sketch.fit(np.full(3, largest)).quantile(0.5) == pytest.approx(largest, rel=1e-6)


def test_values_far_from_zero_are_told_apart() -> None:
    assert len(sketch.fit(1e6 + np.arange(100.0)).keys) == 100
    assert len(sketch.fit(1.7e9 + 86_400 * np.arange(14.0)).keys) == 14


@given(st.integers(2, 40), st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200), st.integers(1, 5))
def test_joined_buckets_add_up_too(most: int, values: list[float], parts: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sketch, "MOST_BUCKETS", most)
        whole = sketch.fit(np.array(values))
        split = [sketch.fit(part) for part in np.array_split(np.array(values), parts)]
        assert same(sketch.merge(split), whole)
    assert len(whole.keys) <= most
    exact = np.sort(values)[max(int(np.ceil(0.5 * len(values))), 1) - 1]
    if whole.relative_error < 1:
        assert whole.quantile(0.5) == pytest.approx(exact, rel=whole.relative_error, abs=1e-300)
