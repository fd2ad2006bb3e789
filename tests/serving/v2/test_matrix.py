from pathlib import Path

import numpy as np
from starlette.testclient import TestClient
from tests.conftest import make, table

from slipway.bundle.load import load
from slipway.serving.app import create


def test_one_matrix_stands_for_all_columns_where_they_are_numbers(tmp_path: Path) -> None:
    table("binary", rows=300).select("amount", "1st visits", "member", "y").write_parquet(tmp_path / "data.parquet")
    bundle = load(make(tmp_path / "run", tmp_path / "data.parquet").bundle)
    rows = [[None, 3.0, 1.0], [2.5, 4.0, 0.0]]
    matrix = {"name": "x", "shape": [2, 3], "datatype": "FP64", "data": rows}
    as_objects = [
        {"amount": amount, "1st visits": int(visits), "member": bool(member)} for amount, visits, member in rows
    ]
    with TestClient(create(bundle)) as client:
        answer = client.post("/v2/models/model/infer", json={"inputs": [matrix]}).json()
        said = client.post("/predict", json={"rows": as_objects}).json()["predictions"]
        wide = client.post("/v2/models/model/infer", json={"inputs": [{**matrix, "shape": [3, 2]}]})
    probabilities = next(item["data"] for item in answer["outputs"] if item["name"] == "probabilities")
    np.testing.assert_array_equal(probabilities, [value for item in said for value in item["probabilities"].values()])
    assert wide.status_code == 400
