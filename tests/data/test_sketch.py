import json

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from slipway.data import sketch
from slipway.data.sketch import RELATIVE_ERROR

VALUES = st.one_of(
    st.floats(-1e300, 1e300, allow_subnormal=False),
    st.integers(-3000, 3000).map(float),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), float("-inf")]),
)
COLUMN = arrays.arrays(np.float64, st.integers(0, 60), elements=VALUES)


def same(one: sketch.Sketch, other: sketch.Sketch) -> bool:
    ends = [(part.minimum, part.maximum, part.total) for part in (one, other)]
    return (
        np.array_equal(one.keys, other.keys)
        and np.array_equal(one.counts, other.counts)
        and one.nulls == other.nulls
        and np.allclose(*ends, rtol=1e-9, atol=1e290, equal_nan=True)
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
    assert sketch.fit(values).quantile(q) == pytest.approx(exact, rel=RELATIVE_ERROR, abs=0)


@given(arrays.arrays(np.float64, 50, elements=st.integers(-2047, 2047).map(float)))
def test_small_integers_are_exact(values: np.ndarray) -> None:
    levels, counts = np.unique(values, return_counts=True)
    found = sketch.fit(values)
    np.testing.assert_array_equal(found.values, levels)
    np.testing.assert_array_equal(found.counts, counts)


@given(arrays.arrays(np.float64, 40, elements=st.integers(-50, 50).map(float)), st.sets(st.integers(-60, 60)))
def test_counts_between_edges(values: np.ndarray, cuts: set[int]) -> None:
    edges = np.array(sorted(cuts), dtype=np.float64)
    expected = [
        ((values > low) & (values <= high)).sum() for low, high in zip([-np.inf, *edges], [*edges, np.inf], strict=True)
    ]
    assert sketch.fit(values).counts_between(edges).tolist() == expected


@given(COLUMN)
def test_a_sketch_survives_json(values: np.ndarray) -> None:
    found = sketch.fit(values)
    assert same(sketch.Sketch.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False))), found)


def test_a_column_without_values_has_no_quantile() -> None:
    assert np.isnan(sketch.fit(np.array([np.nan, np.inf])).quantile(0.5))


def test_the_sum_of_the_largest_values_does_not_warn() -> None:
    largest = sketch.fit(np.full(3, np.finfo(np.float64).max))
    assert largest.quantile(0.5) == pytest.approx(np.finfo(np.float64).max, rel=RELATIVE_ERROR)
    json.dumps(sketch.merge([largest, largest]).to_dict(), allow_nan=False)
