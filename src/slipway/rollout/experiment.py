"""The verdict of an A/B test from its outcomes, valid at whatever moment one looks."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy import stats

from slipway.errors import DataError

Floats = npt.NDArray[np.float64]
Decision = Literal["promote", "hold", "rollback"]

_FEWEST = 10


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the outcomes say.

    Attributes:
        stable: Mean outcome of the stable revision.
        challenger: Mean outcome of the challenger.
        counts: Outcomes of either.
        difference: Challenger less stable.
        low: Lower end of the interval of the difference, for a test that is looked at once.
        high: Upper end of it.
        always_low: Lower end of the interval that holds at every look at once.
        always_high: Upper end of it.
        lift: Difference relative to the stable mean; None when that is 0.
        decision: Promote when the interval for every look is above 0, roll back when it is below, else hold.
    """

    stable: float
    challenger: float
    counts: tuple[int, int]
    difference: float
    low: float
    high: float
    always_low: float
    always_high: float
    lift: float | None
    decision: Decision

    @property
    def sentence(self) -> str:
        """The outcome in a sentence."""
        lift = "" if self.lift is None else f", a lift of {self.lift:+.2%}"
        return (
            f"{self.challenger:.4g} against {self.stable:.4g} ({self.counts[1]} and {self.counts[0]} outcomes): "
            f"{self.difference:+.4g}{lift}; interval {self.low:+.4g} to {self.high:+.4g} if this is the only look, "
            f"{self.always_low:+.4g} to {self.always_high:+.4g} whenever one looks"
        )


def verdict(stable: Floats, challenger: Floats, confidence: float = 0.95, expected: float = 0.0) -> Outcome:
    """Compares the outcomes of two revisions; higher is better.

    The interval for one look is Welch's. The one for every look inverts the mixture sequential probability ratio test
    with a normal mixture of variance ``expected ** 2`` over the difference (Johari, Koomen, Pekelis and Walsh,
    Operations Research 70, 2022). Half its width is ``sqrt(2 V (V + t) / t * (log(1 / a) + log((V + t) / V) / 2))``,
    where V is the variance of the difference, t that of the mixture and a one less the confidence. A few outcomes of a
    rare kind may show no variance at all, so for V either revision's counts as no less than the pooled one.

    Args:
        stable: Outcomes of the stable revision, shape ``(n,)``: 0 and 1, or numbers.
        challenger: Outcomes of the challenger, shape ``(m,)``.
        confidence: Of both intervals.
        expected: Difference that one hopes to see, in units of the outcome; the interval is narrowest near it. 0 for a
            tenth of the outcomes' standard deviation.

    Raises:
        DataError: There are fewer than ten outcomes of either, or one is not a finite number.
    """
    for name, values in (("stable", stable), ("challenger", challenger)):
        if len(values) < _FEWEST:
            message = f"there are {len(values)} outcomes of {name!r}; at least {_FEWEST} are needed"
            raise DataError(message)
        if not np.isfinite(values).all():
            message = f"an outcome of {name!r} is not a finite number"
            raise DataError(message)
    means = float(stable.mean()), float(challenger.mean())
    difference = means[1] - means[0]
    counts = len(stable), len(challenger)
    spreads = float(stable.var(ddof=1)), float(challenger.var(ddof=1))
    half = _welch((spreads[0] / counts[0], spreads[1] / counts[1]), counts, confidence)
    always = _mixture(spreads, counts, confidence, expected)
    certain = max(spreads) > 0
    decision: Decision = "hold"
    if certain and difference - always > 0:
        decision = "promote"
    elif certain and difference + always < 0:
        decision = "rollback"
    return Outcome(
        stable=means[0],
        challenger=means[1],
        counts=counts,
        difference=difference,
        low=difference - half,
        high=difference + half,
        always_low=difference - always,
        always_high=difference + always,
        lift=difference / means[0] if means[0] else None,
        decision=decision,
    )


def _mixture(spreads: tuple[float, float], counts: tuple[int, int], confidence: float, expected: float) -> float:
    """Half of the interval that holds at every look, see ``verdict``."""
    pooled = sum(spread * (count - 1) for spread, count in zip(spreads, counts, strict=True)) / (sum(counts) - 2)
    variance = sum(max(spread, pooled) / count for spread, count in zip(spreads, counts, strict=True))
    if variance == 0:
        return 0.0
    mixture = expected**2 or pooled / 100
    evidence = math.log(1 / (1 - confidence)) + math.log((variance + mixture) / variance) / 2
    return math.sqrt(2 * variance * (variance + mixture) / mixture * evidence)


def _welch(parts: tuple[float, float], counts: tuple[int, int], confidence: float) -> float:
    variance = sum(parts)
    if variance == 0:
        return 0.0
    freedom = variance**2 / sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))
    return float(stats.t.ppf(0.5 + confidence / 2, freedom)) * math.sqrt(variance)
