"""The best candidate as it would be served: its one graph, checked on every held-out row."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from slipway.bundle import parts
from slipway.bundle import write as bundles
from slipway.bundle.engine import Engine
from slipway.bundle.merge import merge
from slipway.data import table as tables
from slipway.data.schema import Schema
from slipway.data.split import NAMES, TEST, VALIDATION
from slipway.evaluation.gates import Measured
from slipway.features.inputs import inputs
from slipway.features.plan import Plan
from slipway.training import matrix
from slipway.training.candidate import Model
from slipway.training.matrix import Goal, Matrix


@dataclass(frozen=True, slots=True)
class Split:
    """Raw rows of a split with their features and target."""

    frame: pl.DataFrame
    matrix: Matrix

    @classmethod
    def read(cls, rows: Path, features: Path, code: int, schema: Schema) -> "Split":
        """Reads a split.

        Args:
            rows: Folder of the raw rows of each split.
            features: Folder of their features.
            code: Which split.
            schema: Their schema.
        """
        return cls(tables.read(rows / NAMES[code]), matrix.read(features / NAMES[code], schema.target))


@dataclass(frozen=True, slots=True)
class Challenger:
    """The best candidate as it would be served.

    Attributes:
        graph: Plan and model in one graph, serialised.
        parts: The same in parts, see ``parts.split``.
        engine: The graph, ready to answer.
        test: The test rows.
        inputs: The test rows as the graph takes them.
        outputs: The graph's answers for them.
        measured: Parity, size and latency.
    """

    graph: bytes
    parts: Mapping[str, bytes]
    engine: Engine
    test: Split
    inputs: Mapping[str, NDArray[Any]]
    outputs: NDArray[np.float64]
    measured: Measured

    def restricted(self, chosen: NDArray[np.bool_]) -> "Challenger":
        """The same with some of the test rows only."""
        rows = self.test.matrix
        matrix = replace(rows, x=rows.x[chosen], y=rows.y[chosen])
        return replace(
            self,
            test=Split(self.test.frame.filter(pl.Series(chosen)), matrix),
            inputs={name: values[chosen] for name, values in self.inputs.items()},
            outputs=self.outputs[chosen],
        )


def build(model: Model, plan: Plan, schema: Schema, rows: Path, features: Path, goal: Goal) -> Challenger:
    """Builds the graph, and holds it against the native model on every validation and test row.

    Args:
        model: The model.
        plan: The feature plan.
        schema: The raw columns.
        rows: Folder of the raw rows of each split.
        features: Folder of their features.
        goal: The target of the training rows.

    Raises:
        BundleError: Graph and native model disagree.
    """
    graph = merge(plan, schema, model)
    divided, engine = parts.split(plan, schema, model), Engine(graph)
    regression = schema.target.task == "regression"
    centre, scale = (float(np.mean(goal)), float(np.std(goal)) or 1.0) if regression else (0.0, 1.0)
    differences = []
    for code in (VALIDATION, TEST):
        split = Split.read(rows, features, code, schema)
        given = inputs(split.frame, schema.kinds)
        answers = engine.predict(given)
        differences.append(bundles.parity(model.predict(split.matrix.x), answers, centre=centre, scale=scale))
    measured = Measured(
        parity=max(differences),
        parity_limit=bundles.PARITY,
        bundle_mb=bundles.size_mb(model, graph, divided),
        latency_ms=bundles.latency_ms(engine, given),
    )
    return Challenger(graph, divided, engine, split, given, answers, measured)
