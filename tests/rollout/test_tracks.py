import pytest
from hypothesis import given
from hypothesis import strategies as some

from slipway.rollout import tracks
from slipway.rollout.strategies import steps


@given(stable=some.integers(1, 200), percent=some.integers(1, 99))
def test_a_canary_has_at_least_one_pod_and_never_more_than_the_stable_track(stable: int, percent: int) -> None:
    assert 1 <= tracks.pods_for(stable, percent) <= stable


@given(stable=some.integers(1, 200), percent=some.integers(1, 50))
def test_no_other_number_of_pods_comes_closer(stable: int, percent: int) -> None:
    chosen = abs(tracks.share(stable, tracks.pods_for(stable, percent)) - percent)
    assert all(chosen <= abs(tracks.share(stable, pods) - percent) + 1e-9 for pods in range(1, stable + 1))


@pytest.mark.parametrize(
    ("stable", "exact", "expected"),
    [
        (2, False, [(pytest.approx(100 / 3), 1), (50.0, 2)]),
        (
            100,
            False,
            [
                (pytest.approx(0.990, abs=1e-3), 1),
                (pytest.approx(4.76, abs=1e-2), 5),
                (pytest.approx(24.8, abs=0.1), 33),
                (50.0, 100),
            ],
        ),
        (1, True, [(1.0, 1), (5.0, 1), (25.0, 1), (50.0, 1)]),
        (10, True, [(1.0, 2), (5.0, 2), (25.0, 3), (50.0, 5)]),
    ],
)
def test_steps_that_come_out_alike_are_one(stable: int, exact: bool, expected: list[object]) -> None:
    assert steps([1, 5, 25, 50, 100], stable, exact=exact) == expected
