"""The benchmark's model: a binary XGBoost of 200 trees of depth 6 over 20 mixed columns, as a bundle and as a table."""

from pathlib import Path

import numpy as np
import polars as pl
import xgboost

ROWS = 10_000
TREES = 200
DEPTH = 6
NUMBERS = tuple(f"number{place}" for place in range(9))
COUNTS = tuple(f"count{place}" for place in range(3))
LEVELS = {f"category{place}": size for place, size in enumerate((2, 3, 4, 5, 8, 12, 20, 30))}
TARGET = "y"


def table(rows: int = ROWS, seed: int = 0) -> pl.DataFrame:
    """Twelve numbers, some missing, and eight categories; the target follows from them."""
    rng = np.random.default_rng(seed)
    numbers = {name: rng.normal(10, 3, rows) for name in NUMBERS}
    counts = {name: rng.integers(0, 50, rows) for name in COUNTS}
    places = {name: rng.integers(0, size, rows) for name, size in LEVELS.items()}
    signal = sum((values - 10) * rng.normal() for values in numbers.values())
    signal = signal + sum(np.sin(values) for values in counts.values())
    signal = signal + sum(rng.normal(0, 1, LEVELS[name])[codes] for name, codes in places.items())
    hole = rng.random(rows) < 0.1
    return pl.DataFrame(
        {
            **numbers,
            NUMBERS[0]: pl.Series(
                [None if gone else value for gone, value in zip(hole, numbers[NUMBERS[0]], strict=True)]
            ),
            **counts,
            **{name: [f"level {code}" for code in codes] for name, codes in places.items()},
            TARGET: np.where(signal + rng.normal(0, 2, rows) > 0, "yes", "no"),
        }
    )


def build(folder: Path) -> Path:
    """Makes the bundle with the pipeline's own steps, but for the number of trees; gives its folder."""
    from slipway.data.split import NAMES, TRAIN
    from slipway.steps.contract import TableContract
    from slipway.steps.evaluate import evaluate
    from slipway.steps.featurize import featurize
    from slipway.steps.validate import validate
    from slipway.training import matrix, store
    from slipway.training.boosting import BoostedModel
    from slipway.training.trained import Trained

    def places(*names: str) -> dict[str, str]:
        return {name: str(folder / name) for name in names}

    data = folder / "data.parquet"
    folder.mkdir(parents=True, exist_ok=True)
    table().write_parquet(data)
    table().write_csv(folder / "data.csv")
    validate({"data": str(data), "target": TARGET}, **places("table", "contract", "findings"))
    featurize({}, **places("table", "contract", "rows", "features", "plan"))
    schema = TableContract.read(folder / "contract").schema
    rows = matrix.read(folder / "features" / NAMES[TRAIN], schema.target)
    settings = {"objective": "binary:logistic", "max_depth": DEPTH, "learning_rate": 0.1}
    booster = xgboost.train(settings, xgboost.QuantileDMatrix(rows.x, label=rows.y), TREES)
    model = BoostedModel(booster, schema.target)
    store.save([Trained("xgboost", model, 0.0, 0.0)], folder / "models")
    outputs = places("rows", "features", "plan", "models", "contract", "bundle", "verdict", "card", "report")
    evaluate({"name": "bench", "gates": {"max_latency_ms": None}}, seed=0, **outputs)
    return folder / "bundle"
