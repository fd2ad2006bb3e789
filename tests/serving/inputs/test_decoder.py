from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.bundle.load import Bundle, load
from slipway.serving.inputs.decoder import Decoder
from slipway.serving.inputs.fields import InvalidRowsError
from slipway.serving.inputs.rows import Checker
from slipway.serving.predicting.predictor import Predictor
from slipway.settings import Limits, Settings


def decoder(bundle: Bundle, **settings: Any) -> Decoder:
    return Predictor(bundle, settings=Settings(**settings)).decoder


def problems(bundle: Bundle, row: dict[str, Any], **settings: Any) -> dict[str, str]:
    try:
        decoder(bundle, **settings).rows([row])
    except InvalidRowsError as error:
        return {item.field: item.problem for item in error.errors}
    return {}


def outcome(call: Callable[[Any], dict[str, Any]], given_: Any) -> tuple[dict[str, Any], list[str]]:
    """Inputs, or what is wrong with the fields."""
    try:
        return call(given_), []
    except InvalidRowsError as error:
        return {}, sorted(map(str, error.errors))


@pytest.fixture
def row(bundle: Bundle) -> dict[str, Any]:
    return dict(bundle.golden.rows(bundle.schema)[0])


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["", " ", "Zürich", " Zürich", "2026-01-02", "2026-01-02T03:04:05+02:00", 2**53, 2**53 + 2]),
    st.lists(st.integers(), max_size=2),
)


@given(data=st.data(), count=st.integers(1, 4))
def test_many_values_at_once_mean_what_they_mean_one_by_one(
    trained: Callable[[str], Any], data: st.DataObject, count: int
) -> None:
    bundle = load(trained("binary").bundle)
    good = bundle.golden.rows(bundle.schema)
    cells = st.fixed_dictionaries({}, optional=dict.fromkeys(bundle.schema.names, SCALARS))
    rows = [{**good[place], **data.draw(cells)} for place in range(count)]
    columns = {name: [row[name] for row in rows] for name in bundle.schema.names}
    checker = Checker(bundle.schema, Settings())
    expected, errors = outcome(checker.rows, rows)
    for call, given_ in ((decoder(bundle).rows, rows), (decoder(bundle).columns, columns)):
        inputs, found = outcome(call, given_)
        assert found == errors
        assert inputs.keys() == expected.keys()
        for name, values in inputs.items():
            assert values.flags.c_contiguous
            np.testing.assert_array_equal(values, expected[name])


@pytest.mark.parametrize("value", [2**53 + 1, 2**53 + 2, -(2**60), 1e300])
def test_an_integer_that_a_double_can_not_hold_is_out_of_range(
    bundle: Bundle, row: dict[str, Any], value: float
) -> None:
    assert problems(bundle, {**row, "1st visits": value}) == {"1st visits": "range"}


def test_a_text_that_is_too_long_is_out_of_range(bundle: Bundle, row: dict[str, Any]) -> None:
    assert problems(bundle, {**row, "city": "x" * 11}, limits=Limits(text=10)) == {"city": "range"}
    assert problems(bundle, {**row, "city": "x" * 10}, limits=Limits(text=10)) == {}


def test_unseen_ranges_are_refused_where_that_is_asked_for(bundle: Bundle, row: dict[str, Any]) -> None:
    far = {**row, "amount": -1e6, "since": "1900-01-01", "1st visits": 10_000}
    assert problems(bundle, far) == {}
    assert problems(bundle, far, refuse_outside=True) == dict.fromkeys(("amount", "since", "1st visits"), "range")
    assert problems(bundle, row, refuse_outside=True) == {}


def test_values_stay_out_of_messages_unless_they_are_asked_for(bundle: Bundle, row: dict[str, Any]) -> None:
    wrong = {**row, "amount": "a secret"}
    for redact in (True, False):
        with pytest.raises(InvalidRowsError) as raised:
            decoder(bundle, redact=redact).rows([wrong])
        assert ("a secret" in str(raised.value.to_dict(10))) is not redact
