from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.conftest import make, table

from slipway.bundle.load import load
from slipway.errors import DataError, StorageError, UnknownNameError
from slipway.serving.app import create
from slipway.steps.score import score

TASKS = ("binary", "multiclass", "regression")


def as_json(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def served(bundle: Path, frame: pl.DataFrame) -> np.ndarray:
    loaded = load(bundle)
    rows = [{name: as_json(row[name]) for name in loaded.schema.names} for row in frame.to_dicts()]
    with TestClient(create(loaded)) as client:
        answers = [client.post("/predict", json={"rows": [row]}).json()["predictions"][0] for row in rows]
    return np.array(
        [[*item["probabilities"].values()] if "probabilities" in item else [item["value"]] for item in answers]
    )


def scored(frame: pl.DataFrame) -> np.ndarray:
    return frame.select(pl.col("^probability_.*|value$")).to_numpy()


@pytest.mark.parametrize("form", ["parquet", "csv"])
@pytest.mark.parametrize("task", TASKS)
def test_scores_are_those_of_the_server_to_the_bit(
    trained: Callable[[str], Any], tmp_path: Path, task: str, form: str
) -> None:
    frame, data = table(task, rows=300, seed=7), tmp_path / f"in.{form}"
    getattr(frame, f"write_{form}")(data)
    done = score(str(trained(task).bundle), str(data), str(tmp_path / "out.parquet"), keep=["city"])
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert (done.rows, done.bad, len(found)) == (300, 0, 300)
    assert found["city"].to_list() == frame["city"].to_list()
    np.testing.assert_array_equal(scored(found)[:100], served(trained(task).bundle, frame.head(100)))


def test_trees_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.steps.score._TRIED", 50)
    frame = table("binary", rows=600)
    frame.write_parquet(tmp_path / "data.parquet")
    made = make(tmp_path / "run", tmp_path / "data.parquet", candidates=["xgboost"])
    score(str(made.bundle), str(tmp_path / "data.parquet"), str(tmp_path / "out.parquet"))
    found = scored(pl.read_parquet(tmp_path / "out.parquet"))
    np.testing.assert_array_equal(found[:100], served(made.bundle, frame.head(100)))


def test_a_bad_row_is_told_by_its_number_and_nothing_is_written(trained: Callable[[str], Any], tmp_path: Path) -> None:
    texts = table("binary", rows=40).with_columns(pl.col("1st visits").cast(pl.String))
    texts[16, "1st visits"] = "seven"
    texts.write_csv(tmp_path / "in.csv")
    with pytest.raises(DataError, match=r"row 17: column '1st visits' .* 'seven'"):
        score(str(trained("binary").bundle), str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_bad_rows_can_be_left_null(trained: Callable[[str], Any], tmp_path: Path) -> None:
    frame = table("binary", rows=40)
    texts = frame.with_columns(pl.col("1st visits", "member").cast(pl.String))
    texts[16, "1st visits"] = "seven"
    texts[16, "member"] = "perhaps"
    texts[20, "member"] = None
    texts.write_csv(tmp_path / "in.csv")
    bundle = str(trained("binary").bundle)
    done = score(bundle, str(tmp_path / "in.csv"), str(tmp_path / "out.parquet"), on_error="null")
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert (done.rows, done.bad) == (40, 2)
    assert found["label"].is_null().arg_true().to_list() == [16, 20]
    frame.write_csv(tmp_path / "good.csv")
    score(bundle, str(tmp_path / "good.csv"), str(tmp_path / "good.parquet"))
    rest = [place for place in range(40) if place not in (16, 20)]
    assert found[rest].equals(pl.read_parquet(tmp_path / "good.parquet")[rest])


def test_a_missing_column_and_an_odd_name_are_told_before_anything_is_read(
    trained: Callable[[str], Any], tmp_path: Path
) -> None:
    bundle = str(trained("binary").bundle)
    table("binary", rows=9).drop("amount").write_csv(tmp_path / "in.csv")
    with pytest.raises(UnknownNameError, match="'amount' is not in the data"):
        score(bundle, str(tmp_path / "in.csv"), str(tmp_path / "out.csv"))
    table("binary", rows=9).write_csv(tmp_path / "in.csv")
    with pytest.raises(StorageError, match=r"should end with \.parquet or \.csv"):
        score(bundle, str(tmp_path / "in.csv"), str(tmp_path / "out.xlsx"))


def test_batches_of_any_size_give_the_same(
    trained: Callable[[str], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("slipway.steps.score._TRIED", 50)
    frame, bundle = table("multiclass", rows=500, seed=3), str(trained("multiclass").bundle)
    frame.write_parquet(tmp_path / "in.parquet", row_group_size=77)
    score(bundle, str(tmp_path / "in.parquet"), str(tmp_path / "one.parquet"))
    monkeypatch.setattr("slipway.steps.score._ROWS", 13)
    monkeypatch.setattr("slipway.data.table.BATCH_ROWS", 101)
    score(bundle, str(tmp_path / "in.parquet"), str(tmp_path / "many.parquet"))
    assert pl.read_parquet(tmp_path / "one.parquet").equals(pl.read_parquet(tmp_path / "many.parquet"))


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_an_integer_that_a_model_would_round_is_one_bad_row(
    trained: Callable[[str], Any], tmp_path: Path, form: str
) -> None:
    frame = table("binary", rows=40)
    frame[16, "1st visits"], frame[20, "1st visits"] = 2**53 + 1, 2**53
    data, bundle = tmp_path / f"in.{form}", str(trained("binary").bundle)
    getattr(frame, f"write_{form}")(data)
    with pytest.raises(
        DataError, match=r"row 17: column '1st visits' should be an integer of at most 2\^53, not 9007199"
    ):
        score(bundle, str(data), str(tmp_path / "out.csv"))
    done = score(bundle, str(data), str(tmp_path / "out.parquet"), on_error="null")
    assert done.bad == 1
    assert pl.read_parquet(tmp_path / "out.parquet")["label"].is_null().arg_true().to_list() == [16]


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_columns_to_keep_are_kept_whatever_they_hold(trained: Callable[[str], Any], tmp_path: Path, form: str) -> None:
    ids = [2**53 + 1 + place for place in range(40)]
    odd = ["1,200", "1.5", *(str(place) for place in range(38))]
    data = tmp_path / f"in.{form}"
    getattr(table("binary", rows=40).with_columns(pl.Series("id", ids), pl.Series("odd", odd)), f"write_{form}")(data)
    score(str(trained("binary").bundle), str(data), str(tmp_path / "out.parquet"), keep=["id", "odd"])
    found = pl.read_parquet(tmp_path / "out.parquet")
    assert [int(value) for value in found["id"]] == ids
    assert found["odd"].to_list() == odd


def test_a_column_to_keep_with_a_name_of_the_predictions_is_refused(
    trained: Callable[[str], Any], tmp_path: Path
) -> None:
    table("binary", rows=9).with_columns(label=1).write_csv(tmp_path / "in.csv")
    with pytest.raises(DataError, match="'label' can't be kept"):
        score(str(trained("binary").bundle), str(tmp_path / "in.csv"), str(tmp_path / "out.csv"), keep=["label"])
