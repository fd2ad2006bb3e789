"""Calibration: where it helps, and not where it does not; in the graph as in Python."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray
from onnx import TensorProto, helper
from scipy.special import expit, logit, softmax

from slipway.bundle.engine import Engine
from slipway.training import balance, calibration, graph
from slipway.training.adjust import AdjustedModel, Adjustment, Curve, adjusted
from slipway.training.loss import loss
from slipway.training.matrix import Matrix

Floats = NDArray[np.float64]


class Passing:
    """A model whose features are its probabilities."""

    def __init__(self, classes: int) -> None:
        self.classes = classes

    def predict(self, x: Any) -> Floats:
        return np.asarray(x, dtype=np.float64)

    def to_onnx(self) -> onnx.ModelProto:
        node = helper.make_node("Cast", [graph.INPUT], [graph.OUTPUT], to=TensorProto.DOUBLE)
        return graph.made_of([node], [], self.classes, self.classes)

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)


def binary(positive: Floats) -> Floats:
    return np.column_stack([1 - positive, positive])


def drawn(rows: int, seed: int = 0) -> tuple[NDArray[np.int64], Floats]:
    """Labels, and their true probabilities."""
    rng = np.random.default_rng(seed)
    true = expit(rng.normal(-0.5, 1.5, rows))
    return (rng.random(rows) < true).astype(np.int64), true


@pytest.mark.parametrize(
    "distort",
    [lambda p: expit(2.5 * logit(p)), lambda p: expit(0.4 * logit(p) + 1), lambda p: p**3, lambda p: 0.3 + 0.4 * p],
    ids=["too sure", "too shy", "cubed", "squeezed"],
)
def test_probabilities_that_are_off_are_mended(distort: Any) -> None:
    y, true = drawn(1500)
    found = calibration.choose(y, binary(distort(true)), None, seed=0)
    assert found.name in ("sigmoid", "isotonic")
    fresh_y, fresh = drawn(20_000, seed=1)
    off = binary(distort(fresh))
    before, after, best = (loss(fresh_y, outputs) for outputs in (off, found.adjustment(off), binary(fresh)))
    assert before - after > 0.6 * (before - best)


def test_probabilities_that_are_right_are_left_alone() -> None:
    mended = [calibration.choose(*_right(seed), None, seed=0).name != "none" for seed in range(40)]
    assert sum(mended) <= 4


def _right(seed: int) -> tuple[NDArray[np.int64], Floats]:
    y, true = drawn(400, seed)
    return y, binary(true)


def test_a_temperature_mends_more_classes_and_keeps_the_most_probable() -> None:
    rng = np.random.default_rng(0)
    scores = rng.normal(0, 1.2, (2000, 4))
    y = np.array([rng.choice(4, p=row) for row in softmax(scores, axis=1)])
    sure = softmax(2.5 * scores, axis=1)
    found = calibration.choose(y, sure, None, seed=0)
    assert found.name == "temperature"
    assert loss(y, found.outputs) < loss(y, sure) - 0.1
    np.testing.assert_array_equal(found.adjustment(sure).argmax(axis=1), sure.argmax(axis=1))
    assert calibration.choose(y, softmax(scores, axis=1), None, seed=0).name == "none"


def test_too_few_rows_of_a_class_are_not_calibrated_on() -> None:
    y, true = drawn(60)
    y[:] = 0
    y[: calibration.MIN_CLASS_ROWS - 1] = 1
    assert calibration.choose(y, binary(true**3), None, seed=0).name == "none"


@given(arrays.arrays(np.float64, 300, elements=st.floats(0, 1)), st.integers(0, 1000))
def test_a_curve_never_falls_and_is_never_steep(scores: Floats, seed: int) -> None:
    y = (np.random.default_rng(seed).random(300) < 0.5).astype(np.int64)
    for fit in (calibration._sigmoid, calibration._isotonic):
        curve = fit(y, binary(scores), np.ones(300)).curve
        assert curve is not None
        assert (curve.x[0], curve.x[-1]) == (0, 1)
        assert (np.diff(curve.x) > 0).all()
        assert 0 <= curve.y[0] < curve.y[-1] <= 1
        assert (curve.slopes >= 0).all()
        assert (curve.slopes <= calibration.STEEPEST + 1e-9).all()


ADJUSTMENTS = [
    Adjustment(weights=(0.7, 5.6)),
    Adjustment(curve=Curve((0.0, 0.1, 0.5, 0.55, 1.0), (0.01, 0.05, 0.3, 0.7, 0.95))),
    Adjustment(weights=(0.5, 1.0, 4.0)),
    Adjustment(temperature=0.4),
    Adjustment(temperature=2.0),
]


@pytest.mark.parametrize("adjustment", ADJUSTMENTS, ids=["weights", "curve", "weights of 3", "sharper", "flatter"])
@given(data=st.data())
def test_the_graph_adjusts_alike_and_does_not_blow_rounding_up(adjustment: Adjustment, data: st.DataObject) -> None:
    classes = 2 if len(adjustment.weights) == 2 or adjustment.curve else 3
    raw = data.draw(arrays.arrays(np.float64, (20, classes), elements=st.floats(1e-9, 1)))
    exact = raw / raw.sum(axis=1, keepdims=True)
    rounded = exact.astype(np.float32)
    model = AdjustedModel(Passing(classes), adjustment)
    answers = Engine(model.to_onnx().SerializeToString()).predict({"features": rounded})
    np.testing.assert_allclose(answers, model.predict(rounded), atol=1e-12)
    np.testing.assert_allclose(answers, adjustment(exact), atol=1e-5)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)


@pytest.mark.parametrize("adjustment", [*ADJUSTMENTS, Adjustment()], ids=str)
def test_what_is_saved_is_what_is_loaded(adjustment: Adjustment, tmp_path: Path) -> None:
    adjusted(Passing(2), adjustment).save(tmp_path)
    assert Adjustment.load(tmp_path) == adjustment


def test_the_weights_of_rare_classes_are_undone() -> None:
    """A model that is perfect on weighted rows becomes one that is perfect on the rows as they are."""
    _, true = drawn(1000)
    y = (np.arange(1000) % 12 == 0).astype(np.int64)
    weights = balance.weights(Matrix(np.zeros((1000, 1), np.float32), y, ("a",)), 2)
    assert weights[1] / weights[0] == balance.LARGEST
    weighted = true * weights[1] / (true * weights[1] + (1 - true) * weights[0])
    np.testing.assert_allclose(Adjustment(weights=weights)(binary(weighted))[:, 1], true)
