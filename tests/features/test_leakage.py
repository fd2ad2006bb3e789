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
        Column("review", "text", nullable=False),
        Column("born", "date", nullable=False),
        Column("y_past", "boolean", nullable=False),
    ),
    Target("y", "binary", "category", ("no", "yes")),
    event_time="since",
    entity="who",
)


@pytest.fixture(autouse=True)
def same_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit between two plans is no difference."""
    monkeypatch.setattr("slipway.steps.featurize.revision", lambda: "")


def rows() -> pl.DataFrame:
    """The older, the further up."""
    since = pl.datetime_range(pl.datetime(2020, 1, 1), pl.datetime(2024, 1, 1), "1d", eager=True)[:ROWS]
    return pl.DataFrame(
        {
            "amount": np.arange(ROWS, dtype=np.float64),
            "city": ["a", "a", "b"] * (ROWS // 3),
            "review": ["very good", "not bad at all"] * (ROWS // 2),
            "born": since.cast(pl.Datetime("us")).dt.offset_by("-1y"),
            "y_past": [True, False, False] * (ROWS // 3),
            "who": ["p", "q", "r", "s"] * (ROWS // 4),
            "since": since.cast(pl.Datetime("us")),
            "y": ["no", "yes", "yes"] * (ROWS // 3),
        }
    )


FEATURES = {
    "columns": {
        "amount": {"impute": "mean", "clip": [0.05, 0.95]},
        "city": {"encode": "target"},
        "review": {"ngrams": 2},
    },
    "derived": {"twice": "amount * 2"},
    "windows": [{"column": "amount", "rows": 1}, {"column": "y_past", "statistic": "mean", "days": 9}],
}


def plan_of(frame: pl.DataFrame, folder: Path, features: dict[str, object]) -> tuple[bytes, pl.DataFrame]:
    places = {name: str(folder / name) for name in ("table", "contract", "rows", "features", "plan")}
    folder.mkdir()
    tables.write([frame], folder / "table")
    TableContract(SCHEMA, {"data": "memory", "target": SCHEMA.target.name}, "", len(frame), {}, ()).write(
        folder / "contract"
    )
    featurize({"features": features}, **places)
    return (folder / "plan").read_bytes(), tables.read(folder / "features" / "train")


def changed(frame: pl.DataFrame, start: int, end: int) -> pl.DataFrame:
    """Other values, a level never seen and nulls, in some rows."""
    there = pl.int_range(len(frame), eager=True).is_between(start, end - 1)
    return frame.with_columns(
        amount=pl.when(there).then(None).otherwise("amount"),
        city=pl.when(there).then(pl.lit("elsewhere")).otherwise("city"),
        review=pl.when(there).then(pl.lit("awful awful")).otherwise("review"),
        born=pl.when(there).then(None).otherwise("born"),
        y_past=~pl.col("y_past") ^ ~there,
        y=pl.when(there).then(pl.lit("no")).otherwise("y"),
    )


METHODS = {
    "chosen": {},
    "all kinds": FEATURES,
    **{name: {**FEATURES, "select": name} for name in ("mutual_information", "importance", "elimination")},
}


@pytest.mark.parametrize("features", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize(("start", "end"), [(72, 96), (96, 120), (72, 120)], ids=["validation", "test", "both"])
def test_rows_that_do_not_train_change_neither_plan_nor_training_features(
    start: int, end: int, features: dict[str, object], tmp_path: Path
) -> None:
    plan, made = plan_of(rows(), tmp_path / "before", features)
    plan_after, made_after = plan_of(changed(rows(), start, end), tmp_path / "after", features)

    assert plan_after == plan
    assert made_after.equals(made)


def test_a_training_row_does_change_the_plan(tmp_path: Path) -> None:
    plan = Plan.from_json(plan_of(rows(), tmp_path / "before", {})[0])
    after = Plan.from_json(plan_of(changed(rows(), 0, 5), tmp_path / "after", {})[0])

    assert after.numbers[0].indicator
    assert after.categories[0].levels == ("a", "b", "elsewhere")
    assert after.digest != plan.digest


def test_training_rows_have_values_from_the_other_folds_and_others_from_all(tmp_path: Path) -> None:
    _, made = plan_of(rows(), tmp_path / "before", FEATURES)
    others = tables.read(tmp_path / "before" / "features" / "test")

    name = "city: share of yes"
    assert made[name].n_unique() > 2
    assert others[name].n_unique() == 2


def test_the_server_asks_for_windows_and_says_how_they_are_made(tmp_path: Path) -> None:
    plan = Plan.from_json(plan_of(rows(), tmp_path / "before", FEATURES)[0])
    raw = tables.read(tmp_path / "before" / "rows" / "validation")

    schema = plan.schema(SCHEMA)
    assert schema.names[-3:] == ("since", "amount lag 1", "y_past mean 9 days")
    assert schema.columns[-2].made == "'amount' of the last row of the same 'who' with an earlier 'since'"
    assert set(schema.names) < set(raw.columns)
