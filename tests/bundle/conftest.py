"""A small bundle of each task, written once and copied for each test."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from slipway.bundle import manifest as manifests
from slipway.bundle.engine import Engine
from slipway.bundle.merge import merge
from slipway.bundle.parts import split
from slipway.bundle.write import Contents, write
from slipway.data.schema import Column, Schema, Target, Task
from slipway.features import fit as fitting
from slipway.features.apply import transform
from slipway.features.choice import choose
from slipway.features.inputs import inputs
from slipway.spec.features import Features
from slipway.training import candidate as candidates
from slipway.training import rescale, space
from slipway.training.candidate import Model, Setting
from slipway.training.matrix import Matrix

CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "mid", "high"), "regression": ()}


@dataclass(frozen=True)
class Made:
    """What goes into a bundle, and the native model's answers to the same rows."""

    contents: Contents
    native: NDArray[Any]
    deviation: float


def _columns(names: tuple[str, str, str, str], rows: int) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    number, flag, text, date = names
    return pl.DataFrame(
        {
            number: [
                None if hole else value
                for hole, value in zip(rng.random(rows) < 0.1, rng.normal(size=rows), strict=True)
            ],
            flag: rng.random(rows) < 0.5,
            text: rng.choice(["Zürich", "東京", None], rows).tolist(),
            date: [datetime(1960, 1, 1) + timedelta(days=int(day)) for day in rng.integers(0, 60_000, rows)],
        },
        schema_overrides={date: pl.Datetime("us")},
    )


def _model(matrix: Matrix, target: Target, candidate: str) -> Model:
    way = candidates.get(candidate)
    setting = Setting(space.defaults(way.space), seed=0)
    if target.task != "regression":
        return way.fit(matrix, matrix, target, setting)
    scale = rescale.of(matrix)
    standardised = scale.standardised(matrix)
    return rescale.RescaledModel(way.fit(standardised, standardised, target, setting), scale)


@cache
def _made(
    task: Task, candidate: str = "logistic", names: tuple[str, str, str, str] = ("amount", "member", "city", "since")
) -> Made:
    frame = _columns(names, 120)
    kinds = ("number", "boolean", "category", "date")
    columns = tuple(Column(name, kind, nullable=True) for name, kind in zip(names, kinds, strict=True))
    schema = Schema(columns, Target("y", task, "number" if task == "regression" else "category", CLASSES[task]))
    plan = fitting.whole(lambda: [frame], schema, choose(Features(), schema)).plan
    x = np.ascontiguousarray(transform(plan, frame, schema))
    signal = np.nan_to_num(frame[names[0]].to_numpy()) + frame[names[1]].to_numpy()
    y: Any = {
        "binary": (signal > 0.5).astype(np.int64),
        "multiclass": np.digitize(signal, [0, 1]).astype(np.int64),
        "regression": 100_000 + signal,
    }[task]
    model = _model(Matrix(x, y, plan.names), schema.target, candidate)
    graph = merge(plan, schema, model)
    given = inputs(frame, schema.kinds)
    contents = Contents(
        name="model",
        candidate=candidate,
        schema=schema,
        plan=plan,
        model=model,
        graph=graph,
        parts=split(plan, schema, model),
        reference="{}",
        predictions="{}",
        heldout="{}",
        card="# A model\n",
        inputs=given,
        outputs=Engine(graph).predict(given),
        fingerprint="f" * 64,
        rows={"train": 120},
        dropped={"no consent": 7},
        metrics={"accuracy": 0.9},
        spec={"name": "model"},
        threshold=0.5,
    )
    return Made(contents, model.predict(x), float(np.std(y)) if task == "regression" else 1.0)


@pytest.fixture(scope="session")
def made_for() -> Callable[..., Made]:
    """What goes into a bundle of a task, of a candidate, with columns of some names."""
    return _made


@pytest.fixture(scope="session")
def _written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "bundle"
    write(folder, _made("binary").contents)
    return folder


@pytest.fixture
def bundle(_written: Path, tmp_path: Path) -> Path:
    """A bundle of a binary task, to be spoiled."""
    return Path(shutil.copytree(_written, tmp_path / "bundle"))


@pytest.fixture(scope="session")
def _written_of_trees(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written") / "bundle"
    write(folder, _made("multiclass", "xgboost").contents)
    return folder


@pytest.fixture
def bundle_of_trees(_written_of_trees: Path, tmp_path: Path) -> Path:
    """A bundle of XGBoost's trees for three classes, to be spoiled."""
    return Path(shutil.copytree(_written_of_trees, tmp_path / "trees"))


@pytest.fixture(scope="session")
def seal() -> Callable[..., str]:
    """Makes a spoiled bundle consistent again: its manifest holds the hashes of the files as they are now."""

    def sealed(folder: Path, **changes: Any) -> str:
        raw = json.loads((folder / manifests.FILE).read_text(encoding="utf-8"))
        del raw["digest"]
        raw |= {
            "files": {name: manifests.hash_of(path) for name, path in manifests.files_in(folder).items()},
            **changes,
        }
        manifest = manifests.Manifest(**{**raw, "classes": tuple(raw["classes"])})
        (folder / manifests.FILE).write_text(manifest.to_json(), encoding="utf-8")
        return manifest.digest

    return sealed
