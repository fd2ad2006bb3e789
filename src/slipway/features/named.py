"""Features: what they hold, what they are called, and where each comes from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Features = NDArray[np.float32]
"""Features of some rows, shape (features, rows)."""


@dataclass(frozen=True, slots=True)
class Named:
    """A feature before its name is made distinct.

    Attributes:
        name: Its name.
        column: The raw or derived column that it comes from.
    """

    name: str
    column: str


def distinct(features: list[Named], taken: str) -> dict[str, str]:
    """Names that differ from each other and from one that is taken, each with its column."""
    columns: dict[str, str] = {}
    for feature in features:
        free, number = feature.name, 2
        while free in columns or free == taken:
            free, number = f"{feature.name} ({number})", number + 1
        columns[free] = feature.column
    return columns
