from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle
from slipway.serving.app import create
from slipway.serving.docs.openapi import document
from slipway.serving.predicting.predictor import Predictor
from slipway.settings import Settings


@pytest.fixture
def api(bundle: Bundle) -> Any:
    return schemathesis.openapi.from_asgi("/openapi.json", create(bundle))


def test_no_request_is_a_server_error(api: Any) -> None:
    conforms = schemathesis.specs.openapi.checks
    checks = [
        schemathesis.checks.not_a_server_error,
        conforms.status_code_conformance,
        conforms.response_schema_conformance,
        conforms.content_type_conformance,
    ]
    for found in api.get_all_operations():

        @given(case=found.ok().as_strategy())
        @settings(max_examples=15, suppress_health_check=list(HealthCheck))
        def ask(case: Any) -> None:
            case.validate_response(case.call(), checks=checks)

        ask()


@pytest.mark.parametrize("bundle", ["binary", "multiclass", "regression"], indirect=True)
def test_every_example_is_answered(bundle: Bundle, client: TestClient) -> None:
    described = client.get("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    for path, item in described["paths"].items():
        for method, operation in item.items():
            body = operation.get("requestBody", {}).get("content", {}).get("application/json")
            example = body["examples"]["one"]["value"] if body else None
            answer = client.request(method, path, json=example)
            assert answer.status_code == (409 if path == "/feedback" else 200), (path, answer.text)


def test_the_columns_are_the_models_own(bundle: Bundle) -> None:
    row = document(Predictor(bundle), Settings())["components"]["schemas"]["Row"]
    assert row["required"] == list(bundle.schema.names)
    assert row["properties"]["amount"]["type"] == ["number", "null"]
    assert row["properties"]["member"]["type"] == "boolean"
    assert "東京" in row["properties"]["city"]["examples"]
    assert "minimum" not in row["properties"]["amount"]
    settings = Settings(refuse_outside=True)
    strict = document(Predictor(bundle, settings=settings), settings)["components"]["schemas"]["Row"]
    assert strict["properties"]["amount"]["minimum"] == bundle.schema.columns[0].minimum


def test_the_page_needs_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http://" not in page.text
    assert "https://" not in page.text
