import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import polars as pl
import pytest

from slipway.bundle import manifest
from slipway.drift import stored
from slipway.drift.schema import Document
from slipway.registry.folder import Registry
from slipway.spec import Drift
from slipway.spec.published import schema_of
from slipway.steps.between import between
from slipway.steps.drift import Result, drift
from slipway.steps.validate import validate

FILES = ("report", "findings", "prometheus_text")


@pytest.fixture(scope="module")
def registry(trained: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> str:
    """A registry with a champion of each task."""
    uri = str(tmp_path_factory.mktemp("registry"))
    for task in ("binary", "multiclass", "regression"):
        bundle = trained(task).bundle
        version = Registry(uri).publish(task, bundle, manifest.read(bundle).digest, {})
        Registry(uri).promote(task, version.number, None)
    return uri


@pytest.fixture
def look(trained: Callable[[str], Any], registry: str, tmp_path: Path) -> Callable[..., tuple[Result, dict[str, Any]]]:
    """Compares a frame with the champion of a task by the step."""

    def run(task: str, frame: pl.DataFrame, **fields: Any) -> tuple[Result, dict[str, Any]]:
        frame.write_parquet(tmp_path / "now.parquet")
        places = {name: str(tmp_path / name) for name in ("table", "contract")}
        quality = {"min_rows": 20, "max_null_share": 1, "max_dropped_share": 1}
        target = {"data": str(tmp_path / "now.parquet"), "target": "y", "quality": quality}
        validate(target, **places, findings=str(tmp_path / "quality"))
        result = drift(
            {"name": task, "registry": registry, **fields}, **places, **{name: str(tmp_path / name) for name in FILES}
        )
        return result, json.loads((tmp_path / "findings").read_text())

    return run


def data(trained: Callable[[str], Any], task: str) -> pl.DataFrame:
    return pl.read_parquet(trained(task).folder / "data.parquet")


def test_a_bundle_says_how_much_its_model_relies_on_each_column(trained: Callable[[str], Any]) -> None:
    bundle = trained("binary").bundle
    profile = stored.from_json((bundle / manifest.REFERENCE).read_bytes())

    assert profile.importances.keys() == profile.kinds.keys()
    assert min(profile.importances.values()) >= 0
    assert max(profile.importances.values()) > 0


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_the_champions_own_data_has_not_drifted(
    look: Callable[..., Any], trained: Callable[[str], Any], tmp_path: Path, task: str
) -> None:
    result, raw = look(task, data(trained, task))

    assert (result.drifted, result.severity, result.columns) == (False, "none", [])
    looked = {"data", "predictions", "target", "multivariate", "performance"}
    assert raw["parts"].keys() == looked | ({"estimate"} if task != "regression" else set())
    jsonschema.validate(raw, schema_of(Document, "Drift findings"))
    assert result.metrics["columns_compared"] == 5
    assert f'model="{task}"' in (tmp_path / "prometheus_text").read_text()
    assert "no drift" in (tmp_path / "report").read_text()


def test_only_rows_that_did_not_train_the_champion_judge_it(
    look: Callable[..., Any], trained: Callable[[str], Any]
) -> None:
    frame = data(trained, "binary")
    _, raw = look("binary", frame)

    assert raw["findings"]["performance"]["rows"] == pytest.approx(0.2 * len(frame), abs=20)


def test_a_truth_that_no_longer_follows_is_concept_drift(
    look: Callable[..., Any], trained: Callable[[str], Any]
) -> None:
    frame = data(trained, "binary")
    turned = frame.with_columns(y=pl.when(pl.col("y") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes")))

    result, raw = look("binary", turned)

    assert (result.drifted, result.columns) == (True, [])
    assert raw["parts"]["data"]["severity"] == "none"
    assert raw["parts"]["performance"]["severity"] == "alarm"


def test_what_the_model_reads_changes_what_it_answers(look: Callable[..., Any], trained: Callable[[str], Any]) -> None:
    frame = data(trained, "regression").with_columns(pl.col("amount") * 10)

    result, raw = look("regression", frame)

    assert result.columns == ["amount"]
    assert raw["parts"]["predictions"]["severity"] == "alarm"
    assert raw["parts"]["target"]["severity"] == "none"


def test_a_column_that_the_champion_had_and_the_data_lacks(
    look: Callable[..., Any], trained: Callable[[str], Any]
) -> None:
    result, raw = look("binary", data(trained, "binary").drop("city"))

    assert result.columns == ["city"]
    assert raw["findings"]["data"]["missing"] == ["city"]


def test_limits_of_the_spec_hold(look: Callable[..., Any], trained: Callable[[str], Any]) -> None:
    frame = data(trained, "regression").with_columns(pl.col("amount") * 1.5)

    assert look("regression", frame, drift={"columns": {"amount": {"warn": 5, "alarm": 6}}})[1]["columns"] == []
    assert look("regression", frame, drift={"columns": {"amount": {"warn": 0.1, "alarm": 0.1}}})[0].columns == [
        "amount"
    ]


def test_without_a_champion_nothing_is_known(trained: Callable[[str], Any], tmp_path: Path) -> None:
    folder = trained("binary").folder
    places = {name: str(folder / name) for name in ("table", "contract")}

    result = drift({"name": "new", "registry": str(tmp_path / "r")}, **places, **{n: str(tmp_path / n) for n in FILES})

    assert (result.drifted, result.severity, result.columns, result.metrics) == (False, "unknown", [], {})
    assert json.loads((tmp_path / "findings").read_text()) is None
    assert "nothing to compare with yet" in (tmp_path / "report").read_text()


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_bundle_is_a_reference_without_any_row(trained: Callable[[str], Any], task: str) -> None:
    made = trained(task)

    found = between(str(made.bundle), str(made.folder / "data.parquet"), Drift())

    assert found.severity == "none"
    assert found.predictions is not None
    assert found.performance is not None
    assert found.data.added == ()
    assert any("no classifier" in note for note in found.notes)


def test_rows_without_the_truth_have_an_estimate_only(trained: Callable[[str], Any], tmp_path: Path) -> None:
    data(trained, "binary").drop("y").write_parquet(tmp_path / "new.parquet")

    found = between(str(trained("binary").bundle), str(tmp_path / "new.parquet"), Drift())

    assert (found.target, found.performance) == (None, None)
    assert {one.name for one in found.estimated} == {"f1", "accuracy", "roc_auc"}
    assert all(one.expected is not None for one in found.estimated)
    assert any("rows whose truth is known" in note for note in found.notes)


def test_a_class_that_the_model_does_not_know_is_named(trained: Callable[[str], Any], tmp_path: Path) -> None:
    frame = data(trained, "binary").with_columns(y=pl.when(pl.col("member")).then(pl.lit("maybe")).otherwise("y"))
    frame.write_parquet(tmp_path / "new.parquet")

    found = between(str(trained("binary").bundle), str(tmp_path / "new.parquet"), Drift())

    assert found.target is not None
    assert found.target.severity == "alarm"
    assert found.performance is None
    assert any("class 'maybe' is not in target 'y'" in note for note in found.notes)
