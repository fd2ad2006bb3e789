"""Where rows fall: entities stay together, and a label that is corrected moves none."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from slipway.errors import SpecError
from slipway.registry.folder import Registry
from slipway.steps import featurize as module
from slipway.steps.evaluate import evaluate
from slipway.steps.featurize import featurize
from slipway.steps.register import register
from slipway.steps.train import train
from slipway.steps.validate import validate

SPLITS = ("train", "validation", "test")


def divided(folder: Path, frame: pl.DataFrame, features: dict[str, Any] | None = None, **fields: Any) -> pl.DataFrame:
    """The rows of a table with the split that each falls into."""
    folder.mkdir()
    frame.write_parquet(folder / "data.parquet")
    places = {name: str(folder / name) for name in ("table", "contract", "findings", "rows", "features", "plan")}
    given = {"data": str(folder / "data.parquet"), "target": "y", **fields}
    validate(given, **{name: places[name] for name in ("table", "contract", "findings")})
    given = {} if features is None else {"features": features}
    featurize(given, **{name: places[name] for name in ("table", "contract", "rows", "features", "plan")})
    parts = [pl.read_parquet(folder / "rows" / name / "*.parquet").with_columns(split=pl.lit(name)) for name in SPLITS]
    return pl.concat(parts)


@pytest.fixture
def frame(trained: Callable[[str], Any]) -> pl.DataFrame:
    return pl.read_parquet(trained("binary").folder / "data.parquet")


def test_a_corrected_label_keeps_its_split(frame: pl.DataFrame, tmp_path: Path) -> None:
    frame = frame.with_columns(key=pl.int_range(len(frame)) * 1.5)
    before = divided(tmp_path / "before", frame)
    corrected = before.group_by("split", maintain_order=True).head(2)["key"]
    other = pl.when(pl.col("y") == "yes").then(pl.lit("no")).otherwise(pl.lit("yes"))
    mended = frame.with_columns(y=pl.when(pl.col("key").is_in(corrected.to_list())).then(other).otherwise("y"))

    after = divided(tmp_path / "after", mended)

    both = before.join(after, on="key", suffix=" now")
    assert both.filter(pl.col("y") != pl.col("y now"))["key"].sort().equals(corrected.sort())
    assert both.filter(pl.col("key").is_in(corrected.to_list()) & (pl.col("split") != pl.col("split now"))).is_empty()
    assert both.filter(pl.col("split") != pl.col("split now")).height <= len(corrected)


def judged(folder: Path, registry: str) -> dict[str, Any]:
    """Trains a model in a folder of rows, and judges it against the champion of a registry."""
    places = {name: str(folder / name) for name in ("rows", "features", "plan", "models", "contract")}
    train(
        {"candidates": ["logistic"], "search": {"trials": 1, "folds": 0}},
        **{name: places[name] for name in ("rows", "features", "contract", "models")},
        report=str(folder / "search"),
    )
    outputs = {name: str(folder / name) for name in ("bundle", "verdict", "card", "report")}
    given = {"name": "model", "registry": registry, "gates": {"max_latency_ms": None, "resamples": 200}}
    evaluate(given, seed=0, **places, **outputs)
    verdict: dict[str, Any] = json.loads((folder / "verdict").read_text())
    return verdict


def test_entities_that_trained_the_champion_never_judge_it(frame: pl.DataFrame, tmp_path: Path) -> None:
    registry = str(tmp_path / "registry")
    frame = frame.with_columns(who="person " + (pl.int_range(len(frame)) % 150).cast(pl.String))
    first = divided(tmp_path / "first", frame, entity="who")
    judged(tmp_path / "first", registry)
    register({"name": "model", "registry": registry}, bundle=str(tmp_path / "first/bundle"))
    assert Registry(registry).champion("model") is not None
    newer = frame.with_columns(who="newer " + pl.col("who"), amount=pl.col("amount") * 1.1)
    second = divided(tmp_path / "second", pl.concat([frame, newer]), entity="who")

    verdict = judged(tmp_path / "second", registry)

    for rows in (first, second):
        assert rows.group_by("who").agg(pl.col("split").n_unique())["split"].to_list() == [1] * rows["who"].n_unique()
    seen = first.filter(pl.col("split") != "test")["who"].unique().to_list()
    test_rows = second.filter(pl.col("split") == "test")
    unseen = test_rows.filter(~pl.col("who").is_in(seen))
    assert {item["role"] for item in verdict["candidates"]} >= {"champion", "challenger"}
    assert 0 < verdict["rows"] <= len(unseen)


def test_features_come_in_batches_that_are_bounded_however_wide_they_are(
    trained: Callable[[str], Any], frame: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[tuple[int, int]] = []
    whole = module.transform

    def watched(*given: Any) -> Any:
        made = whole(*given)
        sizes.append(made.shape)
        return made

    monkeypatch.setattr("slipway.data.table._LEAST_ROWS", 10)
    monkeypatch.setattr("slipway.data.table.BATCH_VALUES", 500)
    monkeypatch.setattr(module, "transform", watched)
    rows = divided(tmp_path / "made", frame)

    assert sum(height for height, _ in sizes) == len(rows)
    assert max(height * width for height, width in sizes) <= 500
    expected = pl.read_parquet(trained("binary").folder / "features/test/*.parquet")
    assert pl.read_parquet(tmp_path / "made/features/test/*.parquet").equals(expected)


def test_a_table_without_any_feature_is_told(frame: pl.DataFrame, tmp_path: Path) -> None:
    unused = {"columns": {name: {"use": False} for name in frame.columns if name != "y"}}
    with pytest.raises(SpecError, match="no column gives a feature"):
        divided(tmp_path / "made", frame, unused)
