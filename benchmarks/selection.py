"""How often the verdict is wrong: models of one recipe promoted over each other, and better ones that are not.

Each trial draws new rows, trains models on them and asks ``slipway.evaluation.verdict.judge``, as the steps ``train``
and ``evaluate`` do: the challenger is trained with other seeds on the training rows and scored on the validation rows,
which gives the luck of a seed, and on both of them for the test. Equals differ in their seed only; a better model sees
a column that the champion lacks, which is worth the gain in the table (on fresh rows, more than any trial tests). The
rule has no constant that was fitted to these settings. ``interval alone`` is what would be promoted without the luck of
a seed, which resampled rows do not show (Bouthillier et al., "Accounting for Variance in Machine Learning Benchmarks",
MLSys 2021). Every setting is simulated with some rows and with twice as many. ``--json`` prints one object, where
``true_promotion_rate`` is that of the larger number of rows; ``--quick`` does fewer trials.
"""

import argparse
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor
from threadpoolctl import threadpool_limits

from slipway.data.schema import Target
from slipway.evaluation import baseline, gains, metrics
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender
from slipway.evaluation.verdict import Verdict, judge
from slipway.spec import Search, Spec
from slipway.training import cores, luck

TRIALS, QUICK = 200, 20
TRAIN, VALIDATION, TEST, COLUMNS = 1500, 500, 500, 6
SIZES = (1, 2)
TREES = 10
WEIGHTS = (1.0, 1.5, 2.0, 2.5)
FRESH = 100_000
LIMITS = {"false": 0.05, "true": 0.90}

Rows = tuple[Any, Any, Any]
"""Columns, target, entity of each row."""


@dataclass(frozen=True)
class Setting:
    """What is predicted, what the withheld column weighs, and how many rows there are."""

    title: str
    metric: str
    target: Target
    test: int
    weight: float
    entities: int = 0
    leaf: int = 10
    train: int = TRAIN
    validation: int = VALIDATION

    def times(self, size: int) -> "Setting":
        """The same with so many times as many rows, and entities."""
        names = ("test", "entities", "train", "validation")
        return replace(self, **{name: size * getattr(self, name) for name in names})

    @property
    def seen(self) -> int:
        """Rows that train a model in the end."""
        return self.train + self.validation


BINARY = Target("y", "binary", "category", ("no", "yes"))
MANY = Target("y", "multiclass", "category", ("a", "b", "c"))
NUMBER = Target("y", "regression", "number")
SETTINGS = (
    Setting("two classes, ROC AUC", "roc_auc", BINARY, TEST, 1.3),
    Setting("two classes, log loss", "log_loss", BINARY, TEST, 3.0),
    Setting("three classes, log loss", "log_loss", MANY, TEST, 6.0),
    Setting("a number, RMSE", "rmse", NUMBER, TEST, 0.7),
    Setting("two classes, log loss, an unstable recipe", "log_loss", BINARY, 2000, 1.0, leaf=2),
    Setting("two classes, ROC AUC, entities of 5 rows", "roc_auc", BINARY, TEST, 1.8, entities=100),
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
    model = recipe(TREES, min_samples_leaf=setting.leaf, random_state=seed, n_jobs=1).fit(x[:, :columns], y)
    ask = model.predict if setting.target.task == "regression" else model.predict_proba
    return lambda held: ask(held[:, :columns])


def trial(setting: Setting, better: bool, seed: int) -> tuple[bool, bool]:
    """One trial: whether the verdict promotes the challenger, and whether the interval alone would."""
    random = np.random.default_rng(seed)
    rows, (x, y, entity) = draw(setting, random, setting.seen), draw(setting, random, setting.test)
    seen = COLUMNS if better else COLUMNS - 1
    challenger = fitted(setting, rows, 2 * seed, seen)(x)
    champion = fitted(setting, rows, 2 * seed + 1, COLUMNS - 1)(x)
    known = np.unique(entity, return_inverse=True)[1] if setting.entities else None
    verdict = judge(
        Sample(y, entity=known),
        [Contender("challenger", challenger, luck=luck_of(setting, rows, seed, seen))],
        baseline.outputs(rows[1], setting.target, len(y)),
        target=setting.target,
        spec=Spec(name="simulated", data="-", target="y", metric=setting.metric),
        champion=Contender("champion", champion),
    )
    return verdict.promoted, by_interval(verdict)


def luck_of(setting: Setting, rows: Rows, seed: int, seen: int) -> float | None:
    """The luck of a seed, from training and validation rows."""
    train, (x, y, _) = tuple(part[: setting.train] for part in rows), tuple(part[setting.train :] for part in rows)
    seeds = range(1_000_000 + seed * 100, 1_000_000 + seed * 100 + Search().repeats)
    return luck.of([metrics.score(setting.metric, y, fitted(setting, train, one, seen)(x)) for one in seeds])


def by_interval(verdict: Verdict) -> bool:
    """Whether every gate but the one of other seeds passes."""
    return all(gate.passed for gate in verdict.gates if gate.name != gains.SEEDS)


def known_gain(setting: Setting, pairs: int = 5) -> float:
    """What the withheld column is worth, on fresh rows."""
    found, metric = [], metrics.get(setting.metric)
    for seed in range(pairs):
        random = np.random.default_rng(10_000 + seed)
        rows, (x, y, _) = draw(setting, random, setting.seen), draw(setting, random, FRESH // pairs)
        scores = [
            metrics.score(setting.metric, y, fitted(setting, rows, seed, seen)(x)) for seen in (COLUMNS, COLUMNS - 1)
        ]
        found.append(metric.gain(*scores))
    return float(np.mean(found))


def rates(pool: ProcessPoolExecutor, setting: Setting, trials: int) -> dict[str, float]:
    """Shares of equals and of better ones that are promoted, and what the better ones gain."""
    equals = list(pool.map(partial(trial, setting, False), range(trials), chunksize=5))
    promoted, alone = (sum(one) / trials for one in zip(*equals, strict=True))
    return {"false": promoted, "interval_alone": alone, **found(pool, setting, trials)}


def found(pool: ProcessPoolExecutor, setting: Setting, trials: int) -> dict[str, float]:
    """The share of better ones that are promoted, and what they gain."""
    gain = pool.submit(known_gain, setting, 5 if trials >= TRIALS else 1)
    better = list(pool.map(partial(trial, setting, True), range(trials), chunksize=5))
    return {"gain": gain.result(), "true": sum(one for one, _ in better) / trials}


def simulate(trials: int) -> dict[str, Any]:
    """All settings."""
    start, table = time.perf_counter(), []
    with ProcessPoolExecutor(cores.available(), initializer=threadpool_limits, initargs=(1,)) as pool:
        for setting in (setting.times(size) for setting in SETTINGS for size in SIZES):
            named = {
                "setting": setting.title,
                "metric": setting.metric,
                "trained_on": setting.seen,
                "test_rows": setting.test,
            }
            table.append({**named, **rates(pool, setting, trials)})
            print(table[-1], f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
        power = [found(pool, replace(SETTINGS[1], weight=weight), trials) for weight in WEIGHTS]
    return {
        "false_promotion_rate": max(row["false"] for row in table),
        "true_promotion_rate": min(row["true"] for row in table[len(SIZES) - 1 :: len(SIZES)]),
        "limits": LIMITS,
        "trials": trials,
        "settings": table,
        "power": power,
        "seconds": time.perf_counter() - start,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("kfp-slipway", "numpy", "scipy", "scikit-learn")},
    }


def show(result: dict[str, Any]) -> None:
    """A table for people."""
    print(f"{result['machine']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    print(f"{result['trials']} trials of each, {result['seconds']:.0f} s\n")
    titles = f"{'equals promoted':>17}{'interval alone':>16}{'known gain':>12}{'better promoted':>17}"
    print(f"{'setting':<44}{'trained on':>11}{'test rows':>10}{titles}")
    for row in result["settings"]:
        shares = f"{row['false']:>17.1%}{row['interval_alone']:>16.1%}{row['gain']:>12.4f}{row['true']:>17.1%}"
        print(f"{row['setting']:<44}{row['trained_on']:>11,}{row['test_rows']:>10,}{shares}")
    print(f"\n{SETTINGS[1].title}, {SETTINGS[1].test} test rows, by the gain:")
    for row in result["power"]:
        print(f"{row['gain']:>12.4f}{row['true']:>17.1%}")
    print(
        f"\nat most {LIMITS['false']:.0%} of equals and at least {LIMITS['true']:.0%} of better ones are to be promoted"
    )


def main() -> None:
    """Simulates and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK} trials instead of {TRIALS}")
    options = parser.parse_args()
    result = simulate(QUICK if options.quick else TRIALS)
    print(json.dumps(result)) if options.json else show(result)


if __name__ == "__main__":
    main()
