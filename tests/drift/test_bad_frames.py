"""What frames that are not as they should be get."""

import json
from typing import Any

import pandas as pd
import polars as pl
import pytest
from tests.drift.frames import QUICK, table

from slipway.drift import check
from slipway.drift.report import report
from slipway.errors import DataError, UnknownNameError
from slipway.spec import Drift
from slipway.spec.drift import Limits


def test_no_common_column_is_an_error_that_says_so() -> None:
    now = table(1).rename(lambda name: f"{name}_2")

    with pytest.raises(DataError, match="no column in common.*the reference has 'a'.*the current data 'a_2'"):
        check(table(0), now)


def test_missing_and_added_columns_are_named() -> None:
    found = check(table(0), table(1).rename({"city": "town"}), limits=QUICK)

    assert (found.data.missing, found.data.added) == (("city",), ("town",))
    assert found.columns == ("city",)


@pytest.mark.parametrize(
    ("column", "stored", "said"),
    [
        ("visits", pl.format("v{}", "visits"), "integer before, category now"),
        ("city", pl.col("city").str.len_chars(), "category before, integer now"),
        ("day", pl.col("day").cast(pl.String), "date before, category now"),
    ],
)
def test_a_column_of_another_kind_is_named_with_both(column: str, stored: pl.Expr, said: str) -> None:
    day = (pl.date(2026, 1, 1) + pl.duration(days=pl.col("visits") % 28)).alias("day")

    found = check(
        table(0).with_columns(day), table(1).with_columns(day).with_columns(stored.alias(column)), limits=QUICK
    )

    assert (found.data.missing, found.data.retyped) == ((column,), {column: said})
    assert found.columns == (column,)
    assert f"{column} ({said})" in report(found, "model", "the reference")


def test_few_infinite_values_are_told_too() -> None:
    first = pl.int_range(pl.len()) == 0

    found = check(table(0), table(1).with_columns(a=pl.when(first).then(float("-inf")).otherwise("a")), limits=QUICK)

    assert found.severity == "none"
    assert "0.125% of the values of column 'a' are infinite and count as missing" in found.notes


def test_a_column_of_time_is_told_apart() -> None:
    def dated(seed: int, start: int) -> pl.DataFrame:
        day = pl.date(2026, 1, 1) + pl.duration(days=start + pl.int_range(pl.len()) // 30)
        return table(seed).with_columns(day=day)

    found = check(dated(0, 0), dated(1, 27), limits=QUICK)

    assert found.columns == ("day",)
    assert any("the dates of column 'day' go on" in note for note in found.notes)
    assert check(dated(0, 0), dated(1, 27), limits=QUICK, time="day").severity == "none"


def test_limits_that_hold_for_nothing_are_told() -> None:
    limits = Drift(columns={"town": Limits(warn=0.1, alarm=0.2), "city": Limits()}, classifier=False)

    found = check(table(0), table(1), limits=limits)

    assert "the limits of column 'town' hold for nothing: the reference has no such column" in found.notes


@pytest.mark.parametrize(
    ("importances", "error", "said"),
    [
        ({"town": 1.0}, UnknownNameError, "column 'town' is not in the reference"),
        ({"city": -1.0}, DataError, "importance of column 'city' is -1.0"),
        ({"city": float("nan")}, DataError, "importance of column 'city' is nan"),
    ],
)
def test_importances_that_can_not_be_are_told(importances: dict[str, float], error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        check(table(0), table(1), importances=importances)


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("rows", [0, 1, 9])
def test_fewer_than_ten_rows_are_an_error(side: int, rows: int) -> None:
    frames = [table(0), table(1)]
    frames[side] = frames[side].head(rows)

    with pytest.raises(DataError, match=f"{rows} {('reference', 'current')[side]} rows are too few"):
        check(*frames)


def test_ten_rows_say_that_more_are_needed() -> None:
    found = check(table(0), table(1, 10), limits=QUICK)

    assert any("10 current rows are too few to be sure" in note for note in found.notes)


SPOILED: dict[str, tuple[pl.Expr, str]] = {
    "all null": (pl.lit(None, pl.Float64), "alarm"),
    "untyped null": (pl.lit(None), "alarm"),
    "constant": (pl.lit(0.5), "alarm"),
    "infinite": (pl.when(pl.int_range(pl.len()) % 2 == 0).then(float("inf")).otherwise("a"), "alarm"),
    "not a number": (pl.when(pl.int_range(pl.len()) % 2 == 0).then(float("nan")).otherwise("a"), "alarm"),
    "huge": (pl.col("a") * 1e300, "alarm"),
    "text": (pl.col("a").cast(pl.String), "alarm"),
}


@pytest.mark.parametrize("spoiled", SPOILED)
def test_a_spoiled_column_is_a_finding_of_that_column_only(spoiled: str) -> None:
    expression, severity = SPOILED[spoiled]
    reference = table(0).drop("p")

    found = check(reference, reference.with_columns(a=expression), limits=QUICK)

    assert (found.data.severity, found.data.drifted) == (severity, ("a",))
    json.loads(found.to_json())


@pytest.mark.parametrize("spoiled", ["all null", "constant"])
def test_a_column_without_information_on_both_sides_is_no_drift(spoiled: str) -> None:
    frames = [table(seed).drop("p").with_columns(a=SPOILED[spoiled][0]) for seed in range(2)]

    assert check(*frames).severity == "none"


def test_text_of_megabytes_is_a_level_like_any_other() -> None:
    long = "x" * 2_000_000
    now = table(1, 60).with_columns(city=pl.when(pl.int_range(pl.len()) < 30).then(pl.lit(long)).otherwise("city"))

    found = check(table(0), now)

    assert found.data.drifted == ("city",)
    assert len(found.to_json()) < 100_000


def test_identifiers_and_empty_texts_do_no_harm() -> None:
    frames = [
        table(seed).with_columns(id=pl.int_range(pl.len()).cast(pl.String) + f"-{seed}", note=pl.lit(""))
        for seed in (0, 1)
    ]

    found = check(*frames, limits=QUICK)

    assert "note" not in found.columns


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"truth": "y", "prediction": "cities"}, "column 'cities' is not in the reference; did you mean 'city'"),
        ({"truth": "y", "prediction": "p", "positive": "maybe"}, "class 'maybe' is not in column 'y'"),
        ({"truth": "y", "prediction": "city"}, "class '.*' is not in column 'y'"),
    ],
)
def test_wrong_names_are_told(names: dict[str, str], said: str) -> None:
    with pytest.raises(UnknownNameError, match=said):
        check(table(0), table(1), **names)


@pytest.mark.parametrize(
    ("truth", "prediction", "said"),
    [("y", "a", "is no probability: it holds numbers from -"), ("a", "city", "can't be the truth of the predictions")],
)
def test_predictions_that_can_not_be_scored_are_told(truth: str, prediction: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        check(table(0), table(1), truth=truth, prediction=prediction)


def test_a_prediction_of_another_kind_stays_named() -> None:
    found = check(table(0), table(1).with_columns(pl.col("p").cast(pl.String)), prediction="p", limits=QUICK)

    assert (found.data.retyped, found.columns) == ({"p": "number before, category now"}, ("p",))


def test_what_is_no_dataframe_is_an_error() -> None:
    with pytest.raises(DataError, match="a polars or pandas dataframe is needed, not list"):
        check([1, 2], table(0))


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (pd.DataFrame({"a": [1, "x", None] * 10}), "several types"),
        (pd.DataFrame({"a": [1j] * 20}), "can't be read.*complex128"),
        (pd.DataFrame({"a": pd.arrays.SparseArray([0, 1] * 10)}), r"can't be read.*column a\)"),
        (pl.DataFrame({"a": pl.Series([1] * 20, dtype=pl.Int128)}), "can't be read"),
        (pd.DataFrame([[1, 2]] * 20, columns=["a", "a"]), "two columns named 'a'"),
        (pd.DataFrame([[1, 2]] * 20, columns=[1, "1"]), "two columns named '1'"),
        (pl.DataFrame({"a": [[1]] * 20}), "column 'a' of the dataframe holds .*list.*, which is not a single value"),
        (pd.Series([1] * 20), "a polars or pandas dataframe is needed, not Series"),
    ],
    ids=["mixed", "complex", "sparse", "wide integer", "twice", "twice as text", "list", "series"],
)
def test_a_frame_that_can_not_be_read_is_an_error(frame: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        check(frame, frame)


def test_the_truth_is_no_prediction_of_itself() -> None:
    with pytest.raises(DataError, match="column 'y' is named as the truth and as the prediction"):
        check(table(0), table(1), truth="y", prediction="y")
