"""What every candidate owes, for every task."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway.bundle.engine import Engine
from slipway.data.schema import Task
from slipway.training import store
from slipway.training.candidate import Model
from slipway.training.trained import Trained

TrainedFor = Callable[[str, Task], Trained]
CaseOf = Callable[[Task], Any]

every_candidate = pytest.mark.parametrize("name", ["logistic", "forest", "histogram", "xgboost", "lightgbm"])
every_task = pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])


def bytes_of(model: Model, folder: Path) -> dict[str, bytes]:
    model.save(folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@every_task
@every_candidate
def test_it_learns_and_answers_in_the_right_shape(
    name: str, task: Task, trained_for: TrainedFor, case_of: CaseOf
) -> None:
    case, trained = case_of(task), trained_for(name, task)

    answers = trained.model.predict(case.validation.x)

    if task == "regression":
        assert answers.shape == (60,)
        assert np.std(case.validation.y - answers) < 0.9 * np.std(case.validation.y)
        assert abs(np.mean(answers) - 100_000) < 10
    else:
        assert answers.shape == (60, len(case.target.classes))
        assert (answers >= 0).all()
        np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)
        assert np.mean(answers.argmax(axis=1) == case.validation.y) > 1.3 * max(np.bincount(case.train.y)) / 200 - 0.1


@every_task
@every_candidate
def test_the_graph_agrees(name: str, task: Task, trained_for: TrainedFor, case_of: CaseOf) -> None:
    case, model = case_of(task), trained_for(name, task).model
    scale = np.std(case.train.y) if task == "regression" else 1.0

    graph = model.to_onnx()

    assert [item.name for item in (*graph.graph.input, *graph.graph.output)] == ["features", "outputs"]
    engine = Engine(graph.SerializeToString())
    for x in (case.train.x, case.validation.x, case.validation.x[:1]):
        answers, native = engine.predict({"features": x}), model.predict(x)
        assert answers.shape == native.shape
        assert answers.dtype == np.float64
        assert np.abs(answers - native).max() / scale < 1e-5


@every_task
@every_candidate
def test_what_is_saved_is_what_is_loaded(
    name: str, task: Task, trained_for: TrainedFor, case_of: CaseOf, tmp_path: Path
) -> None:
    case, trained = case_of(task), trained_for(name, task)

    store.save([trained], tmp_path / "models")
    (loaded,) = store.load(tmp_path / "models", case.target)

    assert (loaded.name, loaded.score, loaded.seconds) == (trained.name, trained.score, trained.seconds)
    np.testing.assert_array_equal(loaded.model.predict(case.validation.x), trained.model.predict(case.validation.x))
    assert loaded.model.to_onnx() == trained.model.to_onnx()


@every_candidate
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_the_same_seed_gives_the_same_model(
    name: str, task: Task, trained_for: TrainedFor, case_of: CaseOf, tmp_path: Path
) -> None:
    case, first = case_of(task), trained_for(name, task)
    (again,) = case.fit(name)

    np.testing.assert_array_equal(again.model.predict(case.train.x), first.model.predict(case.train.x))
    np.testing.assert_array_equal(first.model.predict(case.train.x), first.model.predict(case.train.x))
    assert again.score == first.score
    assert again.model.to_onnx() == first.model.to_onnx()
    assert bytes_of(again.model, tmp_path / "again").keys() == bytes_of(first.model, tmp_path / "first").keys()


def test_another_seed_gives_another_forest(trained_for: TrainedFor, case_of: CaseOf) -> None:
    case = case_of("binary")
    (other,) = case.fit("forest", seed=1)

    assert (other.model.predict(case.train.x) != trained_for("forest", "binary").model.predict(case.train.x)).any()
