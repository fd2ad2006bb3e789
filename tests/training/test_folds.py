from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.errors import DataError
from slipway.training import folds
from slipway.training.folds import Folds, Keys
from slipway.training.matrix import Matrix

ROWS = 120


def rows(y: Any) -> Matrix:
    return Matrix(np.arange(len(y), dtype=np.float32).reshape(-1, 1), y, ("place",))


def places(part: Any) -> list[int]:
    return [int(value) for value in part.x[:, 0]]


def crossed(y: Any, count: int = 4, stratified: bool = True, **keys: Any) -> Folds:
    return folds.crossed(rows(y), count, Keys(**keys), stratified=stratified, seed=0)


def test_classes_have_the_same_share_in_every_fold() -> None:
    y = (np.arange(ROWS) % 6 == 0).astype(np.int64)
    made = crossed(y)
    assert [int(part.validation.y.sum()) for part in made.parts] == [5, 5, 5, 5]
    assert sorted(place for part in made.parts for place in places(part.validation)) == list(range(ROWS))
    np.testing.assert_array_equal(made.y, np.concatenate([part.validation.y for part in made.parts]))


@given(st.lists(st.integers(0, 11), min_size=ROWS, max_size=ROWS))
def test_no_entity_is_on_both_sides(drawn: list[int]) -> None:
    entity = np.array(drawn)
    entity[:12] = np.arange(12)
    made = crossed(np.zeros(ROWS), stratified=False, entity=entity)
    for part in made.parts:
        assert not set(entity[places(part.rows)]) & set(entity[places(part.validation)])
    assert sorted(place for part in made.parts for place in places(part.validation)) == list(range(ROWS))


@given(st.lists(st.integers(0, 30), min_size=ROWS, max_size=ROWS))
def test_every_fold_trains_on_what_is_older(drawn: list[int]) -> None:
    time = np.array(drawn, dtype=np.float64)
    time[:6] = np.arange(6)
    made = crossed(np.zeros(ROWS), stratified=False, time=time)
    for part in made.parts:
        assert time[places(part.rows)].max() < time[places(part.validation)].min()


@pytest.mark.parametrize(
    ("y", "keys", "said"),
    [
        (np.arange(ROWS) // (ROWS - 2), {}, "only 2 rows of the rarest class"),
        (np.arange(ROWS) % 2, {"entity": np.arange(ROWS) % 3}, "only 3 entities"),
        (np.arange(ROWS) % 2, {"time": np.arange(ROWS) % 3.0}, "only 3 times"),
        (np.arange(ROWS) // 100, {"time": np.arange(ROWS) * 1.0}, "lack a class"),
    ],
    ids=["rare", "entities", "times", "late class"],
)
def test_folds_that_can_t_be_made_are_told(y: Any, keys: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=said):
        crossed(y, **keys)


def test_few_rows_are_cross_validated_and_many_are_not(case_of: Any) -> None:
    case = case_of("binary")
    few = case.search("logistic", folds="auto")
    assert (few.folds, len(few.ranked[0].held_out.y)) == (5, 260)
    assert case.search("logistic", folds=0).folds == 1
    assert len(case.search("logistic", folds=3).ranked[0].held_out.y) == 260
