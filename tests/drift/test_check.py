import json
from collections.abc import Callable
from typing import Any

import jsonschema
import polars as pl
import pytest
from tests.drift.frames import QUICK, table

from slipway.drift import check
from slipway.drift.schema import Document
from slipway.spec import Drift
from slipway.spec.published import schema_of

Frame = Callable[[pl.DataFrame], Any]


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
