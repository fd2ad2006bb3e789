"""Which features are worth keeping, by training rows only."""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Target
from slipway.training.matrix import Features, Goal

SAMPLE: Final = 50_000
"""Training rows that are looked at, about."""

_TREES = 100
_STEP = 0.2


def select(x: Features, y: Goal, target: Target, method: str, keep: int | None, seed: int) -> NDArray[np.int64]:
    """The places of the features to keep, ascending.

    Args:
        x: Features of training rows, shape (n, f).
        y: Class indices or values, shape (n,).
        target: The target.
        method: ``mutual_information`` (Kraskov, Stögbauer and Grassberger, Phys. Rev. E 69, 2004, for numbers),
            ``importance`` (the mean decrease of impurity in extremely randomised trees), or ``elimination`` (those
            trees again and again, each time without the least important fifth; Guyon et al., Machine Learning 46,
            2002).
        keep: How many; None for half of them.
        seed: Seed of every random number.
    """
    count = min(max(1, x.shape[1] // 2) if keep is None else keep, x.shape[1])
    if method == "mutual_information":
        worth = _information(x, y, target, seed)
        return np.sort(np.argsort(-worth, kind="stable")[:count])
    left = np.arange(x.shape[1])
    while len(left) > count:
        worth = _importance(x[:, left], y, target, seed)
        fewer = count if method == "importance" else max(count, int(len(left) * (1 - _STEP)))
        left = np.sort(left[np.argsort(-worth, kind="stable")[:fewer]])
    return left


def _information(x: Features, y: Goal, target: Target, seed: int) -> NDArray[np.float64]:
    from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

    score = mutual_info_regression if target.task == "regression" else mutual_info_classif
    few = [len(np.unique(column)) <= 2 for column in x.T]
    return np.asarray(score(x, y, discrete_features=np.array(few), random_state=seed), dtype=np.float64)


def _importance(x: Features, y: Goal, target: Target, seed: int) -> NDArray[np.float64]:
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    kind: Any = ExtraTreesRegressor if target.task == "regression" else ExtraTreesClassifier
    forest = kind(_TREES, min_samples_leaf=5, random_state=seed, n_jobs=-1)
    return np.asarray(forest.fit(x, y).feature_importances_, dtype=np.float64)
