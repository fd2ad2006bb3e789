"""How often the verdict is wrong: models of one recipe promoted over each other, and better ones that are not.

Each trial draws new rows, trains models on them and asks ``slipway.evaluation.verdict.judge``, as the step ``evaluate``
does. Equals differ in their seed only; a better model sees a column that the champion lacks, which is worth the gain in
the table (on fresh rows, more than any trial tests). ``--json`` prints one object, ``--quick`` does fewer trials.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from threadpoolctl import threadpool_limits

from slipway.data.schema import Target
from slipway.evaluation import baseline, metrics
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender
from slipway.evaluation.verdict import judge
from slipway.spec import Spec

TRIALS, QUICK = 200, 10
TRAIN, TEST, COLUMNS = 1500, 500, 6
FRESH = 100_000
LIMITS = {"false": 0.05, "true": 0.90}

Rows = tuple[Any, Any, Any]
"""Columns, target, entity of each row."""


@dataclass(frozen=True)
class Setting:
    """What is predicted, from how many test rows, and what the withheld column weighs."""

    title: str
    metric: str
    target: Target
    test: int
    weight: float
    entities: int = 0


BINARY = Target("y", "binary", "category", ("no", "yes"))
MANY = Target("y", "multiclass", "category", ("a", "b", "c"))
NUMBER = Target("y", "regression", "number")
SETTINGS = (
    Setting("two classes, ROC AUC", "roc_auc", BINARY, TEST, 0.7),
    Setting("two classes, log loss", "log_loss", BINARY, TEST, 0.7),
    Setting("three classes, log loss", "log_loss", MANY, TEST, 0.7),
    Setting("a number, RMSE", "rmse", NUMBER, TEST, 0.45),
    Setting("two classes, ROC AUC, 100 entities of 5 rows", "roc_auc", BINARY, TEST, 1.2, entities=100),
)


def draw(setting: Setting, random: Any, rows: int) -> Rows:
    """Rows of a smooth law with noise; the last column weighs as much as the setting says."""
    entity = random.integers(0, setting.entities, rows) if setting.entities else np.arange(rows)
    x = random.normal(size=(rows, COLUMNS))
    if setting.entities:
        x = 0.5 * x + random.normal(size=(setting.entities, COLUMNS))[entity]
    signal = x[:, 0] + 0.7 * x[:, 1] - 0.5 * x[:, 2] + 0.6 * x[:, 0] * x[:, 1] + setting.weight * x[:, -1]
    if setting.target.task == "regression":
        return x, signal + random.normal(size=rows), entity
    if setting.target.task == "binary":
        return x, (signal + random.logistic(size=rows) > 0).astype(np.int64), entity
    pulls = np.column_stack([signal, -signal, 0.8 * x[:, 3] + setting.weight * np.abs(x[:, -1])])
    return x, (pulls + random.gumbel(size=pulls.shape)).argmax(axis=1), entity


def fitted(setting: Setting, rows: Rows, seed: int, columns: int) -> Callable[[Any], Any]:
    """A model of the one recipe that sees the first columns."""
    x, y, _ = rows
    recipe = ExtraTreesRegressor if setting.target.task == "regression" else ExtraTreesClassifier
    model = recipe(50, min_samples_leaf=5, random_state=seed, n_jobs=1).fit(x[:, :columns], y)
    ask = model.predict if setting.target.task == "regression" else model.predict_proba
    return lambda held: ask(held[:, :columns])


def promoted(setting: Setting, seed: int, *, better: bool) -> bool:
    """One trial."""
    random = np.random.default_rng(seed)
    rows, (x, y, entity) = draw(setting, random, TRAIN), draw(setting, random, setting.test)
    seen = COLUMNS if better else COLUMNS - 1
    challenger = fitted(setting, rows, 2 * seed, seen)(x)
    champion = fitted(setting, rows, 2 * seed + 1, COLUMNS - 1)(x)
    known = np.unique(entity, return_inverse=True)[1] if setting.entities else None
    return judge(
        Sample(y, entity=known),
        [Contender("challenger", challenger)],
        baseline.outputs(rows[1], setting.target, len(y)),
        target=setting.target,
        spec=Spec(name="simulated", data="-", target="y", metric=setting.metric),
        champion=Contender("champion", champion),
    ).promoted


def known_gain(setting: Setting, pairs: int = 5) -> float:
    """What the withheld column is worth, on fresh rows."""
    gains, metric = [], metrics.get(setting.metric)
    for seed in range(pairs):
        random = np.random.default_rng(10_000 + seed)
        rows, (x, y, _) = draw(setting, random, TRAIN), draw(setting, random, FRESH // pairs)
        scores = [
            metrics.score(setting.metric, y, fitted(setting, rows, seed, seen)(x)) for seen in (COLUMNS, COLUMNS - 1)
        ]
        gains.append(metric.gain(*scores))
    return float(np.mean(gains))


def simulate(trials: int) -> dict[str, Any]:
    """All settings."""
    start, table = time.perf_counter(), []
    for setting in SETTINGS:
        rates = {
            kind: sum(promoted(setting, seed, better=better) for seed in range(trials)) / trials
            for kind, better in (("false", False), ("true", True))
        }
        gain = known_gain(setting, 5 if trials >= TRIALS else 1)
        table.append(
            {"setting": setting.title, "metric": setting.metric, "test_rows": setting.test, "gain": gain, **rates}
        )
    return {
        "false_promotion_rate": max(row["false"] for row in table),
        "true_promotion_rate": min(row["true"] for row in table),
        "limits": LIMITS,
        "trials": trials,
        "settings": table,
        "seconds": time.perf_counter() - start,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("kfp-slipway", "numpy", "scipy", "scikit-learn")},
    }


def show(result: dict[str, Any]) -> None:
    """A table for people."""
    print(f"{result['machine']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    print(f"{result['trials']} trials of each, {result['seconds']:.0f} s\n")
    print(f"{'setting':<48}{'test rows':>10}{'equals promoted':>17}{'known gain':>12}{'better promoted':>17}")
    for row in result["settings"]:
        rates = f"{row['false']:>17.1%}{row['gain']:>12.4f}{row['true']:>17.1%}"
        print(f"{row['setting']:<48}{row['test_rows']:>10}{rates}")
    print(
        f"\nat most {LIMITS['false']:.0%} of equals and at least {LIMITS['true']:.0%} of better ones are to be promoted"
    )


def main() -> None:
    """Simulates and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} trials instead of {TRIALS}")
    options = parser.parse_args()
    with threadpool_limits(1):
        result = simulate(QUICK if options.quick else TRIALS)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
