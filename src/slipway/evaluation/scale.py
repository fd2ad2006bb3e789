"""Where an interval lies on a common horizontal scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from slipway.evaluation.bootstrap import Interval


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of scores that is drawn from 0% to 100% of a width.

    Attributes:
        low: The score at 0%.
        high: The score at 100%.
    """

    low: float
    high: float

    @classmethod
    def over(cls, intervals: Sequence[Interval]) -> "Scale":
        """The scale that shows all intervals, with a margin on both sides.

        Args:
            intervals: At least one.
        """
        low = min(min(one.low, one.estimate) for one in intervals)
        high = max(max(one.high, one.estimate) for one in intervals)
        margin = 0.04 * (high - low) or 0.5
        return cls(low - margin, high + margin)

    def at(self, score: float) -> str:
        """The position of a score, as a CSS percentage."""
        return f"{100 * (score - self.low) / (self.high - self.low):.2f}%"
