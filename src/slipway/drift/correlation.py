"""Correlations of columns, their variances, and their main directions."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEARLY_ONE = 0.999
"""Size from which a correlation counts as this one."""

_EXPLAINED = 0.8
"""Share of the variance that the kept directions explain."""


def correlations(scores: Floats) -> Floats:
    """Pearson correlations; NaN for a column that is constant.

    Args:
        scores: Shape (n, k).

    Returns:
        Shape (k, k).
    """
    u = _standardized(scores)
    return np.asarray(u.T @ u / len(u))


def full(triangle: tuple[float, ...], k: int) -> Floats:
    """The whole symmetric matrix of a triangle above the diagonal, with ones on it."""
    matrix = np.zeros((k, k))
    matrix[np.triu_indices(k, 1)] = triangle
    return matrix + matrix.T + np.eye(k)


def fisher(correlation: Floats) -> Floats:
    """Fisher's transform, atanh, of correlations that are kept from one."""
    return np.asarray(np.arctanh(np.clip(correlation, -NEARLY_ONE, NEARLY_ONE)))


def variances(scores: Floats) -> Floats:
    """N times the variance of the Fisher transform of each correlation over n rows.

    From the influence function of a correlation, and no less than those of normal data.

    S. J. Devlin, R. Gnanadesikan and J. R. Kettenring, "Robust estimation and outlier detection with correlation
    coefficients", Biometrika 62(3), 1975.

    Args:
        scores: Shape (n, k).

    Returns:
        Shape (k, k).
    """
    u = _standardized(scores)
    square, n = np.square(u), len(u)
    r, both, cubed = u.T @ u / n, square.T @ square / n, (square * u).T @ u / n
    fourth = np.diag(both)
    raw = both - r * (cubed + cubed.T) + np.square(r) / 4 * (fourth[:, None] + 2 * both + fourth[None, :])
    return np.asarray(np.maximum(raw / np.square(1 - np.square(np.clip(r, -NEARLY_ONE, NEARLY_ONE))), 1.0))


def explaining(matrix: Floats) -> int:
    """How many eigenvectors of a correlation matrix of k columns explain most of its variance: fewer than k."""
    values = np.linalg.eigvalsh(matrix)[::-1]
    return min(int(np.searchsorted(np.cumsum(values) / values.sum(), _EXPLAINED)) + 1, len(values) - 1)


def residuals(scores: Floats, matrix: Floats, count: int) -> Floats:
    """The squared distance of rows from the first eigenvectors of a correlation matrix.

    Args:
        scores: Normal scores, shape (n, k).
        matrix: The correlation matrix, shape (k, k).
        count: How many eigenvectors.

    Returns:
        Shape (n,).
    """
    directions = np.linalg.eigh(matrix)[1][:, -count:]
    return np.asarray(np.square(scores).sum(axis=1) - np.square(scores @ directions).sum(axis=1))


def _standardized(scores: Floats) -> Floats:
    centered = scores - scores.mean(axis=0)
    deviation = centered.std(axis=0)
    return np.asarray(centered / np.where(deviation > 0, deviation, np.nan))
