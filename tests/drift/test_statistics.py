from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from slipway.drift import statistics

bins = st.integers(1, 12).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 50), min_size=size, max_size=size) for _ in range(2)])
)


def counted(pair: tuple[list[int], list[int]]) -> tuple[Any, Any]:
    reference, current = (np.array(counts) for counts in pair)
    reference[0] += 5
    current[-1] += 5
    return reference, current


@given(bins)
@settings(deadline=None)
def test_psi_is_its_formula_on_half_a_row_more_in_each_bin(pair: tuple[list[int], list[int]]) -> None:
    reference, current = counted(pair)
    kept = [(p + 0.5, q + 0.5) for p, q in zip(reference, current, strict=True) if p + q]
    n, m = (sum(column) for column in zip(*kept, strict=True))
    terms = [(q / m - p / n) * np.log((q / m) / (p / n)) for p, q in kept]

    assert statistics.psi(reference, current) == pytest.approx(sum(terms), abs=1e-12)


@given(bins)
@settings(deadline=None)
def test_a_bin_that_is_empty_on_both_sides_changes_nothing(pair: tuple[list[int], list[int]]) -> None:
    reference, current = counted(pair)

    for statistic in (statistics.psi, statistics.jensen_shannon, statistics.kolmogorov_smirnov):
        assert statistic(np.append(reference, 0), np.append(current, 0)) == pytest.approx(
            statistic(reference, current), abs=1e-12
        )


@given(bins)
@settings(deadline=None)
def test_jensen_shannon_equals_scipy(pair: tuple[list[int], list[int]]) -> None:
    reference, current = counted(pair)

    assert statistics.jensen_shannon(reference, current) == pytest.approx(
        distance.jensenshannon(reference, current, base=2), abs=1e-7
    )


@given(bins)
@settings(deadline=None)
def test_kolmogorov_smirnov_equals_scipy_on_values_that_are_bin_numbers(pair: tuple[list[int], list[int]]) -> None:
    reference, current = counted(pair)
    values = [np.repeat(np.arange(len(counts)), counts) for counts in (reference, current)]

    assert statistics.kolmogorov_smirnov(reference, current) == pytest.approx(
        stats.ks_2samp(*values, method="asymp").statistic, abs=1e-12
    )


@given(bins, st.floats(1e-6, 0.5))
@settings(deadline=None)
def test_chance_is_a_chi_squared_of_the_filled_bins(pair: tuple[list[int], list[int]], level: float) -> None:
    reference, current = counted(pair)
    freedom = max(1, np.count_nonzero(reference + current) - 1)
    expected = stats.chi2.isf(level, freedom) * (1 / reference.sum() + 1 / current.sum())

    assert statistics.psi_without_drift(reference, current, level) == pytest.approx(expected)


def test_chance_exceeds_the_psi_about_as_often_as_asked() -> None:
    random, shares = np.random.default_rng(0), np.full(11, 1 / 11)
    pairs = [(random.multinomial(2000, shares), random.multinomial(500, shares)) for _ in range(2000)]

    beyond = [statistics.psi(*pair) > statistics.psi_without_drift(*pair, 0.05) for pair in pairs]

    assert 0.03 < np.mean(beyond) < 0.07


def test_the_same_counts_are_no_distance() -> None:
    counts = np.array([3, 0, 5])

    assert statistics.psi(counts, counts) == 0
    assert statistics.jensen_shannon(counts, counts) == 0
    assert statistics.kolmogorov_smirnov(counts, counts) == 0
