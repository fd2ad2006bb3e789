"""The random forest candidate."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from slipway.data.schema import Target
from slipway.training import cores, estimator, graph
from slipway.training.matrix import Features, Matrix, Outputs

TREES = 200
LEAF_ROWS = 3
"""Fewest training rows in a leaf."""

MOST_LEAVES = 2_000
"""Leaves that a tree has about at most, so that a forest does not outgrow a bundle."""


@dataclass(frozen=True, slots=True)
class ForestModel:
    """A random forest."""

    forest: Any
    target: Target

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answered: Outputs = estimator.outputs(self.forest, x)
        return answered

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        classes = len(self.target.classes)
        model = to_onnx(
            self.forest,
            initial_types=[(graph.INPUT, FloatTensorType([None, self.forest.n_features_in_]))],
            options={id(self.forest): {"zipmap": False}} if classes else None,
            target_opset=graph.OPSETS,
        )
        return graph.ending_in(model, "probabilities" if classes else "variable", classes or 1)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        estimator.save(self.forest, folder)


class Forest:
    """A random forest of ``TREES`` trees."""

    name = "forest"

    def fit(self, train: Matrix, validation: Matrix, target: Target, seed: int) -> ForestModel:  # noqa: ARG002
        """See ``candidate.Candidate``; the validation rows are not looked at."""
        kind = RandomForestRegressor if target.task == "regression" else RandomForestClassifier
        leaf_rows = max(LEAF_ROWS, len(train.y) // MOST_LEAVES)
        forest = kind(n_estimators=TREES, min_samples_leaf=leaf_rows, random_state=seed, n_jobs=cores.available())
        forest.fit(train.x, train.y).set_params(n_jobs=None)  # threads add up the trees in any order
        return ForestModel(forest, target)

    def load(self, folder: Path, target: Target) -> ForestModel:
        """See ``candidate.Candidate``."""
        return ForestModel(estimator.load(folder), target)
