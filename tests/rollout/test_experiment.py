from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from slipway.errors import DataError
from slipway.rollout.experiment import verdict

RNG = np.random.default_rng


def test_one_look_is_welch() -> None:
    rng = RNG(0)
    stable, challenger = rng.normal(1, 1, 80), rng.normal(1.2, 2, 50)
    ours = verdict(stable, challenger)
    theirs = stats.ttest_ind(challenger, stable, equal_var=False).confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


Draw = Callable[[np.random.Generator, int], np.ndarray]


@pytest.mark.parametrize(
    ("draw", "share"),
    [
        (lambda rng, n: (rng.random(n) < 0.1).astype(float), 1.0),
        (lambda rng, n: (rng.random(n) < 0.02).astype(float), 0.05),
        (lambda rng, n: rng.lognormal(0, 2, n), 0.1),
    ],
    ids=["shares", "rare in a small part", "skewed in a small part"],
)
def test_looking_again_and_again_misjudges_an_equal_challenger_in_at_most_five_percent(
    draw: Draw, share: float
) -> None:
    rng, misjudged, trials = RNG(1), 0, 150
    looks = np.unique(np.geomspace(10 / share, 6000, 25).astype(int))
    for _ in range(trials):
        stable, challenger = draw(rng, 6000), draw(rng, round(6000 * share))
        outcomes = (verdict(stable[:n], challenger[: max(10, round(n * share))]) for n in looks)
        misjudged += any(outcome.decision != "hold" for outcome in outcomes)
    assert misjudged <= 0.05 * trials


def test_a_better_challenger_is_found() -> None:
    rng = RNG(2)
    stable, challenger = (rng.random(20_000) < 0.10).astype(float), (rng.random(20_000) < 0.12).astype(float)
    found = verdict(stable, challenger)
    assert found.decision == "promote"
    assert found.lift == pytest.approx(0.2, abs=0.06)
    assert verdict(challenger, stable).decision == "rollback"


def test_the_interval_for_every_look_is_the_wider() -> None:
    rng = RNG(3)
    found = verdict(rng.normal(0, 1, 500), rng.normal(0, 1, 500))
    assert found.always_low < found.low < found.high < found.always_high


def test_outcomes_without_any_spread_decide_nothing() -> None:
    assert verdict(np.ones(50), np.zeros(50)).decision == "hold"


@pytest.mark.parametrize("values", [np.ones(9), np.append(np.ones(20), np.nan)], ids=["few", "nan"])
def test_outcomes_that_say_nothing_are_refused(values: np.ndarray) -> None:
    with pytest.raises(DataError, match="'challenger'"):
        verdict(np.ones(20), values)
