"""What a candidate is, and which there are."""

from importlib.metadata import entry_points
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol

import onnx

from slipway.data.schema import Target
from slipway.errors import DataError, UnknownNameError
from slipway.training.matrix import Features, Matrix, Outputs

GROUP = "slipway.candidates"
"""Entry point group under which a package names candidates of its own."""

_OURS = {
    "forest": "slipway.training.forest:Forest",
    "logistic": "slipway.training.linear:Linear",
    "xgboost": "slipway.training.boosting:Boosting",
}


class Model(Protocol):
    """A trained model."""

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


class Candidate(Protocol):
    """A way to train a model.

    Attributes:
        name: What the spec calls it.
    """

    name: str

    def fit(self, train: Matrix, validation: Matrix, target: Target, seed: int) -> Model:
        """Trains.

        Args:
            train: Rows to train on.
            validation: Rows to stop early or to choose settings on.
            target: The target.
            seed: Seed of every random number.
        """
        ...

    def load(self, folder: Path, target: Target) -> Model:
        """Reads what the model's ``save`` wrote."""
        ...


def get(name: str) -> Candidate:
    """The candidate of a name: one of ours, or one that an installed package names under ``GROUP``.

    Raises:
        UnknownNameError: There is none of that name.
        DataError: A package's candidate can't be loaded.
    """
    if name in _OURS:
        made: Candidate = resolve_name(_OURS[name])()
        return made
    found = {point.name: point for point in entry_points(group=GROUP)}
    if name not in found:
        raise UnknownNameError("candidate", name, sorted({*_OURS, *found}), where="the candidates")  # noqa: EM101
    try:
        candidate: Candidate = found[name].load()()
    except Exception as error:  # it is somebody else's code
        package = found[name].dist
        message = f"candidate {name!r} of {package.name if package else 'a package'!r} can't be loaded: {error}"
        raise DataError(message) from error
    return candidate
