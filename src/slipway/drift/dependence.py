"""How numeric columns hang together: their correlations, and what few directions leave of the rows unexplained."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from slipway.data.schema import Kind
from slipway.drift.correlation import correlations, explaining, full, residuals, variances
from slipway.drift.sample import Sample

Floats = NDArray[np.float64]

MIN_ROWS = 30
"""Fewest rows with which a dependence is described."""

_BINS = 20
_FOLDS = 10
_DIGITS = 6


@dataclass(frozen=True, slots=True)
class Dependence:
    """What is kept of the reference's rows to compare dependences with: no row, and no more for more rows.

    A value counts as the normal score of its bin, so that outliers and skew do not matter, and a missing one as the
    middle.

    Attributes:
        rows: Rows that it was measured on.
        columns: The k numeric and boolean columns that vary.
        edges: Inner edges of each column's bins.
        scores: The normal score of each bin: its number of standard deviations from the middle.
        correlations: Of each pair, rows of the upper triangle one after the other.
        variances: Likewise, n times the variance of the Fisher transform of a correlation over n rows.
        error: Mean squared distance of a row from the directions that explain most of the variance.
        spread: Standard deviation of that squared distance.
    """

    rows: int
    columns: tuple[str, ...]
    edges: tuple[tuple[float, ...], ...]
    scores: tuple[tuple[float, ...], ...]
    correlations: tuple[float, ...]
    variances: tuple[float, ...]
    error: float
    spread: float

    def transform(self, columns: Mapping[str, NDArray[Any]]) -> Floats:
        """Normal scores of rows.

        Args:
            columns: Name to values of shape (n,), NaN for a missing one.

        Returns:
            Shape (n, k).
        """
        return np.column_stack(
            [
                _scored(columns[name], np.array(edges), np.array(scores))
                for name, edges, scores in zip(self.columns, self.edges, self.scores, strict=True)
            ]
        )

    def errors(self, scores: Floats) -> Floats:
        """The squared distance of each row from the directions that explain most of the reference's variance.

        Args:
            scores: Normal scores, shape (n, k).

        Returns:
            Shape (n,).
        """
        return residuals(scores, full(self.correlations, len(self.columns)), self.explaining)

    @property
    def explaining(self) -> int:
        """The number of directions that explain most of the variance."""
        return explaining(full(self.correlations, len(self.columns)))

    def to_raw(self) -> dict[str, Any]:
        """What ``from_raw`` reads, made of what JSON has."""
        return asdict(self)

    @classmethod
    def from_raw(cls, raw: Mapping[str, Any]) -> "Dependence":
        """Reads what ``to_raw`` wrote.

        Raises:
            KeyError: A field is missing.
            TypeError: A field is of another type, or unknown.
            ValueError: A number is not finite, or fields do not agree.
        """
        flat = {name: _finite(raw[name]) for name in ("correlations", "variances")}
        nested = {name: tuple(map(_finite, raw[name])) for name in ("edges", "scores")}
        single = dict(zip(("error", "spread"), _finite([raw["error"], raw["spread"]]), strict=True))
        made = cls(**{**raw, **flat, **nested, **single, "columns": tuple(map(str, raw["columns"]))})
        made._check()
        return made

    def _check(self) -> None:
        k = len(self.columns)
        lengths = (len(self.edges), len(self.scores), len(self.correlations), len(self.variances))
        if lengths != (k, k, k * (k - 1) // 2, k * (k - 1) // 2):
            message = f"the dependence of {k} columns has fields of lengths {lengths}"
            raise ValueError(message)
        bins = zip(self.edges, self.scores, strict=True)
        if any(len(scores) != len(edges) + 1 or list(edges) != sorted(edges) for edges, scores in bins):
            message = "the dependence has bins that do not follow each other, or not a score for each"
            raise ValueError(message)
        if k < 2 or self.rows < MIN_ROWS:
            message = f"the dependence is of {k} columns and {self.rows} rows, which are too few"
            raise ValueError(message)
        if min(self.spread, *self.variances) < 0 or max(map(abs, self.correlations)) > 1:
            message = "the dependence has variances below 0, or correlations beyond 1"
            raise ValueError(message)


def fit(sample: Sample, kinds: Mapping[str, Kind]) -> Dependence | None:
    """Describes how the numeric columns of a sample hang together.

    Args:
        sample: Rows of the reference.
        kinds: Name to kind of its columns.

    Returns:
        None where fewer than two columns vary, or there are fewer than ``MIN_ROWS`` rows.
    """
    numeric = [name for name in sample.columns if kinds[name] != "category"]
    binned = {name: bins for name in numeric if (bins := _bins(sample.columns[name])) is not None}
    rows = len(sample.keys)
    if len(binned) < 2 or rows < MIN_ROWS:
        return None
    names = tuple(binned)
    edges, scores = zip(*binned.values(), strict=True)
    empty = Dependence(rows, names, edges, scores, (), (), 0.0, 0.0)
    z = empty.transform(sample.columns)
    upper = np.triu_indices(len(names), 1)
    found, spreads = correlations(z), variances(z)
    errors = _crossed_errors(z, explaining(found))
    return Dependence(
        rows, names, edges, scores,
        _rounded(found[upper]), _rounded(spreads[upper]), float(errors.mean()), float(errors.std()),
    )  # fmt: skip


def _bins(values: NDArray[Any]) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    present = np.sort(values[np.isfinite(values)])
    if len(present) < MIN_ROWS or present[0] == present[-1]:
        return None
    places = (np.arange(1, _BINS) * len(present)) // _BINS
    edges = np.unique(present[places - 1])
    edges = edges[edges < present[-1]]
    if not len(edges):
        edges = present[:1]
    counts = np.bincount(np.searchsorted(edges, present), minlength=len(edges) + 1)
    middles = ndtri((np.cumsum(counts) - counts / 2) / len(present))
    middles -= np.average(middles, weights=counts)
    middles /= np.sqrt(np.average(np.square(middles), weights=counts))
    return _rounded(edges, None), _rounded(middles)


def _scored(values: NDArray[Any], edges: Floats, scores: Floats) -> Floats:
    return np.where(np.isnan(values), 0.0, scores[np.searchsorted(edges, values)])


def _crossed_errors(scores: Floats, count: int) -> Floats:
    """Distances from directions that were fitted on other rows, so that they are not flattered."""
    fold = np.arange(len(scores)) % _FOLDS
    return np.concatenate(
        [
            residuals(scores[fold == at], np.nan_to_num(correlations(scores[fold != at]), nan=0.0), count)
            for at in range(_FOLDS)
        ]
    )


def _finite(values: Iterable[Any]) -> tuple[float, ...]:
    found = tuple(map(float, values))
    if not np.isfinite(found).all():
        message = "the dependence has a number that is not finite"
        raise ValueError(message)
    return found


def _rounded(values: Floats, digits: int | None = _DIGITS) -> tuple[float, ...]:
    return tuple((values if digits is None else values.round(digits)).tolist())
