"""The candidate of scikit-learn's histogram gradient boosting."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from slipway.data.schema import Target, Task
from slipway.training import estimator, trees
from slipway.training.candidate import Setting
from slipway.training.estimator import EstimatorCandidate
from slipway.training.matrix import Features, Matrix, Outputs, Rows
from slipway.training.rounds import PATIENCE, ROUNDS
from slipway.training.space import Real, Whole
from slipway.training.trees import Tree


@dataclass(frozen=True, slots=True)
class HistogramModel:
    """Histogram gradient boosted trees."""

    boosted: Any
    target: Target

    @property
    def found(self) -> dict[str, Any]:
        """See ``candidate.Model``."""
        return {"rounds": len(self.boosted._predictors)}

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answered: Outputs = estimator.outputs(self.boosted, x)
        return answered

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        made = [_tree(item, place) for round_ in self.boosted._predictors for place, item in enumerate(round_)]
        base = np.asarray(self.boosted._baseline_prediction, dtype=np.float64).ravel()
        return trees.to_onnx(made, base, self.boosted.n_features_in_, self.target)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        estimator.save(self.boosted, folder)


class Histogram(EstimatorCandidate):
    """Histogram gradient boosting, stopped early on the validation rows."""

    name = "histogram"
    space = {  # noqa: RUF012
        "learning_rate": Real(0.02, 0.3, 0.08, log=True),
        "max_leaf_nodes": Whole(7, 63, 31, log=True),
        "min_samples_leaf": Whole(2, 80, 20, log=True),
        "l2_regularization": Real(1e-3, 30.0, 0.1, log=True),
        "max_features": Real(0.4, 1.0, 0.8),
    }
    trusted = (
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss._loss.CyHalfMultinomialLoss",
        "sklearn._loss._loss.CyHalfSquaredError",
        "sklearn._loss.link.IdentityLink",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn._loss.loss.HalfSquaredError",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    )

    def build(self, task: Task, params: Mapping[str, Any], seed: int) -> Any:
        """See ``EstimatorCandidate``."""
        kind = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
        chosen = {name: params[name] for name in self.space}
        return kind(**chosen, max_iter=params.get("rounds", ROUNDS), early_stopping=False, random_state=seed)

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> HistogramModel:
        """See ``candidate.Candidate``."""
        assert isinstance(rows, Matrix)  # noqa: S101 - only what streams gets rows that are stored
        boosted = self.build(target.task, setting.params, setting.seed)
        if not isinstance(validation, Matrix):
            return HistogramModel(boosted.fit(rows.x, rows.y, sample_weight=rows.weight), target)
        boosted.set_params(early_stopping=True, n_iter_no_change=PATIENCE, tol=0.0)
        held_out: dict[str, Any] = {"X_val": validation.x, "y_val": validation.y}
        if rows.weight is not None:
            held_out["sample_weight_val"] = validation.weight
        boosted.fit(rows.x, rows.y, sample_weight=rows.weight, **held_out)
        best = max(1, int(np.argmax(boosted.validation_score_)))
        del boosted._predictors[best:]
        return HistogramModel(boosted, target)

    def load(self, folder: Path, target: Target) -> HistogramModel:
        """See ``candidate.Candidate``."""
        return HistogramModel(estimator.load(folder, self.trusted), target)


def _tree(predictor: Any, output: int) -> Tree:
    nodes = predictor.nodes
    return Tree(
        feature=nodes["feature_idx"],
        threshold=nodes["num_threshold"],
        left=nodes["left"],
        right=nodes["right"],
        value=nodes["value"],
        leaf=nodes["is_leaf"].astype(bool),
        output=output,
    )
