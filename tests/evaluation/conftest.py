"""Runs to report on, made from random numbers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Column, Schema, Target
from slipway.evaluation import baseline
from slipway.evaluation.content import ReportData
from slipway.evaluation.gates import Measured
from slipway.evaluation.measure import measures
from slipway.evaluation.sample import Sample
from slipway.evaluation.standing import Contender
from slipway.evaluation.verdict import judge
from slipway.spec import Gates, Spec

Run = Callable[..., ReportData]


def spec(**gates: Any) -> Spec:
    return Spec(name="model", data="-", target="target", gates=Gates(**{"resamples": 100, **gates}))


def columns(number: int, name: str = "column") -> tuple[Column, ...]:
    return tuple(
        Column(f"{name} {index}", "number", nullable=True, minimum=-1.5, maximum=index) for index in range(number)
    )


def answers(target: Target, rows: int, seed: int = 0) -> tuple[Any, Any]:
    """Truth and rather good predictions."""
    random = np.random.default_rng(seed)
    if target.task == "regression":
        y = random.normal(size=rows)
        return y, y + random.normal(scale=0.3, size=rows)
    y = random.integers(0, len(target.classes), rows)
    raw = random.random((rows, len(target.classes))) + 2 * np.eye(len(target.classes))[y] * random.random((rows, 1))
    return y, raw / raw.sum(axis=1, keepdims=True)


@pytest.fixture(scope="session")
def run() -> Run:
    def make(
        classes: tuple[str, ...] = ("no", "yes"),
        *,
        inputs: tuple[Column, ...] = columns(3),
        target: str = "target",
        rows: int = 400,
        champion: bool = False,
        y: Any = None,
        **fields: Any,
    ) -> ReportData:
        task = "regression" if not classes else "binary" if len(classes) == 2 else "multiclass"
        goal = Target(target, task, "category" if classes else "number", classes)
        truth, outputs = answers(goal, rows)
        y = truth if y is None else y
        sample = Sample(y)
        verdict = judge(
            sample,
            [Contender("xgboost", outputs, 0.9, 1.25), Contender("forest", answers(goal, rows, 1)[1])],
            baseline.outputs(truth, goal, rows),
            target=goal,
            spec=spec(),
            champion=Contender("champion v3", answers(goal, rows, 2)[1]) if champion else None,
            measured=Measured(1e-7, 1e-5, 1.5, 0.2),
        )
        schema = Schema(
            inputs, goal, **{name: fields.pop(name) for name in ("excluded", "sensitive") if name in fields}
        )
        return ReportData(
            name="model",
            data=fields.pop("data", "examples/table.csv"),
            fingerprint="0f" * 32,
            created=datetime(2024, 2, 29, 12, 30, tzinfo=UTC),
            schema=schema,
            counts={"train": 3 * rows, "validation": rows, "test": rows},
            verdict=verdict,
            measures=measures(sample, outputs, goal, spec()),
            y=y,
            outputs=outputs,
            **fields,
        )

    return make
