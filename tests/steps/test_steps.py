import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from slipway.bundle import manifest
from slipway.errors import DataError, SpecError
from slipway.registry.folder import Registry
from slipway.rollout import cluster
from slipway.steps import champion as champions
from slipway.steps.contract import TableContract
from slipway.steps.deploy import deploy
from slipway.steps.drift import drift
from slipway.steps.evaluate import evaluate
from slipway.steps.featurize import featurize
from slipway.steps.register import register
from slipway.steps.train import train
from slipway.steps.validate import validate


def places(folder: Path, *names: str) -> dict[str, str]:
    return {name: str(folder / name) for name in names}


def trained_in(folder: Path, candidate: str, **fields: Any) -> None:
    train(
        {"candidates": [candidate], **fields},
        **places(folder, "rows", "features", "contract", "models"),
        report=str(folder / "search"),
    )


def judged(folder: Path, registry: str, **fields: Any) -> Any:
    outputs = places(folder, "rows", "features", "plan", "models", "contract", "verdict", "card", "report")
    given = {"name": "model", "registry": registry, "gates": {"max_latency_ms": None, "resamples": 200}, **fields}
    return evaluate(given, seed=0, bundle=str(folder / "judged"), **outputs)


def test_a_bundle_records_the_spec_that_made_it(trained: Callable[[str], Any], tmp_path: Path) -> None:
    frame = pl.read_parquet(trained("binary").folder / "data.parquet").with_row_index("id")
    frame.write_parquet(tmp_path / "data.parquet")
    fields = {
        "data": str(tmp_path / "data.parquet"), "target": "y", "identifiers": ["id"], "quality": {"min_rows": 20},
    }  # fmt: skip
    validate(fields, **places(tmp_path, "table", "contract", "findings"))
    featurize({"split": {"test": 0.3}}, **places(tmp_path, "table", "contract", "rows", "features", "plan"))
    trained_in(tmp_path, "logistic", threshold=0.4)
    judged(tmp_path, "")
    spec = manifest.read(tmp_path / "judged").spec
    assert (spec["identifiers"], spec["quality"]["min_rows"], spec["candidates"]) == (["id"], 20, ["logistic"])
    assert manifest.read(tmp_path / "judged").threshold == 0.4
    assert (spec["threshold"], spec["search"]["sampler"], "storage" in spec["search"]) == (0.4, "tpe", False)
    assert not {"drift", "serving"} & spec.keys()
    assert spec["split"] == {"seed": 0}


def test_candidates_are_ranked_at_the_threshold_that_they_are_judged_at(
    trained: Callable[[str], Any], tmp_path: Path
) -> None:
    made = trained("binary").folder
    scores = [
        train(
            {"candidates": ["logistic"], "metric": "accuracy", "threshold": threshold},
            **places(made, "rows", "features", "contract"),
            report=str(tmp_path / "search"),
            models=str(tmp_path / str(threshold)),
        )["accuracy_logistic"]
        for threshold in (0.5, 0.95)
    ]
    assert scores[0] > scores[1]


def test_pods_fetch_from_the_registry_when_there_is_one(
    trained: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(cluster, "deploy", lambda uri, *others: asked.append(uri) or "http://here")
    folder = str(trained("binary").bundle)
    digest = manifest.read(Path(folder)).digest
    for registry in ("", "s3://models/registry"):
        deploy({"name": "churn", "registry": registry}, bundle=folder, to="kubernetes", context="lab")
    assert asked == [folder, f"s3://models/registry/churn/bundles/{digest}"]


def test_where_to_deploy_is_one_of_three(trained: Callable[[str], Any]) -> None:
    with pytest.raises(SpecError, match="'moon'; it should be one of auto, local, kubernetes"):
        deploy({"name": "churn"}, bundle=str(trained("binary").bundle), to="moon")


def test_without_a_registry_nothing_is_registered(trained: Callable[[str], Any]) -> None:
    assert register({"name": "model", "registry": ""}, bundle=str(trained("binary").bundle)) == 0


def test_the_champion_is_scored_on_the_same_rows_and_a_tie_keeps_it(
    trained: Callable[[str], Any], tmp_path: Path
) -> None:
    folder, registry = trained("binary").folder, str(tmp_path / "registry")
    assert judged(folder, registry).promoted
    register({"name": "model", "registry": registry}, bundle=str(folder / "judged"))
    again = judged(folder, registry)
    assert (again.promoted, again.champion) == (False, 1)
    verdict = json.loads((folder / "verdict").read_text())
    standing = {item["role"]: item["score"]["estimate"] for item in verdict["candidates"]}
    assert verdict["outcome"] == "kept"
    assert standing["champion"] == standing["challenger"]


def prepared(folder: Path, frame: pl.DataFrame, seed: int = 0) -> Path:
    folder.mkdir()
    frame.write_parquet(folder / "data.parquet")
    fields = {"data": str(folder / "data.parquet"), "target": "y"}
    validate(fields, **places(folder, "table", "contract", "findings"))
    featurize({"split": {"seed": seed}}, **places(folder, "table", "contract", "rows", "features", "plan"))
    trained_in(folder, "forest", search={"trials": 1, "folds": 0})
    return folder


def test_the_champion_is_never_judged_on_rows_that_trained_it(trained: Callable[[str], Any], tmp_path: Path) -> None:
    frame, registry = pl.read_parquet(trained("binary").folder / "data.parquet"), str(tmp_path / "registry")
    first = prepared(tmp_path / "first", frame)
    judged(first, registry)
    register({"name": "model", "registry": registry}, bundle=str(first / "judged"))
    second = prepared(tmp_path / "second", frame.with_columns(noise=pl.int_range(len(frame)) % 17))
    judged(second, registry)
    train_rows = pl.concat([pl.read_parquet(first / f"rows/{name}/*.parquet") for name in ("train", "validation")])
    verdict = json.loads((second / "verdict").read_text())
    test_rows = pl.read_parquet(second / "rows/test/*.parquet").drop("noise")
    assert verdict["rows"] == len(test_rows) - len(test_rows.join(train_rows, on=test_rows.columns, nulls_equal=True))
    assert 30 <= verdict["rows"] < len(test_rows)


def test_a_champion_whose_rows_can_not_be_told_is_not_compared(trained: Callable[[str], Any], tmp_path: Path) -> None:
    frame, registry = pl.read_parquet(trained("binary").folder / "data.parquet"), str(tmp_path / "registry")
    first = prepared(tmp_path / "first", frame)
    judged(first, registry)
    register({"name": "model", "registry": registry}, bundle=str(first / "judged"))
    second = prepared(tmp_path / "second", frame.drop("member"))
    with pytest.raises(DataError, match="which test rows the champion v1 was not trained on can't be told"):
        judged(second, registry)


def test_a_column_the_champion_knew_counts_as_missing(trained: Callable[[str], Any], tmp_path: Path) -> None:
    made = trained("binary")
    registry = Registry(str(tmp_path / "registry"))
    version = registry.publish("model", made.bundle, manifest.read(made.bundle).digest, {})
    contract = TableContract.read(made.folder / "contract")
    frame = pl.read_parquet(made.folder / "data.parquet").drop("amount")
    champion = champions.contender(version, registry.uri, frame, contract.schema, {})
    assert (champion.name, champion.outputs.shape) == ("champion v1", (len(frame), 2))
    assert np.isfinite(champion.outputs).all()


def test_a_champion_of_another_target_is_told(trained: Callable[[str], Any], tmp_path: Path) -> None:
    other, made = trained("regression"), trained("binary")
    registry = Registry(str(tmp_path / "registry"))
    version = registry.publish("model", other.bundle, manifest.read(other.bundle).digest, {})
    contract = TableContract.read(made.folder / "contract")
    frame = pl.read_parquet(made.folder / "data.parquet")
    with pytest.raises(DataError, match="the champion v1 predicts a number .* the data holds the classes no, yes"):
        champions.contender(version, registry.uri, frame, contract.schema, {})


def test_drift_is_unknown_before_there_is_a_champion(trained: Callable[[str], Any], tmp_path: Path) -> None:
    given = places(trained("binary").folder, "table", "contract")
    outputs = places(tmp_path, "report", "findings")
    found = drift({"name": "model", "registry": "", "drift": {}}, **given, **outputs)
    assert (found.severity, found.drifted, found.metrics) == ("unknown", False, {})
    assert "no champion yet" in (tmp_path / "report").read_text()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_what_the_dashboard_draws(trained: Callable[[str], Any], task: str) -> None:
    result = trained(task).result
    assert all(isinstance(value, float) for value in result.metrics.values())
    if task == "regression":
        assert result.curves is None
        return
    labels, counts = result.curves.confusion
    assert len(counts) == len(labels)
    rates = result.curves.roc
    assert rates[0][0] == rates[1][0] == 0
    assert rates[0][-1] == rates[1][-1] == 1


def test_data_that_changes_under_way_stops_the_run(trained: Callable[[str], Any], tmp_path: Path) -> None:
    data = str(trained("binary").folder / "data.parquet")
    with pytest.raises(DataError, match="changed while the run was under way"):
        validate(
            {"data": data, "target": "y"}, fingerprint="0" * 64, **places(tmp_path, "table", "contract", "findings")
        )
    assert not (tmp_path / "table").exists()
