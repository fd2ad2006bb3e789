"""What goes into the challenger's bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from slipway.bundle import write as bundles
from slipway.data import heldout
from slipway.data import table as tables
from slipway.data.heldout import Heldout
from slipway.data.schema import Schema
from slipway.data.split import NAMES, TEST, TRAIN
from slipway.drift import dependence as dependences
from slipway.drift import profile as profiles
from slipway.drift import sample as samples
from slipway.drift import stored
from slipway.evaluation.card import card as card_of
from slipway.evaluation.content import ReportData
from slipway.features.plan import Plan
from slipway.spec import Spec
from slipway.steps import champion as champions
from slipway.steps import current as currents
from slipway.steps.challenger import Challenger
from slipway.steps.examine import profile_of_outputs
from slipway.training.trained import Trained

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
        parts=challenger.parts,
        reference=_reference(rows / NAMES[TRAIN], data.schema, data.importances),
        predictions=stored.to_json(profiles.finish(profile_of_outputs(challenger.outputs, data.schema.target))),
        heldout=_heldout(rows, data.schema, spec),
        card=card_of(data),
        inputs=challenger.inputs,
        outputs=challenger.outputs,
        fingerprint=data.fingerprint,
        rows=dict(data.counts),
        dropped=dict(data.dropped),
        metrics=scores(data),
        spec=spec.model_dump(mode="json", exclude=_UNKNOWN_HERE),
        threshold=trained.threshold,
    )


def _reference(folder: Path, schema: Schema, importances: Mapping[str, float]) -> str:
    kinds = {column.name: column.kind for column in schema.columns if column.kind != "text" and not column.made}
    together = samples.names(kinds, importances)
    current = currents.read(tables.batches(folder), kinds, together, schema.target)
    dependence = dependences.fit(current.sample, kinds)
    return stored.to_json(profiles.finish(current.profile, importances, current.target, dependence))


def _heldout(rows: Path, schema: Schema, spec: Spec) -> str:
    if schema.event_time:
        return Heldout({}, spec.split.seed, {}).to_json()
    frame = tables.read(rows / NAMES[TEST])  # the validation rows train a model in the end
    classes = [""] * len(frame) if schema.entity else champions.labels(frame, schema.target)
    return heldout.of(frame.select(schema.split_by), classes, spec.split.seed).to_json()


def scores(data: ReportData) -> dict[str, float]:
    """Every score on the test rows that is finite, with the ends of its interval as ``NAME_low`` and ``NAME_high``."""
    found = {item.name: item.value for item in data.measures}
    for item in data.measures:
        found |= {f"{item.name}_low": item.interval.low, f"{item.name}_high": item.interval.high}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}
