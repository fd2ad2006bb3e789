"""Whether columns hang together as they did, where each of them alone may look the same."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from slipway.drift import correlation, dependence
from slipway.drift.comparison import SEVERITIES, Severity
from slipway.drift.dependence import Dependence, Floats
from slipway.drift.sample import Sample
from slipway.drift.severity import grade
from slipway.spec import Drift

NAMED = 20
"""Pairs that are named at most."""

_LEVEL = 0.0025
"""Probability of a false finding of each of the two tests; that of the pairs is divided by their number."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two columns whose correlation changed by more than chance.

    Attributes:
        columns: Their names.
        before: Correlation of their normal scores in the reference.
        now: Likewise, in the current data.
        psi: The size of the change as a population stability index: the Jeffreys divergence of two normal pairs.
        severity: ``none``, ``warn`` or ``alarm``.
    """

    columns: tuple[str, str]
    before: float
    now: float
    psi: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """How far rows are from the few directions that explain most of the reference.

    Attributes:
        before: Mean squared distance in the reference, in variances of a column.
        now: Likewise, of the current data.
        psi: The size of the change as a population stability index: the Jeffreys divergence of normal rows whose
            variance in the other directions is scaled by the ratio of the two.
        severity: ``none``, ``warn`` or ``alarm``.
    """

    before: float
    now: float
    psi: float
    severity: Severity


@dataclass(frozen=True, slots=True)
class Multivariate:
    """How dependence changed.

    Attributes:
        rows: Current rows that were looked at.
        columns: Columns that were looked at: numbers, integers and booleans that vary; see ``sample.names``.
        pairs: The pairs whose correlation changed by more than chance, the largest change first, ``NAMED`` at most.
        reconstruction: What few directions leave unexplained.
    """

    rows: int
    columns: int
    pairs: tuple[Pair, ...]
    reconstruction: Reconstruction

    @property
    def severity(self) -> Severity:
        """The worst of all."""
        return max((self.reconstruction.severity, *(pair.severity for pair in self.pairs)), key=SEVERITIES.index)

    @property
    def sentence(self) -> str:
        """What was found, in a line."""
        changed = [pair for pair in self.pairs if pair.severity != "none"]
        if changed:
            worst = changed[0]
            others = f", and {len(changed) - 1} more pairs changed" if len(changed) > 1 else ""
            a, b = worst.columns
            return f"the correlation of {a!r} and {b!r} was {worst.before:.2f} and is {worst.now:.2f}{others}"
        if self.reconstruction.severity != "none":
            error = self.reconstruction
            return f"rows lie off the reference's main directions: {error.before:.2f} before, {error.now:.2f} now"
        return f"{self.columns} numeric columns hang together as before"


def compare(reference: Dependence | None, current: Sample, limits: Drift) -> Multivariate | None:
    """Compares how columns hang together.

    Correlations are compared on Fisher's scale, with the reference's own variance and Bonferroni's correction. Sizes
    are Jeffreys divergences, which is what a PSI estimates, so that the limits of a column hold for them.

    Args:
        reference: Of the reference; None where it has none.
        current: Current rows.
        limits: PSI limits.

    Returns:
        None where there is nothing to compare: no reference, fewer than ``dependence.MIN_ROWS`` rows, or a column of
        the reference that the current data lacks or has as text.
    """
    rows = len(current.keys)
    if reference is None or rows < dependence.MIN_ROWS or not _numeric(reference, current):
        return None
    scores = reference.transform(current.columns)
    return Multivariate(
        rows, len(reference.columns), _pairs(reference, scores, limits), _reconstruction(reference, scores, limits)
    )


def _numeric(reference: Dependence, current: Sample) -> bool:
    found = current.columns
    return all(name in found and found[name].dtype.kind == "f" for name in reference.columns)


def _pairs(reference: Dependence, scores: Floats, limits: Drift) -> tuple[Pair, ...]:
    upper = np.triu_indices(len(reference.columns), 1)
    before, now = np.array(reference.correlations), correlation.correlations(scores)[upper]
    noise = np.sqrt(np.array(reference.variances) * (1 / reference.rows + 1 / len(scores)))
    beyond = np.abs(correlation.fisher(now) - correlation.fisher(before)) > -ndtri(_LEVEL / 2 / len(before)) * noise
    sizes = np.where(beyond, _jeffreys_of_pairs(before, now), 0.0)
    worst = [at for at in np.argsort(-sizes, kind="stable")[:NAMED].tolist() if sizes[at] > 0]
    return tuple(
        Pair(
            (reference.columns[upper[0][at]], reference.columns[upper[1][at]]),
            float(before[at]), float(now[at]), float(sizes[at]), grade(float(sizes[at]), limits),
        )
        for at in worst
    )  # fmt: skip


def _jeffreys_of_pairs(before: Floats, now: Floats) -> Floats:
    """KL(p, q) + KL(q, p) of normal pairs with variances of one and these correlations."""
    a, b = (np.clip(r, -correlation.NEARLY_ONE, correlation.NEARLY_ONE) for r in (before, now))
    return np.asarray((1 - a * b) * (1 / (1 - a * a) + 1 / (1 - b * b)) - 2)


def _reconstruction(reference: Dependence, scores: Floats, limits: Drift) -> Reconstruction:
    errors = reference.errors(scores)
    now, n, m = float(errors.mean()), reference.rows, len(scores)
    noise = np.sqrt(reference.spread**2 / n + max(reference.spread**2, float(errors.var())) / m)
    beyond = abs(now - reference.error) > -ndtri(_LEVEL / 2) * noise
    ratio = max(now, 1e-3) / max(reference.error, 1e-3)
    left = len(reference.columns) - reference.explaining
    psi = left / 2 * (ratio + 1 / ratio - 2) if beyond else 0.0
    return Reconstruction(reference.error, now, psi, grade(psi, limits))
