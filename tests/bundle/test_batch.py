"""The other way through trees: it answers what the graph answers, and is refused where it can't."""

import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from slipway.bundle import batch, booster, nodes
from slipway.bundle.engine import Inputs
from slipway.bundle.load import load
from slipway.bundle.manifest import FEATURES, LINK, PARTS, TREES
from slipway.bundle.nodes import NODE, Nodes
from slipway.bundle.write import Contents, write
from slipway.errors import BundleError

ROWS = 1000


def drawn(contents: Contents) -> dict[str, NDArray[Any]]:
    """Rows with values of all columns put together anew, and some that no training row has."""
    rng = np.random.default_rng(0)
    inputs = {name: rng.choice(values, ROWS) for name, values in contents.inputs.items()}
    amount = inputs["amount"]
    amount[::7] = rng.normal(0, 1e3, (len(amount[::7]), 1))
    amount[::11], amount[::13], inputs["city"][::17] = np.nan, 1e300, "nowhere"
    return inputs


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_batch_answers_to_the_bit_what_each_row_gets_alone(
    task: str, tmp_path: Path, made_for: Callable[..., Any]
) -> None:
    contents = made_for(task, "xgboost").contents
    write(tmp_path / "bundle", contents)
    bundle, inputs = load(tmp_path / "bundle"), drawn(contents)
    assert list(bundle.engines) == ["the graph", "XGBoost"]

    answers = {name: predict(inputs) for name, predict in bundle.engines.items()}

    alone = [bundle.predict({name: values[row : row + 1] for name, values in inputs.items()}) for row in range(ROWS)]
    assert len(np.unique(np.concatenate(alone), axis=0)) > 10
    for name, found in answers.items():
        assert np.array_equal(found, np.concatenate(alone)), name


@pytest.mark.parametrize("candidate", ["logistic", "histogram", "forest"])
def test_other_models_have_one_way(candidate: str, tmp_path: Path, made_for: Callable[..., Any]) -> None:
    write(tmp_path / "bundle", made_for("binary", candidate).contents)

    assert not (tmp_path / "bundle" / "batch").exists()
    assert list(load(tmp_path / "bundle").engines) == ["the graph"]


def test_without_the_library_there_is_one_way(bundle_of_trees: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booster, "library", lambda: None)

    assert list(load(bundle_of_trees).engines) == ["the graph"]


def test_what_differs_by_a_digit_is_left_out(
    tmp_path: Path,
    made_for: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    right = batch.Batch.predict

    def other(self: batch.Batch, inputs: Inputs) -> NDArray[np.float64]:
        found = right(self, inputs)
        found[-1] = np.nextafter(found[-1], 0)
        return found

    monkeypatch.setattr(batch.Batch, "predict", other)
    with caplog.at_level(logging.WARNING):
        write(tmp_path / "bundle", made_for("binary", "xgboost").contents)

    assert "does not answer held-out rows as it does" in caplog.text
    assert not (tmp_path / "bundle" / "batch").exists()


def test_trees_that_are_too_deep_for_the_library_are_left_out(
    tmp_path: Path, made_for: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nodes, "DEEPEST", 2)
    write(tmp_path / "bundle", made_for("binary", "xgboost").contents)

    assert list(load(tmp_path / "bundle").engines) == ["the graph"]


@pytest.mark.parametrize("name", PARTS)
def test_parts_are_complete_or_not_there(name: str, bundle_of_trees: Path, seal: Callable[..., str]) -> None:
    (bundle_of_trees / name).unlink()
    seal(bundle_of_trees)

    with pytest.raises(BundleError, match=f"lacks {name}$"):
        load(bundle_of_trees)


def test_a_bundle_without_parts_is_a_bundle(bundle_of_trees: Path, seal: Callable[..., str]) -> None:
    shutil.rmtree(bundle_of_trees / "batch")
    seal(bundle_of_trees)

    assert load(bundle_of_trees).batch is None


def spoiled(found: Nodes, field: str, value: float) -> bytes:
    changed = found.copy()
    changed[field][0] = value
    return changed.tobytes()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: b"", "trees are not counted one by one"),
        (lambda found: found.tobytes()[:-1], "no whole number of nodes"),
        (lambda found: np.delete(found, 1).tobytes(), "no later node of its tree|several parents"),
        (lambda found: spoiled(found, "feature", 1000), "a feature is none of"),
        (lambda found: spoiled(found, "feature", -1), "a feature is none of"),
        (lambda found: spoiled(found, "left", 0), "a left child is no later node"),
        (lambda found: spoiled(found, "right", 2**31 - 1), "a right child is no later node"),
        (lambda found: spoiled(found, "output", 1), "a tree has several outputs"),
        (lambda found: spoiled(found, "value", np.nan), "a golden row gets another prediction"),
    ],
)
def test_nodes_that_make_no_sense_are_refused(
    change: Callable[[Nodes], bytes], said: str, bundle_of_trees: Path, seal: Callable[..., str]
) -> None:
    path = bundle_of_trees / TREES
    path.write_bytes(change(np.frombuffer(path.read_bytes(), NODE)))
    seal(bundle_of_trees)

    with pytest.raises(BundleError, match=said):
        load(bundle_of_trees)


@pytest.mark.parametrize("name", [FEATURES, LINK])
def test_a_graph_that_is_none_is_refused(name: str, bundle_of_trees: Path, seal: Callable[..., str]) -> None:
    (bundle_of_trees / name).write_bytes(b"no graph")
    seal(bundle_of_trees)

    with pytest.raises(BundleError, match="the graph can't be loaded"):
        load(bundle_of_trees)


@pytest.mark.parametrize(
    ("name", "other"), [(FEATURES, LINK), (LINK, FEATURES), (FEATURES, "model.onnx"), (LINK, "model.onnx")]
)
def test_a_graph_in_another_ones_place_is_refused(
    name: str, other: str, bundle_of_trees: Path, seal: Callable[..., str]
) -> None:
    shutil.copy(bundle_of_trees / other, bundle_of_trees / name)
    seal(bundle_of_trees)

    with pytest.raises(BundleError, match="can't be predicted|are given to trees|a feature is none of"):
        load(bundle_of_trees)


def test_parts_of_another_model_are_refused_by_the_golden_rows(
    bundle_of_trees: Path, tmp_path: Path, seal: Callable[..., str], made_for: Callable[..., Any]
) -> None:
    write(tmp_path / "other", made_for("binary", "xgboost").contents)
    for name in PARTS:
        shutil.copy(tmp_path / "other" / name, bundle_of_trees / name)
    seal(bundle_of_trees)

    with pytest.raises(BundleError, match="golden row|golden ones"):
        load(bundle_of_trees)
