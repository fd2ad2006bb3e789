"""One column of the current data against the same of the reference."""

from dataclasses import dataclass

import numpy as np

from slipway.data.sketch import Sketch
from slipway.drift import bins as binning
from slipway.drift import statistics
from slipway.drift.bins import Bins, Counts
from slipway.drift.distances import distances, sketched_error
from slipway.drift.labels import labels
from slipway.drift.levels import Levels
from slipway.drift.points import aligned
from slipway.drift.profile import Column, Floats


@dataclass(frozen=True, slots=True)
class Measured:
    """How far apart a column's values are, without a verdict; see ``slipway.drift.comparison.ColumnDrift``.

    Attributes:
        reference: The reference's column, without its values.
        before: Reference rows in each bin, shape (b,).
        now: Current rows in each bin, likewise.
    """

    name: str
    bins: Bins
    before: Counts
    now: Counts
    ks: float
    wasserstein: float | None
    infinite: int
    unseen: float
    error: float

    @property
    def psi(self) -> float:
        """Population stability index over the bins."""
        return statistics.psi(self.before, self.now)

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the bins."""
        return labels(self.bins)


def measure(reference: Column, current: Column) -> Measured:
    """Compares a column; exactly where all values are at hand, else within the error of the sketches.

    Args:
        reference: The reference's column.
        current: The current data's, of a kind that can be compared.
    """
    match reference.values, current.values:
        case Levels() as before, Levels() as now:
            return _of_levels(reference, before, current, now)
        case (Sketch() | np.ndarray()) as one, (Sketch() | np.ndarray()) as other:
            return _of_numbers(reference, one, current, other)
    message = f"column {reference.name!r} is a category on one side only"
    raise TypeError(message)


def _of_levels(reference: Column, before: Levels, current: Column, now: Levels) -> Measured:
    bins = binning.of_levels(before, now)
    counts = [
        binning.count_levels(bins, levels, column.nulls) for levels, column in ((before, reference), (now, current))
    ]
    strange = sum(count for level, count in now.counts.items() if level not in before.counts) if before.complete else 0
    distance = statistics.total_variation(counts[0][:-1], counts[1][:-1])
    error = (before.error + now.error) / 2
    return Measured(reference.name, bins, counts[0], counts[1], distance, None, 0, strange / max(1, now.total), error)


def _of_numbers(reference: Column, one: Floats | Sketch, current: Column, other: Floats | Sketch) -> Measured:
    before, now = aligned(one, other)
    bins = binning.of_points(reference.kind, before)
    counts = [
        binning.count_points(bins, points, column.nulls) for points, column in ((before, reference), (now, current))
    ]
    both = before.rows and now.rows
    ks, wasserstein = distances(before, now) if both else (0.0, None)
    error = sketched_error(before, now, whole=reference.kind in ("integer", "boolean"))
    return Measured(reference.name, bins, counts[0], counts[1], ks, wasserstein, current.infinite, 0.0, error)
