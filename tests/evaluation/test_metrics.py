import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from slipway.errors import DataError, UnknownNameError
from slipway.evaluation import metrics
from slipway.evaluation.decision import decide

CLASSIFICATION = [metric.name for metric in metrics.for_task("binary") if metric.name != "ece"]
REGRESSION = [metric.name for metric in metrics.for_task("regression")]
THRESHOLD = 0.4


@st.composite
def answered(draw: Any) -> tuple[Any, Any, Any]:
    """Classes, probabilities and repeats of rows: often with ties, with a class that is missing or alone."""
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    rows, classes = draw(st.integers(2, 60)), draw(st.integers(2, 5))
    y = random.integers(0, draw(st.integers(1, classes)), rows)
    raw = random.integers(1, draw(st.sampled_from([2, 4, 10**6])), (rows, classes)).astype(float)
    return y, raw / raw.sum(axis=1, keepdims=True), random.integers(0, 4, rows) + (np.arange(rows) == 0)


def expected(name: str, y: Any, outputs: Any) -> float:
    classes, decided = outputs.shape[1], decide(outputs, THRESHOLD)
    present = [at for at in ([1] if classes == 2 else range(classes)) if (y == at).any()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if name == "roc_auc":
            parts = [theirs.roc_auc_score(y == at, outputs[:, at]) for at in present if not (y == at).all()]
            return float(np.mean(parts)) if parts else np.nan
        if name == "pr_auc":
            parts = [theirs.average_precision_score(y == at, outputs[:, at]) for at in present]
            return float(np.mean(parts)) if parts else np.nan
        if name == "log_loss":
            return theirs.log_loss(y, outputs, labels=range(classes))
        if name == "brier" and classes == 2:
            return theirs.brier_score_loss(y, outputs[:, 1], pos_label=1, labels=[0, 1])
        if name == "brier":
            return theirs.brier_score_loss(y, outputs, labels=range(classes), scale_by_half=False)
        if name == "accuracy":
            return theirs.accuracy_score(y, decided)
        if name == "balanced_accuracy":
            return theirs.balanced_accuracy_score(y, decided)
        average = "binary" if classes == 2 else "macro"
        return theirs.f1_score(y, decided, average=average, zero_division=0)


@pytest.mark.parametrize("name", CLASSIFICATION)
@given(answered())
@settings(max_examples=60, deadline=None)
def test_equals_scikit_learn(name: str, case: tuple[Any, Any, Any]) -> None:
    y, outputs, _ = case

    assert metrics.score(name, y, outputs, THRESHOLD) == pytest.approx(
        expected(name, y, outputs), abs=1e-9, nan_ok=True
    )


@pytest.mark.parametrize("name", CLASSIFICATION)
@given(answered())
@settings(max_examples=40, deadline=None)
def test_a_weight_is_a_repeated_row(name: str, case: tuple[Any, Any, Any]) -> None:
    y, outputs, repeats = case
    weights = np.stack([repeats, np.ones_like(repeats)]).astype(float)

    found = metrics.get(name).value(y, outputs, weights, THRESHOLD)

    repeated = expected(name, np.repeat(y, repeats), np.repeat(outputs, repeats, axis=0))
    assert found == pytest.approx([repeated, expected(name, y, outputs)], abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("name", REGRESSION)
@given(st.integers(0, 2**32), st.sampled_from([0.0, 1e6]), st.sampled_from([1e-3, 1.0, 1e4]))
@settings(max_examples=40, deadline=None)
def test_errors_of_a_regression_equal_scikit_learn(name: str, seed: int, offset: float, scale: float) -> None:
    random = np.random.default_rng(seed)
    y, outputs = offset + scale * random.normal(size=(2, 30))
    repeats = random.integers(0, 4, 30) + (np.arange(30) < 2)
    theirs_of = {
        "rmse": theirs.root_mean_squared_error,
        "mae": theirs.mean_absolute_error,
        "r2": theirs.r2_score,
        "pinball_10": partial(theirs.mean_pinball_loss, alpha=0.1),
        "pinball_90": partial(theirs.mean_pinball_loss, alpha=0.9),
    }[name]

    found = metrics.get(name).value(y, outputs, np.stack([repeats, np.ones(30)]).astype(float))

    repeated = theirs_of(np.repeat(y, repeats), np.repeat(outputs, repeats))
    assert found == pytest.approx([repeated, theirs_of(y, outputs)], rel=1e-9, abs=1e-9)


@given(answered())
@settings(max_examples=60, deadline=None)
def test_calibration_error_is_the_weighted_gap_of_its_bins(case: tuple[Any, Any, Any]) -> None:
    y, outputs, _ = case
    binary = outputs.shape[1] == 2
    claimed = outputs[:, 1] if binary else outputs.max(axis=1)
    right = y == 1 if binary else outputs.argmax(axis=1) == y
    bins = [np.minimum(np.floor(claimed * 10), 9) == at for at in range(10)]
    gaps = [rows.mean() * abs(right[rows].mean() - claimed[rows].mean()) for rows in bins if rows.any()]

    assert metrics.score("ece", y, outputs) == pytest.approx(sum(gaps), abs=1e-9)


@given(answered())
@settings(max_examples=40, deadline=None)
def test_micro_averages_pool_all_pairs_of_row_and_class(case: tuple[Any, Any, Any]) -> None:
    y, outputs, _ = case
    held = np.eye(outputs.shape[1])[y]

    for name, metric in (("roc_auc_micro", theirs.roc_auc_score), ("pr_auc_micro", theirs.average_precision_score)):
        assert metrics.score(name, y, outputs) == pytest.approx(metric(held.ravel(), outputs.ravel()), abs=1e-9)
    decided = outputs.argmax(axis=1)
    if outputs.shape[1] > 2:
        assert metrics.score("f1_micro", y, outputs) == pytest.approx(theirs.f1_score(y, decided, average="micro"))


def test_what_one_class_leaves_undefined_is_nan() -> None:
    outputs = np.array([[0.5, 0.5], [0.1, 0.9]])

    assert np.isnan(metrics.score("roc_auc", np.zeros(2, int), outputs))
    assert np.isnan(metrics.score("pr_auc", np.zeros(2, int), outputs))
    assert np.isnan(metrics.score("r2", np.array([0.1, 0.1]), np.array([0.1, 0.3])))


def test_a_certain_mistake_costs_much_but_not_everything() -> None:
    loss = metrics.score("log_loss", np.array([1]), np.array([[1.0, 0.0]]))

    assert loss == pytest.approx(-np.log(np.finfo(np.float32).eps))


def test_auto_depends_on_the_task() -> None:
    assert [metrics.resolve("auto", task).name for task in ("binary", "multiclass", "regression")] == [
        "roc_auc",
        "log_loss",
        "rmse",
    ]


def test_a_metric_of_another_task_is_an_error_that_names_those_of_this_one() -> None:
    with pytest.raises(DataError, match=r"'rmse' is not defined for a binary target.*roc_auc"):
        metrics.resolve("rmse", "binary")


def test_an_unknown_metric_is_an_error_with_a_suggestion() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'roc_auc'"):
        metrics.get("rocauc")
