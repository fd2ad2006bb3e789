"""Data that is held against the champion's schema, which is read from a registry."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from slipway.bundle import manifest
from slipway.errors import GateError
from slipway.registry.folder import Registry
from slipway.steps.validate import validate

Validate = Callable[..., dict[str, float]]


@pytest.fixture
def frame(trained: Callable[[str], Any]) -> pl.DataFrame:
    return pl.read_parquet(trained("binary").folder / "data.parquet")


@pytest.fixture
def validated(trained: Callable[[str], Any], tmp_path: Path) -> Validate:
    """Validates a table whose model has a champion."""
    bundle, registry = trained("binary").bundle, Registry(str(tmp_path / "registry"))
    version = registry.publish("model", bundle, manifest.read(bundle).digest, {})
    registry.promote("model", version.number, None)

    def run(frame: pl.DataFrame, **fields: Any) -> dict[str, float]:
        frame.write_parquet(tmp_path / "now.parquet")
        given = {"name": "model", "registry": registry.uri, "data": str(tmp_path / "now.parquet"), "target": "y"}
        places = {name: str(tmp_path / name) for name in ("table", "contract", "findings")}
        return validate({**given, **fields}, **places)

    return run


def test_the_champions_own_data_passes(validated: Validate, frame: pl.DataFrame) -> None:
    assert validated(frame)["rows"] == len(frame)


def test_every_change_is_told_at_once_and_nothing_is_written(
    validated: Validate, frame: pl.DataFrame, tmp_path: Path
) -> None:
    changed = frame.drop("member").rename({"amount": "amount_eur"}).with_columns(since=pl.lit("long ago"))

    with pytest.raises(GateError) as refused:
        validated(changed)

    failures = {(failure.check, failure.column) for failure in refused.value.failures}
    assert failures == {
        ("columns: missing", "member"), ("columns: renamed", "amount"), ("columns: retyped", "since"),
    }  # fmt: skip
    assert "'amount_eur' looks like it under a new name, compared with champion v1" in str(refused.value)
    assert not (tmp_path / "table").exists()
    assert not (tmp_path / "contract").exists()


def test_the_report_on_refused_data_is_kept_in_the_registry(
    validated: Validate, frame: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(GateError) as refused:
        validated(frame.drop("member"))

    (kept,) = (tmp_path / "registry/model/refused").iterdir()
    assert str(refused.value).endswith(f"the report is at {kept}")
    assert "is not in the data any more" in kept.read_text()


def test_a_change_that_is_allowed_passes_and_is_noted(validated: Validate, frame: pl.DataFrame, tmp_path: Path) -> None:
    changed = frame.drop("member").with_columns(fresh=pl.int_range(len(frame)) % 7)

    counts = validated(changed, evolution={"missing": "allow"})

    report = (tmp_path / "findings").read_text()
    assert counts["columns"] == 5
    assert "columns: missing" in report
    assert "columns: added" in report
