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

    for statistic in (statistics.psi, statistics.jensen_shannon, statistics.total_variation, statistics.chi_square):
        assert statistic(np.append(reference, 0), np.append(current, 0)) == pytest.approx(
            statistic(reference, current), abs=1e-12
        )


@given(bins)
@settings(deadline=None)
def test_jensen_shannon_equals_scipy(pair: tuple[list[int], list[int]]) -> None:
    reference, current = counted(pair)

    assert statistics.jensen_shannon(reference, current) ** 2 == pytest.approx(
        distance.jensenshannon(reference, current, base=2) ** 2, abs=1e-12
    )


@given(bins, st.sampled_from([1, 10**6, 10**9]))
@settings(deadline=None)
def test_chi_square_equals_scipy(pair: tuple[list[int], list[int]], times: int) -> None:
    reference, current = counted(pair)
    table = np.array([reference, current])[:, (reference + current) > 0] * times
    expected = stats.chi2_contingency(table, correction=False).statistic if table.shape[1] > 1 else 0.0

    assert statistics.chi_square(reference * times, current * times) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_total_variation_is_the_share_that_would_have_to_move() -> None:
    assert statistics.total_variation(np.array([5, 3, 2]), np.array([2, 3, 5])) == pytest.approx(0.3)
    assert statistics.total_variation(np.array([1, 0]), np.array([0, 7])) == 1


def test_the_same_counts_are_no_distance() -> None:
    counts = np.array([3, 0, 5])

    for statistic in (statistics.psi, statistics.jensen_shannon, statistics.total_variation, statistics.chi_square):
        assert statistic(counts, counts * 3) == pytest.approx(0, abs=0.01)
        assert statistic(counts, counts) == 0
