from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.conftest import make, table

from slipway.bundle.load import Bundle, load
from slipway.errors import DataError
from slipway.serving.app import create
from slipway.serving.docs.openapi import document
from slipway.serving.inputs.bounds import Bound, bounds
from slipway.serving.predicting.predictor import Predictor
from slipway.settings import Settings
from slipway.steps.score import score

LIMITS = {
    "amount": {"min": 0},
    "1st visits": {"max": 500, "allowed": [*range(20), 500]},
    "member": {"allowed": [True, False]},
    "city": {"allowed": ["Zürich", "O'Hare", "new york", "東京", "Bern"]},
    "since": {"min": "2020-01-01", "max": "2030-01-01"},
}


@pytest.fixture
def limited(bundle: Bundle) -> Bundle:
    return replace(bundle, manifest=replace(bundle.manifest, spec={"quality": {"columns": LIMITS}}))


def wrong(bundle: Bundle, row: dict[str, Any], form: str = "rows", **settings: Any) -> dict[str, str]:
    body = {"rows": [row]} if form == "rows" else {"columns": {name: [value] for name, value in row.items()}}
    with TestClient(create(bundle, Settings(**settings))) as client:
        answer = client.post("/predict", json=body)
    assert answer.status_code in (200, 422)
    return {error["field"]: error["message"] for error in answer.json().get("errors", [])}


@pytest.mark.parametrize("form", ["rows", "columns"])
def test_values_outside_of_the_limits_of_the_contract_are_refused_all_at_once(limited: Bundle, form: str) -> None:
    row = dict(limited.golden.rows(limited.schema)[0])
    outside = {"amount": -0.01, "1st visits": 21, "city": "Paris", "since": "2031-01-01"}
    found = wrong(limited, {**row, **outside}, form)
    assert found.keys() == outside.keys()
    assert "at least 0" in found["amount"]
    assert "Paris" not in found["city"]
    assert "Bern" in found["city"]


def test_what_is_only_unseen_is_answered_and_null_is_no_value(limited: Bundle) -> None:
    row = dict(limited.golden.rows(limited.schema)[0])
    unseen = {"amount": 1e9, "1st visits": 500, "city": "Bern", "since": "2029-12-31"}
    assert wrong(limited, {**row, **unseen}) == {}
    assert wrong(limited, {**row, "amount": None, "city": None}) == {}
    assert wrong(limited, {**row, **unseen}, refuse_outside=True).keys() == {"amount", "1st visits", "since"}


@pytest.mark.parametrize(
    ("bound", "values", "outside"),
    [
        (Bound(0, 1, None, ""), [0.0, 1.0, -1e-9, 1.0001, np.nan], [False, False, True, True, False]),
        (Bound(-np.inf, 5, frozenset({1.0, 9.0}), ""), [1.0, 2.0, 9.0, np.nan], [False, True, True, False]),
    ],
    ids=["range", "both"],
)
def test_numbers(bound: Bound, values: list[float], outside: list[bool]) -> None:
    assert bound.outside(np.array(values)).tolist() == outside


def test_texts() -> None:
    bound = Bound(-np.inf, np.inf, frozenset({"a"}), "")
    assert bound.outside(np.array(["a", "b", ""], dtype=object)).tolist() == [False, True, False]


def test_columns_without_limits_have_no_bound(bundle: Bundle) -> None:
    assert bounds(bundle.schema, {}) == {}
    assert bounds(bundle.schema, {"quality": {"columns": {"gone": {"min": 1}, "amount": {"max_null_share": 1}}}}) == {}


def test_the_openapi_document_says_them(limited: Bundle) -> None:
    row = document(Predictor(limited), Settings())["components"]["schemas"]["Row"]["properties"]
    assert row["amount"]["minimum"] == 0
    assert row["city"]["enum"] == ["Bern", "O'Hare", "Zürich", "new york", "東京", None]
    assert row["1st visits"]["enum"][:2] == [0, 1]
    assert "at most 2030-01-01" in row["since"]["description"]


def test_limits_of_the_spec_reach_server_and_score(tmp_path: Path) -> None:
    frame = table("binary")
    frame.write_parquet(tmp_path / "data.parquet")
    quality = {"columns": {"amount": {"min": 0}, "since": {"max": "2030-01-01T00:00:00"}}}
    made = make(tmp_path / "run", tmp_path / "data.parquet", quality=quality)
    bundle = load(made.bundle)
    row = dict(bundle.golden.rows(bundle.schema)[0])
    assert wrong(bundle, {**row, "amount": -1, "since": "2030-01-02"}).keys() == {"amount", "since"}
    bad = frame.with_columns(pl.when(pl.int_range(pl.len()) == 7).then(-1.0).otherwise("amount").alias("amount"))
    bad.write_parquet(tmp_path / "bad.parquet")
    with pytest.raises(DataError, match="row 8: column 'amount' should be at least 0"):
        score(str(made.bundle), str(tmp_path / "bad.parquet"), str(tmp_path / "out.parquet"))
    done = score(str(made.bundle), str(tmp_path / "bad.parquet"), str(tmp_path / "out.parquet"), on_error="null")
    assert done.bad == 1
