import contextlib
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.columns import of_frame
from slipway.data.schema import Kind
from slipway.drift import check, dependence, stored
from slipway.drift import profile as profiles
from slipway.drift import sample as samples
from slipway.drift.findings import Findings
from slipway.drift.report import report
from slipway.drift.schema import Document
from slipway.errors import DataError, UnknownNameError
from slipway.features.inputs import inputs
from slipway.spec import Drift
from slipway.spec.drift import Limits
from slipway.spec.published import schema_of
from slipway.steps.between import between

QUICK = Drift(classifier=False)

Frame = Callable[[pl.DataFrame], Any]


def table(seed: int, rows: int = 800) -> pl.DataFrame:
    """Two related numbers, an integer, a category, and a calibrated prediction with its truth."""
    random = np.random.default_rng(seed)
    a = random.normal(size=rows)
    p = 1 / (1 + np.exp(-2 * a))
    return pl.DataFrame(
        {
            "a": a,
            "b": 0.8 * a + 0.6 * random.normal(size=rows),
            "visits": random.poisson(3, rows),
            "city": random.choice(["Zürich", "O'Hare", "東京"], rows),
            "p": p,
            "y": np.where(random.random(rows) < p, "yes", "no"),
        }
    )


@pytest.mark.parametrize("as_frame", [lambda frame: frame, pl.DataFrame.to_pandas], ids=["polars", "pandas"])
def test_frames_of_one_distribution_have_no_drift(as_frame: Frame) -> None:
    found = check(as_frame(table(0)), as_frame(table(1)), truth="y", prediction="p")

    assert found.severity == "none"
    assert found.parts.keys() == {"data", "predictions", "target", "multivariate", "classifier", "performance"}
    assert [column.name for column in found.data.columns if column.name in ("p", "y")] == []
    jsonschema.validate(json.loads(found.to_json()), schema_of(Document, "Drift findings"))


def test_polars_and_pandas_give_the_same_findings() -> None:
    frames = table(0), table(1)

    assert check(*frames).to_raw() == check(*(frame.to_pandas() for frame in frames)).to_raw()


def test_a_correlation_alone_is_found_and_the_columns_named_by_both_tests() -> None:
    now = table(1).with_columns(pl.col("b").shuffle(seed=0))

    found = check(table(0).drop("p", "y"), now.drop("p", "y"))

    assert found.data.severity == "none"
    assert found.multivariate is not None
    assert found.multivariate.pairs[0].columns == ("a", "b")
    assert found.separation is not None
    assert {name for name, _ in found.separation.columns} == {"a", "b"}
    assert set(found.columns) == {"a", "b"}


def test_a_model_that_broke_is_found_with_data_as_before() -> None:
    now = table(1).with_columns(pl.col("y").shuffle(seed=0))

    found = check(table(0), now, truth="y", prediction="p", limits=QUICK)

    assert found.parts["performance"][0] == "alarm"
    assert found.parts["data"][0] == found.parts["target"][0] == "none"


@pytest.mark.parametrize("seed", range(5))
def test_few_datasets_of_one_distribution_are_flagged(seed: int) -> None:
    """All parts together, the classifier included, over sizes from tiny to small."""
    flagged = [
        check(table(100 * seed + at, 400), table(100 * seed + 50 + at, 60 + 80 * at), truth="y", prediction="p").drifted
        for at in range(3)
    ]

    assert sum(flagged) == 0


def test_time_orders_the_rows_of_a_window() -> None:
    now = (
        table(1)
        .with_row_index("when")
        .with_columns(y=pl.when(pl.col("when") < 400).then("y").otherwise(pl.col("y").shuffle(seed=0)))
    )
    mixed = now.sample(fraction=1, shuffle=True, seed=0)

    found = check(
        table(0).with_row_index("when"), mixed, truth="y", prediction="p", time="when", limits=Drift(window=100)
    ).performance

    assert found is not None
    worse = [window.start for window in found.metrics[1].windows if window.worse]
    assert worse
    assert min(worse) >= 350


# What bad input gets.


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


def test_classes_and_numbers_are_scored_too() -> None:
    frames = [
        table(seed).with_columns(said=pl.when(pl.col("p") > 0.5).then(pl.lit("yes")).otherwise(pl.lit("no")))
        for seed in range(2)
    ]
    classes = check(*frames, truth="y", prediction="said", limits=QUICK).performance
    numbers = check(*frames, truth="b", prediction="a", limits=QUICK).performance

    assert classes is not None
    assert numbers is not None
    assert [one.name for one in classes.metrics] == ["f1", "accuracy"]
    assert [one.name for one in numbers.metrics] == ["rmse", "mae"]


def test_scores_are_estimated_until_the_truth_arrives() -> None:
    now = table(1).drop("y")
    sure, unsure = (
        check(table(0), frame, truth="y", prediction="p", limits=QUICK)
        for frame in (now, now.with_columns(p=0.5 + 0.2 * (pl.col("p") - 0.5)))
    )
    true = check(table(0), table(1), truth="y", prediction="p", limits=QUICK).performance

    assert true is not None
    assert (sure.severity, sure.performance, sure.data.missing) == ("none", None, ())
    for one, watched in zip(sure.estimated, true.metrics, strict=True):
        assert watched.overall is not None
        assert one.score.low <= watched.overall.estimate <= one.score.high
    assert unsure.parts["estimate"][0] == "warn"


def test_decided_classes_are_not_estimated() -> None:
    decided = pl.when(pl.col("p") > 0.5).then(pl.lit("yes")).otherwise(pl.lit("no")).alias("said")

    found = check(
        table(0).with_columns(decided), table(1).with_columns(decided).drop("y"), truth="y", prediction="said"
    )

    assert found.estimated == ()
    assert any("only probabilities of two classes say how sure they are" in note for note in found.notes)


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


# The same from files, where kinds are to be found out.


def written(frame: pl.DataFrame, path: Path) -> str:
    frame.write_csv(path) if path.suffix == ".csv" else frame.write_parquet(path)
    return str(path)


def compared(folder: Path, reference: pl.DataFrame, current: pl.DataFrame, suffix: str) -> Findings:
    return between(written(reference, folder / "r.parquet"), written(current, folder / f"c{suffix}"), QUICK)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_category_that_is_stored_as_a_number_is_named(tmp_path: Path, suffix: str) -> None:
    reference = table(0).with_columns(pl.format("c{}", "visits").alias("visits"))

    found = compared(tmp_path, reference, table(1), suffix)

    assert found.data.missing == ("visits",)
    assert found.columns == ("visits",)


def profile_of(frame: pl.DataFrame, path: Path) -> str:
    path.write_text(stored.to_json(profiles.finish(profiles.of_columns(of_frame(frame)))))
    return str(path)


@pytest.mark.parametrize(("column", "word"), [("a", ""), ("a", "NA"), ("visits", "NA"), ("city", "")])
def test_a_column_without_any_value_in_csv_is_of_no_other_kind(tmp_path: Path, column: str, word: str) -> None:
    current = written(table(1).with_columns(pl.lit(word).alias(column)), tmp_path / "c.csv")

    for reference in (written(table(0), tmp_path / "r.csv"), profile_of(table(0), tmp_path / "r.json")):
        found = between(reference, current, QUICK)
        drifted = next(one for one in found.data.columns if one.name == column)
        assert (found.data.retyped, found.data.drifted, drifted.missing_now) == ({}, (column,), 1)


def test_a_reference_column_without_any_value_is_of_no_other_kind(tmp_path: Path) -> None:
    reference = table(0).with_columns(a=pl.lit(""), city=pl.lit(None, pl.String))

    for place in (written(reference, tmp_path / "r.csv"), profile_of(reference, tmp_path / "r.json")):
        found = between(place, written(table(1), tmp_path / "c.csv"), QUICK)
        assert (found.data.retyped, set(found.data.drifted)) == ({}, {"a", "city"})


def test_what_was_done_to_read_a_table_is_told(tmp_path: Path) -> None:
    first = pl.int_range(pl.len()) == 0
    current = table(1).with_columns(a=pl.when(first).then(float("inf")).otherwise("a"))

    for reference in (written(table(0), tmp_path / "r.csv"), profile_of(table(0), tmp_path / "r.json")):
        found = between(reference, written(current, tmp_path / "c.csv"), QUICK)
        assert "current data: column 'a': 1 infinite values were read as missing values" in found.notes


def test_csv_and_parquet_of_the_same_rows_have_no_drift(tmp_path: Path) -> None:
    found = compared(tmp_path, table(0), table(0), ".csv")

    assert (found.severity, found.data.columns[0].psi) == ("none", pytest.approx(0, abs=1e-9))


@pytest.mark.parametrize("text", ['{"format": 1}', '{"format": 99}', "[]", "no json"])
def test_a_reference_of_another_release_is_an_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "reference.json").write_text(text)

    with pytest.raises(DataError, match="reference"), warnings.catch_warnings():
        between(str(tmp_path / "reference.json"), written(table(0), tmp_path / "c.csv"), QUICK)


def whole_profile() -> dict[str, Any]:
    """A profile with all parts, as JSON."""
    frame = table(0, 100).select("a", "visits", "city")
    kinds: dict[str, Kind] = {"a": "number", "visits": "integer", "city": "category"}
    together = dependence.fit(samples.fit(inputs(frame, kinds), ["a", "visits"], np.random.default_rng(0)), kinds)
    raw: dict[str, Any] = json.loads(
        stored.to_json(profiles.finish(profiles.of_columns(of_frame(frame)), {"a": 1.0}, dependence=together))
    )
    return raw


def places(raw: Any, start: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything in a document, but of a list to its first two items."""
    items = raw.items() if isinstance(raw, dict) else enumerate(raw[:2]) if isinstance(raw, list) else ()
    return [path for key, value in items for path in [(*start, key), *places(value, (*start, key))]]


@given(st.sampled_from(places(whole_profile())), st.sampled_from([None, -1, 0, 1.5, "x", [], {}, [1], 10**30]))
@settings(deadline=None)
def test_whatever_is_wrong_in_a_profile_is_an_error_or_harmless(path: tuple[Any, ...], value: Any) -> None:
    raw = part = whole_profile()
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value

    with contextlib.suppress(DataError):
        json.loads(check(stored.from_json(json.dumps(raw)), table(1, 60)).to_json())


def test_a_column_that_became_dates_is_a_finding_beside_the_others() -> None:
    start = pl.datetime(2024, 1, 1)
    dates = pl.datetime_range(start, start + pl.duration(hours=799), "1h", eager=True).alias("visits")

    forth, back = check(table(0), table(1).with_columns(dates)), check(table(0).with_columns(dates), table(1))

    assert (forth.columns, forth.data.retyped) == (("visits",), {"visits": "integer before, date now"})
    assert (back.columns, back.data.retyped) == (("visits",), {"visits": "date before, integer now"})
