from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway.bundle import golden as goldens
from slipway.bundle.golden import Golden
from slipway.data.schema import Column, Schema, Target

SCHEMA = Schema(
    (
        Column("amount", "number", nullable=True),
        Column("visits", "integer", nullable=True),
        Column("member", "boolean", nullable=True),
        Column("city", "category", nullable=True),
        Column("since", "date", nullable=True),
    ),
    Target("y", "regression", "number"),
)


def column(values: list[Any]) -> Any:
    kind = object if isinstance(values[0], str) else np.float64
    return np.array(values, dtype=kind).reshape(-1, 1)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.floats(allow_infinity=False),
            st.text(),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_json_round_trip(rows: list[tuple[float, str, float]]) -> None:
    schema = Schema((SCHEMA.columns[0], SCHEMA.columns[3]), SCHEMA.target)
    numbers, texts, outputs = (list(values) for values in zip(*rows, strict=True))
    golden = Golden({"amount": column(numbers), "city": column(texts)}, np.array(outputs))

    again = Golden.from_json(golden.to_json(), schema)

    np.testing.assert_array_equal(again.inputs["amount"], golden.inputs["amount"])
    assert again.inputs["city"].tolist() == golden.inputs["city"].tolist()
    np.testing.assert_array_equal(again.outputs, golden.outputs)


def test_rows_are_told_the_way_a_request_holds_them() -> None:
    before = datetime(1931, 5, 6, 7, 8, 9, 250_000, tzinfo=UTC).timestamp()
    golden = Golden(
        {
            "amount": column([1.5, np.nan]),
            "visits": column([3.0, np.nan]),
            "member": column([1.0, np.nan]),
            "city": column(["東京", ""]),
            "since": column([before, np.nan]),
        },
        np.zeros(2),
    )

    first, second = golden.rows(SCHEMA)

    assert first == {"amount": 1.5, "visits": 3, "member": True, "city": "東京", "since": "1931-05-06T07:08:09.250000Z"}
    assert [type(first[name]) for name in ("visits", "member")] == [int, bool]
    assert second == dict.fromkeys(SCHEMA.names)


@pytest.mark.parametrize(
    "when", [datetime.max, datetime.min, datetime(1969, 12, 31, 23, 59, 59, 999_999), datetime(2400, 2, 29)], ids=str
)
def test_a_request_for_a_golden_date_asks_for_the_same_moment(when: datetime) -> None:
    seconds = when.replace(tzinfo=UTC).timestamp()
    schema = Schema((SCHEMA.columns[4],), SCHEMA.target)

    (row,) = Golden({"since": column([seconds])}, np.zeros(1)).rows(schema)

    assert datetime.fromisoformat(row["since"]).timestamp() == seconds


@pytest.mark.parametrize("shape", [(100,), (100, 3)])
def test_rows_are_spread_over_the_predictions(shape: tuple[int, ...]) -> None:
    outputs = np.random.default_rng(0).random(shape)

    golden = goldens.select({"n": np.arange(100.0).reshape(-1, 1)}, outputs, count=20)

    chosen = golden.inputs["n"][:, 0].astype(int)
    np.testing.assert_array_equal(golden.outputs, outputs[chosen])
    ranked = outputs.reshape(100, -1)[:, -1]
    assert len(chosen) == 20
    assert {ranked.argmin(), ranked.argmax()} <= set(chosen)


def test_a_small_table_gives_all_of_its_rows() -> None:
    assert len(goldens.select({"n": np.zeros((3, 1))}, np.zeros(3)).outputs) == 3


def test_differences_are_relative_only_above_one() -> None:
    golden = Golden({}, np.array([100_000.0, 0.5]))

    assert golden.differences(np.array([100_001.0, 0.5])) == pytest.approx(1e-5)
    assert golden.differences(np.array([100_000.0, 0.6])) == pytest.approx(0.1)


def test_a_bundle_of_a_regression_holds_outputs_of_one_dimension(made_for: Callable[..., Any]) -> None:
    contents = made_for("regression").contents

    golden = Golden.from_json(goldens.select(contents.inputs, contents.outputs).to_json(), contents.schema)

    assert golden.outputs.shape == (20,)
