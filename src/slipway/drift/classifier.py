"""A classifier that tries to tell current rows from reference rows, and the columns that let it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from slipway.data.schema import Kind
from slipway.drift.comparison import Severity
from slipway.drift.sample import Sample
from slipway.drift.severity import grade
from slipway.spec import Drift

Floats = NDArray[np.float64]

MIN_ROWS = 50
"""Fewest rows of either table."""

MAX_ROWS = 2_500
"""Most rows of either table that are looked at."""

NAMED = 10
"""Columns that are named at most."""

_FOLDS = 5
_INFLATION = 1.5
"""On unchanged data the deviation of the sum was 1.2 to 1.3 times that of independent folds."""

_LEVEL = 0.0025
_TELLING = 0.1
"""Share of the most telling column's loss of AUC from which a column is named."""

_LEVELS = 50
"""Levels of a category that the classifier tells apart; the others are one."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How well rows can be told to be of the reference or of the current data.

    Attributes:
        auc: Mean ROC AUC on rows that the classifier was not fitted on; 0.5 when nothing changed.
        p_value: Of the folds' Mann-Whitney statistics together (Stouffer's method), with the deviation of their sum
            taken half as large again as that of independent folds, because each fold helps to fit the others' models.
        psi: The AUC as a population stability index: that of two normal scores with this AUC.
        severity: ``none``, ``warn`` or ``alarm``.
        columns: Name of each column that helps, and the AUC that is lost when it is shuffled, largest first.
        rows: Rows of the reference and of the current data that were looked at.
    """

    auc: float
    p_value: float
    psi: float
    severity: Severity
    columns: tuple[tuple[str, float], ...]
    rows: tuple[int, int]

    @property
    def sentence(self) -> str:
        """What was found, in a line."""
        by = f", by {', '.join(repr(name) for name, _ in self.columns[:5])}" if self.columns else ""
        told = "can be told apart" if self.severity != "none" else "can't be told apart"
        return f"reference and current rows {told}: AUC {self.auc:.3f}{by}"


def separate(reference: Sample, current: Sample, kinds: Mapping[str, Kind], limits: Drift) -> Separation | None:
    """Tries to tell two samples apart by gradient boosting on the columns that both have.

    Args:
        reference: Rows of the reference.
        current: Current rows.
        kinds: Name to kind of the columns to use.
        limits: PSI limits.

    Returns:
        None where either has fewer than ``MIN_ROWS`` rows, or they share no column.
    """
    from threadpoolctl import threadpool_limits

    sizes = min(len(reference.keys), MAX_ROWS), min(len(current.keys), MAX_ROWS)
    shared = [name for name in reference.columns if name in current.columns and name in kinds]
    if min(sizes) < MIN_ROWS or not shared:
        return None
    x = np.column_stack(
        [
            _encoded(reference.columns[name][: sizes[0]], current.columns[name][: sizes[1]], kinds[name])
            for name in shared
        ]
    )
    y = np.repeat([0, 1], sizes)
    categories = [kinds[name] == "category" for name in shared]
    with threadpool_limits(1):  # several threads take longer for so few rows
        folds = _folds(x, y, categories)
        answers = [(held, model.predict_proba(x[held])[:, 1]) for model, held in folds]
    auc, p_value = _judged(answers, y)
    psi = 2 * float(ndtri(min(max(auc, 0.5), ndtr(6)))) ** 2
    severity = grade(psi, limits) if p_value < _LEVEL else "none"
    named = _named(folds, x, y, shared) if severity != "none" else ()
    return Separation(auc, p_value, psi, severity, named, sizes)


def _encoded(reference: NDArray[Any], current: NDArray[Any], kind: Kind) -> Floats:
    """Places of numbers in their order, missing ones last; of levels, the more frequent first."""
    both = np.concatenate([reference, current])
    levels, codes, counts = np.unique(both, return_inverse=True, return_counts=True)
    if kind != "category":
        return np.asarray(codes, dtype=np.float64)
    ranks = np.empty(len(levels))
    ranks[np.argsort(-counts, kind="stable")] = np.arange(len(levels))
    return np.asarray(np.minimum(ranks, _LEVELS)[codes])


def _folds(x: Floats, y: NDArray[np.int64], categories: list[bool]) -> list[tuple[Any, NDArray[np.intp]]]:
    from sklearn.base import clone
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.model_selection import StratifiedKFold

    model = HistGradientBoostingClassifier(
        max_iter=30,
        max_leaf_nodes=15,
        early_stopping=False,
        class_weight="balanced",
        categorical_features=categories,
        random_state=0,
    )
    parts = StratifiedKFold(_FOLDS, shuffle=True, random_state=0).split(x, y)
    return [(clone(model).fit(x[fitted], y[fitted]), held) for fitted, held in parts]


def _judged(answers: list[tuple[NDArray[np.intp], Floats]], y: NDArray[np.int64]) -> tuple[float, float]:
    """The mean AUC, and the probability of one as large without drift."""
    from scipy.stats import rankdata

    tests = []
    for held, scores in answers:
        now, before = (y[held] == side for side in (1, 0))
        ranks = rankdata(scores)
        n, m = int(before.sum()), int(now.sum())
        auc = (ranks[now].sum() - m * (m + 1) / 2) / (n * m)
        ties = np.unique(ranks, return_counts=True)[1].astype(float)
        variance = (n + m + 1 - np.sum(ties**3 - ties) / ((n + m) * (n + m - 1))) / (12 * n * m)
        tests.append((auc, (auc - 0.5) / np.sqrt(variance) if variance > 0 else 0.0))
    aucs, z = zip(*tests, strict=True)
    return float(np.mean(aucs)), float(ndtr(-sum(z) / np.sqrt(_FOLDS) / _INFLATION))


def _named(
    folds: list[tuple[Any, NDArray[np.intp]]], x: Floats, y: NDArray[np.int64], names: list[str]
) -> tuple[tuple[str, float], ...]:
    from sklearn.inspection import permutation_importance

    model, held = folds[0]
    found = permutation_importance(model, x[held], y[held], scoring="roc_auc", n_repeats=2, random_state=0)
    lost = found.importances_mean
    order = np.argsort(-lost, kind="stable")[:NAMED].tolist()
    return tuple((names[at], float(lost[at])) for at in order if lost[at] > _TELLING * lost.max())
