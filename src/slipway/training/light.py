"""The LightGBM candidate; LightGBM is an extra."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx

from slipway.data.schema import Target, Task
from slipway.errors import BundleError, DataError
from slipway.training import trees
from slipway.training.candidate import Setting
from slipway.training.matrix import Features, Matrix, Outputs, Rows
from slipway.training.rounds import PATIENCE, ROUNDS, tell
from slipway.training.space import Real, Whole
from slipway.training.trees import Tree

if TYPE_CHECKING:
    import lightgbm

FILE, DIGEST = "model.txt", "model.sha256"

_OBJECTIVES: dict[Task, tuple[str, str]] = {
    "binary": ("binary", "binary_logloss"),
    "multiclass": ("multiclass", "multi_logloss"),
    "regression": ("regression", "l2"),
}


def _library() -> Any:
    try:
        import lightgbm
    except ImportError:
        message = "candidate 'lightgbm' needs LightGBM; install it with: pip install 'kfp-slipway[lightgbm]'"
        raise DataError(message) from None
    return lightgbm


@dataclass(frozen=True, slots=True)
class LightModel:
    """LightGBM's gradient boosted trees."""

    booster: "lightgbm.Booster"
    target: Target

    @property
    def found(self) -> dict[str, Any]:
        """See ``candidate.Model``."""
        return {"rounds": self.booster.current_iteration()}

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answer = np.asarray(self.booster.predict(x, num_threads=1))
        return np.column_stack([1 - answer, answer]) if self.target.task == "binary" else answer

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        width = self.target.scores
        dumped = self.booster.dump_model()["tree_info"]
        made = [_tree(item["tree_structure"], place % width) for place, item in enumerate(dumped)]
        return trees.to_onnx(made, np.zeros(width), self.booster.num_feature(), self.target)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        folder.mkdir(parents=True, exist_ok=True)
        text = self.booster.model_to_string().encode()
        (folder / FILE).write_bytes(text)
        (folder / DIGEST).write_text(hashlib.sha256(text).hexdigest(), encoding="ascii")


class Light:
    """LightGBM, stopped early on the validation rows."""

    name = "lightgbm"
    space = {  # noqa: RUF012
        "learning_rate": Real(0.02, 0.3, 0.08, log=True),
        "num_leaves": Whole(7, 63, 31, log=True),
        "min_data_in_leaf": Whole(2, 80, 20, log=True),
        "bagging_fraction": Real(0.5, 1.0, 0.9),
        "feature_fraction": Real(0.4, 1.0, 0.8),
        "lambda_l2": Real(1e-3, 30.0, 0.1, log=True),
    }

    def __init__(self) -> None:
        self._lightgbm = _library()

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> LightModel:
        """See ``candidate.Candidate``."""
        assert isinstance(rows, Matrix)  # noqa: S101 - only what streams gets rows that are stored
        params = {**_settings(target, setting), **{name: setting.params[name] for name in self.space}}
        train = self._lightgbm.Dataset(rows.x, rows.y, weight=rows.weight, params=params)
        if not isinstance(validation, Matrix):
            return LightModel(self._lightgbm.train(params, train, setting.params["rounds"]), target)
        held_out = self._lightgbm.Dataset(validation.x, validation.y, weight=validation.weight, reference=train)

        def told(state: Any) -> None:
            tell(setting.watch, state.iteration + 1, float(state.evaluation_result_list[0][2]))

        booster = self._lightgbm.train(
            params,
            train,
            ROUNDS,
            valid_sets=[held_out],
            callbacks=[self._lightgbm.early_stopping(PATIENCE, verbose=False), told],
        )
        text = booster.model_to_string(num_iteration=max(1, booster.best_iteration))
        return LightModel(self._lightgbm.Booster(model_str=text), target)

    def load(self, folder: Path, target: Target) -> LightModel:
        """See ``candidate.Candidate``; LightGBM itself aborts the process on a damaged file."""
        try:
            text = (folder / FILE).read_bytes()
            same = hashlib.sha256(text).hexdigest() == (folder / DIGEST).read_text(encoding="ascii")
        except (OSError, ValueError) as error:
            message = f"{FILE} can't be read: {error}"
            raise BundleError(message) from None
        if not same:
            message = f"{FILE} can't be read: it does not match {DIGEST}; it was not written by slipway, or changed"
            raise BundleError(message)
        return LightModel(self._lightgbm.Booster(model_str=text.decode()), target)


def _settings(target: Target, setting: Setting) -> dict[str, Any]:
    objective, metric = _OBJECTIVES[target.task]
    return {
        "objective": objective,
        "metric": metric,
        "num_threads": setting.threads,
        "seed": setting.seed,
        "bagging_freq": 1,
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
        **({"num_class": len(target.classes)} if target.task == "multiclass" else {}),
    }


def _tree(root: dict[str, Any], output: int) -> Tree:
    nodes: list[tuple[int, float, int, int, float, bool]] = []

    def add(node: dict[str, Any]) -> int:
        place = len(nodes)
        if "leaf_value" in node:
            nodes.append((0, 0.0, 0, 0, float(node["leaf_value"]), True))
            return place
        nodes.append((0, 0.0, 0, 0, 0.0, False))
        left, right = add(node["left_child"]), add(node["right_child"])
        nodes[place] = (int(node["split_feature"]), float(node["threshold"]), left, right, 0.0, False)
        return place

    add(root)
    feature, threshold, left, right, value, leaf = (np.array(column) for column in zip(*nodes, strict=True))
    return Tree(feature, threshold, left, right, value, leaf, output)
