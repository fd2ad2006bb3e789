"""Columns as arrays and back."""

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from slipway.data import arrays

NUMBERS = st.lists(st.none() | st.floats(), min_size=1, max_size=40)
TEXTS = st.lists(st.none() | st.sampled_from(["", "a", "b", "a\x00", "東京", "longer than twelve bytes"]), max_size=40)


@given(values=NUMBERS, data=st.data())
def test_numbers_keep_their_bits_and_nulls_are_nan(values: list[float | None], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    column = pl.Series("x", values, pl.Float64)[start:]

    made = arrays.floats(column)

    expected = [np.nan if value is None else value for value in values[start:]]
    np.testing.assert_array_equal(made, expected)


@given(values=NUMBERS, data=st.data())
def test_several_columns_are_stacked_with_their_nulls(values: list[float | None], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(values) - 1))
    column = pl.Series("x", values, pl.Float64)[start:]
    columns = [column, column.fill_null(7.0), column.reverse()]

    numbers, missing = arrays.stacked(columns)

    assert numbers.shape == missing.shape == (3, len(column))
    for held, flags, expected in zip(numbers, missing, columns, strict=True):
        assert flags.tolist() == expected.is_null().to_list()
        np.testing.assert_array_equal(held[~flags], expected.drop_nulls().to_numpy())


def test_columns_without_a_null_have_none() -> None:
    numbers, missing = arrays.stacked([pl.Series([1.0, 2.0]), pl.Series([3.0, 4.0])])

    assert numbers.tolist() == [[1, 2], [3, 4]]
    assert not missing.any()


@given(texts=TEXTS, levels=st.permutations(["", "a", "東京", "longer than twelve bytes"]))
def test_texts_have_the_places_of_their_levels(texts: list[str | None], levels: list[str]) -> None:
    made = arrays.places(pl.Series("x", texts, pl.String), pl.Enum(levels))

    assert made.tolist() == [levels.index(text) if text in levels else -1 for text in texts]


def test_more_levels_than_a_byte_holds() -> None:
    levels = [str(place) for place in range(300)]

    assert arrays.places(pl.Series(["299", "300", "0"]), pl.Enum(levels)).tolist() == [299, -1, 0]
    assert arrays.places(pl.Series(levels[:256]), pl.Enum(levels[:256])).tolist() == list(range(256))


def test_columns_share_the_memory_of_their_rows_under_any_name() -> None:
    rows = np.arange(6, dtype=np.float32).reshape(2, 3)

    frame = arrays.columns(["a\x00b", "a\x00c"], rows)
    rows[0, 0] = 9.0

    assert frame.to_dict(as_series=False) == {"a\x00b": [9.0, 1.0, 2.0], "a\x00c": [3.0, 4.0, 5.0]}
    assert arrays.columns(["a"], rows[:1, :0]).shape == (0, 1)
