import json
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.data.schema import Schema
from slipway.errors import DataError
from slipway.features.category import Category, Ordinal
from slipway.features.date import PARTS, Date
from slipway.features.expression import Derived
from slipway.features.fit import Fitted
from slipway.features.number import Number
from slipway.features.plan import Plan
from slipway.features.target_mean import TargetMean
from slipway.features.text import Text
from slipway.features.window import Rolling
from slipway.spec import Features

PLAN = Plan(
    numbers=(Number("amount", 1.5, indicator=True), Number("a visit", 0.0, indicator=False, low=0.0, high=9.0)),
    dates=(Date("since", 1e9, indicator=True),),
    categories=(Category("city", ("Zürich", "東京"), other=True, missing=True),),
    ordinals=(Ordinal("size", ("s", "m"), other=False, missing=False),),
    targets=(TargetMean("shop", ("x",), True, True, ("share of yes",), ((0.5,), (0.25,), (0.125,))),),
    texts=(Text("review", ("good", "not good")),),
    derived=(Derived("a visit", "amount / visits"),),
    windows=(Rolling("amount lag 1", "the last one"),),
    event_time="when",
    notes=("a note",),
)


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_json_round_trip(
    data: st.DataObject,
    frames: Callable[..., st.SearchStrategy[pl.DataFrame]],
    schema_of: Callable[[pl.DataFrame], Schema],
    fitted: Callable[[list[pl.DataFrame], Schema, Features], Fitted],
) -> None:
    frame = pl.concat([data.draw(frames())] * 5)
    plan = fitted([frame], schema_of(frame), Features()).plan

    again = Plan.from_json(plan.to_json())

    assert again == plan
    assert (again.digest, again.names) == (plan.digest, plan.names)


@pytest.mark.parametrize("plan", [PLAN, PLAN.restricted([3, 1])], ids=["all", "kept"])
def test_every_step_comes_back_from_json(plan: Plan) -> None:
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize(
    "other",
    [
        replace(PLAN, numbers=PLAN.numbers[::-1]),
        replace(PLAN, numbers=(replace(PLAN.numbers[0], fill=1.5000000000000002), PLAN.numbers[1])),
        replace(PLAN, dates=(replace(PLAN.dates[0], parts=PARTS[:-1]),)),
        replace(PLAN, dates=()),
        replace(PLAN, categories=(replace(PLAN.categories[0], levels=("東京", "Zürich")),)),
        replace(PLAN, targets=()),
        replace(PLAN, derived=(Derived("a visit", "visits / amount"),)),
        PLAN.restricted([0]),
    ],
)
def test_another_content_is_another_digest(other: Plan) -> None:
    assert other.digest != PLAN.digest


@pytest.mark.parametrize(
    "same", [replace(PLAN, version="2.0.0"), replace(PLAN, revision="abc"), replace(PLAN, notes=())]
)
def test_what_decides_no_feature_is_not_in_the_digest(same: Plan) -> None:
    assert same.digest == PLAN.digest


def test_the_label_is_a_semantic_version_with_the_digest() -> None:
    assert replace(PLAN, version="1.2.0").label == f"1.2.0+{PLAN.digest}"


def test_features_are_named_after_their_columns() -> None:
    assert PLAN.names == (
        "amount",
        "a visit",
        "amount is missing",
        *(f"since {part}" for part in PARTS),
        "since is missing",
        "city = Zürich",
        "city = 東京",
        "city other levels",
        "city is missing",
        "size rank",
        "shop: share of yes",
        "review says good",
        "review says not good",
    )


def test_each_feature_says_which_raw_columns_it_comes_from() -> None:
    chained = replace(PLAN, derived=(Derived("half", "amount / 2"), Derived("a visit", "half / visits + amount")))

    assert PLAN.sources["a visit"] == ("amount", "visits")
    assert chained.sources["a visit"] == ("amount", "visits")
    assert PLAN.sources["city other levels"] == ("city",)
    assert json.loads(PLAN.to_json())["features"]["a visit"] == ["amount", "visits"]


def test_names_stay_distinct_where_a_column_is_called_like_a_feature() -> None:
    numbers = tuple(Number(name, 0.0, indicator=True) for name in ("x", "x is missing"))

    assert Plan(numbers).names == ("x", "x is missing", "x is missing (2)", "x is missing is missing")


def test_no_feature_has_the_name_of_the_target_in_a_table_of_features() -> None:
    assert Plan((Number("__target__", 0.0, indicator=False),)).names == ("__target__ (2)",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"version": "abc", "numbers": []}', "format 1, of an older release; this one reads format 2: fit it again"),
        ('{"format": 3}', "format 3, of another release"),
        ('{"format": "x"}', "format 'x'"),
        ('{"format": 2}', "other fields than it should"),
        ("[]", "can't be read"),
        ("{", "can't be read"),
    ],
)
def test_a_plan_of_another_format_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(DataError, match="feature plan") as raised:
        Plan.from_json(text)

    assert said in str(raised.value)
