from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.data import table as tables
from slipway.features.inputs import inputs
from slipway.serving.app import App, create
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.served import Served
from slipway.serving.process.life import Life
from slipway.serving.process.watched import Watch
from slipway.serving.routes.probes import Probes
from slipway.serving.telemetry.metrics import Metrics
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response
from slipway.serving.web.routing import Route, Routes
from slipway.settings import Limits, Model, Settings

TASKS = ("binary", "multiclass", "regression")


def golden(bundle: Bundle) -> list[dict[str, Any]]:
    return bundle.golden.rows(bundle.schema)


def as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize("bundle", TASKS, indirect=True)
def test_served_equals_batch_to_the_bit(bundle: Bundle, client: TestClient, trained: Callable[[str], Any]) -> None:
    frame = tables.read(trained(bundle.manifest.task).folder / "rows" / "test")
    batch = bundle.predict(inputs(frame, bundle.schema.kinds))
    rows = [
        {name: as_json(value) for name, value in row.items()} for row in frame.select(bundle.schema.names).to_dicts()
    ]
    answers = client.post("/predict", json={"rows": rows}).json()["predictions"]
    served = [list(item["probabilities"].values()) if "probabilities" in item else [item["value"]] for item in answers]
    np.testing.assert_array_equal(np.array(served), batch.reshape(len(batch), -1))


def test_rows_and_columns_get_the_same_answer(bundle: Bundle, client: TestClient) -> None:
    rows = golden(bundle)
    columns = {name: [row[name] for row in rows] for name in bundle.schema.names}
    by_rows = client.post("/predict", json={"rows": rows}).json()["predictions"]
    assert client.post("/predict", json={"columns": columns}).json()["predictions"] == by_rows


def test_the_label_follows_the_threshold(bundle: Bundle, client: TestClient) -> None:
    answers = client.post("/predict", json={"rows": golden(bundle)}).json()["predictions"]
    positive = bundle.schema.target.classes[1]
    assert {item["label"] for item in answers} == {"yes", "no"}
    for item in answers:
        assert (item["label"] == positive) == (item["probabilities"][positive] >= bundle.manifest.threshold)


def test_every_wrong_field_is_reported_at_once(bundle: Bundle, client: TestClient) -> None:
    good = golden(bundle)[0]
    bad = {**good, "1st visits": "seven", "member": None, "amonut": 1.0, "since": "yesterday"}
    del bad["city"]
    response = client.post("/predict", json={"rows": [good, bad]})
    assert response.status_code == 422
    errors = {item["field"]: item for item in response.json()["errors"]}
    assert {name: item["problem"] for name, item in errors.items()} == {
        "1st visits": "type",
        "member": "null",
        "amonut": "unknown",
        "since": "type",
        "city": "missing",
    }
    assert {item["row"] for item in errors.values()} == {1}
    assert "did you mean 'amount'" in errors["amonut"]["message"]
    assert "seven" not in response.text


def test_missing_columns_are_reported_by_columns_too(bundle: Bundle, client: TestClient) -> None:
    columns = {name: [value] for name, value in golden(bundle)[0].items() if name != "amount"}
    response = client.post("/predict", json={"columns": columns})
    assert response.status_code == 422
    assert [(item["field"], item["problem"]) for item in response.json()["errors"]] == [("amount", "missing")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", True),
        ("amount", "1.5"),
        ("amount", [1]),
        ("1st visits", 1.5),
        ("1st visits", True),
        ("member", 1),
        ("member", "yes"),
        ("city", 7),
        ("city", {}),
        ("since", 7),
        ("since", "2026-13-01"),
    ],
)
def test_a_value_of_another_type_is_no_server_error(bundle: Bundle, client: TestClient, field: str, value: Any) -> None:
    response = client.post("/predict", json={"rows": [{**golden(bundle)[0], field: value}]})
    assert response.status_code == 422
    assert [(item["field"], item["problem"]) for item in response.json()["errors"]] == [(field, "type")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("amount", 3),
        ("amount", None),
        ("1st visits", 3.0),
        ("city", "unheard of"),
        ("city", ""),
        ("since", "2026-01-02"),
    ],
)
def test_what_the_schema_allows_is_answered(bundle: Bundle, client: TestClient, field: str, value: Any) -> None:
    assert client.post("/predict", json={"rows": [{**golden(bundle)[0], field: value}]}).status_code == 200


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b'{"rows": [', 400),
        (b"[]", 422),
        (b"7", 422),
        (b'{"rows": {}}', 422),
        (b'{"rows": [1]}', 422),
        (b'{"rows": []}', 422),
        (b'{"columns": {}}', 422),
        (b'{"columns": {"amount": [1], "city": []}}', 422),
        (b'{"rows": [], "columns": {}}', 422),
        (b'{"rows": ' + b"[" * 100_000, 400),
        (b'{"rows": ' + b"[" * 20 + b"]" * 20 + b"}", 400),
        (b'{"rows": ' + b"[" * 14 + b"]" * 14 + b"}", 422),
        (b"\xff\xfe", 400),
    ],
)
def test_a_body_that_holds_no_rows_is_refused(client: TestClient, content: bytes, status: int) -> None:
    response = client.post("/predict", content=content)
    assert response.status_code == status
    assert response.json()["error"]


def test_text_is_stripped_as_it_was_for_training(bundle: Bundle, client: TestClient) -> None:
    row = {**golden(bundle)[0], "city": "O'Hare"}
    padded = {**row, "city": "  O'Hare\t"}
    blank, null = {**row, "city": "   "}, {**row, "city": None}
    answers = client.post("/predict", json={"rows": [row, padded, blank, null]}).json()["predictions"]
    assert answers[0] == answers[1]
    assert answers[2] == answers[3]


def test_limits_on_bytes_and_rows(bundle: Bundle) -> None:
    with TestClient(create(bundle, Settings(Limits(rows=2)))) as client:
        assert client.post("/predict", json={"rows": [{}] * 3}).status_code == 413
    with TestClient(create(bundle, Settings(Limits(body_bytes=10)))) as client:
        assert client.post("/predict", json={"rows": [{}] * 3}).status_code == 413
        assert client.post("/predict", content=iter([b"{", b" " * 10])).status_code == 413


def test_other_paths_and_methods(client: TestClient) -> None:
    assert client.get("/nothing").status_code == 404
    assert client.get("/predict").status_code == 405


def test_probes_schema_and_example(bundle: Bundle, client: TestClient) -> None:
    assert client.get("/healthz").json() == {"alive": True}
    assert client.get("/readyz").json()["digest"] == bundle.manifest.digest
    assert [column["name"] for column in client.get("/schema").json()["columns"]] == list(bundle.schema.names)
    example = client.get("/").json()["example"]
    assert client.post("/predict", json=example).status_code == 200


def test_many_rows_are_answered_in_order(bundle: Bundle, client: TestClient) -> None:
    rows = golden(bundle) * 20
    one = client.post("/predict", json={"rows": golden(bundle)}).json()["predictions"]
    assert client.post("/predict", json={"rows": rows}).json()["predictions"] == one * 20


def test_the_table_behind_these_tests_has_every_kind_of_column(bundle: Bundle) -> None:
    assert set(bundle.schema.kinds.values()) == {"number", "integer", "boolean", "category", "date"}


def test_an_observer_that_fails_fails_no_request(bundle: Bundle) -> None:
    seen: list[int] = []

    def failing(request: Request, response: Response) -> None:
        raise ZeroDivisionError

    models = Models({}, [Served(Model("-"), bundle)])
    routes = Routes([Route("/readyz", {"GET": Probes(models, Metrics(models), Life(), Watch("")).ready})])
    app = App(routes, 1000, [failing, lambda _, response: seen.append(response.status)])
    with TestClient(app) as client:
        assert [client.get("/readyz").status_code for _ in range(2)] == [200, 200]
    assert seen == [200, 200]
