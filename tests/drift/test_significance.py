from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from slipway.drift import significance, statistics


def test_chance_of_large_samples_is_chi_squared() -> None:
    reference, current = np.array([100, 200, 0, 300]), np.array([50, 70, 0, 90])
    chance = significance.of_large_samples(reference, current)
    scale = 1 / 600 + 1 / 210

    assert chance.beyond(0.05) == pytest.approx(stats.chi2.sf(0.05 / scale, 2))
    assert chance.quantile(1e-5) == pytest.approx(stats.chi2.isf(1e-5, 2) * scale)


@pytest.mark.parametrize(("n", "m"), [(2000, 500), (60, 60), (5000, 20), (30, 3000)])
@pytest.mark.parametrize("shares", [np.full(10, 0.1), np.array([0.9, 0.05, 0.02, 0.01, 0.01, 0.01])])
def test_resampling_says_how_often_chance_gives_such_a_psi(n: int, m: int, shares: Any) -> None:
    random = np.random.default_rng(0)
    pairs = [(random.multinomial(n, shares), random.multinomial(m, shares)) for _ in range(60)]

    p_values = [significance.by_resampling(*pair).beyond(statistics.psi(*pair)) for pair in pairs]

    assert np.mean(np.array(p_values) < 0.2) == pytest.approx(0.2, abs=0.15)
    assert np.mean(np.array(p_values) < 0.01) <= 0.07


def test_resampling_agrees_with_large_samples() -> None:
    counts = np.full(10, 10_000)

    assert significance.by_resampling(counts, counts).quantile(0.01) == pytest.approx(
        significance.of_large_samples(counts, counts).quantile(0.01), rel=0.1
    )


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_discoveries_are_those_of_scipy(p_values: list[float]) -> None:
    found = significance.discoveries(np.array(p_values), np.ones(len(p_values)), 0.01)

    adjusted = stats.false_discovery_control(p_values, method="by")
    clear = np.abs(adjusted - 0.01) > 1e-12
    assert found[clear].tolist() == (adjusted < 0.01)[clear].tolist()


def test_more_weight_needs_less_evidence() -> None:
    p_values = np.array([0.006, 0.006])

    assert significance.discoveries(p_values, np.array([1.9, 0.1]), 0.01).tolist() == [True, False]
    assert not significance.discoveries(np.array([]), np.array([]), 0.01).size


def test_weights_have_a_mean_of_one() -> None:
    assert significance.weights_of([None, None]).tolist() == [1, 1]
    assert significance.weights_of([0.75, 0.25, 0.0, 0.0]).tolist() == [2, 1, 0.5, 0.5]


def test_the_advised_rows_see_a_shift_at_the_limit() -> None:
    random, before = np.random.default_rng(0), np.full(10, 0.1)
    after = before + np.array([0.0745, -0.0745] * 5) / 2
    after = before + (after - before) * 1.292  # a true PSI of 0.25
    true = float(np.sum((after - before) * np.log(after / before)))
    reference = random.multinomial(10_000, before)
    level = significance.strictest(20, 0.01)
    rows = significance.rows_needed(reference, true, level)
    assert rows is not None

    seen = [
        significance.of_large_samples(reference, now).beyond(statistics.psi(reference, now)) < level
        for now in random.multinomial(rows, after, size=300)
    ]

    assert np.mean(seen) == pytest.approx(significance.POWER, abs=0.1)


def test_a_small_reference_can_not_be_helped_by_current_rows() -> None:
    assert significance.rows_needed(np.full(10, 2), 0.25, 1e-4) is None
