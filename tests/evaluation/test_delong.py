"""DeLong's covariance by midranks against the definition, and against resampling."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.evaluation import delong, metrics
from slipway.evaluation.bootstrap import resample
from slipway.evaluation.sample import Sample


def by_pairs(positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """All pairs of a positive and a negative row, as DeLong et al. define it."""
    wins = [np.sign(row[positive][:, None] - row[~positive][None, :]) / 2 + 0.5 for row in scores]
    of_hits = np.array([one.mean(axis=1) for one in wins])
    of_misses = np.array([one.mean(axis=0) for one in wins])
    covariance = np.cov(of_hits) / of_hits.shape[1] + np.cov(of_misses) / of_misses.shape[1]
    return np.array([one.mean() for one in wins]), covariance


@given(seed=st.integers(0, 2**20), hits=st.integers(2, 30), misses=st.integers(2, 30), levels=st.integers(1, 50))
def test_midranks_agree_with_all_pairs(seed: int, hits: int, misses: int, levels: int) -> None:
    random = np.random.default_rng(seed)
    positive = random.permutation(np.repeat([True, False], [hits, misses]))
    scores = random.integers(0, levels, (3, hits + misses)) / levels

    areas, covariance = delong.areas(positive, scores)
    expected, expected_covariance = by_pairs(positive, scores)

    assert areas == pytest.approx(expected)
    assert covariance == pytest.approx(expected_covariance, abs=1e-12)


def test_a_gain_is_that_of_the_metric_with_an_interval_like_that_of_resamples() -> None:
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 800)
    a, b = (np.clip(0.5 + skill * (y - 0.5) + random.normal(0, 0.3, 800), 0, 1) for skill in (0.4, 0.3))
    first, second = (np.column_stack([1 - one, one]) for one in (a, b))
    metric = metrics.get("roc_auc")

    found = delong.gain(y, first, second, 0.95)
    draws = resample(
        [metric.prepare(y, one, 0.5) for one in (first, second)], Sample(y), resamples=2000, confidence=0.95, seed=0
    ).gain(metric, 0, 1)

    assert found.estimate == pytest.approx(draws.estimate)
    assert (found.low, found.high) == pytest.approx((draws.low, draws.high), abs=0.004)


def test_equal_models_gain_exactly_nothing() -> None:
    y = np.array([0, 1] * 20)
    outputs = np.random.default_rng(1).random((40, 2))

    found = delong.gain(y, outputs, outputs.copy(), 0.95)

    assert (found.estimate, found.low, found.high) == (0, 0, 0)
