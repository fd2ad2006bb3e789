from typing import Any

import pytest
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.serving.routes.explain import MAX_ROWS, sentence


@pytest.mark.parametrize("bundle", ["binary", "multiclass", "regression"], indirect=True)
def test_contributions_sum_to_the_prediction_less_the_base(bundle: Bundle, client: TestClient) -> None:
    rows = bundle.golden.rows(bundle.schema)[:3]
    predicted = client.post("/predict", json={"rows": rows}).json()["predictions"]
    answer = client.post("/explain", json={"rows": rows}).json()
    assert "Shapley values" in answer["method"]
    for one, item in zip(predicted, answer["explanations"], strict=True):
        assert list(item["contributions"]) == list(bundle.schema.names)
        assert sum(item["contributions"].values()) == pytest.approx(item["prediction"] - item["base"], abs=1e-9)
        wanted = one["value"] if "value" in one else one["probabilities"][item["class"]]
        assert item["prediction"] == wanted
        assert bundle.schema.target.name in item["sentence"]


def test_a_column_that_decides_is_named(bundle: Bundle, client: TestClient) -> None:
    row = {**bundle.golden.rows(bundle.schema)[10], "amount": 2000.0, "1st visits": 19, "city": "東京"}
    item = client.post("/explain", json={"rows": [row]}).json()["explanations"][0]
    assert max(item["contributions"], key=item["contributions"].get) in ("amount", "1st visits")
    assert "1st visits = 19" in item["sentence"]


def test_the_same_row_gets_the_same_explanation(bundle: Bundle, client: TestClient) -> None:
    rows = {"rows": bundle.golden.rows(bundle.schema)[:1]}
    first, second = (client.post("/explain", json=rows).json()["explanations"] for _ in range(2))
    assert first == second


def test_too_many_rows_and_wrong_ones_are_refused(bundle: Bundle, client: TestClient) -> None:
    rows = bundle.golden.rows(bundle.schema)[:1] * (MAX_ROWS + 1)
    assert client.post("/explain", json={"rows": rows}).status_code == 413
    assert client.post("/explain", json={"rows": [{}]}).status_code == 422


@pytest.mark.parametrize(
    ("contributions", "said"),
    [
        (
            {"a": 0.3, "b": -0.1},
            "0.2 above the mean of the reference rows (0.5); what raises it most: a = 7 (+0.3); "
            "against it: b = missing (-0.1).",
        ),
        ({"a": -0.3, "b": 0.0}, "0.3 below the mean of the reference rows (0.5); what lowers it most: a = 7 (-0.3)."),
        ({"a": 0.0, "b": 0.0}, "like the mean of the reference rows."),
    ],
)
def test_the_sentence(contributions: dict[str, float], said: str) -> None:
    row: dict[str, Any] = {"a": 7, "b": None}
    assert sentence("It", 0.5 + sum(contributions.values()), 0.5, contributions, row).endswith(said)
