"""The step ``train``."""

import logging
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import storage
from slipway.data import table as tables
from slipway.data.schema import Schema
from slipway.data.split import NAMES, TRAIN, VALIDATION
from slipway.evaluation import decision, metrics, threshold
from slipway.evaluation.decision import Rule
from slipway.evaluation.search import page
from slipway.spec import Spec
from slipway.steps.contract import TableContract
from slipway.steps.events import step
from slipway.training import matrix, search, store
from slipway.training.folds import Keys
from slipway.training.matrix import TARGET, Rows, Weight
from slipway.training.trained import Trained
from slipway.training.trial import Metric

logger = logging.getLogger(__name__)

CODES = (TRAIN, VALIDATION)


@step
def train(
    fields: dict[str, Any], *, rows: str, features: str, contract: str, models: str, report: str, seed: int = 0
) -> dict[str, float]:
    """Searches the candidates on the training and validation rows; the test rows are not read.

    Args:
        fields: Fields of the spec: candidates, metric, threshold, costs, search.
        rows: Folder of the raw rows of each split, for weights, entities and times.
        features: Folder of the features of each split.
        contract: The table's contract.
        models: Folder to write the candidates and the history of the search to.
        report: File to write a page about the search to.
        seed: Seed of every random number.

    Returns:
        Score of each candidate on the held-out rows.

    Raises:
        UnknownNameError: There is no candidate of a name.
        DataError: The metric, the threshold or the costs are not defined for the task.
    """
    agreed = TableContract.read(Path(contract))
    spec = agreed.spec(fields)
    target = agreed.schema.target
    metric = metrics.resolve(spec.metric, target.task)
    trained, validation = _read(Path(rows), Path(features), agreed.schema, spec)
    ruled = partial(_rule, spec=spec, schema=agreed.schema)
    found = search.train(
        trained,
        validation,
        target,
        spec.candidates,
        Metric(
            metric.title,
            lambda y, outputs, weight: metrics.score(metric.name, y, outputs, ruled(y, outputs, weight), weight),
            metric.higher_is_better,
        ),
        seed,
        spec.search,
        _keys(Path(rows), agreed.schema),
        identity=f"{agreed.fingerprint} {','.join(trained.names)} {metric.name} {spec.threshold} {spec.split}",
    )
    ranked = [_with_threshold(item, spec, agreed.schema) for item in found.ranked]
    decided = spec.model_dump(mode="json", include={"search": True, "threshold": True}, exclude={"search": {"storage"}})
    store.save(ranked, Path(models), found, decided)
    storage.write_text(report, page(store.history(found), metric.title, metric.higher_is_better))
    return {f"{metric.name}_{item.name}": item.score for item in ranked}


def _rule(y: Any, outputs: Any, weight: Weight | None, *, spec: Spec, schema: Schema) -> Rule:
    """How a candidate would decide, with the threshold that suits it best."""
    if schema.target.task == "regression":
        return threshold.DEFAULT
    chosen = threshold.choose(spec.threshold, y, outputs, weight, spec.costs, schema.target)
    return decision.rule(chosen, spec.costs, schema.target)


def _with_threshold(item: Trained, spec: Spec, schema: Schema) -> Trained:
    held_out = item.held_out
    if schema.target.task != "binary" or held_out is None:
        return item
    y, outputs, weight = held_out.y, held_out.outputs, held_out.weight
    return item.decided(threshold.choose(spec.threshold, y, outputs, weight, spec.costs, schema.target))


def _read(rows: Path, features: Path, schema: Schema, spec: Spec) -> tuple[Rows, Rows]:
    """Training and validation rows, in memory up to the spec's limit."""
    folders = [features / NAMES[code] for code in CODES]
    weights = [_column(rows / NAMES[code], schema.weight) for code in CODES]
    names = tuple(name for name in tables.names(folders[0]) if name != TARGET)
    size = sum(tables.rows(folder) for folder in folders) * len(names) * np.dtype(np.float32).itemsize
    target = schema.target
    if size <= spec.search.memory_mb * 1e6:
        first, second = (matrix.read(folder, target, weight) for folder, weight in zip(folders, weights, strict=True))
        return first, second
    logger.info(
        "features of %.0f MB are read part by part, for search.memory_mb is %.0f", size / 1e6, spec.search.memory_mb
    )
    pairs = zip(folders, weights, strict=True)
    train_rows, validation = (matrix.stored(folder, target, names, weight) for folder, weight in pairs)
    return train_rows, validation


def _keys(rows: Path, schema: Schema) -> Keys:
    entity = None
    if schema.entity:
        values = pl.concat([tables.read(rows / NAMES[code], [schema.entity])[schema.entity] for code in CODES])
        entity = values.cast(pl.String).fill_null("").rank("dense").to_numpy().astype(np.int64)
    times = [_column(rows / NAMES[code], schema.event_time) for code in CODES]
    time = np.concatenate([part for part in times if part is not None]) if schema.event_time else None
    return Keys(entity, time)


def _column(folder: Path, name: str | None) -> NDArray[np.float64] | None:
    if not name:
        return None
    values = tables.read(folder, [name])[name].to_physical()
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()
