from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from slipway.bundle.engine import Engine
from slipway.data.schema import Schema
from slipway.features import fit as fitting
from slipway.features import graph
from slipway.features.apply import transform
from slipway.features.inputs import inputs
from slipway.features.plan import DATE_PARTS, Category, Date, Number, Plan

SchemaOf = Callable[[pl.DataFrame], Schema]
Frames = Callable[..., st.SearchStrategy[pl.DataFrame]]


def fitted(frame: pl.DataFrame, schema: Schema) -> Plan:
    return fitting.finish(fitting.fit(frame, schema), schema)


def by_graph(plan: Plan, frame: pl.DataFrame, schema: Schema) -> NDArray[np.float32]:
    engine = Engine(graph.to_onnx(plan, schema).SerializeToString())
    answer = engine.predict(inputs(frame, schema.kinds))
    return np.asarray(answer if answer.ndim == 2 else answer.reshape(-1, 1), dtype=np.float32)


def assert_same_bits(plan: Plan, frame: pl.DataFrame, schema: Schema) -> None:
    by_numpy, by_onnx = transform(plan, frame, schema), by_graph(plan, frame, schema)
    assert by_numpy.shape == by_onnx.shape == (len(frame), len(plan.names))
    assert np.isfinite(by_numpy).all()
    np.testing.assert_array_equal(by_numpy.view(np.uint32), by_onnx.view(np.uint32))


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_graph_gives_the_same_bits(data: st.DataObject, frames: Frames, schema_of: SchemaOf) -> None:
    seen = data.draw(frames())
    schema = schema_of(seen)
    rare_too = pl.concat([seen] * 5)

    assert_same_bits(fitted(rare_too, schema), rare_too, schema)


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_the_graph_gives_the_same_bits_for_rows_never_seen(
    data: st.DataObject, frames: Frames, schema_of: SchemaOf
) -> None:
    both = data.draw(frames(least=2))
    cut = data.draw(st.integers(1, len(both) - 1))
    schema = schema_of(both)

    assert_same_bits(fitted(pl.concat([both[:cut]] * 5), schema), both[cut:], schema)


@pytest.mark.parametrize("kind", ["number", "integer", "boolean", "category", "date"])
@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_a_table_may_have_columns_of_one_kind_only(
    kind: str, data: st.DataObject, frames: Frames, schema_of: SchemaOf
) -> None:
    frame = data.draw(frames(kinds=(kind,)))

    assert_same_bits(fitted(frame, schema_of(frame)), frame, schema_of(frame))


def test_no_rows_give_no_features(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [1.0], "c": ["a"], "d": [datetime(2020, 1, 1)]})
    plan = fitted(frame, schema_of(frame))

    assert transform(plan, frame[:0], schema_of(frame)).shape == (0, len(plan.names))
    assert_same_bits(plan, frame[:0], schema_of(frame))


def test_what_a_float32_can_t_hold_is_clipped(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [1e300, -1e300, 1.5]})
    largest = np.finfo(np.float32).max

    features = transform(Plan((Number("n", 0.0, indicator=False),), (), ()), frame, schema_of(frame))

    assert features[:, 0].tolist() == [largest, -largest, 1.5]


def test_a_missing_number_becomes_the_fill_and_is_told(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"n": [None, 2.0, float("nan")]})

    features = transform(Plan((Number("n", 7.0, indicator=True),), (), ()), frame, schema_of(frame))

    assert features.tolist() == [[7, 1], [2, 0], [7, 1]]


def test_levels_that_are_unknown_and_missing_have_features_of_their_own(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"c": ["a", "b", "never seen", None, ""]})

    features = transform(Plan((), (), (Category("c", ("a", "b"), other=True, missing=True),)), frame, schema_of(frame))

    assert features.tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 0, 1]]


def test_a_level_without_a_feature_sets_none(schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"c": ["a", "never seen", None]})
    plan = Plan((), (), (Category("c", ("a",), other=False, missing=False),))

    assert transform(plan, frame, schema_of(frame)).tolist() == [[1], [0], [0]]
    assert_same_bits(plan, frame, schema_of(frame))


@settings(max_examples=200, deadline=None)
@given(when=st.datetimes())
def test_the_parts_of_a_date_are_those_of_the_calendar(when: datetime, schema_of: SchemaOf) -> None:
    frame = pl.DataFrame({"d": pl.Series([when], dtype=pl.Datetime("us"))})
    plan = Plan((), (Date("d", 0.0, indicator=False),), ())

    features = dict(zip(DATE_PARTS, transform(plan, frame, schema_of(frame))[0], strict=True))

    seconds = when.replace(microsecond=0, tzinfo=UTC)  # a float64 holds far dates to some microseconds only
    assert (features["year"], features["month"], features["day"]) == (when.year, when.month, when.day)
    assert (features["weekday"], features["hour"]) == (when.weekday(), when.hour)
    days = (seconds - datetime(2000, 1, 1, tzinfo=UTC)).total_seconds() / 86_400
    assert features["age"] == pytest.approx(days, rel=1e-6, abs=1e-4)
