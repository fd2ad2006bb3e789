from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.schema import Schema
from slipway.features import fit as fitting
from slipway.features.plan import Category, Date, Number, Plan

PLAN = Plan(
    numbers=(Number("amount", 1.5, indicator=True), Number("visits", 0.0, indicator=False)),
    dates=(Date("since", 1e9, indicator=True),),
    categories=(Category("city", ("Zürich", "東京"), other=True, missing=True),),
)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_json_round_trip(
    data: st.DataObject,
    frames: Callable[..., st.SearchStrategy[pl.DataFrame]],
    schema_of: Callable[[pl.DataFrame], Schema],
) -> None:
    frame = pl.concat([data.draw(frames())] * 5)
    plan = fitting.finish(fitting.fit(frame, schema_of(frame)), schema_of(frame))

    again = Plan.from_json(plan.to_json())

    assert again == plan
    assert (again.version, again.names) == (plan.version, plan.names)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, numbers=PLAN.numbers[::-1]),
        replace(PLAN, numbers=(replace(PLAN.numbers[0], fill=1.5000000000000002), PLAN.numbers[1])),
        replace(PLAN, dates=(replace(PLAN.dates[0], indicator=False),)),
        replace(PLAN, dates=()),
        replace(PLAN, categories=(replace(PLAN.categories[0], levels=("東京", "Zürich")),)),
        replace(PLAN, categories=(replace(PLAN.categories[0], other=False),)),
    ],
)
def test_another_content_is_another_version(other: Plan) -> None:
    assert other.version != PLAN.version


def test_the_same_content_is_the_same_version_everywhere() -> None:
    assert PLAN.version == replace(PLAN).version == "85e8a3a06050"


def test_features_are_named_after_their_columns() -> None:
    assert PLAN.names == (
        "amount",
        "visits",
        "amount is missing",
        *(f"since {part}" for part in ("year", "month", "day", "weekday", "hour", "age")),
        "since is missing",
        "city = Zürich",
        "city = 東京",
        "city other levels",
        "city is missing",
    )
    assert PLAN.sources["city other levels"] == "city"


def test_names_stay_distinct_where_a_column_is_called_like_a_feature() -> None:
    numbers = tuple(Number(name, 0.0, indicator=True) for name in ("x", "x is missing"))

    assert Plan(numbers, (), ()).names == ("x", "x is missing", "x is missing (2)", "x is missing is missing")


def test_no_feature_has_the_name_of_the_target_in_a_table_of_features() -> None:
    assert Plan((Number("__target__", 0.0, indicator=False),), (), ()).names == ("__target__ (2)",)
