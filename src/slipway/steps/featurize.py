"""The step ``featurize``."""

import logging
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from slipway.data import arrays, partition, split, storage
from slipway.data import table as tables
from slipway.data.revision import revision
from slipway.data.schema import Kind, Schema
from slipway.data.target import encode
from slipway.errors import SpecError
from slipway.features import fit as fitting
from slipway.features import window
from slipway.features.apply import transform
from slipway.features.choice import Choice, choose
from slipway.features.fit import Fitted
from slipway.spec import Spec
from slipway.steps import splitting
from slipway.steps.contract import TableContract
from slipway.steps.events import step
from slipway.training import selection
from slipway.training.matrix import TARGET

logger = logging.getLogger(__name__)

_TRAIN = split.NAMES[split.TRAIN]


@step
def featurize(
    fields: dict[str, Any], *, table: str, contract: str, rows: str, features: str, plan: str
) -> dict[str, float]:
    """Splits a table, fits the feature plan on the training rows only, and applies it to all of them.

    Args:
        fields: Fields of the spec: split, features.
        table: The checked table.
        contract: Its contract.
        rows: Folder to write the raw rows of each split to, with the columns that are made from earlier rows.
        features: Folder to write their features to.
        plan: File to write the plan to.

    Returns:
        Counts: rows of each split, features.

    Raises:
        DataError: A split lacks a class.
        SpecError: What the spec says of features does not fit the table.
    """
    agreed = TableContract.read(Path(contract))
    spec = agreed.spec(fields)
    chosen = choose(spec.features, agreed.schema, _event_kind(Path(table), agreed.schema))
    counts = _divide(Path(table), agreed.schema, chosen, spec, Path(rows))
    schema = chosen.schema(agreed.schema)
    train = Path(rows) / _TRAIN
    fitted = fitting.whole(lambda: tables.parts(train), schema, chosen)
    if not fitted.plan.names:
        message = "no column gives a feature: let one be used (features.columns), or derive one (features.derived)"
        raise SpecError(message)
    fitted = _selected(fitted, train, schema, spec)
    fitted = replace(fitted, plan=replace(fitted.plan, revision=revision()))
    storage.write_text(plan, fitted.plan.to_json())
    for name in split.NAMES:
        made = _features(Path(rows) / name, fitted, schema, training=name == _TRAIN)
        tables.write(made, Path(features) / name)
    for note in fitted.plan.notes:
        logger.info("%s", note)
    logger.info(
        "%s training, %s validation and %s test rows; %d features from %d columns (plan %s)",
        *(f"{count:,}" for count in counts.values()),
        len(fitted.plan.names),
        len(schema.columns),
        fitted.plan.label,
    )
    return {**{f"rows_{name}": count for name, count in counts.items()}, "features": len(fitted.plan.names)}


def _event_kind(table: Path, schema: Schema) -> Kind | None:
    if not schema.event_time:
        return None
    held = next(tables.batches(table, [schema.event_time])).to_series().dtype
    return "date" if held.is_temporal() else "number"


def _divide(table: Path, schema: Schema, chosen: Choice, spec: Spec, rows: Path) -> dict[str, int]:
    if not chosen.windows:
        return splitting.divide(table, schema, spec.split, rows)
    rows.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=rows.parent, prefix=".windows-") as name:
        widened = Path(name) / "table"
        tables.write(_widened(table, schema, spec, Path(name) / "buckets"), widened)
        return splitting.divide(widened, schema, spec.split, rows)


def _widened(table: Path, schema: Schema, spec: Spec, aside: Path) -> Iterator[pl.DataFrame]:
    entity, time = schema.entity or "", schema.event_time or ""
    for frame in partition.by_value(tables.batches(table), entity, tables.rows(table), aside):
        yield window.add(frame, tuple(spec.features.windows), entity, time)


def _selected(fitted: Fitted, train: Path, schema: Schema, spec: Spec) -> Fitted:
    """The plan with the features that the spec's method keeps, by a sample of the training rows."""
    if spec.features.select == "none":
        return fitted
    every = max(1, tables.rows(train) // selection.SAMPLE)
    sample = pl.concat(frame[::every] for frame in _features(train, fitted, schema, training=True))
    kept = selection.select(
        np.ascontiguousarray(sample.drop(TARGET).to_numpy()),
        sample[TARGET].to_numpy(),
        schema.target,
        spec.features.select,
        spec.features.keep,
        spec.split.seed,
    )
    note = (
        f"{len(kept)} of {len(fitted.plan.names)} features were kept by {spec.features.select.replace('_', ' ')} "
        f"on {len(sample):,} training rows"
    )
    plan = replace(fitted.plan.restricted(kept), notes=(*fitted.plan.notes, note))
    return replace(fitted, plan=plan)


def _features(folder: Path, fitted: Fitted, schema: Schema, *, training: bool) -> Iterator[pl.DataFrame]:
    names = fitted.plan.names
    at, most = 0, tables.batch_rows(len(names))
    for frame in (part for batch in tables.batches(folder) for part in batch.iter_slices(most)):
        folds = fitting.folds_of(frame, at, schema, fitted.folds) if training and fitted.others else None
        made = transform(fitted.plan, frame, schema, folds, fitted.others)
        at += len(frame)
        goal = np.asarray(encode(frame[schema.target.name], schema.target))
        yield arrays.columns(names, made.T).with_columns(pl.Series(TARGET, goal))
