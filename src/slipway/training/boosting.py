"""The XGBoost candidate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import xgboost
from onnxmltools.convert import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType

from slipway.data.schema import Target, Task
from slipway.errors import BundleError
from slipway.training import cores, graph
from slipway.training.matrix import Features, Matrix, Outputs

FILE = "model.ubj"
ROUNDS = 500
PATIENCE = 30
"""Rounds without a better validation loss after which boosting stops."""

_OBJECTIVES: dict[Task, tuple[str, str]] = {
    "binary": ("binary:logistic", "logloss"),
    "multiclass": ("multi:softprob", "mlogloss"),
    "regression": ("reg:squarederror", "rmse"),
}


@dataclass(frozen=True, slots=True)
class BoostedModel:
    """Gradient boosted trees."""

    booster: xgboost.Booster
    target: Target

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answer = np.asarray(self.booster.inplace_predict(x))
        return np.column_stack([1 - answer, answer]) if self.target.task == "binary" else answer

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        classes = len(self.target.classes)
        model = convert_xgboost(
            self.booster,
            initial_types=[(graph.INPUT, FloatTensorType([None, self.booster.num_features()]))],
            target_opset=graph.OPSETS[""],
        )
        return graph.ending_in(model, "probabilities" if classes else "variable", classes or 1)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(folder / FILE)


class Boosting:
    """XGBoost with histograms, stopped early on the validation rows."""

    name = "xgboost"

    def fit(self, train: Matrix, validation: Matrix, target: Target, seed: int) -> BoostedModel:
        """See ``candidate.Candidate``."""
        objective, metric = _OBJECTIVES[target.task]
        settings: dict[str, Any] = {
            "objective": objective,
            "eval_metric": metric,
            "tree_method": "hist",
            "learning_rate": 0.1,
            "max_depth": 6,
            "nthread": cores.available(),
            "seed": seed,
        }
        if target.task == "multiclass":
            settings["num_class"] = len(target.classes)
        rows = xgboost.QuantileDMatrix(train.x, label=train.y)
        held_out = xgboost.QuantileDMatrix(validation.x, label=validation.y, ref=rows)
        booster = xgboost.train(
            settings,
            rows,
            num_boost_round=ROUNDS,
            evals=[(held_out, "validation")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
        )
        return BoostedModel(booster[: booster.best_iteration + 1], target)

    def load(self, folder: Path, target: Target) -> BoostedModel:
        """See ``candidate.Candidate``."""
        booster = xgboost.Booster()
        try:
            booster.load_model(folder / FILE)
        except ValueError as error:  # XGBoost's own, or what it can't decode of its message
            message = f"{FILE} can't be read: {str(error).splitlines()[0]}; it was not written by slipway"
            raise BundleError(message) from None
        return BoostedModel(booster, target)
