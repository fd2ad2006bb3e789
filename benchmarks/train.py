"""What a fit costs beyond XGBoost itself: the candidate ``xgboost`` against the same calls written out.

Both quantise the same rows, boost with the same settings, stop early on the same validation rows and keep the best
rounds, in one process, in turn; they must give the same predictions. ``--json`` prints one object, ``--quick`` fits
fewer rows less often.
"""

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

import numpy as np
import xgboost

from slipway.data.schema import Target
from slipway.training import cores, space
from slipway.training.boosting import Boosting
from slipway.training.candidate import Setting
from slipway.training.matrix import Matrix
from slipway.training.rounds import PATIENCE, ROUNDS

LIMIT = 1.1
COLUMNS = 50
TARGET = Target("y", "binary", "category", ("no", "yes"))


def table(rows: int, seed: int) -> Matrix:
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, COLUMNS)).astype(np.float32)
    signal = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + 0.5 * x[:, 3:8].sum(axis=1) + random.normal(size=rows)
    return Matrix(x, (signal > 1).astype(np.int64), tuple(f"f{place}" for place in range(COLUMNS)))


def through_slipway(train: Matrix, validation: Matrix) -> xgboost.Booster:
    setting = Setting(space.defaults(Boosting.space), 0, cores.available())
    return Boosting().fit(train, validation, TARGET, setting).booster


def directly(train: Matrix, validation: Matrix) -> xgboost.Booster:
    rows = xgboost.QuantileDMatrix(train.x, label=train.y, nthread=cores.available())
    held_out = xgboost.QuantileDMatrix(validation.x, label=validation.y, ref=rows, nthread=cores.available())
    settings = {
        "objective": "binary:logistic",
        "eval_metric": "logloss",
        "tree_method": "hist",
        "nthread": cores.available(),
        "seed": 0,
        **space.defaults(Boosting.space),
    }
    booster = xgboost.train(
        settings,
        rows,
        ROUNDS,
        evals=[(held_out, "validation")],
        early_stopping_rounds=PATIENCE,
        verbose_eval=False,
    )
    return booster[: booster.best_iteration + 1]


WAYS: dict[str, Callable[[Matrix, Matrix], xgboost.Booster]] = {"slipway": through_slipway, "xgboost": directly}


def compare(rows: int, rounds: int) -> dict[str, Any]:
    train, validation = table(rows, 0), table(rows // 4, 1)
    warm = {way: fit(train.take(np.arange(1000)), validation.take(np.arange(1000))) for way, fit in WAYS.items()}
    assert warm["slipway"].num_boosted_rounds() == warm["xgboost"].num_boosted_rounds()
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    answers = {}
    for number in range(rounds):
        for way in sorted(WAYS, reverse=bool(number % 2)):
            started = time.perf_counter()
            booster = WAYS[way](train, validation)
            seconds[way].append(time.perf_counter() - started)
            answers[way] = booster.inplace_predict(validation.x)
    np.testing.assert_allclose(answers["slipway"], answers["xgboost"], atol=1e-5)
    middle = {way: statistics.median(measured) for way, measured in seconds.items()}
    return {
        "overhead": middle["slipway"] / middle["xgboost"],
        "limit": LIMIT,
        "slipway_s": middle["slipway"],
        "xgboost_s": middle["xgboost"],
        "rows": rows,
        "columns": COLUMNS,
        "rounds": rounds,
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "versions": {name: version(name) for name in ("xgboost-cpu", "numpy")},
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['machine']}; " + ", ".join(f"{name} {number}" for name, number in result["versions"].items()))
    print(f"{result['rows']:,} x {result['columns']} to train on, median of {result['rounds']} fits each, in turn\n")
    print(f"the candidate xgboost {result['slipway_s']:>8.2f} s")
    print(f"XGBoost directly      {result['xgboost_s']:>8.2f} s")
    print(f"ratio                 {result['overhead']:>8.3f}   (limit {result['limit']})")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    measured = compare(30_000, 3) if given.quick else compare(200_000, 7)
    print(json.dumps(measured)) if given.json else show(measured)
