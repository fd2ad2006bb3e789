"""The graph gives what the batch path gives, for every row of every kind of column."""

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from slipway.bundle.engine import Engine
from slipway.data.schema import Schema, Target
from slipway.features import graph
from slipway.features.apply import transform
from slipway.features.category import Category, Ordinal
from slipway.features.choice import choose
from slipway.features.date import PARTS, Date
from slipway.features.fit import Fitted
from slipway.features.inputs import inputs
from slipway.features.number import Number
from slipway.features.plan import Plan
from slipway.features.target_mean import TargetMean
from slipway.features.text import Text
from slipway.spec import Features
from slipway.spec.features import ColumnFeatures

SchemaOf = Callable[..., Schema]
Frames = Callable[..., st.SearchStrategy[pl.DataFrame]]
Fit = Callable[[list[pl.DataFrame], Schema, Features], Fitted]

NUMBER_OPTIONS = st.builds(
    ColumnFeatures,
    impute=st.sampled_from(["median", "mean", "constant"]),
    fill=st.sampled_from([0.0, -0.0, 7.5, 1e300]),
    indicator=st.sampled_from([None, True, False]),
    clip=st.sampled_from([None, (0.1, 0.9), (0.0, 1.0)]),
)
OPTIONS = {
    "number": NUMBER_OPTIONS,
    "integer": NUMBER_OPTIONS,
    "boolean": NUMBER_OPTIONS,
    "category": st.builds(
        ColumnFeatures,
        encode=st.sampled_from(["auto", "one_hot", "ordinal", "target"]),
        levels=st.sampled_from([1, 2, 64]),
        min_rows=st.sampled_from([1, 5]),
    ),
    "date": st.builds(ColumnFeatures, parts=st.sampled_from([None, ("month",), ("hour", "year"), PARTS])),
    "text": st.builds(ColumnFeatures, words=st.sampled_from([1, 3, 50]), ngrams=st.integers(1, 3), min_rows=st.just(1)),
}
BINARY, REGRESSION = ("no", "yes"), ()


def by_graph(plan: Plan, frame: pl.DataFrame, schema: Schema) -> NDArray[np.float32]:
    engine = Engine(graph.to_onnx(plan, schema).SerializeToString())
    answer = engine.predict(inputs(frame, schema.kinds))
    return np.asarray(answer if answer.ndim == 2 else answer.reshape(-1, 1), dtype=np.float32)


def assert_same(plan: Plan, frame: pl.DataFrame, schema: Schema) -> None:
    by_batch, by_onnx = transform(plan, frame, schema), by_graph(plan, frame, schema)
    assert by_batch.shape == by_onnx.shape == (len(frame), len(plan.names))
    assert np.isfinite(by_batch).all()
    np.testing.assert_array_equal(by_batch, by_onnx)


def options(data: st.DataObject, schema: Schema) -> Features:
    """Options that fit each column's kind; every category that is missing in a run keeps its default."""
    own = {name: data.draw(OPTIONS[kind]) for name, kind in schema.kinds.items()}
    said = {
        name: {key: value for key, value in made.model_dump().items() if value != getattr(ColumnFeatures(), key)}
        for name, made in own.items()
    }
    return Features(columns={name: ColumnFeatures(**made) for name, made in said.items()})


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_the_graph_gives_the_same_for_rows_never_seen(
    data: st.DataObject, frames: Frames, schema_of: SchemaOf, fitted: Fit
) -> None:
    both = data.draw(frames(least=2))
    cut = data.draw(st.integers(1, len(both) - 1))
    classes = data.draw(st.sampled_from([(), ("no", "yes"), ("a", "b", "c")]))
    task = {0: "regression", 2: "binary", 3: "multiclass"}[len(classes)]
    schema = schema_of(both, Target("goal", task, "category" if classes else "number", classes))  # type: ignore[arg-type]
    seen = pl.concat([both[:cut]] * 5)
    goal = [classes[row % len(classes)] if classes else row * 0.1 for row in range(len(seen))]
    features = options(data, schema)

    plan = fitted([seen.with_columns(goal=pl.Series(goal))], schema, features).plan

    if plan.names:
        assert_same(plan, both, schema)
        kept = data.draw(st.sets(st.integers(0, len(plan.names) - 1), min_size=1))
        assert_same(plan.restricted(kept), both[cut:], schema)


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "category", "date", "text"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_table_may_have_columns_of_one_kind_only(
    kind: str, data: st.DataObject, frames: Frames, schema_of: SchemaOf, fitted: Fit
) -> None:
    frame = data.draw(frames(kinds=(kind,)))
    plan = fitted([frame] * 5, schema_of(frame), Features()).plan

    if plan.names:
        assert_same(plan, frame, schema_of(frame))


OPERANDS = st.sampled_from(["a", "b", "flag", "col('the day')", "0", "-0.0", "2.5", "1e300", "5e-324"])


def expressions(depth: int = 3) -> st.SearchStrategy[str]:
    return st.recursive(
        OPERANDS,
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!="]), inner).map(
                lambda parts: f"({parts[0]} {parts[1]} {parts[2]})"
            ),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda p: f"({p[0]} {p[1]} {p[2]})"),
            st.tuples(st.sampled_from(["-", "not "]), inner).map(lambda p: f"({p[0]}{p[1]})"),
            st.tuples(st.sampled_from(["abs", "sqrt", "floor", "is_missing"]), inner).map(lambda p: f"{p[0]}({p[1]})"),
            st.tuples(st.sampled_from(["min", "max", "if_missing"]), inner, inner).map(
                lambda p: f"{p[0]}({p[1]}, {p[2]})"
            ),
            st.tuples(inner, inner, inner).map(lambda p: f"when({p[0]}, {p[1]}, {p[2]})"),
        ),
        max_leaves=6,
    )


FLOATS = (
    st.none() | st.sampled_from([0.0, -0.0, 1.0, -3.5, 1e308, -1e308, 5e-324, float("inf"), float("nan")]) | st.floats()
)
RAW = st.lists(st.tuples(FLOATS, FLOATS, st.none() | st.booleans(), st.none() | st.datetimes()), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(expression=expressions(), rows=RAW)
def test_every_operator_gives_the_same(
    expression: str, rows: list[tuple[object, ...]], schema_of: SchemaOf, fitted: Fit
) -> None:
    types = {"a": pl.Float64, "b": pl.Float64, "flag": pl.Boolean, "the day": pl.Datetime("us")}
    frame = pl.DataFrame(rows, schema=types, orient="row")
    features = Features(derived={"made": f"a * 0 + {expression}", "again": "made + 1"})
    plan = fitted([frame], schema_of(frame), features).plan

    assert_same(plan, frame, schema_of(frame))


def test_a_constant_that_float32_can_not_hold_counts(schema_of: SchemaOf, fitted: Fit) -> None:
    frame = pl.DataFrame({"a": [1.0, 2.0]})
    plan = fitted([frame], schema_of(frame), Features(derived={"made": "(a * 0 + (-5e-324)) < 0"})).plan

    assert_same(plan, frame, schema_of(frame))


@settings(max_examples=50, deadline=None)
@given(days=st.lists(st.tuples(st.none() | st.datetimes(), st.none() | st.datetimes()), min_size=1, max_size=9))
def test_days_before_the_event_time_are_the_same(
    days: list[tuple[datetime | None, datetime | None]], schema_of: SchemaOf
) -> None:
    from dataclasses import replace

    from slipway.features import fit as fitting

    frame = pl.DataFrame(days, schema={"since": pl.Datetime("us"), "when": pl.Datetime("us")}, orient="row")
    table = replace(schema_of(frame.select("since")), event_time="when")
    chosen = choose(Features(), table, "date")
    schema = chosen.schema(table)
    plan = fitting.finish(fitting.fit(frame, schema, chosen), schema, chosen)

    assert schema.names == ("since", "when")
    assert "since age" not in plan.names
    assert plan.sources["since days before when"] == ("when", "since")
    assert_same(plan, frame, schema)


def test_no_rows_give_no_features(schema_of: SchemaOf, fitted: Fit) -> None:
    frame = pl.DataFrame({"n": [1.0], "c": ["a"], "d": [datetime(2020, 1, 1)]})
    plan = fitted([frame], schema_of(frame), Features()).plan

    assert transform(plan, frame[:0], schema_of(frame)).shape == (0, len(plan.names))
    assert_same(plan, frame[:0], schema_of(frame))


def of(plan: Plan, frame: pl.DataFrame, schema: Schema) -> list[list[float]]:
    assert_same(plan, frame, schema)
    return transform(plan, frame, schema).tolist()


def test_what_a_float32_can_t_hold_is_clipped(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [1e300, -1e300, 1.5, float("inf")]})
    largest = float(np.finfo(np.float32).max)

    features = of(Plan((Number("n", 0.0, indicator=False),)), frame, schema_of(frame))

    assert features == [[largest], [-largest], [1.5], [largest]]


def test_a_missing_number_becomes_the_fill_and_is_told(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [None, 2.0, float("nan")]})

    assert of(Plan((Number("n", 7.0, indicator=True),)), frame, schema_of(frame)) == [[7, 1], [2, 0], [7, 1]]


def test_a_number_is_clipped_to_its_bounds(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [-9.0, 0.5, 9.0, None]})

    assert of(Plan((Number("n", 5.0, False, -1.0, 1.0),)), frame, schema_of(frame)) == [[-1], [0.5], [1], [1]]


def test_levels_that_are_unknown_and_missing_have_features_of_their_own(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"c": ["a", "b", "never seen", None, ""]})
    plan = Plan(categories=(Category("c", ("a", "b"), other=True, missing=True),))

    assert of(plan, frame, schema_of(frame)) == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]]


def test_a_level_without_a_feature_sets_none(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"c": ["a", "never seen", None]})
    plan = Plan(categories=(Category("c", ("a",), other=False, missing=False),))

    assert of(plan, frame, schema_of(frame)) == [[1], [0], [0]]


def test_an_ordinal_is_the_rank_of_its_level(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"c": ["a", "b", "never seen", None]})
    plan = Plan(ordinals=(Ordinal("c", ("b", "a"), other=True, missing=True),))

    assert of(plan, frame, schema_of(frame)) == [[1], [0], [2], [3]]


def test_a_mean_of_the_target_is_looked_up(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"c": ["a", "never seen", None]})
    plan = Plan(targets=(TargetMean("c", ("a",), True, True, ("share of yes",), ((0.5,), (0.25,), (0.125,))),))

    assert of(plan, frame, schema_of(frame)) == [[0.5], [0.25], [0.125]]


def test_words_and_n_grams_are_counted_however_they_are_written(schema_of: SchemaOf) -> None:
    said = ["Not good. not  good!", "GOOD\nnot", "goodness", "", None, "good not good"]
    frame = pl.DataFrame({"said text": said})
    plan = Plan(texts=(Text("said text", ("good", "not", "not good")),))

    assert of(plan, frame, schema_of(frame)) == [[2, 2, 2], [1, 1, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [2, 1, 1]]


@settings(max_examples=200, deadline=None)
@given(when=st.datetimes())
def test_the_parts_of_a_date_are_those_of_the_calendar(when: datetime, schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"d": pl.Series([when], dtype=pl.Datetime("us"))})
    plan = Plan(dates=(Date("d", 0.0, indicator=False),))

    features = dict(zip(PARTS, transform(plan, frame, schema_of(frame))[0], strict=True))

    seconds = when.replace(microsecond=0, tzinfo=UTC)  # a float64 holds far dates to some microseconds only
    assert (features["year"], features["month"], features["day"]) == (when.year, when.month, when.day)
    assert (features["weekday"], features["hour"]) == (when.weekday(), when.hour)
    days = (seconds - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds() / 86_400
    assert features["age"] == pytest.approx(days, rel=1e-6, abs=1e-4)
