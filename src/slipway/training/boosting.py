"""The XGBoost candidate."""

import json
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary, finalize

import numpy as np
import onnx
import xgboost
from scipy.special import logit

from slipway.data.schema import Target, Task
from slipway.errors import BundleError
from slipway.training import trees
from slipway.training.candidate import Setting
from slipway.training.matrix import Features, Matrix, Outputs, Rows, Stored
from slipway.training.rounds import PATIENCE, ROUNDS, tell
from slipway.training.space import Real, Whole
from slipway.training.trees import Tree

FILE = "model.ubj"
BINS = 256

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

    @property
    def found(self) -> dict[str, Any]:
        """See ``candidate.Model``."""
        return {"rounds": self.booster.num_boosted_rounds()}

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answer = np.asarray(self.booster.inplace_predict(x))
        return np.column_stack([1 - answer, answer]) if self.target.task == "binary" else answer

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        learner = json.loads(self.booster.save_raw("json"))["learner"]
        boosted = learner["gradient_booster"]["model"]
        made = [_tree(item, output) for item, output in zip(boosted["trees"], boosted["tree_info"], strict=True)]
        base = np.atleast_1d(json.loads(learner["learner_model_param"]["base_score"])).astype(np.float32)
        if self.target.task == "binary":
            base = logit(base)
        return trees.to_onnx(made, np.broadcast_to(base, self.target.scores), self.booster.num_features(), self.target)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        folder.mkdir(parents=True, exist_ok=True)
        self.booster.save_model(folder / FILE)


class Boosting:
    """XGBoost with histograms, stopped early on the validation rows; features are quantised once for all trials."""

    name = "xgboost"
    streams = True
    space = {  # noqa: RUF012
        "learning_rate": Real(0.02, 0.3, 0.08, log=True),
        "max_depth": Whole(2, 10, 6),
        "min_child_weight": Real(0.3, 30.0, 1.0, log=True),
        "subsample": Real(0.5, 1.0, 0.9),
        "colsample_bytree": Real(0.4, 1.0, 0.8),
        "reg_lambda": Real(0.1, 30.0, 1.0, log=True),
    }

    def __init__(self) -> None:
        self._kept = threading.local()

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> BoostedModel:
        """See ``candidate.Candidate``."""
        params = {**_settings(target, setting), **{name: setting.params[name] for name in self.space}}
        train = self._quantised(rows, setting.threads)
        if validation is None:
            return BoostedModel(xgboost.train(params, train, setting.params["rounds"]), target)
        booster = xgboost.train(
            params,
            train,
            ROUNDS,
            evals=[(self._quantised(validation, setting.threads, train), "validation")],
            early_stopping_rounds=PATIENCE,
            verbose_eval=False,
            callbacks=[_Watched(setting)],
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

    def _quantised(self, rows: Rows, threads: int, like: xgboost.DMatrix | None = None) -> xgboost.DMatrix:
        """The rows in bins, made once for each thread: a matrix of XGBoost is not for several."""
        kept = self._kept.__dict__.setdefault("matrices", WeakKeyDictionary())
        if rows not in kept:
            kept[rows] = _quantise(rows, threads, like)
        made: xgboost.DMatrix = kept[rows]
        return made


class _Watched(xgboost.callback.TrainingCallback):
    """Tells the search's watch the validation loss."""

    def __init__(self, setting: Setting) -> None:
        super().__init__()
        self._watch = setting.watch

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:  # noqa: ARG002
        (losses,) = evals_log["validation"].values()
        tell(self._watch, epoch + 1, float(losses[-1]))
        return False


class _Parts(xgboost.DataIter):
    """Batches of stored rows, for XGBoost's external memory."""

    def __init__(self, rows: Stored, folder: str) -> None:
        super().__init__(cache_prefix=f"{folder}/pages")
        self._rows = rows
        self._left: Iterator[Matrix] = iter(())

    def next(self, input_data: Any) -> bool:
        part = next(self._left, None)
        if part is None:
            return False
        input_data(data=part.x, label=part.y, weight=part.weight)
        return True

    def reset(self) -> None:
        self._left = self._rows.batches()


def _tree(item: Mapping[str, Any], output: int) -> Tree:
    """A tree of XGBoost's own format: rows below a split go left, so up to the number before it."""
    left = np.array(item["left_children"], np.int64)
    split = np.array(item["split_conditions"], np.float32)
    return Tree(
        feature=np.array(item["split_indices"], np.int64),
        threshold=np.nextafter(split, np.float32(-np.inf)),
        left=left,
        right=np.array(item["right_children"], np.int64),
        value=split,
        leaf=left < 0,
        output=output,
    )


def _quantise(rows: Rows, threads: int, like: xgboost.DMatrix | None) -> xgboost.DMatrix:
    if isinstance(rows, Matrix):
        return xgboost.QuantileDMatrix(
            rows.x, label=rows.y, weight=rows.weight, ref=like, max_bin=BINS, nthread=threads
        )
    folder = tempfile.TemporaryDirectory(prefix="slipway-pages-")
    made = xgboost.ExtMemQuantileDMatrix(_Parts(rows, folder.name), ref=like, max_bin=BINS, nthread=threads)
    finalize(made, folder.cleanup)
    return made


def _settings(target: Target, setting: Setting) -> dict[str, Any]:
    objective, metric = _OBJECTIVES[target.task]
    return {
        "objective": objective,
        "eval_metric": metric,
        "tree_method": "hist",
        "max_bin": BINS,
        "nthread": setting.threads,
        "seed": setting.seed,
        **({"num_class": len(target.classes)} if target.task == "multiclass" else {}),
    }
