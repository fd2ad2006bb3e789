"""The random forest candidate."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from slipway.data.schema import Target, Task
from slipway.training.candidate import Setting
from slipway.training.estimator import EstimatorCandidate, EstimatorModel, outputs, serial
from slipway.training.loss import loss
from slipway.training.matrix import Matrix, Rows
from slipway.training.space import Choice, Whole

TREES = 100
STAGES = (25, 50, TREES)
"""Trees after which the validation loss is told."""

MOST_LEAVES = 2_000
"""Leaves that a tree has about at most, so that a forest does not outgrow a bundle."""

_SHARES: dict[Task, float | str] = {"binary": "sqrt", "multiclass": "sqrt", "regression": 0.5}
"""What ``auto`` stands for: the share of the features that a split looks at."""


class Forest(EstimatorCandidate):
    """A random forest of ``TREES`` trees."""

    name = "forest"
    space = {  # noqa: RUF012
        "min_samples_leaf": Whole(1, 30, 3, log=True),
        "max_features": Choice(("auto", "sqrt", 0.3, 0.6, 1.0)),
    }

    def build(self, task: Task, params: Mapping[str, Any], seed: int) -> Any:
        """See ``EstimatorCandidate``."""
        kind = RandomForestRegressor if task == "regression" else RandomForestClassifier
        share = _SHARES[task] if params["max_features"] == "auto" else params["max_features"]
        return kind(
            n_estimators=TREES, min_samples_leaf=params["min_samples_leaf"], max_features=share, random_state=seed
        )

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> EstimatorModel:
        """See ``candidate.Candidate``; the validation rows are only watched."""
        assert isinstance(rows, Matrix)  # noqa: S101 - only what streams gets rows that are stored
        params = dict(setting.params)
        params["min_samples_leaf"] = max(params["min_samples_leaf"], len(rows.y) // MOST_LEAVES)
        forest = self.build(target.task, params, setting.seed).set_params(n_jobs=setting.threads, warm_start=True)
        for stage, trees in enumerate(STAGES, start=1):
            forest.set_params(n_estimators=trees).fit(rows.x, rows.y, sample_weight=rows.weight)
            if isinstance(validation, Matrix) and trees < TREES:
                answers = np.asarray(outputs(forest, validation.x), dtype=np.float64)
                setting.watch(stage, loss(validation.y, answers, validation.weight))
        return EstimatorModel(serial(forest).set_params(warm_start=False), target)
