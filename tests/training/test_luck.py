"""The luck of a seed: as large as it is, and measured on the winner."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from slipway.training import luck

CaseOf = Callable[..., Any]


def test_one_in_twenty_equals_gains_more() -> None:
    random = np.random.default_rng(0)
    scores = random.normal(0.8, 0.01, (4_000, 7))
    beyond = [row[0] - row[1] > (luck.of(row[2:]) or 0) for row in scores]

    assert np.mean(beyond) == pytest.approx(luck.LEVEL, abs=0.012)


@pytest.mark.parametrize("scores", [[], [0.5], [0.5, float("nan")]], ids=len)
def test_two_scores_are_needed(scores: list[float]) -> None:
    assert luck.of(scores) is None


def test_the_winner_is_trained_again_with_other_seeds(case_of: CaseOf) -> None:
    forest, logistic = (case_of("binary").search(name, repeats=3).ranked[0].luck for name in ("forest", "logistic"))

    assert logistic == 0.0  # its seed changes nothing
    assert forest > 0.0


@pytest.mark.parametrize("fields", [{"repeats": 1}, {"seconds": 0}], ids=str)
def test_it_is_unknown_without_trainings(case_of: CaseOf, fields: dict[str, Any]) -> None:
    assert case_of("binary").search("forest", **fields).ranked[0].luck is None
