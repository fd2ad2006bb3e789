from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as theirs

from slipway.evaluation import curves


def scored(seed: int, rows: int, distinct: int) -> tuple[Any, Any]:
    random = np.random.default_rng(seed)
    y = np.concatenate([[0, 1], random.integers(0, 2, rows)])
    scores = random.integers(0, distinct, rows + 2) / distinct
    return y, np.column_stack([1 - scores, scores])


cases = given(st.integers(0, 2**32), st.sampled_from([1, 20, 3000]), st.sampled_from([1, 5, 10**6]))


@cases
@settings(max_examples=60, deadline=None)
def test_roc_goes_from_corner_to_corner_with_few_finite_points(seed: int, rows: int, distinct: int) -> None:
    found = curves.roc(*scored(seed, rows, distinct))

    assert (found.x[0], found.y[0], found.x[-1], found.y[-1]) == (0, 0, 1, 1)
    assert len(found.x) == len(found.y) == len(found.thresholds) <= curves.MAX_POINTS
    assert np.isfinite([found.x, found.y, found.thresholds]).all()
    assert (np.diff(found.x) >= 0).all()
    assert (np.diff(found.y) >= 0).all()


@cases
@settings(max_examples=60, deadline=None)
def test_points_of_roc_are_those_of_scikit_learn(seed: int, rows: int, distinct: int) -> None:
    y, outputs = scored(seed, rows, distinct)
    x, height, _ = theirs.roc_curve(y, outputs[:, 1], drop_intermediate=False)

    found = curves.roc(y, outputs)

    every = set(zip(x.round(9), height.round(9), strict=True))
    assert set(zip(np.round(found.x, 9), np.round(found.y, 9), strict=True)) <= every
    if len(x) <= curves.MAX_POINTS:
        assert (found.x, found.y) == (tuple(x), tuple(height))
    assert theirs.auc(found.x, found.y) == pytest.approx(theirs.auc(x, height), abs=0.01)


@cases
@settings(max_examples=60, deadline=None)
def test_points_of_precision_and_recall_are_those_of_scikit_learn(seed: int, rows: int, distinct: int) -> None:
    y, outputs = scored(seed, rows, distinct)
    precision, recall, _ = theirs.precision_recall_curve(y, outputs[:, 1])

    found = curves.precision_recall(y, outputs)

    every = set(zip(recall.round(9), precision.round(9), strict=True))
    assert set(zip(np.round(found.x, 9), np.round(found.y, 9), strict=True)) <= every
    assert found.x[-1] == 1


@given(st.integers(0, 2**32), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_confusion_equals_scikit_learn(seed: int, classes: int) -> None:
    y, decided = np.random.default_rng(seed).integers(0, classes, (2, 40))

    assert curves.confusion(y, decided, classes) == theirs.confusion_matrix(y, decided, labels=range(classes)).tolist()


def test_calibration_leaves_empty_bins_out_and_counts_every_row() -> None:
    scores = np.array([0.0, 0.04, 0.95, 1.0, 1.0])

    found = curves.calibration(np.array([0, 1, 1, 1, 0]), np.column_stack([1 - scores, scores]))

    assert found.rows == (2, 3)
    assert found.claimed == pytest.approx((0.02, 2.95 / 3))
    assert found.happened == pytest.approx((1 / 2, 2 / 3))
