"""The linear candidate: logistic regression, or ridge for a regression."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway.data.schema import Target
from slipway.training import estimator, graph
from slipway.training.matrix import Features, Matrix, Outputs

STRENGTHS = (0.01, 0.1, 1.0, 10.0)
"""Strengths of the regularisation that are tried; the validation rows choose."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Standardised features and a linear model."""

    pipeline: Pipeline
    target: Target

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answered: Outputs = estimator.outputs(self.pipeline, x.astype(np.float64))
        return answered

    def to_onnx(self) -> onnx.ModelProto:
        """The model in double precision, with the scaling folded into the weights."""
        weights, bias = self._folded()
        constants = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")]
        nodes = [
            helper.make_node("Cast", [graph.INPUT], ["x"], to=TensorProto.DOUBLE),
            helper.make_node("MatMul", ["x", "weights"], ["products"]),
            helper.make_node("Add", ["products", "bias"], ["scores"]),
            *self._link(constants),
        ]
        width = len(self.target.classes) or 1
        return graph.made_of(nodes, constants, len(weights), width)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        estimator.save(self.pipeline, folder)

    def _folded(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        scaler, model = self.pipeline.steps[0][1], self.pipeline.steps[-1][1]
        weights = np.atleast_2d(model.coef_).astype(np.float64) / scaler.scale_
        bias = np.atleast_1d(model.intercept_) - weights @ scaler.mean_
        return np.ascontiguousarray(weights.T), bias

    def _link(self, constants: list[onnx.TensorProto]) -> list[onnx.NodeProto]:
        if self.target.task == "regression":
            return [helper.make_node("Identity", ["scores"], [graph.OUTPUT])]
        if self.target.task == "multiclass":
            return [helper.make_node("Softmax", ["scores"], [graph.OUTPUT], axis=1)]
        constants.append(numpy_helper.from_array(np.array(1.0), "one"))
        return [
            helper.make_node("Sigmoid", ["scores"], ["positive"]),
            helper.make_node("Sub", ["one", "positive"], ["negative"]),
            helper.make_node("Concat", ["negative", "positive"], [graph.OUTPUT], axis=1),
        ]


class Linear:
    """Logistic regression, or ridge for a regression, on standardised features."""

    name = "logistic"

    def fit(self, train: Matrix, validation: Matrix, target: Target, seed: int) -> LinearModel:
        """See ``candidate.Candidate``."""
        scaler = StandardScaler().fit(train.x.astype(np.float64))
        rows, held_out = (scaler.transform(part.x.astype(np.float64)) for part in (train, validation))
        tried = [_model(target, strength, seed).fit(rows, train.y) for strength in STRENGTHS]
        best = min(tried, key=lambda model: _loss(model, held_out, validation.y, target))
        pipeline = make_pipeline(scaler, best)
        return LinearModel(pipeline, target)

    def load(self, folder: Path, target: Target) -> LinearModel:
        """See ``candidate.Candidate``."""
        return LinearModel(estimator.load(folder), target)


def _model(target: Target, strength: float, seed: int) -> Any:
    if target.task == "regression":
        return Ridge(alpha=1.0 / strength, random_state=seed)
    return LogisticRegression(C=strength, max_iter=500, random_state=seed)


def _loss(model: Any, x: NDArray[np.float64], y: Any, target: Target) -> float:
    if target.task == "regression":
        return float(mean_squared_error(y, model.predict(x)))
    return float(log_loss(y, model.predict_proba(x), labels=range(len(target.classes))))
