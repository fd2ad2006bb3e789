"""What ``slipway init`` proposes."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml

from slipway.data.draft import draft

ROWS = 120
START = datetime(2026, 1, 1)
FRAME = pl.DataFrame(
    {
        "customer_id": [f"c{i:03d}" for i in range(ROWS)],
        "row": range(ROWS),
        "fixed": ["same"] * ROWS,
        "empty": pl.Series([None] * ROWS, dtype=pl.String),
        "amount": [float(i % 17) for i in range(ROWS)],
        "bornOn": [datetime(1990, 1, 1) + timedelta(days=i) for i in range(ROWS)],
        "ordered_at": [START + timedelta(hours=i) for i in range(ROWS)],
        "y": ["n", "y"] * (ROWS // 2),
    }
)


def proposed(tmp_path: Path, frame: pl.DataFrame) -> dict[str, Any]:
    frame.write_parquet(tmp_path / "data.parquet")
    fields: dict[str, Any] = yaml.safe_load(draft(str(tmp_path / "data.parquet"), "y"))
    return fields


def test_only_columns_that_name_a_row_are_proposed_as_identifiers(tmp_path: Path) -> None:
    assert proposed(tmp_path, FRAME)["identifiers"] == ["customer_id", "row"]
    assert "identifiers" not in proposed(tmp_path, FRAME.drop("customer_id", "row"))


def test_the_one_obvious_event_time_is_taken(tmp_path: Path) -> None:
    assert proposed(tmp_path, FRAME)["event_time"] == "ordered_at"


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.drop("ordered_at"),
        FRAME.with_columns(paid_at=pl.col("ordered_at")),
        FRAME.with_columns(ordered_at=pl.when(pl.col("row") > 5).then(pl.col("ordered_at"))),
    ],
    ids=["a birthday", "two of them", "nulls"],
)
def test_an_event_time_that_is_not_obvious_is_left_to_the_user(tmp_path: Path, frame: pl.DataFrame) -> None:
    assert "event_time" not in proposed(tmp_path, frame)
