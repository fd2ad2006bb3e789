"""Every candidate, trained once for every task."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway.data.schema import Target, Task
from slipway.spec import Search
from slipway.training import search
from slipway.training.matrix import Goal, Matrix, Outputs, Weight
from slipway.training.trained import Found, Trained
from slipway.training.trial import Metric

CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "mid", "high"), "regression": ()}
MEAN = 100_000.0


def loss(y: Goal, outputs: Outputs, weight: Weight | None) -> float:
    """Squared error, of the probabilities where there are classes."""
    wanted = y if outputs.ndim == 1 else np.eye(outputs.shape[1])[y]
    errors = (outputs - wanted) ** 2
    return float(np.average(errors if outputs.ndim == 1 else errors.mean(axis=1), weights=weight))


LOSS = Metric("loss", loss, higher_is_better=False)


@dataclass(frozen=True)
class Case:
    """Rows and a target for a task."""

    target: Target
    train: Matrix
    validation: Matrix

    def fit(self, *names: str, seed: int = 0, metric: Metric = LOSS, **fields: Any) -> tuple[Trained, ...]:
        return self.search(*names, seed=seed, metric=metric, **fields).ranked

    def search(self, *names: str, seed: int = 0, metric: Metric = LOSS, **fields: Any) -> Found:
        settings = Search(**{"folds": 0, "trials": 1, **fields})
        return search.train(self.train, self.validation, self.target, names, metric, seed, settings)


@cache
def _case(task: Task) -> Case:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(260, 4)).astype(np.float32)
    x[:, 1] = rng.choice([16777216, 16777218, 16777220], size=260)  # neighbours in float32
    x[:, 2] = rng.integers(0, 2, size=260)
    x[::50, 3] = np.finfo(np.float32).max
    signal = x[:, 0] + (x[:, 1] - 16777218) / 2 + x[:, 2] + rng.normal(size=260)
    y: Goal = {
        "binary": (signal > 0.5).astype(np.int64),
        "multiclass": np.digitize(signal, [-0.5, 1.0]).astype(np.int64),
        "regression": MEAN + 3 * signal,
    }[task]
    names = ("a", "b", "c", "d")
    target = Target("y", task, "number" if task == "regression" else "category", CLASSES[task])
    return Case(target, Matrix(x[:200], y[:200], names), Matrix(x[200:], y[200:], names))


@pytest.fixture(scope="session")
def case_of() -> Callable[[Task], Case]:
    """The rows of a task."""
    return _case


@pytest.fixture(scope="session")
def trained_for() -> Callable[[str, Task], Trained]:
    """A candidate, trained for a task."""
    return cache(lambda name, task: _case(task).fit(name)[0])


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of somebody else that names candidates."""
    (tmp_path / "their_candidates.py").write_text(THEIRS, encoding="utf-8")
    info = tmp_path / "their_candidates-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-candidates\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(
        "[slipway.candidates]\nshares = their_candidates:Shares\nforest = their_candidates:Shares\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    sys.modules.pop("their_candidates", None)


THEIRS = """
import json

import numpy as np


class Model:
    def __init__(self, shares):
        self.shares = shares

    def predict(self, x):
        return np.tile(self.shares, (len(x), 1))

    def to_onnx(self):
        raise NotImplementedError

    def save(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "shares.json").write_text(json.dumps(list(self.shares)))


class Shares:
    name = "called differently in the class"
    space = {}

    def fit(self, rows, validation, target, setting):
        return Model(np.bincount(rows.y, minlength=len(target.classes)) / len(rows.y))

    def load(self, folder, target):
        return Model(np.array(json.loads((folder / "shares.json").read_text())))
"""
