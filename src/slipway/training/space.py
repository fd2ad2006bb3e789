"""What a search may choose from: the settings of a candidate, each with the value that is tried first."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import numpy as np
from optuna.trial import Trial

Value = float | int | str | bool
GRID = 3
"""Values of a number that a grid tries."""


@dataclass(frozen=True, slots=True)
class Real:
    """A number between two others, both included.

    Attributes:
        low: Smallest.
        high: Largest.
        default: What is tried first.
        log: Whether it is searched by its logarithm.
    """

    low: float
    high: float
    default: float
    log: bool = False

    def suggest(self, trial: Trial, name: str) -> Value:
        """A value for a trial."""
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def grid(self) -> list[Value]:
        """Values spread over the range, ends included."""
        spread = np.geomspace if self.log else np.linspace
        return [float(value) for value in spread(self.low, self.high, GRID)]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number between two others, both included; see ``Real``."""

    low: int
    high: int
    default: int
    log: bool = False

    def suggest(self, trial: Trial, name: str) -> Value:
        """A value for a trial."""
        return trial.suggest_int(name, self.low, self.high, log=self.log)

    def grid(self) -> list[Value]:
        """Values spread over the range, ends included."""
        spread = np.geomspace if self.log else np.linspace
        return sorted({round(float(value)) for value in spread(self.low, self.high, GRID)})


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several values.

    Attributes:
        options: The values; the first is the default.
    """

    options: tuple[Value, ...]

    @property
    def default(self) -> Value:
        """What is tried first."""
        return self.options[0]

    def suggest(self, trial: Trial, name: str) -> Value:
        """A value for a trial."""
        return cast("Value", trial.suggest_categorical(name, self.options))

    def grid(self) -> list[Value]:
        """Every value."""
        return list(self.options)


Parameter = Real | Whole | Choice
Space = Mapping[str, Parameter]


def defaults(space: Space) -> dict[str, Value]:
    """What is tried first."""
    return {name: parameter.default for name, parameter in space.items()}


def grid(space: Space) -> list[dict[str, Any]]:
    """Every combination of the values of a grid."""
    return [dict(zip(space, values, strict=True)) for values in product(*(item.grid() for item in space.values()))]
