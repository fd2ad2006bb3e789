from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.schema import Schema, Target
from slipway.features import fit as fitting
from slipway.features.apply import transform
from slipway.features.category import Category, Ordinal
from slipway.features.choice import choose
from slipway.features.fit import Fitted
from slipway.features.plan import Plan
from slipway.spec import Features
from slipway.spec.features import ColumnFeatures

SchemaOf = Callable[..., Schema]
Frames = Callable[..., st.SearchStrategy[pl.DataFrame]]
Fit = Callable[[list[pl.DataFrame], Schema, Features], Fitted]

GOAL = Target("goal", "binary", "category", ("no", "yes"))


def plan_of(parts: list[pl.DataFrame], schema: Schema, features: Features = Features()) -> Plan:  # noqa: B008
    chosen = choose(features, schema)
    return fitting.finish(fitting.merge([fitting.fit(part, schema, chosen) for part in parts]), schema, chosen)


def number(values: list[float | None], schema_of: SchemaOf, **options: object) -> object:
    frame = pl.DataFrame({"n": pl.Series(values, dtype=pl.Float64)})
    return plan_of([frame], schema_of(frame), Features(columns={"n": ColumnFeatures(**options)})).numbers[0]


def category(values: list[str | None], schema_of: SchemaOf, **options: object) -> Plan:
    frame = pl.DataFrame({"c": values})
    return plan_of([frame], schema_of(frame), Features(columns={"c": ColumnFeatures(**options)}))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_parts_add_up_to_the_whole_in_any_order(data: st.DataObject, frames: Frames, schema_of: SchemaOf) -> None:
    whole = pl.concat([data.draw(frames())] * 3)
    schema = schema_of(whole)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=4)))
    edges = [0, *cuts, len(whole)]
    parts = [whole[start:end] for start, end in pairwise(edges)]

    assert plan_of(data.draw(st.permutations(parts)), schema) == plan_of([whole], schema)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(data: st.DataObject, frames: Frames, schema_of: SchemaOf) -> None:
    frame = pl.concat([data.draw(frames())] * 3)
    schema = schema_of(frame)
    shuffled = frame[data.draw(st.permutations(range(len(frame))))]

    assert plan_of([shuffled], schema) == plan_of([frame], schema)


@pytest.mark.parametrize(
    ("impute", "fill"), [("median", 2.0), ("mean", 4.0), ("constant", -1.0)], ids=["median", "mean", "constant"]
)
def test_a_missing_number_is_filled(impute: str, fill: float, schema_of: SchemaOf) -> None:
    made = number([1.0, 2.0, 11.0, None, 2.0], schema_of, impute=impute, fill=-1.0)

    assert (made.fill, made.indicator) == (pytest.approx(fill, rel=1e-5), True)


def test_an_indicator_can_be_had_and_refused(schema_of: SchemaOf) -> None:
    assert number([1.0, 2.0], schema_of, indicator=True).indicator
    assert not number([1.0, None], schema_of, indicator=False).indicator


def test_a_number_is_clipped_to_quantiles_of_the_training_rows(schema_of: SchemaOf) -> None:
    made = number([float(value) for value in range(101)], schema_of, clip=(0.05, 0.95))

    assert (made.low, made.high) == (5.0, 95.0)


def test_a_missing_date_is_filled_with_about_the_median(schema_of: SchemaOf) -> None:
    days = [datetime(2024, 1, 1) + timedelta(days=day) for day in range(11)]
    frame = pl.DataFrame({"d": days})

    date = plan_of([frame], schema_of(frame)).dates[0]

    assert abs(date.fill / datetime(2024, 1, 6).timestamp() - 1) < 2**-10
    assert not date.indicator


def test_a_column_that_is_always_missing_is_filled_with_zero(schema_of: SchemaOf) -> None:
    made = number([None, None], schema_of)

    assert (made.fill, made.indicator) == (0.0, True)


def test_levels_stand_in_the_order_of_their_frequency(schema_of: SchemaOf) -> None:
    made = category(["b"] * 5 + ["a"] * 5 + ["c"] * 6, schema_of)

    assert made.categories == (Category("c", ("c", "a", "b"), other=False, missing=False),)
    assert made.notes == ()


def test_a_rare_level_is_one_of_the_others_and_noted(schema_of: SchemaOf) -> None:
    made = category(["a"] * 5 + ["b"] * 4 + [None], schema_of)

    assert made.categories == (Category("c", ("a",), other=True, missing=True),)
    assert made.notes == (
        "column 'c': 1 of its 2 levels are told apart; the rest, 40.0% of the training rows, counts as other levels",
    )


def test_many_levels_become_means_of_the_target(schema_of: SchemaOf) -> None:
    levels = [f"{level:03d}" for level in range(65)] * 5

    assert category(levels, schema_of).targets[0].levels == tuple(sorted(set(levels)))
    assert len(category(levels, schema_of, encode="one_hot").categories[0].levels) == 64
    assert category(levels, schema_of, encode="ordinal", levels=2).ordinals == (
        Ordinal("c", ("000", "001"), other=True, missing=False),
    )


def test_a_column_may_be_left_to_derived_columns(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"a": [1.0], "b": [2.0]})
    features = Features(columns={"a": ColumnFeatures(use=False)}, derived={"ratio": "a / b"})

    assert plan_of([frame], schema_of(frame), features).sources == {"b": ("b",), "ratio": ("a", "b")}


def test_a_training_row_never_sees_its_own_target(schema_of: SchemaOf, fitted: Fit) -> None:
    """Each level has one row: its mean from the other folds must say nothing of that row."""
    frame = pl.DataFrame({"c": [str(row) for row in range(200)], "goal": ["yes", "no"] * 100})
    schema = schema_of(frame, GOAL)
    features = Features(columns={"c": ColumnFeatures(encode="target", min_rows=1)})
    made = fitted([frame], schema, features)

    folds = fitting.folds_of(frame, 0, schema, made.folds)
    out_of_fold = transform(made.plan, frame, schema, folds, made.others)[:, 0]
    seen = transform(made.plan, frame, schema)[:, 0]

    goal = (frame["goal"] == "yes").to_numpy()
    assert seen[goal].min() > seen[~goal].max()
    for fold in range(made.folds):
        assert len(np.unique(out_of_fold[folds == fold])) == 1


def test_changing_a_row_s_target_leaves_its_own_feature_alone(schema_of: SchemaOf, fitted: Fit) -> None:
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"c": rng.choice(list("abc"), 60), "goal": rng.choice(["no", "yes"], 60)})
    schema = schema_of(frame, GOAL)
    features = Features(columns={"c": ColumnFeatures(encode="target")})

    def made(rows: pl.DataFrame) -> np.ndarray:
        fit = fitted([rows[:20], rows[20:]], schema, features)
        folds = fitting.folds_of(rows, 0, schema, fit.folds)
        return transform(fit.plan, rows, schema, folds, fit.others)[:, 0]

    before = made(frame)
    for row in range(60):
        other = "no" if frame["goal"][row] == "yes" else "yes"
        goal = [other if place == row else value for place, value in enumerate(frame["goal"])]
        after = made(frame.with_columns(goal=pl.Series(goal)))
        assert after[row] == before[row]
        assert (after != before).any()


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_means_of_the_target_are_smoothed_towards_the_mean_of_all(task: str, schema_of: SchemaOf, fitted: Fit) -> None:
    goal = {
        "binary": ["yes"] * 3 + ["no"],
        "multiclass": ["yes"] * 3 + ["no"],
        "regression": [1.0, 1.0, 1.0, 0.0],
    }[task]
    classes = {"binary": ("no", "yes"), "multiclass": ("maybe", "no", "yes"), "regression": ()}[task]
    frame = pl.DataFrame({"c": ["a", "a", "b", None], "goal": goal})
    target = Target("goal", task, "number" if task == "regression" else "category", classes)  # type: ignore[arg-type]
    features = Features(columns={"c": ColumnFeatures(encode="target", min_rows=1)}, smoothing=2.0)

    step = fitted([frame], schema_of(frame, target), features).plan.targets[0]

    means = {level: values[-1] for level, values in zip([*step.levels, "other", "missing"], step.means, strict=True)}
    assert means == {"a": (2 + 1.5) / 4, "b": pytest.approx((1 + 1.5) / 3), "other": 0.75, "missing": 0.5}
    assert {len(values) for values in step.means} == {3 if task == "multiclass" else 1}
