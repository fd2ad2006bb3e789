from typing import Any

import numpy as np
import pytest

from slipway.errors import DataError
from slipway.evaluation import metrics
from slipway.evaluation.bootstrap import Interval, resample, tail
from slipway.evaluation.sample import Sample

MAE = metrics.get("mae")
RANDOM = np.random.default_rng(7)
Y = RANDOM.integers(0, 2, 80)


def interval(metric: Any, y: Any, outputs: Any, *, resamples: int, confidence: float = 0.95, seed: int = 0) -> Interval:
    statistics = [metric.prepare(y, outputs, 0.5)]
    return resample(statistics, Sample(y), resamples=resamples, confidence=confidence, seed=seed).interval(0)


def paired(metric: Any, y: Any, a: Any, b: Any, *, resamples: int) -> Interval:
    statistics = [metric.prepare(y, outputs, 0.5) for outputs in (a, b)]
    return resample(statistics, Sample(y), resamples=resamples, confidence=0.95, seed=0).gain(metric, 0, 1)


OUTPUTS = np.column_stack([1 - (scores := RANDOM.random(80)), scores])


def test_a_seed_repeats_an_interval() -> None:
    first, again, other = (interval(MAE, Y, OUTPUTS[:, 1], resamples=200, seed=seed) for seed in (3, 3, 4))

    assert first == again
    assert first != other
    assert first.low < first.estimate < first.high


@pytest.mark.parametrize("metric", metrics.for_task("binary"), ids=lambda metric: metric.name)
def test_identical_predictions_gain_exactly_nothing(metric: metrics.Metric) -> None:
    assert paired(metric, Y, OUTPUTS, OUTPUTS.copy(), resamples=100) == Interval(0.0, 0.0, 0.0)


def test_a_gain_is_measured_on_the_same_rows() -> None:
    y, errors = np.zeros(200), np.random.default_rng(0).exponential(size=200)

    gain = paired(MAE, y, errors, errors + 0.1, resamples=200)

    assert (gain.low, gain.estimate, gain.high) == pytest.approx((0.1, 0.1, 0.1))


def test_a_gain_is_positive_for_the_better_one_also_of_errors() -> None:
    good = np.where(Y[:, None] == [0, 1], 0.8, 0.2)

    for name in ("roc_auc", "log_loss"):
        assert paired(metrics.get(name), Y, good, OUTPUTS, resamples=100).low > 0
        assert paired(metrics.get(name), Y, OUTPUTS, good, resamples=100).high < 0


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    random, truth = np.random.default_rng(1), np.sqrt(2 / np.pi)
    errors = random.normal(size=(300, 100))

    found = [interval(MAE, np.zeros(100), row, resamples=300, confidence=0.9) for row in errors]

    assert 0.85 < np.mean([one.low <= truth <= one.high for one in found]) < 0.95


def test_the_gain_of_equals_is_seldom_above_zero() -> None:
    random = np.random.default_rng(2)
    pairs = random.normal(size=(300, 2, 100))

    lows = [paired(MAE, np.zeros(100), a, b, resamples=200).low for a, b in pairs]

    assert np.mean(np.array(lows) > 0) < 0.06


def test_draws_without_both_classes_are_drawn_again() -> None:
    y = (np.arange(30) == 0).astype(int)

    found = interval(metrics.get("roc_auc"), y, np.resize(OUTPUTS, (30, 2)), resamples=300)

    assert np.isfinite([found.estimate, found.low, found.high]).all()


def test_rows_of_one_class_are_an_error() -> None:
    with pytest.raises(DataError, match="not defined on the 80 rows"):
        interval(metrics.get("roc_auc"), np.zeros(80, int), OUTPUTS, resamples=100)


def test_few_rows_have_wider_intervals_than_percentiles() -> None:
    assert tail(1e9, 0.95) == pytest.approx(0.025, abs=1e-6)
    assert tail(10, 0.95) < tail(30, 0.95) < 0.025
    assert tail(1, 0.95) == 0


def test_intervals_of_ten_rows_cover_the_truth_more_often_than_percentiles() -> None:
    errors = np.random.default_rng(4).random(size=(200, 10))
    hits = {"plain": 0, "ours": 0}

    for row in errors:
        statistic = [MAE.prepare(np.zeros(10), row, 0.5)]
        draws = resample(statistic, Sample(np.zeros(10)), resamples=200, confidence=0.9, seed=0)
        low, high = np.quantile(draws.values, [0.05, 0.95])
        hits["plain"] += low <= 0.5 <= high
        hits["ours"] += draws.interval(0).low <= 0.5 <= draws.interval(0).high

    assert hits["plain"] < 172
    assert hits["ours"] > hits["plain"] + 4


def test_a_row_that_counts_twice_is_two_rows() -> None:
    errors = np.array([1.0, 5.0, 2.0])
    statistic = MAE.prepare(np.zeros(3), errors, 0.5)

    found = resample([statistic], Sample(np.zeros(3), np.array([2.0, 1.0, 0.0])), resamples=100, confidence=0.9, seed=0)

    assert found.estimates[0] == pytest.approx(7 / 3)
    assert Sample(np.zeros(3), np.array([1.0, 1.0, 0.0])).effective == pytest.approx(2)


def test_rows_without_weight_are_an_error() -> None:
    sample = Sample(np.zeros(3), np.zeros(3))

    with pytest.raises(DataError, match="weights of all 3 rows are 0"):
        resample([MAE.prepare(sample.y, np.ones(3), 0.5)], sample, resamples=100, confidence=0.9, seed=0)


def test_entities_are_drawn_whole() -> None:
    random = np.random.default_rng(5)
    entity = np.repeat(np.arange(30), 20)
    errors = np.abs(random.normal(size=30))[entity]
    y = np.zeros(600)
    statistic = [MAE.prepare(y, errors, 0.5)]

    alone = resample(statistic, Sample(y), resamples=300, confidence=0.95, seed=0).interval(0)
    together = resample(statistic, Sample(y, entity=entity), resamples=300, confidence=0.95, seed=0).interval(0)

    assert together.estimate == alone.estimate
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_the_interval_of_the_calibration_error_reaches_below_its_resamples() -> None:
    ece = metrics.get("ece")
    found = resample([ece.prepare(Y, OUTPUTS, 0.5)], Sample(Y), resamples=300, confidence=0.95, seed=0)

    assert found.values.mean() > found.estimates[0]
    corrected = found.corrected(0)
    assert 0 <= corrected.low <= corrected.estimate <= corrected.high
    assert corrected.low < found.interval(0).low
