from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from slipway.data import sketch as sketches
from slipway.drift import distances as module
from slipway.drift.distances import distances, sketched_error
from slipway.drift.points import Points, aligned

LARGEST = float(np.finfo(np.float64).max)

values = st.lists(
    st.floats(-1e300, 1e300) | st.integers(-3, 3).map(float) | st.sampled_from([0.0, -0.0, 5e-324, 1e-300, -7.5]),
    min_size=1,
    max_size=60,
).map(lambda found: np.sort(np.array(found)))


def scipy_ks(one: Any, other: Any) -> float:
    with np.errstate(all="ignore"):  # its p-value of one row divides by zero
        return float(stats.ks_2samp(one, other, method="asymp").statistic)


def scipy_wasserstein(one: Any, other: Any) -> tuple[float, float]:
    """In units of the largest value, where scipy's does not overflow."""
    scale = max(np.abs(one).max(), np.abs(other).max(), 1e-300)
    return float(stats.wasserstein_distance(one / scale, other / scale)), scale


@given(values, values, st.sampled_from([1, 3, 64]))
@settings(deadline=None)
def test_distances_equal_scipys(one: Any, other: Any, cell: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_CELL", cell)
        ks, wasserstein = distances(Points(one), Points(other))

    expected, scale = scipy_wasserstein(one, other)
    assert ks == pytest.approx(scipy_ks(one, other), abs=1e-12)
    assert wasserstein / scale == pytest.approx(expected, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([1.0], [1.0]),
        ([0.0] * 500, [0.0] * 300 + [1.0] * 300),
        (np.arange(5000) % 7.0, np.arange(3001) % 5.0),
        (np.full(4000, 3e-320), np.full(10, 0.0)),
        (np.random.default_rng(0).normal(size=200_000), np.random.default_rng(1).normal(0.01, size=150_001)),
        (np.random.default_rng(0).lognormal(0, 30, 9000), np.random.default_rng(1).lognormal(0, 30, 9000)),
    ],
)
def test_distances_of_awkward_data_equal_scipys(one: Any, other: Any) -> None:
    one, other = np.sort(np.array(one, float)), np.sort(np.array(other, float))

    ks, wasserstein = distances(Points(one), Points(other))

    assert ks == pytest.approx(scipy_ks(one, other), abs=1e-12)
    assert wasserstein == pytest.approx(stats.wasserstein_distance(one, other), rel=1e-9)


def test_a_distance_beyond_all_numbers_is_the_largest_number() -> None:
    assert distances(Points(np.array([-LARGEST])), Points(np.array([LARGEST]))) == (1.0, LARGEST)


@given(values)
def test_the_same_values_are_exactly_no_distance(one: Any) -> None:
    assert distances(Points(one), Points(one)) == (0.0, 0.0)
    assert distances(Points(one), Points(np.repeat(one, 3))) == (0.0, 0.0)


def without_denormals(found: Any, width: float) -> Any:
    """Numbers that much smaller than the smallest normal one are in the bucket of zero."""
    return np.where(np.abs(found) < np.finfo(np.float64).tiny * width, 0.0, found)


def sketched(found: Any, buckets: int) -> sketches.Sketch:
    return sketches.bounded(sketches.fit(found), buckets)


@given(values, values, st.sampled_from([8, 16, 64]), st.booleans())
@settings(deadline=None)
def test_distances_of_sketches_are_within_the_stated_error(one: Any, other: Any, buckets: int, both: bool) -> None:
    small = sketched(one, buckets)
    before, now = aligned(small, sketched(other, buckets) if both else other)
    exact, exact_area = distances(*(Points(np.sort(without_denormals(side, before.width))) for side in (one, other)))

    ks, area = distances(before, now)

    whole = bool(np.all(one % 1 == 0) and np.all(other % 1 == 0))
    assert ks - 1e-12 <= exact <= ks + sketched_error(before, now, whole=whole) + 1e-12
    width = before.width
    scale = max(np.abs(one).max(), np.abs(other).max()) or 1.0
    assert abs(area - exact_area) / scale <= width * (np.abs(one / scale).mean() + np.abs(other / scale).mean()) + 1e-9


def test_the_error_of_a_stored_profile_is_small() -> None:
    random = np.random.default_rng(0)
    one, other = np.sort(random.normal(size=100_000)), np.sort(random.normal(0.1, size=100_000))

    before, now = aligned(sketched(one, 2048), other)

    assert sketched_error(before, now, whole=False) < 0.01
    assert distances(before, now)[0] == pytest.approx(distances(Points(one), Points(other))[0], abs=1e-3)
