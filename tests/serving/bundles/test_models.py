import gc
import json
import pickle
import shutil
import weakref
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from slipway.bundle import manifest as manifests
from slipway.errors import BundleError
from slipway.serving.app import assemble
from slipway.serving.bundles import sources
from slipway.serving.bundles.models import Models
from slipway.settings import Model, Settings


def test_whatever_a_new_bundle_makes_happen_the_old_one_serves_on(
    trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shutil.copytree(trained("binary").bundle, tmp_path / "bundle")
    models = Models({"": Model(str(folder))})
    models.load()
    before = models.describe()

    def failing(*_: Any) -> Any:
        message = "a defect"
        raise ZeroDivisionError(message)

    monkeypatch.setattr(sources, "read", failing)
    monkeypatch.setattr(sources, "find", lambda *_: sources.Source(str(folder), "", "another"))
    models.refresh()
    assert models.describe() == before
    assert "can't answer: ZeroDivisionError('a defect')" in models.refused[""]
    with pytest.raises(BundleError, match="can't answer"):
        Models({"": Model(str(folder))}).load()


def spoil(folder: Path, how: str) -> str:
    """Spoils a bundle; gives what the server should say."""
    model, described = folder / manifests.MODEL, folder / manifests.FILE
    if how == "changed":
        model.write_bytes(model.read_bytes()[:-1] + b"!")
        return "was changed: model.onnx"
    if how == "cut short":
        model.write_bytes(model.read_bytes()[:1000])
        return "was changed: model.onnx"
    if how == "cut short in its manifest":
        described.write_bytes(described.read_bytes()[:1000])
        return "can't be read"
    if how == "another format":
        described.write_text(json.dumps({**json.loads(described.read_text()), "format": 99}))
        return "has format 99"
    if how == "a pickle":
        (folder / manifests.CARD).write_bytes(pickle.dumps({}))
        return "holds a pickle"
    return "is not signed"


@pytest.mark.parametrize(
    "how", ["changed", "cut short", "cut short in its manifest", "another format", "a pickle", "unsigned"]
)
def test_why_a_bundle_is_refused_is_in_the_log_and_at_readyz(
    trained: Any, tmp_path: Path, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = Path(shutil.copytree(trained("binary").bundle, tmp_path / "bundle"))
    said = spoil(folder, how)
    settings = Settings(public_key="ab" * 32 if how == "unsigned" else "")
    models = Models({"": Model(str(folder))}, settings=settings)
    models.refresh()
    with TestClient(assemble(models, settings)) as client:
        answer = client.get("/readyz")
        assert client.post("/predict", json={}).status_code == 503
    assert answer.status_code == 503
    assert said in answer.json()["refused"][""]
    assert f"refused: {answer.json()['refused']['']}" in caplog.messages


def test_a_bundle_that_was_replaced_is_let_go_without_garbage_collection(trained: Any, tmp_path: Path) -> None:
    current = tmp_path / "current"
    shutil.copytree(trained("binary").bundle, current)
    models = Models({"": Model(str(current))})
    gc.disable()
    try:
        models.load()
        (predictor,) = models
        kept = weakref.ref(predictor), weakref.ref(predictor.bundle.engine)
        del predictor
        shutil.rmtree(current)
        shutil.copytree(trained("multiclass").bundle, current)
        models.load()
        assert [reference() for reference in kept] == [None, None]
    finally:
        gc.enable()
