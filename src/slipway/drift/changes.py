"""Rows from which errors grew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.evaluation.wording import number

Floats = NDArray[np.float64]

_SCALES = 4.0
"""Typical errors at which the error of one row stops to count for more in the sequential test."""


@dataclass(frozen=True, slots=True)
class Change:
    """A row from which errors are more frequent, or larger, than before.

    Attributes:
        row: Position of the row after which it was sure, in the order of time.
        before: Mean error of a row until then.
        now: Mean error of the rows that the detector kept as recent.
    """

    row: int
    before: float
    now: float

    @property
    def sentence(self) -> str:
        """The change in words."""
        return f"errors grew from {number(self.before)} to {number(self.now)} a row, seen at row {self.row + 1:,}"


def changes(losses: Sequence[float] | Floats) -> tuple[Change, ...]:
    """Where the mean error of a row grew, by ADWIN.

    A. Bifet and R. Gavaldà, "Learning from time-changing data with adaptive windowing", SIAM SDM 2007. It expects
    values from 0 to 1, so an error counts as a share of ``_SCALES`` times the median of those that are not 0, and as 1
    at most.

    Args:
        losses: The error of each row in the order of time, 0 or more.
    """
    from river.drift import ADWIN

    values = np.asarray(losses, dtype=np.float64)
    positive = values[values > 0]
    if not len(positive):
        return ()
    scale = 1.0 if positive.max() <= 1 and np.isin(values, (0, 1)).all() else _SCALES * float(np.median(positive))
    detector: Any = ADWIN()  # type: ignore[no-untyped-call]
    found = []
    for row, value in enumerate(np.minimum(values / scale, 1.0).tolist()):
        before = detector.estimation
        detector.update(value)
        if detector.drift_detected and detector.estimation > before:
            found.append(Change(row, before * scale, detector.estimation * scale))
    return tuple(found)
