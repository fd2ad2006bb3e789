from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.drift import levels
from slipway.drift.levels import Levels

counted = st.dictionaries(st.text(max_size=1), st.integers(1, 50), max_size=12)


@given(st.lists(counted, min_size=1, max_size=5))
def test_few_levels_are_counted_exactly_in_any_order(parts: list[dict[str, int]]) -> None:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)

    for order in (parts, parts[::-1]):
        merged = levels.merge([levels.fit(part) for part in order])
        assert merged.counts == dict(total)
        assert list(merged.counts) == sorted(total, key=lambda level: (-total[level], level))
        assert (merged.total, merged.error, merged.others, merged.complete) == (total.total(), 0, 0, True)


@given(st.lists(counted, min_size=1, max_size=5), st.integers(1, 6))
def test_many_levels_are_counted_within_the_stated_error(parts: list[dict[str, int]], capacity: int) -> None:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(levels, "CAPACITY", capacity)
        merged = levels.merge([levels.fit(part) for part in parts])

    assert len(merged.counts) <= capacity
    assert merged.error * (capacity + 1) <= total.total() == merged.total
    assert merged.others == total.total() - sum(merged.counts.values())
    for level, count in total.items():
        assert count - merged.error <= merged.counts.get(level, 0) <= count


def test_frequent_levels_are_found_among_millions_of_rare_ones() -> None:
    random = np.random.default_rng(0)
    parts = [
        levels.fit({"frequent": 200, **{f"rare {level}": 1 for level in random.integers(0, 10**9, 20_000)}})
        for _ in range(5)
    ]

    merged: Levels = levels.merge(parts)

    assert 1000 - merged.error <= merged.counts["frequent"] <= 1000
    assert not merged.complete


def test_long_levels_are_told_apart_and_kept_short() -> None:
    texts = ["x" * 10**6 + end for end in "ab"]

    counts = levels.fit(dict.fromkeys(texts, 3)).counts

    assert len(counts) == 2
    assert all(len(level) == levels.LONGEST for level in counts)
    assert levels.shortened("é" * levels.LONGEST) == "é" * levels.LONGEST
