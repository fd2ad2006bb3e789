"""What is spoiled in a way that no digest shows is refused, or it answers."""

import contextlib
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from slipway.bundle import manifest as manifests
from slipway.errors import SlipwayError
from slipway.serving.app import assemble
from slipway.serving.bundles.models import Models
from slipway.settings import Model, Settings

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    1,
    2**70,
    1e300,
    float("nan"),
    "",
    "x",
    "category",
    "no",
    [],
    {},
    [[]],
    {"": 0},
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from places(inner, (*path, key))


def spoil(value: Any, data: st.DataObject) -> None:
    *above, last = data.draw(st.sampled_from(list(places(value))))
    for key in above:
        value = value[key]
    if isinstance(value, dict) and data.draw(st.booleans()):
        del value[last]
    else:
        value[last] = data.draw(st.sampled_from(ODD))


def seal(folder: Path, raw: dict[str, Any]) -> None:
    """Writes the manifest with the digests that the files and the manifest have now."""
    raw["files"] = {name: manifests.hash_of(path) for name, path in manifests.files_in(folder).items()}
    text = json.dumps(raw, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    raw["digest"] = manifests.hashlib.sha256(text.encode()).hexdigest()
    (folder / manifests.FILE).write_text(json.dumps(raw), encoding="utf-8")


@pytest.fixture
def copy(trained: Callable[[str], Any], tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    return Path(shutil.copytree(trained(request.param).bundle, tmp_path / "copy"))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from([manifests.FILE, manifests.SCHEMA, manifests.GOLDEN]))
@pytest.mark.parametrize("copy", ["binary", "multiclass", "regression"], indirect=True)
def test_it_is_refused_or_it_answers(copy: Path, name: str, data: st.DataObject) -> None:
    before = {file: (copy / file).read_bytes() for file in (manifests.FILE, manifests.SCHEMA, manifests.GOLDEN)}
    rows = load_rows(copy)
    try:
        raw = json.loads(before[name])
        spoil(raw, data)
        (copy / name).write_text(json.dumps(raw), encoding="utf-8")
        manifest = raw if name == manifests.FILE else json.loads(before[manifests.FILE])
        manifest.pop("digest", None)
        seal(copy, manifest)
        models = Models({"": Model(str(copy))})
        with contextlib.suppress(SlipwayError):
            models.load()
        if not models.ready:
            return
        with TestClient(assemble(models, Settings())) as client:
            for path in ("/", "/readyz", "/schema", "/openapi.json", "/metrics"):
                assert client.get(path).status_code == 200, (path, client.get(path).text)
            assert client.post("/predict", json=rows).status_code in (200, 422)
            assert client.post("/explain", json=rows).status_code in (200, 422)
            assert client.get("/metrics").status_code == 200
    finally:
        for file, content in before.items():
            (copy / file).write_bytes(content)


def load_rows(folder: Path) -> dict[str, Any]:
    models = Models({"": Model(str(folder))})
    models.load()
    (predictor,) = models
    return {"rows": predictor.bundle.golden.rows(predictor.bundle.schema)[:2]}
