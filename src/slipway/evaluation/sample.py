"""The rows that models are judged on: what is true of each, how much it counts, and whom it is about."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from slipway.evaluation.arrays import Floats, Ints


@dataclass(frozen=True)
class Sample:
    """Test rows.

    Attributes:
        y: Class indices or target, shape (n,).
        weight: How much each row counts, shape (n,); None when all count the same.
        entity: Whom or what each row is about as a number from 0, shape (n,); None when each row stands for itself.
    """

    y: Floats | Ints
    weight: Floats | None = None
    entity: Ints | None = None

    def __len__(self) -> int:
        return len(self.y)

    @property
    def alike(self) -> bool:
        """Whether every row counts the same and stands for itself."""
        return self.weight is None and self.entity is None

    @cached_property
    def counts(self) -> Floats:
        """How much each row counts, shape (n,)."""
        return np.ones(len(self.y)) if self.weight is None else self.weight.astype(np.float64)

    @cached_property
    def units(self) -> int:
        """Rows or entities that are drawn in a resample."""
        return len(self.y) if self.entity is None else int(self.entity.max()) + 1

    @cached_property
    def effective(self) -> float:
        """Units that would tell as much if all counted the same (Kish, Survey Sampling, 1965, section 8.2)."""
        counts = self.counts if self.entity is None else np.bincount(self.entity, self.counts)
        return float(counts.sum() ** 2 / (counts**2).sum()) if counts.any() else 0.0

    def rows(self, drawn: Floats) -> Floats:
        """Weights of rows in resamples.

        Args:
            drawn: How often each unit was drawn, shape (b, units).

        Returns:
            Shape (b, n).
        """
        spread = drawn if self.entity is None else drawn[:, self.entity]
        return spread if self.weight is None else spread * self.counts

    def take(self, chosen: Ints) -> "Sample":
        """Some of the rows.

        Args:
            chosen: Truth values, shape (n,).
        """
        entity = None if self.entity is None else np.unique(self.entity[chosen], return_inverse=True)[1]
        return Sample(self.y[chosen], None if self.weight is None else self.weight[chosen], entity)
