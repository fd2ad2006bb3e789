import numpy as np
import pytest

from slipway.errors import DataError
from slipway.evaluation import metrics
from slipway.evaluation.bootstrap import Interval, interval, paired

MAE = metrics.get("mae")
RANDOM = np.random.default_rng(7)
Y = RANDOM.integers(0, 2, 80)
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
        interval(metrics.get("roc_auc"), np.zeros(80, int), OUTPUTS)
