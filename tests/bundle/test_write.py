from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway.bundle import write as bundles
from slipway.bundle.engine import Engine
from slipway.bundle.load import load
from slipway.errors import BundleError
from slipway.features.plan import Plan
from slipway.training import store

MadeFor = Callable[..., Any]


@pytest.mark.parametrize("candidate", ["logistic", "forest", "xgboost"])
@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_what_is_written_is_what_is_loaded(task: str, candidate: str, made_for: MadeFor, tmp_path: Path) -> None:
    made = made_for(task, candidate)

    manifest = bundles.write(tmp_path / "bundle", made.contents)
    loaded = load(tmp_path / "bundle", manifest.digest)

    assert loaded.manifest == manifest
    assert loaded.schema == made.contents.schema
    np.testing.assert_array_equal(loaded.predict(made.contents.inputs), made.contents.outputs)
    assert bundles.parity(made.native, made.contents.outputs, scale=made.deviation) <= bundles.PARITY
    native = tmp_path / "bundle" / "native"
    assert Plan.from_json((native / "plan.json").read_bytes()) == made.contents.plan
    store.load_model(candidate, native, made.contents.schema.target)


@pytest.mark.parametrize(
    "names",
    [("features", "outputs", "outputs_", "N"), ("model", "weights", "x", "scores"), ("bias", "one", "a b", "é.é")],
)
def test_columns_may_be_called_like_parts_of_a_graph(names: tuple[str, ...], made_for: MadeFor, tmp_path: Path) -> None:
    made = made_for("binary", names=names)

    bundles.write(tmp_path / "bundle", made.contents)

    np.testing.assert_allclose(
        load(tmp_path / "bundle").predict(made.contents.inputs), made.native, rtol=1e-6, atol=1e-12
    )


def test_what_was_there_is_replaced(made_for: MadeFor, tmp_path: Path) -> None:
    bundles.write(tmp_path / "bundle", made_for("multiclass").contents)
    bundles.write(tmp_path / "bundle", made_for("binary").contents)

    assert load(tmp_path / "bundle").manifest.task == "binary"
    assert [path.name for path in tmp_path.iterdir()] == ["bundle"]


class _Stumbling:
    def predict(self, x: Any) -> Any:
        raise NotImplementedError

    def to_onnx(self) -> Any:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "half").write_text("of a model")
        raise KeyboardInterrupt


def test_an_interrupted_write_leaves_no_folder(made_for: MadeFor, tmp_path: Path) -> None:
    contents = replace(made_for("binary").contents, model=_Stumbling())

    with pytest.raises(KeyboardInterrupt):
        bundles.write(tmp_path / "bundle", contents)

    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_what_was_there(bundle: Path, made_for: MadeFor) -> None:
    digest = load(bundle).manifest.digest

    with pytest.raises(KeyboardInterrupt):
        bundles.write(bundle, replace(made_for("regression").contents, model=_Stumbling()))

    assert load(bundle, digest).manifest.task == "binary"
    assert [path.name for path in bundle.parent.iterdir()] == ["bundle"]


def test_a_bundle_that_does_not_load_is_not_written(made_for: MadeFor, tmp_path: Path) -> None:
    contents = made_for("binary").contents

    with pytest.raises(BundleError, match="a golden row gets another prediction"):
        bundles.write(tmp_path / "bundle", replace(contents, outputs=contents.outputs[::-1]))

    assert list(tmp_path.iterdir()) == []


def test_the_same_contents_make_the_same_files(made_for: MadeFor, tmp_path: Path) -> None:
    first, second = (bundles.write(tmp_path / name, made_for("multiclass").contents) for name in ("a", "b"))

    different = {name for name in first.files if first.files[name] != second.files[name]}
    assert different <= {"native/model.skops"}  # a zip archive with the time in it


def test_parity_is_the_largest_difference() -> None:
    native = np.array([[0.5, 0.5], [0.25, 0.75]])

    assert bundles.parity(native, native) == 0
    assert bundles.parity(native, np.add(native, [[0, 0], [0, 4e-6]])) == pytest.approx(4e-6)
    assert bundles.parity(native, np.add(native, [[0, 0], [0, 4e-3]]), scale=1000) == pytest.approx(4e-6)


@pytest.mark.parametrize("wrong", [2e-5, float("nan"), -1.0])
def test_a_graph_that_disagrees_is_refused(wrong: float) -> None:
    native = np.full((3, 2), 0.5)
    outputs = native.copy()
    outputs[1, 0] += wrong

    with pytest.raises(BundleError, match=r"disagree by up to (2e-05|nan|1) \(held-out row 1\)"):
        bundles.parity(native, outputs)


def test_a_graph_that_answers_in_another_shape_is_refused() -> None:
    with pytest.raises(BundleError, match=r"answers in shape \(1, 1\), but its graph in \(1,\)"):
        bundles.parity(np.zeros((1, 1)), np.zeros(1))


def test_size_and_latency_are_measured(made_for: MadeFor) -> None:
    contents = made_for("binary").contents

    whole = bundles.size_mb(contents.model, contents.graph, {})
    assert whole > len(contents.graph) / 1e6
    assert bundles.size_mb(contents.model, contents.graph, {"a": b"1" * 1000}) == pytest.approx(whole + 1e-3)
    assert bundles.latency_ms(Engine(contents.graph), contents.inputs) > 0
