"""What another seed gains by luck: the winner is trained again, with nothing but the seed changed."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from slipway.training.candidate import unwatched
from slipway.training.crew import Crew
from slipway.training.folds import holdout

LEVEL = 0.05
"""Share of equal trainings that gain more."""


def of(scores: Sequence[float]) -> float | None:
    """The gain of one training over another of the same recipe that is exceeded in ``LEVEL`` of all pairs.

    The difference of two scores has twice the variance of one, which k scores estimate with k - 1 degrees of freedom:
    the bound is a quantile of Student's t (Nadeau and Bengio, Machine Learning 52, 2003, for the variance that rows
    alone do not show).

    Args:
        scores: Scores of trainings that differ in their seed, on the same rows; those that are not finite are left out.

    Returns:
        The bound in units of the score; None for fewer than two scores.
    """
    finite = [score for score in scores if math.isfinite(score)]
    if len(finite) < 2:
        return None
    return float(stats.t.ppf(1 - LEVEL, len(finite) - 1) * math.sqrt(2) * np.std(finite, ddof=1))


def measured(crew: Crew, winner: str, params: Mapping[str, Any], repeats: int, deadline: float) -> float | None:
    """Trains the winner on the training rows again and again, and scores it on the held-out rows of the first fold.

    Args:
        crew: Who trains.
        winner: Name of the candidate.
        params: Its setting.
        repeats: How often.
        deadline: When the budget is spent, as ``time.monotonic`` tells it.

    Returns:
        See ``of``; None where the budget did not allow two trainings.
    """
    first = crew.work.folds.parts[0]
    folds = holdout(first.rows, first.validation)
    candidate = crew.chosen[winner]

    def score(number: int) -> float:
        if time.monotonic() > deadline:
            return math.nan
        work = replace(crew.work, folds=folds, seed=crew.work.seed + number)
        return work.score(candidate, dict(params), crew.share.threads, unwatched).score

    return of(crew.map(score, range(1, repeats + 1)))
