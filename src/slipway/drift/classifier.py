"""A classifier that tries to tell current rows from reference rows, and the columns that let it."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from slipway.data.schema import Kind
from slipway.drift import discriminant
from slipway.drift.comparison import Severity
from slipway.drift.discriminant import Discriminant
from slipway.drift.encoding import Encoded, encoded, ranks
from slipway.drift.sample import Sample
from slipway.drift.severity import grade
from slipway.spec import Drift

Floats = NDArray[np.float64]

MIN_ROWS = 50
"""Fewest rows of either table."""

NAMED = 10
"""Columns that are named at most."""

_LEVEL = 0.0025
_TELLING = 0.1
"""Share of the most telling column's loss of AUC from which a column is named."""


@dataclass(frozen=True, slots=True)
class Separation:
    """How well rows can be told to be of the reference or of the current data.

    Attributes:
        auc: ROC AUC on the half of the rows that the classifier was not fitted on; 0.5 when nothing changed.
        p_value: Of the Mann-Whitney test of its scores for these rows.
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
    """Tries to tell two samples apart by the columns that both have and by their products.

    It is fitted on half of the rows and judged on the others, so that the test is exact. Cross-validation would judge
    on more rows, but its folds depend on each other, and the correction for that costs as much as it gains.

    Args:
        reference: Rows of the reference.
        current: Current rows.
        kinds: Name to kind of the columns to use.
        limits: PSI limits.

    Returns:
        None where either has fewer than ``MIN_ROWS`` rows, or they share no column that varies.
    """
    sizes = len(reference.keys), len(current.keys)
    shared = [name for name in reference.columns if name in current.columns and name in kinds]
    if min(sizes) < MIN_ROWS or not shared:
        return None
    rows = encoded(reference, current, kinds, shared)
    if not len(rows.owners):
        return None
    y = np.repeat([0, 1], sizes)
    fitted, held = _halves(sizes)
    model = discriminant.fit(rows.features[fitted], y[fitted], rows.scores)
    auc, p_value = _judged(model.score(rows.features[held]), y[held])
    psi = 2 * float(ndtri(min(max(auc, 0.5), ndtr(6)))) ** 2
    severity = grade(psi, limits) if p_value < _LEVEL else "none"
    named = _named(model, rows, held, y[held], shared) if severity != "none" else ()
    return Separation(auc, p_value, psi, severity, named, sizes)


def _halves(sizes: tuple[int, int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of the rows to fit on and of those to judge on: half of each table, by chance."""
    random, starts = np.random.default_rng(0), (0, sizes[0])
    parts = [start + random.permutation(size) for start, size in zip(starts, sizes, strict=True)]
    first, second = zip(*(np.array_split(part, 2) for part in parts), strict=True)
    return np.concatenate(first), np.concatenate(second)


def _judged(scores: Floats, y: NDArray[np.int64]) -> tuple[float, float]:
    """The AUC, and the probability of one as large without drift."""
    places, ties = ranks(scores)
    m, n = int(y.sum()), int((1 - y).sum())
    auc = float(places[y == 1].sum() - m * (m + 1) / 2) / (n * m)
    together = ties.astype(np.float64)
    variance = (n + m + 1 - np.sum(together**3 - together) / ((n + m) * (n + m - 1))) / (12 * n * m)
    return auc, float(ndtr((0.5 - auc) / np.sqrt(variance))) if variance > 0 else 1.0


def _named(
    model: Discriminant, rows: Encoded, held: NDArray[np.intp], y: NDArray[np.int64], names: list[str]
) -> tuple[tuple[str, float], ...]:
    x = rows.features[held]
    auc, order = _judged(model.score(x), y)[0], np.random.default_rng(0).permutation(len(x))
    lost = np.zeros(len(names))
    for at in np.unique(rows.owners).tolist():
        shuffled, own = x.copy(), rows.owners == at
        shuffled[:, own] = x[order][:, own]
        lost[at] = auc - _judged(model.score(shuffled), y)[0]
    most = np.argsort(-lost, kind="stable")[:NAMED].tolist()
    return tuple((names[at], float(lost[at])) for at in most if lost[at] > _TELLING * lost.max())
