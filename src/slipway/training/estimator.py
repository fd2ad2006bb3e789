"""Candidates that are scikit-learn estimators, and their models on disk, without pickle."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar
from zipfile import BadZipFile

import numpy as np
import onnx
import skops.io
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType

from slipway.data.schema import Target, Task
from slipway.errors import BundleError
from slipway.training import graph
from slipway.training.candidate import Setting
from slipway.training.matrix import Features, Matrix, Outputs, Rows
from slipway.training.space import Space

FILE = "model.skops"

TRUSTED = ("sklearn.tree._tree.Tree",)
"""Types besides those that skops trusts: arrays in the shape of a tree, no code."""


@dataclass(frozen=True, slots=True)
class EstimatorModel:
    """A fitted scikit-learn estimator."""

    estimator: Any
    target: Target

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        answered: Outputs = outputs(self.estimator, x)
        return answered

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        classes = len(self.target.classes)
        model = to_onnx(
            self.estimator,
            initial_types=[(graph.INPUT, FloatTensorType([None, self.estimator.n_features_in_]))],
            options={id(self.estimator): {"zipmap": False}} if classes else None,
            target_opset=graph.OPSETS,
        )
        return graph.ending_in(model, "probabilities" if classes else "variable", classes or 1)

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        save(self.estimator, folder)


class EstimatorCandidate(ABC):
    """A candidate made from a scikit-learn estimator: give it a name, a space, and ``build``.

    Attributes:
        name: See ``candidate.Candidate``.
        space: See ``candidate.Candidate``.
        trusted: Types in the estimator besides those that skops trusts; none of them may run code when it is made.
    """

    name: str
    space: Space = {}  # noqa: RUF012
    trusted: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def build(self, task: Task, params: Mapping[str, Any], seed: int) -> Any:
        """The estimator to fit.

        Args:
            task: ``binary``, ``multiclass`` or ``regression``.
            params: A value for each name in ``space``.
            seed: Seed of every random number.
        """

    def fit(self, rows: Rows, validation: Rows | None, target: Target, setting: Setting) -> Any:  # noqa: ARG002
        """See ``candidate.Candidate``; the validation rows are not looked at."""
        assert isinstance(rows, Matrix)  # noqa: S101 - only what streams gets rows that are stored
        chosen = {name: setting.params[name] for name in self.space}
        estimator = self.build(target.task, chosen, setting.seed)
        if "n_jobs" in estimator.get_params():
            estimator.set_params(n_jobs=setting.threads)
        estimator.fit(rows.x, rows.y, sample_weight=rows.weight)
        return EstimatorModel(serial(estimator), target)

    def load(self, folder: Path, target: Target) -> Any:
        """See ``candidate.Candidate``."""
        return EstimatorModel(load(folder, self.trusted), target)


def serial(estimator: Any) -> Any:
    """The same estimator that predicts in one thread: several add up trees in any order."""
    return estimator.set_params(n_jobs=None) if "n_jobs" in estimator.get_params() else estimator


def save(estimator: Any, folder: Path) -> None:
    """Writes an estimator in the skops format."""
    folder.mkdir(parents=True, exist_ok=True)
    skops.io.dump(estimator, folder / FILE)


def load(folder: Path, trusted: tuple[str, ...] = ()) -> Any:
    """Reads an estimator; only types that skops trusts, those in ``TRUSTED`` and those given are made.

    Raises:
        BundleError: The file asks for another type, or is none of slipway's.
    """
    allowed = {*TRUSTED, *trusted}
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=folder / FILE)) - allowed)
    except (OSError, BadZipFile, ValueError, KeyError, TypeError) as error:
        message = f"{FILE} can't be read: {error}; it was not written by slipway"
        raise BundleError(message) from None
    if unknown:
        message = f"{FILE} asks for types that are not trusted: {', '.join(unknown)}; it was not written by slipway"
        raise BundleError(message)
    return skops.io.load(folder / FILE, trusted=sorted(allowed))


def outputs(estimator: Any, x: Any) -> Any:
    """Probabilities of a classifier, or predictions of a regressor."""
    return (
        estimator.predict_proba(x) if hasattr(estimator, "predict_proba") else np.asarray(estimator.predict(x)).ravel()
    )
