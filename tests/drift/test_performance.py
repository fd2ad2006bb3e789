import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats
from sklearn import metrics as sklearn_metrics

from slipway.data.schema import Task
from slipway.drift import changes, residuals, scores
from slipway.drift.answers import Answers, part
from slipway.drift.estimate import estimate
from slipway.drift.performance import watch
from slipway.errors import DataError
from slipway.evaluation import metrics


def classified(random: np.random.Generator, rows: int, strength: float = 2.0) -> Answers:
    """A calibrated classifier of two classes; with less strength it is less sure, and wrong more often."""
    p = 1 / (1 + np.exp(-strength * random.normal(size=rows)))
    return Answers("binary", (random.random(rows) < p).astype(np.int64), np.column_stack([1 - p, p]))


def broken(random: np.random.Generator, rows: int) -> Answers:
    """One whose probabilities have nothing to do with the truth any more."""
    made = classified(random, rows)
    return Answers("binary", random.permutation(made.y), made.outputs)


def several(random: np.random.Generator, rows: int) -> Answers:
    outputs = random.dirichlet(np.full(4, 0.3), rows)
    y = np.array([random.choice(4, p=row) for row in outputs])
    return Answers("multiclass", y, outputs)


def numbered(random: np.random.Generator, rows: int, error: float = 1.0, bias: float = 0.0) -> Answers:
    outputs = random.normal(10, 5, rows)
    return Answers("regression", outputs + random.normal(bias, error, rows), outputs)


def joined(*parts: Answers) -> Answers:
    first = parts[0]
    return Answers(first.task, np.concatenate([one.y for one in parts]), np.concatenate([one.outputs for one in parts]))


def made(task: Task, seed: int, rows: int) -> Answers:
    random = np.random.default_rng(seed)
    return {"binary": classified, "multiclass": several, "regression": numbered}[task](random, rows)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_unchanged_performance_seldom_alarms(task: Task) -> None:
    expected = scores.expected(made(task, 0, 2000))
    found = [watch(made(task, seed, 1000), expected) for seed in range(1, 31)]

    assert np.mean([one.severity == "alarm" for one in found]) <= 0.05
    assert np.mean([one.severity != "none" for one in found]) <= 0.1


def test_scores_are_those_of_scikit_learn() -> None:
    answers = made("binary", 0, 500)
    overall = {one.name: one.overall for one in watch(answers).metrics}
    decided = answers.outputs[:, 1] >= 0.5

    for name, value in {
        "f1": sklearn_metrics.f1_score(answers.y, decided),
        "accuracy": sklearn_metrics.accuracy_score(answers.y, decided),
        "roc_auc": sklearn_metrics.roc_auc_score(answers.y, answers.outputs[:, 1]),
    }.items():
        found = overall[name]
        assert found is not None
        assert found.estimate == pytest.approx(value, abs=1e-12)
        assert found.low < value < found.high


def test_windows_cover_every_row_and_overlap_by_half() -> None:
    found = watch(made("regression", 0, 1030), window=200)
    windows = found.metrics[0].windows

    assert [(window.start, window.end) for window in windows][:2] == [(0, 200), (100, 300)]
    assert windows[-1].end == 1030
    assert all(window.end - window.start == 200 for window in windows)


@pytest.mark.parametrize("seed", range(3))
def test_a_classifier_that_breaks_alarms_from_where_it_breaks(seed: int) -> None:
    random = np.random.default_rng(seed)
    expected = scores.expected(classified(random, 2000))

    found = watch(joined(classified(random, 2000), broken(random, 1000)), expected, window=300)

    assert found.severity == "alarm"
    first = min(window.end for one in found.metrics for window in one.windows if window.worse)
    assert 2000 < first <= 2600
    assert 2000 <= found.changes[0].row < 2500
    assert found.changes[0].now > found.changes[0].before
    assert "in rows " in found.sentence


def test_larger_errors_of_a_regression_alarm() -> None:
    random = np.random.default_rng(0)
    expected = scores.expected(numbered(random, 2000))

    found = watch(joined(numbered(random, 1000), numbered(random, 1000, error=1.6)), expected)

    assert found.severity == "alarm"
    assert found.sentence.startswith("RMSE was 0.996 and is 1.")
    assert 1000 <= found.changes[0].row < 1500
    assert {test.name: test.unusual for test in found.residuals} == {"bias": False, "trend": True}


def test_a_model_that_became_better_does_not_alarm() -> None:
    random = np.random.default_rng(0)

    found = watch(
        joined(numbered(random, 1000), numbered(random, 1000, error=0.5)), scores.expected(numbered(random, 2000))
    )

    assert found.changes == ()
    assert [one.severity for one in found.metrics] == ["none", "none"]


def test_a_bias_is_found_and_equals_students_test() -> None:
    answers = numbered(np.random.default_rng(0), 300, bias=0.5)
    bias, _ = residuals.tests(answers)
    errors = answers.y - answers.outputs

    assert bias.unusual
    assert bias.p_value == pytest.approx(stats.ttest_1samp(errors, 0).pvalue, rel=1e-9)
    assert "above the prediction on average" in bias.sentence


def test_probabilities_that_are_too_low_are_found() -> None:
    answers = made("binary", 0, 2000)
    low = answers.outputs[:, 1] ** 2

    (calibration, _), (good, _) = (
        residuals.tests(one) for one in (Answers("binary", answers.y, np.column_stack([1 - low, low])), answers)
    )

    assert (calibration.name, calibration.unusual, good.unusual) == ("calibration", True, False)
    assert calibration.effect == pytest.approx(np.mean(answers.y - low))


def test_errors_that_are_all_the_same_are_a_bias() -> None:
    outputs = np.arange(100.0)

    wrong, right = (residuals.tests(Answers("regression", outputs + error, outputs))[0] for error in (0.1, 0.0))

    assert (wrong.unusual, wrong.p_value, wrong.sentence) == (
        True,
        0,
        "the truth is 0.100 above the prediction on average",
    )
    assert (right.unusual, right.p_value) == (False, 1)


@pytest.mark.parametrize("window", [0, 100])
def test_a_rare_class_seldom_alarms(window: int) -> None:
    """A window without a hit among its few positives has an F1 of 0, whatever the model."""

    def rare(seed: int, rows: int) -> Answers:
        random = np.random.default_rng(seed)
        p = 1 / (1 + np.exp(4.5 - 2 * random.normal(size=rows)))
        return Answers("binary", (random.random(rows) < p).astype(np.int64), np.column_stack([1 - p, p]), threshold=0.1)

    expected = scores.expected(rare(0, 5000))
    found = [watch(rare(seed, 2000), expected, window) for seed in range(1, 31)]

    assert sum(one.severity == "alarm" for one in found) <= 2


def test_a_window_of_a_rare_class_is_large_enough_to_tell() -> None:
    y = (np.arange(2000) % 50 == 0).astype(np.int64)
    outputs = np.column_stack([np.full(2000, 0.98), np.full(2000, 0.02)])

    found = watch(Answers("binary", y, outputs))

    assert found.window == 1000
    assert all(window.score for one in found.metrics for window in one.windows)


def test_many_current_rows_alone_do_not_make_a_model_worse() -> None:
    """The score expected is a sample itself: of few rows it is off by chance, which many rows now do not cure."""
    current = scores.expected(made("binary", 0, 20_000))
    judged = [scores.expected(made("binary", seed, 300)) for seed in range(1, 101)]

    worse = [
        any(scores.is_worse(metrics.get(name), current[name], expected[name], 0.01 / 3) for name in expected)
        for expected in judged
    ]

    assert np.mean(worse) <= 0.05


def test_decided_classes_have_no_auc_and_no_calibration() -> None:
    answers = made("binary", 0, 500)
    decided = np.eye(2)[(answers.outputs[:, 1] > 0.5).astype(int)]

    found = watch(Answers("binary", answers.y, decided, probabilities=False))

    assert [one.name for one in found.metrics] == ["f1", "accuracy"]
    assert [test.name for test in found.residuals] == ["trend"]


def test_a_window_of_one_class_has_no_auc() -> None:
    answers = made("binary", 0, 200)
    y = np.concatenate([np.zeros(100, np.int64), answers.y[100:]])

    found = watch(Answers("binary", y, answers.outputs), scores.expected(answers), window=50)

    auc = next(one for one in found.metrics if one.name == "roc_auc")
    assert auc.windows[0].score is None
    assert not auc.windows[0].worse
    assert auc.overall is not None


@pytest.mark.parametrize(("rows", "window"), [(0, 0), (29, 0), (100, 10)])
def test_too_few_rows_are_an_error(rows: int, window: int) -> None:
    with pytest.raises(DataError, match="at least 30 are needed"):
        watch(part(made("regression", 0, 100), 0, rows), window=window)


def test_errors_of_zero_have_no_changes() -> None:
    assert changes.changes(np.zeros(500)) == ()


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_an_estimate_without_the_truth_is_near_the_score_with_it(task: Task) -> None:
    """Over many tables of a calibrated model the interval holds the true score about as often as it says."""
    held: list[bool] = []
    for seed in range(20):
        answers = made(task, seed, 400)
        for one in estimate(task, answers.outputs):
            true = metrics.score(one.name, answers.y, answers.outputs)
            held.append(one.score.low <= true <= one.score.high)

    assert np.mean(held) >= 0.88


def test_an_unsure_model_is_estimated_to_be_worse() -> None:
    random = np.random.default_rng(0)
    sure, unsure = classified(random, 2000, 3.0), classified(random, 2000, 0.5)

    found = estimate("binary", unsure.outputs, expected=scores.expected(sure))

    assert all(one.worse for one in found)
    assert not any(
        one.worse for one in estimate("binary", classified(random, 2000, 3.0).outputs, expected=scores.expected(sure))
    )


def test_a_change_that_the_probabilities_do_not_show_is_not_seen() -> None:
    """The stated limit: without the truth, a model that is wrong but sure looks right."""
    random = np.random.default_rng(0)
    expected = scores.expected(classified(random, 2000))

    assert not any(one.worse for one in estimate("binary", broken(random, 2000).outputs, expected=expected))


@pytest.mark.parametrize(("task", "outputs"), [("regression", np.ones(5)), ("binary", np.ones((0, 2)))])
def test_what_can_not_be_estimated_is_left_out(task: Task, outputs: NDArray[np.float64]) -> None:
    assert estimate(task, outputs) == ()
