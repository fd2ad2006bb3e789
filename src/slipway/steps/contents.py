"""What goes into the challenger's bundle."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import write as bundles
from slipway.data import heldout
from slipway.data import table as tables
from slipway.data.heldout import Heldout
from slipway.data.schema import Kind, Schema
from slipway.data.split import NAMES, TEST, TRAIN
from slipway.drift import profile as profiles
from slipway.evaluation.card import card as card_of
from slipway.evaluation.content import ReportData
from slipway.features.inputs import inputs
from slipway.features.plan import Plan
from slipway.spec import Spec
from slipway.steps import champion as champions
from slipway.steps.challenger import Challenger
from slipway.training.search import Trained

_UNKNOWN_HERE: dict[str, Any] = {
    "drift": True, "search": {"storage"}, "serving": True, "split": {"validation", "test"}
}  # fmt: skip
"""Fields of the spec that this step is not told; a bundle does not record what nobody knows."""


def contents(
    data: ReportData, challenger: Challenger, trained: Trained, plan: Plan, spec: Spec, rows: Path
) -> bundles.Contents:
    """Everything that a bundle holds.

    Args:
        data: The run, for the card.
        challenger: The graph with its answers for the test rows.
        trained: The native model.
        plan: The feature plan.
        spec: The spec.
        rows: Folder of the raw rows of each split.
    """
    return bundles.Contents(
        name=spec.name,
        candidate=trained.name,
        schema=data.schema,
        plan=plan,
        model=trained.model,
        graph=challenger.graph,
        reference=_reference(rows / NAMES[TRAIN], data.schema),
        predictions=_predictions(challenger.outputs, data.schema),
        heldout=_heldout(rows, data.schema, spec),
        card=card_of(data),
        inputs=challenger.inputs,
        outputs=challenger.outputs,
        fingerprint=data.fingerprint,
        rows=dict(data.counts),
        dropped=dict(data.dropped),
        metrics={item.name: item.value for item in data.measures},
        spec=spec.model_dump(mode="json", exclude=_UNKNOWN_HERE),
        threshold=trained.threshold,
    )


def _reference(folder: Path, schema: Schema) -> str:
    kinds = {column.name: column.kind for column in schema.columns if column.kind != "text" and not column.made}
    state = profiles.fit_all((inputs(frame, kinds) for frame in tables.batches(folder)), kinds)
    return profiles.finish(state, kinds).to_json()


def _heldout(rows: Path, schema: Schema, spec: Spec) -> str:
    if schema.event_time:
        return Heldout({}, spec.split.seed, {}).to_json()
    frame = tables.read(rows / NAMES[TEST])  # the validation rows train a model in the end
    classes = [""] * len(frame) if schema.entity else champions.labels(frame, schema.target)
    return heldout.of(frame.select(schema.split_by), classes, spec.split.seed).to_json()


def _predictions(outputs: NDArray[np.float64], schema: Schema) -> str:
    names = schema.target.classes or (schema.target.name,)
    columns = {
        name: column.reshape(-1, 1) for name, column in zip(names, outputs.reshape(len(outputs), -1).T, strict=True)
    }
    kinds: dict[str, Kind] = dict.fromkeys(names, "number")
    return profiles.finish(profiles.fit(columns, kinds), kinds).to_json()
