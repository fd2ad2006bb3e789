"""No statistic sees a row outside of the training rows."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from slipway.data import table as tables
from slipway.data.schema import Column, Schema, Target
from slipway.features.plan import Plan
from slipway.steps.contract import TableContract
from slipway.steps.featurize import featurize

ROWS = 120
SCHEMA = Schema(
    (
        Column("amount", "number", nullable=False),
        Column("city", "category", nullable=False),
        Column("since", "date", nullable=False),
    ),
    Target("y", "binary", "category", ("no", "yes")),
    event_time="since",
)


def rows() -> pl.DataFrame:
    """The older, the further up."""
    since = pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2024, 1, 1), "1d", eager=True)[:ROWS]
    return pl.DataFrame(
        {
            "amount": np.arange(ROWS, dtype=np.float64),
            "city": ["a", "b"] * (ROWS // 2),
            "since": since.cast(pl.Datetime("us")),
            "y": ["no", "yes", "yes"] * (ROWS // 3),
        }
    )


def plan_of(frame: pl.DataFrame, folder: Path) -> tuple[Plan, pl.DataFrame]:
    places = {name: str(folder / name) for name in ("table", "contract", "rows", "features", "plan")}
    folder.mkdir()
    tables.write([frame], folder / "table")
    TableContract(SCHEMA, {"data": "memory", "target": SCHEMA.target.name}, "", len(frame), {}, ()).write(
        folder / "contract"
    )
    featurize({}, **places)
    return Plan.from_json((folder / "plan").read_bytes()), tables.read(folder / "features" / "train")


def changed(frame: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    """Other values, a level never seen and nulls, in some rows."""
    there = pl.int_range(len(frame), eager=True).is_between(start, end - 1)
    return frame.with_columns(
        amount=pl.when(there).then(None).otherwise("amount"),
        city=pl.when(there).then(pl.lit("elsewhere")).otherwise("city"),
        y=pl.when(there).then(pl.lit("no")).otherwise("y"),
    )


@pytest.mark.parametrize(("start", "end"), [(72, 96), (96, 120), (72, 120)], ids=["validation", "test", "both"])
def test_rows_that_do_not_train_change_neither_plan_nor_training_features(start: int, end: int, tmp_path: Path) -> None:
    plan, features = plan_of(rows(), tmp_path / "before")
    plan_after, features_after = plan_of(changed(rows(), start, end), tmp_path / "after")

    assert plan_after == plan
    assert features_after.equals(features)


def test_a_training_row_does_change_the_plan(tmp_path: Path) -> None:
    plan, _ = plan_of(rows(), tmp_path / "before")
    plan_after, _ = plan_of(changed(rows(), 0, 5), tmp_path / "after")

    assert plan_after.numbers[0].indicator
    assert plan_after.categories[0].levels == ("b", "a", "elsewhere")
    assert plan_after.version != plan.version
