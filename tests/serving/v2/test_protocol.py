"""The Open Inference Protocol, asked by a client that others wrote, over a real socket."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tritonclient.http as triton
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.serving.v2 import infer
from slipway.serving.web.response import HttpError


@pytest.fixture
def server(live: int) -> Iterator[triton.InferenceServerClient]:
    client = triton.InferenceServerClient(f"127.0.0.1:{live}")
    yield client
    client.close()


DATATYPES = {"number": "FP64", "integer": "INT64", "boolean": "BOOL", "category": "BYTES", "date": "BYTES"}


def tensors(bundle: Bundle, *, binary: bool) -> list[triton.InferInput]:
    inputs = []
    for column in bundle.schema.columns:
        values = bundle.golden.inputs[column.name]
        datatype = {"category": "BYTES", "date": "BYTES", "boolean": "BOOL", "integer": "INT64"}.get(
            column.kind, "FP64"
        )
        if column.kind == "date":
            dates = [row[column.name] or "" for row in bundle.golden.rows(bundle.schema)]
            values = np.array(dates, dtype=object).reshape(-1, 1)
        elif datatype in ("BOOL", "INT64"):
            values = values.astype({"BOOL": bool, "INT64": np.int64}[datatype])
        made = triton.InferInput(column.name, values.shape, datatype)
        made.set_data_from_numpy(values, binary_data=binary or column.kind == "number")
        inputs.append(made)
    return inputs


@pytest.mark.parametrize("bundle", ["binary", "multiclass", "regression"], indirect=True)
def test_triton_s_client_gets_the_golden_predictions(bundle: Bundle, server: triton.InferenceServerClient) -> None:
    name = bundle.manifest.name
    assert server.is_server_live()
    assert server.is_server_ready()
    assert server.is_model_ready(name, bundle.manifest.digest[:12])
    described = server.get_model_metadata(name)
    assert [item["name"] for item in described["inputs"]] == list(bundle.schema.names)
    output = "value" if bundle.manifest.task == "regression" else "probabilities"
    expected = bundle.golden.outputs
    for binary in (True, False):
        wanted = [triton.InferRequestedOutput(item["name"], binary_data=binary) for item in described["outputs"]]
        answer = server.infer(name, tensors(bundle, binary=binary), outputs=wanted, request_id="mine-1")
        np.testing.assert_allclose(answer.as_numpy(output), expected, atol=1e-6)
        assert answer.get_response()["id"] == "mine-1"
        assert answer.get_response()["model_version"] == bundle.manifest.digest[:12]
    if output == "probabilities":
        labels = server.infer(name, tensors(bundle, binary=True)).as_numpy("label")
        assert labels.shape == (len(expected),)


def test_triton_s_client_is_told_what_is_wrong(bundle: Bundle, server: triton.InferenceServerClient) -> None:
    name = bundle.manifest.name
    with pytest.raises(triton.InferenceServerException, match="there is no model 'other'"):
        server.infer("other", tensors(bundle, binary=True))
    with pytest.raises(triton.InferenceServerException, match="'amount'.*is needed"):
        server.infer(name, tensors(bundle, binary=True)[1:])
    assert not server.is_model_ready(name, "0")


def as_request(bundle: Bundle, rows: int = 2) -> dict[str, Any]:
    listed = bundle.golden.rows(bundle.schema)[:rows]
    return {
        "inputs": [
            {
                "name": column.name,
                "shape": [rows],
                "datatype": DATATYPES[column.kind],
                "data": [row[column.name] for row in listed],
            }
            for column in bundle.schema.columns
        ]
    }


def test_it_answers_as_predict_does(bundle: Bundle, client: TestClient) -> None:
    rows = bundle.golden.rows(bundle.schema)[:2]
    predicted = client.post("/predict", json={"rows": rows}).json()["predictions"]
    answer = client.post("/v2/models/model/infer", json={"id": "7", **as_request(bundle)}).json()
    assert answer["id"] == "7"
    outputs = {item["name"]: item["data"] for item in answer["outputs"]}
    assert outputs["label"] == [item["label"] for item in predicted]
    assert outputs["probabilities"] == [value for item in predicted for value in item["probabilities"].values()]


def test_chosen_outputs_only(bundle: Bundle, client: TestClient) -> None:
    request = {**as_request(bundle), "outputs": [{"name": "label"}]}
    answer = client.post("/v2/models/model/infer", json=request).json()
    assert [item["name"] for item in answer["outputs"]] == ["label"]
    assert client.post("/v2/models/model/infer", json={**request, "outputs": [{"name": "x"}]}).status_code == 400


def test_fields_that_can_not_be_used_are_listed(bundle: Bundle, client: TestClient) -> None:
    request = as_request(bundle)
    request["inputs"][0] |= {"datatype": "BYTES", "data": ["a", "b"]}
    request["inputs"][1]["data"] = [1, None]
    answer = client.post("/v2/models/model/infer", json=request)
    assert answer.status_code == 422
    assert {(item["row"], item["field"], item["problem"]) for item in answer.json()["errors"]} == {
        (0, "amount", "type"),
        (1, "amount", "type"),
        (1, "1st visits", "null"),
    }


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [3]},
        {"shape": [2, 2]},
        {"shape": "2"},
        {"shape": [-2]},
        {"shape": [1] * 9},
        {"shape": [10**30, 10**30]},
        {"datatype": "FP128"},
        {"datatype": None},
        {"datatype": []},
        {"datatype": {"FP64": 1}},
        {"name": 7},
        {"data": None},
        {"data": {}},
        {"parameters": {"binary_data_size": 16}},
        {"parameters": {"binary_data_size": "x"}},
        {"parameters": {"binary_data_size": True}},
    ],
)
def test_a_tensor_that_contradicts_the_protocol_is_refused(
    bundle: Bundle, client: TestClient, change: dict[str, Any]
) -> None:
    request = as_request(bundle)
    request["inputs"][0] |= change
    answer = client.post("/v2/models/model/infer", json=request)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"inputs": []}', b'{"inputs": [7]}', b'{"inputs": {}}'])
def test_a_body_without_tensors_is_refused(client: TestClient, body: bytes) -> None:
    assert client.post("/v2/models/model/infer", content=body).status_code == 400


@pytest.mark.parametrize("header", ["-1", "x", "99999999999", "1e3"])
def test_a_wrong_length_of_the_json_part_is_refused(bundle: Bundle, client: TestClient, header: str) -> None:
    content = json.dumps(as_request(bundle)).encode()
    headers = {"Inference-Header-Content-Length": header}
    assert client.post("/v2/models/model/infer", content=content, headers=headers).status_code == 400


@given(header=st.sampled_from([b"", b"10", b"60"]), tail=st.binary(max_size=40), size=st.integers(-1, 50))
def test_any_binary_part_is_read_or_refused(header: bytes, tail: bytes, size: int) -> None:
    tensor = {"name": "a", "shape": [1], "datatype": "BYTES", "parameters": {"binary_data_size": size}}
    head = json.dumps({"inputs": [tensor]}).encode()
    length = header or str(len(head)).encode()
    with contextlib.suppress(HttpError):
        assert len(infer.parse(head + tail, length).tensors[0].values) == 1


def test_the_server_and_its_models_describe_themselves(bundle: Bundle, client: TestClient) -> None:
    assert client.get("/v2").json()["extensions"] == ["binary_tensor_data"]
    version = bundle.manifest.digest[:12]
    assert client.get(f"/v2/models/model/versions/{version}").json()["versions"] == [version]
    assert client.get("/v2/models/model/versions/7").status_code == 404
    assert client.get("/v2/models/model/ready").json() == {"name": "model", "ready": True}
