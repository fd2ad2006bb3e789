import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.serving.app import assemble, create
from slipway.serving.bundles.models import Models
from slipway.serving.v2.tensors import DTYPES
from slipway.settings import Log, Model, Settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FUZZ = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ask(client: TestClient, body: bytes) -> None:
    answer = client.post("/predict", content=body)
    assert answer.status_code in (200, 400, 413, 422)
    assert ("predictions" in answer.json()) == (answer.status_code == 200)


@FUZZ
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered_without_a_server_error(client: TestClient, body: bytes) -> None:
    ask(client, body)


@FUZZ
@given(data=st.data(), form=st.sampled_from(["rows", "columns", "neither"]))
def test_any_values_are_answered_without_a_server_error(
    bundle: Bundle, client: TestClient, data: st.DataObject, form: str
) -> None:
    fields = st.fixed_dictionaries({}, optional=dict.fromkeys((*bundle.schema.names, "unknown"), JSON))
    body: Any = {
        "rows": lambda: {"rows": data.draw(st.lists(fields, max_size=3))},
        "columns": lambda: {"columns": data.draw(fields)},
        "neither": lambda: data.draw(JSON),
    }[form]()
    try:
        content = orjson.dumps(body)
    except TypeError:  # an integer beyond 64 bits, or a text with half a character
        return
    ask(client, content)


@FUZZ
@given(data=st.data())
def test_any_tensors_are_answered_without_a_server_error(
    bundle: Bundle, client: TestClient, data: st.DataObject
) -> None:
    name = st.sampled_from([*bundle.schema.names, "unknown"])
    sizes = st.lists(st.sampled_from([-1, 0, 1, 2, 2**31, 2**63]), max_size=9)
    fields = {
        "name": name | JSON,
        "datatype": st.sampled_from([*DTYPES, "BYTES", "COMPLEX"]) | JSON,
        "shape": sizes | JSON,
        "data": st.lists(JSON, max_size=3) | JSON,
        "parameters": st.fixed_dictionaries({"binary_data_size": st.integers(-1, 20) | JSON}) | JSON,
    }
    tensors = st.lists(st.fixed_dictionaries({}, optional=fields) | JSON, max_size=4)
    outputs = st.lists(st.fixed_dictionaries({"name": st.sampled_from(["label", "x"]) | JSON}) | JSON, max_size=2)
    optional = {"inputs": tensors | JSON, "outputs": outputs | JSON, "id": JSON, "parameters": JSON}
    ask_json(client, f"/v2/models/{bundle.manifest.name}/infer", data, st.fixed_dictionaries({}, optional=optional))


@FUZZ
@given(data=st.data())
def test_any_truths_are_answered_without_a_server_error(bundle: Bundle, tmp_path: Path, data: st.DataObject) -> None:
    item = st.fixed_dictionaries({}, optional=dict.fromkeys(("id", "row", "truth", "more"), JSON))
    with TestClient(create(bundle, Settings(log=Log(str(tmp_path))))) as client:
        ask_json(
            client, "/feedback", data, item | st.fixed_dictionaries({"feedback": st.lists(item, max_size=3) | JSON})
        )


def ask_json(client: TestClient, path: str, data: st.DataObject, content: st.SearchStrategy[Any]) -> None:
    try:
        body = orjson.dumps(data.draw(content))
    except TypeError:  # an integer beyond 64 bits, or a text with half a character
        return
    rest = data.draw(st.binary(max_size=20))
    headers = {"inference-header-content-length": str(len(body))} if data.draw(st.booleans()) else {}
    answer = client.post(path, content=body + rest if headers else body, headers=headers)
    assert answer.status_code in (200, 202, 400, 404, 413, 422), answer.text


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_bundle_whose_folder_is_gone_is_still_explained(bundle: Bundle, tmp_path: Path, scheme: str) -> None:
    copied = shutil.copytree(bundle.folder, tmp_path / "bundle")
    models = Models({"": Model(f"{scheme}{copied}")})
    models.load()
    shutil.rmtree(copied)
    with TestClient(assemble(models, Settings())) as client:
        answer = client.post("/explain", json={"rows": bundle.golden.rows(bundle.schema)[:1]})
    assert answer.status_code == 200
    assert answer.json()["explanations"][0]["contributions"].keys() == set(bundle.schema.names)
