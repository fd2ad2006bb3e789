import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from slipway.data import split, tally
from slipway.spec import Split

SHARES = st.builds(Split, validation=st.floats(0.05, 0.4), test=st.floats(0.05, 0.4))
SEEDS = st.integers(0, 2**32 - 1)
Keys = NDArray[np.uint64]


def keys(seed: int, count: int, distinct: int = 2**64 - 1) -> Keys:
    return np.random.default_rng(seed).integers(0, distinct, count, dtype=np.uint64)


def by_hash(rows: Keys, goal: NDArray[np.int64], shares: Split, parts: int = 3) -> NDArray[np.uint8]:
    """The split as a step makes it: counted part by part, twice when most rows have a copy."""
    made = split.by_value(rows)
    if split.mostly_copies(split.fit(made, np.zeros_like(goal))[0]):
        copies = split.Copies()
        made = split.by_value(np.concatenate([copies.apart(part) for part in np.array_split(rows, parts)]))
    return assign(made, goal, shares, parts)


def assign(made: NDArray[np.int64], goal: NDArray[np.int64], shares: Split, parts: int = 3) -> NDArray[np.uint8]:
    places = [place for place in np.array_split(np.arange(len(made)), parts) if len(place)]
    cuts = split.finish(split.merge([split.fit(made[place], goal[place]) for place in places]), shares)
    return np.concatenate([cuts.codes(made[place], goal[place]) for place in places])


def alone(made: NDArray[np.int64], shares: Split) -> NDArray[np.uint8]:
    return assign(made, np.zeros(len(made), dtype=np.int64), shares)


def strata(seed: int, count: int, classes: int) -> NDArray[np.int64]:
    return np.random.default_rng([seed, 1]).integers(0, classes, count)


@given(SEEDS, SHARES, st.integers(60, 400), st.integers(1, 3))
def test_shares_are_near_what_is_asked_in_each_class(seed: int, shares: Split, count: int, classes: int) -> None:
    goal = strata(seed, count, classes)
    codes = by_hash(keys(seed, count), goal, shares)
    for stratum in np.unique(goal):
        held = np.bincount(codes[goal == stratum], minlength=3)
        expected = np.array([0, shares.validation, shares.test]) * held.sum()
        assert abs(held - expected)[1:].max() <= 2


@given(SEEDS, SHARES, st.integers(3, 300), st.integers(1, 4))
def test_each_split_has_each_class(seed: int, shares: Split, count: int, classes: int) -> None:
    goal = strata(seed, count, classes)
    codes = by_hash(keys(seed, count), goal, shares)
    for stratum in np.unique(goal):
        if (goal == stratum).sum() >= 3:
            assert set(codes[goal == stratum]) == {split.TRAIN, split.VALIDATION, split.TEST}


@given(SEEDS, SHARES, st.integers(10, 300))
def test_the_same_row_is_in_the_same_split_wherever_it_stands(seed: int, shares: Split, count: int) -> None:
    rows = keys(seed, count)
    rows = np.concatenate([rows, rows[: count // 3]])
    order = np.random.default_rng(seed).permutation(len(rows))
    codes = by_hash(rows, np.zeros(len(rows), dtype=np.int64), shares)
    moved = by_hash(rows[order], np.zeros(len(rows), dtype=np.int64), shares)
    np.testing.assert_array_equal(codes[order], moved)
    np.testing.assert_array_equal(codes[:count][: count // 3], codes[count:])


@settings(max_examples=30)
@given(SEEDS, SHARES, st.integers(1, 500))
def test_more_rows_move_almost_none(seed: int, shares: Split, added: int) -> None:
    rows = keys(seed, 2000 + added)
    goal = strata(seed, len(rows), 2)
    before = by_hash(rows[:2000], goal[:2000], shares)
    after = by_hash(rows, goal, shares)[:2000]
    assert (before != after).mean() < 0.08


def test_rows_with_many_copies_are_told_apart() -> None:
    rows = keys(0, 3000, distinct=20)
    codes = by_hash(rows, np.zeros(3000, dtype=np.int64), Split())
    np.testing.assert_allclose(np.bincount(codes) / 3000, [0.6, 0.2, 0.2], atol=0.01)


def test_a_class_of_three_rows_with_many_copies_is_in_each_split() -> None:
    rows = np.concatenate([np.array([1, 2, *[3] * 98], dtype=np.uint64), keys(0, 500)])
    goal = np.repeat([1, 0], [100, 500])
    codes = by_hash(rows, goal, Split(validation=0.4, test=0.4))
    assert codes[:3].tolist() == [split.TEST, split.VALIDATION, split.TRAIN]


@given(st.lists(st.integers(0, 40).map(float) | st.just(float("nan")), min_size=10, max_size=200), SHARES)
def test_by_time_the_newest_are_tested_on(times: list[float], shares: Split) -> None:
    when = np.nan_to_num(np.array(times), nan=-1.0)
    codes = alone(split.newest_first(np.array(times)), shares)
    for older, newer in ((split.TRAIN, split.VALIDATION), (split.VALIDATION, split.TEST), (split.TRAIN, split.TEST)):
        assert when[codes == older].max(initial=-np.inf) < when[codes == newer].min(initial=np.inf)
    if len(np.unique(when)) >= 3:
        assert set(codes) == {split.TRAIN, split.VALIDATION, split.TEST}


@given(SEEDS, SHARES, st.integers(3, 60))
def test_all_rows_of_an_entity_are_in_the_same_split(seed: int, shares: Split, entities: int) -> None:
    of = np.random.default_rng(seed).integers(0, entities, 400)
    rows = keys(seed, entities)[of]
    codes = alone(split.by_value(rows), shares)
    assert all(len(np.unique(codes[of == entity])) == 1 for entity in np.unique(of))
    assert set(codes) == {split.TRAIN, split.VALIDATION, split.TEST}


def test_the_parts_of_a_table_don_t_matter() -> None:
    rows, goal = keys(0, 5000), strata(0, 5000, 3)
    codes = by_hash(rows, goal, Split(), parts=1)
    for parts in (2, 7, 50):
        np.testing.assert_array_equal(by_hash(rows, goal, Split(), parts), codes)


def test_so_many_keys_that_neighbours_are_joined_still_meet_the_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "MOST", 512)
    rows = keys(0, 100_000)
    goal = np.zeros(len(rows), dtype=np.int64)
    state = split.merge([split.fit(split.by_value(part), goal[: len(part)]) for part in np.array_split(rows, 9)])

    codes = by_hash(rows, goal, Split(), parts=9)

    assert len(state[0].keys) <= 512
    assert not split.mostly_copies(state[0])
    np.testing.assert_allclose(np.bincount(codes) / len(codes), [0.6, 0.2, 0.2], atol=0.005)
