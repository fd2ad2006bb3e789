"""Is the search's best model at least as good as what a competent person writes in 20 lines?

For each data set, the same rows are held out for the test. Ours searches the candidates on the others (60 to 20 of 100
for training and validation); the baseline trains XGBoost, with early stopping on the same validation rows, and a
regularised linear model with cross-validation, takes the better on validation and trains it on all of them. Compared
by log loss, or squared error: the difference with its standard error over test rows. ``--json`` prints one object,
``--quick`` takes the small data sets.
"""

import argparse
import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import xgboost
from sklearn import datasets
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway.data.schema import Target, Task
from slipway.training import search
from slipway.training.loss import each, loss
from slipway.training.matrix import Matrix
from slipway.training.trial import Metric

NOISE = 2.0
Table = tuple[np.ndarray, np.ndarray, Task]
LOSS = Metric("loss", loss, higher_is_better=False)


def friedman() -> Table:
    return *datasets.make_friedman1(3_000, 10, noise=1.0, random_state=0), "regression"


def rare() -> Table:
    made = datasets.make_classification(4_000, 20, n_informative=6, weights=[0.95], flip_y=0.02, random_state=0)
    return *made, "binary"


def several() -> Table:
    made = datasets.make_classification(3_000, 20, n_informative=8, n_classes=4, random_state=0)
    return *made, "multiclass"


def bundled(name: str, task: Task) -> Callable[[], Table]:
    return lambda: (*getattr(datasets, f"load_{name}")(return_X_y=True), task)


SMALL: dict[str, Callable[[], Table]] = {
    "breast_cancer": bundled("breast_cancer", "binary"),
    "wine": bundled("wine", "multiclass"),
    "diabetes": bundled("diabetes", "regression"),
}
LARGE: dict[str, Callable[[], Table]] = {
    "digits": bundled("digits", "multiclass"), "friedman": friedman, "rare class": rare, "four classes": several,
}  # fmt: skip


def ours(train: Matrix, validation: Matrix, test: Matrix, target: Target) -> tuple[np.ndarray, str]:
    found = search.train(train, validation, target, ["logistic", "forest", "xgboost"], LOSS, 0)
    return np.asarray(found.ranked[0].model.predict(test.x), dtype=np.float64), found.ranked[0].name


def baseline(train: Matrix, validation: Matrix, test: Matrix, target: Target) -> tuple[np.ndarray, str]:
    x, y = np.concatenate([train.x, validation.x]), np.concatenate([train.y, validation.y])
    regression = target.task == "regression"
    kind = xgboost.XGBRegressor if regression else xgboost.XGBClassifier
    boosted = kind(n_estimators=500, learning_rate=0.1, early_stopping_rounds=30, n_jobs=1)
    boosted.fit(train.x, train.y, eval_set=[(validation.x, validation.y)], verbose=False)
    linear = make_pipeline(StandardScaler(), RidgeCV() if regression else LogisticRegression(max_iter=500))
    linear.fit(train.x, train.y)
    answer = "predict" if regression else "predict_proba"
    losses = {
        name: loss(validation.y, getattr(model, answer)(validation.x))
        for name, model in (("xgboost", boosted), ("linear", linear))
    }
    name = min(losses, key=lambda key: losses[key])
    if name == "linear":
        return getattr(linear.fit(x, y), answer)(test.x), name
    again = kind(n_estimators=boosted.best_iteration + 1, learning_rate=0.1, n_jobs=1).fit(x, y)
    return getattr(again, answer)(test.x), name


def compare(name: str, make: Callable[[], Table]) -> dict[str, Any]:
    x, y, task = make()
    order = np.random.default_rng(0).permutation(len(y))
    classes = () if task == "regression" else tuple(str(label) for label in np.unique(y))
    goal = y.astype(np.float64) if task == "regression" else y.astype(np.int64)
    rows = Matrix(x.astype(np.float32), goal, tuple(f"f{place}" for place in range(x.shape[1])))
    first, second = int(0.6 * len(y)), int(0.8 * len(y))
    train, validation, test = (rows.take(part) for part in np.split(order, [first, second]))
    target = Target("y", task, "number", classes)
    (mine, winner), (theirs, other) = (way(train, validation, test, target) for way in (ours, baseline))
    gains = each(test.y, theirs) - each(test.y, mine)
    noise = float(gains.std(ddof=1) / np.sqrt(len(gains)))
    return {
        "data": name,
        "rows": len(y),
        "ours": float(each(test.y, mine).mean()),
        "baseline": float(each(test.y, theirs).mean()),
        "winner": winner,
        "baseline_winner": other,
        "gain_in_standard_errors": float(gains.mean()) / noise,
        "worse": bool(gains.mean() < -NOISE * noise),
    }


def show(results: list[dict[str, Any]]) -> None:
    print(f"{'data':<16}{'rows':>7}{'ours':>12}{'baseline':>12}{'gain / s.e.':>14}   winner")
    for one in results:
        print(
            f"{one['data']:<16}{one['rows']:>7,}{one['ours']:>12.4f}{one['baseline']:>12.4f}"
            f"{one['gain_in_standard_errors']:>14.1f}   {one['winner']} / {one['baseline_winner']}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    measured = [compare(name, make) for name, make in (SMALL if given.quick else {**SMALL, **LARGE}).items()]
    print(json.dumps({"worse": sum(one["worse"] for one in measured), "data": measured})) if given.json else show(
        measured
    )
