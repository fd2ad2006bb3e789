"""What a candidate is, and which there are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, Protocol

import onnx

from slipway.data.schema import Target
from slipway.errors import DataError, SlipwayError, UnknownNameError
from slipway.training.matrix import Features, Outputs, Rows
from slipway.training.space import Space

GROUP = "slipway.candidates"
"""Entry point group under which a package names candidates of its own."""

_OURS = {
    "forest": "slipway.training.forest:Forest",
    "histogram": "slipway.training.histogram:Histogram",
    "lightgbm": "slipway.training.light:Light",
    "logistic": "slipway.training.linear:Linear",
    "xgboost": "slipway.training.boosting:Boosting",
}


class Model(Protocol):
    """A trained model.

    A model may have an attribute ``found``: settings that the validation rows chose, such as the number of rounds.
    They are among the settings when the candidate is fitted again without validation rows.
    """

    def predict(self, x: Features) -> Outputs:
        """Answers for rows of features.

        Args:
            x: float32, shape (n, f).

        Returns:
            Probabilities (n, k) in the order of the target's classes, or predictions (n,) for a regression.
        """
        ...

    def to_onnx(self) -> onnx.ModelProto:
        """The model as a graph from ``features``, float32 (N, f), to ``outputs``, double (N, k) or (N, 1)."""
        ...

    def save(self, folder: Path) -> None:
        """Writes the model into an empty folder, in its own format, which must not be able to run code."""
        ...


def unwatched(step: int, loss: float) -> None:
    """Watches nothing."""


@dataclass(frozen=True, slots=True)
class Setting:
    """How a candidate is to be trained.

    Attributes:
        params: A value for each name in the candidate's space, and what its model found before.
        seed: Seed of every random number.
        threads: Threads that it may use.
        watch: To be told a step, from 1 on, and the loss on the validation rows after it; raises when there is no use
            in going on.
    """

    params: Mapping[str, Any]
    seed: int
    threads: int = 1
    watch: Callable[[int, float], None] = unwatched


class Candidate(Protocol):
    """A way to train a model.

    A candidate that can train on ``Stored`` rows says so with an attribute ``streams = True``; others get a ``Matrix``.

    Attributes:
        name: What the spec calls it.
        space: What a search may choose from; empty when there is nothing to choose.
    """

    name: str
    space: Space

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> Model:
        """Trains.

        Args:
            rows: Rows to train on; they may have weights.
            validation: Rows to stop early or to choose settings on; None when ``setting`` says what was found on them.
            target: The target; of a regression, its values are standardised.
            setting: How.
        """
        ...

    def load(self, folder: Path, target: Target) -> Model:
        """Reads what the model's ``save`` wrote."""
        ...


def get(name: str) -> Candidate:
    """The candidate of a name: one of ours, or one that an installed package names under ``GROUP``.

    Raises:
        UnknownNameError: There is none of that name.
        DataError: What it needs is not installed, or a package's candidate can't be loaded.
    """
    if name in _OURS:
        made: Candidate = resolve_name(_OURS[name])()
        return made
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise UnknownNameError("candidate", name, sorted({*_OURS, *found}), where="the candidates")  # noqa: EM101
    try:
        candidate: Candidate = found[name].load()()
    except SlipwayError:
        raise
    except Exception as error:  # it is somebody else's code
        package = found[name].dist
        message = f"candidate {name!r} of {package.name if package else 'a package'!r} can't be loaded: {error}"
        raise DataError(message) from error
    return candidate
