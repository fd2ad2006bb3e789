"""What is on disk is never trusted, and never half written."""

import json
import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io

from slipway.data.schema import Target
from slipway.errors import BundleError
from slipway.training import store
from slipway.training.trained import Trained

TARGET = Target("y", "binary", "category", ("no", "yes"))


class Foreign:
    """A type that is not trusted."""


class Canary:
    """Would leave a file if it was unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("name", ["logistic", "forest", "histogram"])
def test_a_foreign_type_is_refused(name: str, tmp_path: Path) -> None:
    skops.io.dump([1, Foreign()], tmp_path / "model.skops")

    with pytest.raises(BundleError, match=r"asks for types that are not trusted: .*Foreign"):
        store.load_model(name, tmp_path, TARGET)


def test_a_function_is_refused(tmp_path: Path) -> None:
    skops.io.dump(Counter, tmp_path / "model.skops")

    with pytest.raises(BundleError, match=r"not trusted: collections\.Counter"):
        store.load_model("forest", tmp_path, TARGET)


@pytest.mark.parametrize(
    ("name", "file"), [("logistic", "model.skops"), ("forest", "model.skops"), ("xgboost", "model.ubj")]
)
def test_a_pickle_is_refused_and_not_run(name: str, file: str, tmp_path: Path) -> None:
    (tmp_path / file).write_bytes(pickle.dumps(Canary(tmp_path / "was run")))

    with pytest.raises(BundleError, match=f"{file} can't be read"):
        store.load_model(name, tmp_path, TARGET)

    assert not (tmp_path / "was run").exists()


@pytest.mark.parametrize(
    ("name", "file"), [("logistic", "model.skops"), ("forest", "model.skops"), ("xgboost", "model.ubj")]
)
def test_a_file_that_is_cut_short_or_gone_is_told(
    name: str, file: str, trained_for: Callable[..., Trained], tmp_path: Path
) -> None:
    trained_for(name, "binary").model.save(tmp_path)
    path = tmp_path / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])

    with pytest.raises(BundleError, match=f"{file} can't be read"):
        store.load_model(name, tmp_path, TARGET)

    path.unlink()
    with pytest.raises(BundleError, match=f"{file} can't be read"):
        store.load_model(name, tmp_path, TARGET)


def test_the_order_is_kept(trained_for: Callable[..., Trained], tmp_path: Path) -> None:
    ranked = [trained_for(name, "binary") for name in ("xgboost", "logistic")]

    store.save(ranked, tmp_path / "models")

    assert [item["name"] for item in json.loads((tmp_path / "models" / "ranking.json").read_text())] == [
        "xgboost",
        "logistic",
    ]
    assert [item.name for item in store.load(tmp_path / "models", TARGET)] == ["xgboost", "logistic"]


class _Stumbling:
    def predict(self, x: Any) -> Any:
        raise NotImplementedError

    def to_onnx(self) -> Any:
        raise NotImplementedError

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        (folder / "half").write_text("of a model")
        raise KeyboardInterrupt


def test_an_interrupted_save_leaves_what_was_there(trained_for: Callable[..., Trained], tmp_path: Path) -> None:
    kept = trained_for("logistic", "binary")
    store.save([kept], tmp_path / "models")

    with pytest.raises(KeyboardInterrupt):
        store.save([kept, Trained("forest", _Stumbling(), 0.0, 0.0)], tmp_path / "models")

    assert [path.name for path in tmp_path.iterdir()] == ["models"]
    assert [item.name for item in store.load(tmp_path / "models", TARGET)] == ["logistic"]


def test_a_new_save_replaces_the_old_one(trained_for: Callable[..., Trained], tmp_path: Path) -> None:
    store.save([trained_for("logistic", "binary"), trained_for("xgboost", "binary")], tmp_path / "models")
    store.save([trained_for("logistic", "binary")], tmp_path / "models")

    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == ["decided.json", "logistic", "ranking.json"]
    assert np.isfinite(store.load(tmp_path / "models", TARGET)[0].score)
