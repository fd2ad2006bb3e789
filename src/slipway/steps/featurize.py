"""The step ``featurize``."""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.data import rowhash, split, storage
from slipway.data import table as tables
from slipway.data.schema import Schema
from slipway.data.target import encode
from slipway.errors import DataError
from slipway.features import fit as fitting
from slipway.features.apply import transform
from slipway.features.plan import Plan
from slipway.spec import Split
from slipway.steps.contract import TableContract
from slipway.steps.events import step
from slipway.training.matrix import TARGET

logger = logging.getLogger(__name__)

Codes = NDArray[np.uint8]


@step
def featurize(
    fields: dict[str, Any], *, table: str, contract: str, rows: str, features: str, plan: str
) -> dict[str, float]:
    """Splits a table, fits the feature plan on the training rows only, and applies it to all of them.

    Args:
        fields: Fields of ``split``: validation, test, seed.
        table: The checked table.
        contract: Its contract.
        rows: Folder to write the raw rows of each split to.
        features: Folder to write their features to.
        plan: File to write the plan to.

    Returns:
        Counts: rows of each split, features.

    Raises:
        DataError: A split lacks a class.
    """
    agreed = TableContract.read(Path(contract))
    shares = agreed.spec({"split": fields}).split
    codes = _assign(Path(table), agreed.schema, shares)
    for code, name in enumerate(split.NAMES):
        tables.write(_part(Path(table), codes, code), Path(rows) / name)
    fitted = _fit(Path(rows) / split.NAMES[split.TRAIN], agreed.schema)
    storage.write_text(plan, fitted.to_json())
    for name in split.NAMES:
        tables.write(_features(Path(rows) / name, fitted, agreed.schema), Path(features) / name)
    counts = np.bincount(codes, minlength=len(split.NAMES)).tolist()
    logger.info(
        "%s training, %s validation and %s test rows; %d features from %d columns",
        *(f"{count:,}" for count in counts),
        len(fitted.names),
        len(agreed.schema.columns),
    )
    return {
        **{f"rows_{name}": count for name, count in zip(split.NAMES, counts, strict=True)},
        "features": len(fitted.names),
    }


def _assign(folder: Path, schema: Schema, shares: Split) -> Codes:
    keys, strata, times = [], [], []
    for frame in tables.batches(folder):
        keys.append(rowhash.hashes(frame.select(schema.split_by), shares.seed))
        goal = encode(frame[schema.target.name], schema.target)
        strata.append(goal if schema.target.classes else np.zeros(len(frame), dtype=np.int64))
        if schema.event_time:
            times.append(frame[schema.event_time].to_physical().cast(pl.Float64).fill_null(float("nan")).to_numpy())
    classes = np.concatenate(strata)
    if times:
        codes = split.by_time(np.concatenate(times), shares)
    elif schema.entity:
        codes = split.by_entity(np.concatenate(keys), shares)
    else:
        codes = split.by_hash(np.concatenate(keys), classes.astype(np.int64), shares)
    _check(codes, classes, schema)
    return codes


def _check(codes: Codes, classes: NDArray[Any], schema: Schema) -> None:
    for code, name in enumerate(split.NAMES):
        held = set(np.unique(classes[codes == code]).tolist())
        missing = [label for place, label in enumerate(schema.target.classes) if place not in held]
        if not held or (missing and code == split.TRAIN):
            what = f"hold no row of class {missing[0]!r}" if held else "would be none"
            by_time = f" by {schema.event_time!r}; leave event_time out to split at random" if schema.event_time else ""
            message = f"the {name} rows {what} when the table is split{by_time}; more rows are needed, or other shares"
            raise DataError(message)


def _part(folder: Path, codes: Codes, code: int) -> Iterator[pl.DataFrame]:
    start = 0
    for frame in tables.batches(folder):
        chosen = codes[start : start + len(frame)] == code
        start += len(frame)
        yield frame.filter(pl.Series(chosen))


def _fit(folder: Path, schema: Schema) -> Plan:
    state = None
    for frame in tables.batches(folder):
        part = fitting.fit(frame, schema)
        state = part if state is None else fitting.merge([state, part])
    assert state is not None  # noqa: S101 - a table has at least one batch
    return fitting.finish(state, schema)


def _features(folder: Path, plan: Plan, schema: Schema) -> Iterator[pl.DataFrame]:
    for frame in tables.batches(folder):
        values = transform(plan, frame, schema)
        columns = {name: values[:, place] for place, name in enumerate(plan.names)}
        yield pl.DataFrame({**columns, TARGET: encode(frame[schema.target.name], schema.target)})
