"""The linear candidate: logistic regression, or ridge for a regression."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway.data.schema import Target
from slipway.training import estimator, graph
from slipway.training.candidate import Setting
from slipway.training.loss import loss
from slipway.training.matrix import Features, Matrix, Outputs, Rows
from slipway.training.space import Space

STRENGTHS = (100.0, 10.0, 1.0, 0.1, 0.01, 0.001)
"""Strengths of the regularisation that are tried, strongest first; the validation rows choose."""


@dataclass(frozen=True, slots=True)
class LinearModel:
    """Standardised features and a linear model."""

    pipeline: Pipeline
    target: Target
    strength: float = 1.0

    @property
    def found(self) -> dict[str, Any]:
        """See ``candidate.Model``."""
        return {"strength": self.strength}

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
            *graph.link("scores", self.target),
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


class Linear:
    """Logistic regression, or ridge for a regression, on standardised features."""

    name = "logistic"
    space: Space = {}  # noqa: RUF012

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> LinearModel:
        """See ``candidate.Candidate``; of all strengths the one with the least validation loss is taken."""
        assert isinstance(rows, Matrix)  # noqa: S101 - only what streams gets rows that are stored
        scaler = StandardScaler().fit(rows.x.astype(np.float64))
        x = scaler.transform(rows.x.astype(np.float64))
        if not isinstance(validation, Matrix):
            strength = setting.params["strength"]
            model = _model(target, strength, setting.seed).fit(x, rows.y, sample_weight=rows.weight)
            return LinearModel(make_pipeline(scaler, model), target, strength)
        held_out = scaler.transform(validation.x.astype(np.float64))
        best, least, start = None, np.inf, None
        for strength in STRENGTHS:
            model = _model(target, strength, setting.seed, start).fit(x, rows.y, sample_weight=rows.weight)
            found = loss(validation.y, estimator.outputs(model, held_out), validation.weight)
            if found < least:
                best, least = LinearModel(make_pipeline(scaler, model), target, strength), found
            start = model
        assert best is not None  # noqa: S101 - some loss is finite: predictions of linear models are
        return best

    def load(self, folder: Path, target: Target) -> LinearModel:
        """See ``candidate.Candidate``."""
        return LinearModel(estimator.load(folder), target)


def _model(target: Target, strength: float, seed: int, start: Any = None) -> Any:
    """A model of a strength; one that was fitted with another strength saves it most of the way."""
    if target.task == "regression":
        return Ridge(alpha=strength, random_state=seed)
    model = LogisticRegression(C=1.0 / strength, max_iter=500, random_state=seed, warm_start=True)
    if start is not None:
        model.coef_, model.intercept_ = start.coef_.copy(), start.intercept_.copy()
        model.classes_, model.n_features_in_ = start.classes_, start.n_features_in_
    return model
