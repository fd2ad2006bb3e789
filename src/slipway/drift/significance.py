"""Whether a PSI is more than chance gives, over many columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, chndtrinc, gammaincc, gammainccinv

from slipway.drift.statistics import Counts

POWER = 0.8
"""Probability with which a window of the advised size sees a PSI at the limit."""

_DRAWS = 4000
_SMOOTHING = 0.5
_CERTAIN = 1e-12
_SEED = 20_061
_TINY = 1e-12


@dataclass(frozen=True, slots=True)
class Chance:
    """The PSI of two samples of one distribution, as a gamma distribution that is moved.

    Attributes:
        shape: Its shape.
        scale: Its scale.
        start: The PSI that it begins at.
    """

    shape: float
    scale: float
    start: float = 0.0

    def beyond(self, value: float) -> float:
        """The probability of a PSI of at least this."""
        return float(gammaincc(self.shape, max(0.0, value - self.start) / self.scale))

    def quantile(self, level: float) -> float:
        """The PSI that is exceeded with this probability."""
        return float(gammainccinv(self.shape, level) * self.scale + self.start)


def of_large_samples(reference: Counts, current: Counts) -> Chance:
    """Chance when every bin has many rows: PSI / (1/n + 1/m) is chi-squared with one degree less than there are bins.

    B. Yurdakul, "Statistical Properties of Population Stability Index", Western Michigan University, 2018.

    Args:
        reference: Rows in each bin, shape (b,).
        current: Likewise.
    """
    return Chance(_freedom(reference, current) / 2, 2 * _noise(int(reference.sum()), int(current.sum())))


def by_resampling(reference: Counts, current: Counts) -> Chance:
    """Chance at these sample sizes: the gamma distribution with the mean, the variance and the skewness of draws.

    Each draw is a reference and a current sample from the shares of both together, as in a permutation test, so that
    a small sample's bias and its rare bins are in it. The skewness is at least that of a gamma distribution that
    begins at 0, so that the tail, which is what many columns are judged by, is not too light.

    Args:
        reference: Rows in each bin, shape (b,).
        current: Likewise.
    """
    both = (reference + current)[(reference + current) > 0]
    return _drawn(tuple(sorted(both.tolist())), int(reference.sum()), int(current.sum()))


def is_certain(value: float, reference: Counts, current: Counts) -> bool:
    """Whether a PSI is so far beyond chance that resampling could not change the answer."""
    freedom = _freedom(reference, current)
    return bool(value > 2 * chdtri(freedom, _CERTAIN) * _noise(int(reference.sum()), int(current.sum())))


def discoveries(p_values: NDArray[np.float64], weights: NDArray[np.float64], rate: float) -> NDArray[np.bool_]:
    """Which columns changed, such that the false ones among them are expected to be few, however columns depend.

    Y. Benjamini and D. Yekutieli, Annals of Statistics 29(4), 2001, with the weights of C. Genovese, K. Roeder and
    L. Wasserman, Biometrika 93(3), 2006.

    Args:
        p_values: One a column, shape (c,).
        weights: Positive, with a mean of 1; a column with a larger one needs less evidence.
        rate: Expected share of false ones among the columns found, at most.
    """
    if not len(p_values):
        return np.zeros(0, dtype=np.bool_)
    weighted = p_values / weights
    ordered = np.sort(weighted)
    ranks = np.arange(1, len(ordered) + 1)
    passing = np.flatnonzero(ordered <= rate * ranks / (len(ordered) * _harmonic(len(ordered))))
    return np.asarray(weighted <= (ordered[passing[-1]] if len(passing) else -1.0))


def strictest(columns: int, rate: float) -> float:
    """The probability that one column alone must stay below to be a discovery among so many; see ``discoveries``."""
    return rate / (columns * _harmonic(columns))


def rows_needed(reference: Counts, limit: float, level: float) -> int | None:
    """Current rows with which a PSI at the limit is found with probability ``POWER``.

    With drift, PSI / (1/n + 1/m) is about noncentral chi-squared, its noncentrality the true PSI / (1/n + 1/m).

    Args:
        reference: Rows in each bin, shape (b,).
        limit: The PSI.
        level: Probability of finding one when nothing has changed.

    Returns:
        The rows; None when the reference has too few for any number.
    """
    spare = limit / _noncentrality(max(1, int(np.count_nonzero(reference)) - 1), level) - 1 / max(1, reference.sum())
    return int(np.ceil(1 / spare)) if spare > 0 else None


def weights_of(importances: Sequence[float | None]) -> NDArray[np.float64]:
    """Weights for ``discoveries``: half the same for all, half in proportion to importance.

    Args:
        importances: Shares that add up to at most 1; None where they are not known.
    """
    shares = np.array([0.0 if share is None else share for share in importances])
    return 0.5 + 0.5 * shares * len(shares) / shares.sum() if shares.sum() > 0 else np.ones(len(shares))


@lru_cache(maxsize=4096)
def _drawn(both: tuple[int, ...], n: int, m: int) -> Chance:
    random = np.random.default_rng(_SEED)
    shares = np.array(both) / sum(both)
    before, now = (random.multinomial(rows, shares, size=_DRAWS) for rows in (n, m))
    filled = (before + now) > 0
    p, q = (_smoothed(counts, filled) for counts in (before, now))
    values = np.sum((q - p) * np.log(np.where(filled, q, 1) / np.where(filled, p, 1)), axis=1)
    mean, deviation = max(float(values.mean()), _TINY), max(float(values.std()), _TINY)
    skewness = max(float(np.mean(((values - mean) / deviation) ** 3)), 2 * deviation / mean)
    return Chance(4 / skewness**2, deviation * skewness / 2, mean - 2 * deviation / skewness)


def _smoothed(counts: Counts, filled: NDArray[np.bool_]) -> NDArray[np.float64]:
    raised = np.where(filled, counts + _SMOOTHING, 0)
    return np.asarray(raised / raised.sum(axis=1, keepdims=True))


@cache
def _noncentrality(freedom: int, level: float) -> float:
    return float(chndtrinc(chdtri(freedom, level), freedom, 1 - POWER))


@cache
def _harmonic(count: int) -> float:
    return float(np.sum(1 / np.arange(1, count + 1)))


def _freedom(reference: Counts, current: Counts) -> int:
    return max(1, int(np.count_nonzero(reference + current)) - 1)


def _noise(n: int, m: int) -> float:
    return 1 / max(1, n) + 1 / max(1, m)
