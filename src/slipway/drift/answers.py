"""Predictions with the truth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway.data.schema import Task
from slipway.evaluation import metrics
from slipway.evaluation.decision import decide
from slipway.evaluation.metrics import Metric

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

WATCHED: dict[Task, tuple[str, ...]] = {
    "binary": ("f1", "accuracy", "roc_auc"),
    "multiclass": ("f1", "accuracy", "roc_auc"),
    "regression": ("rmse", "mae"),
}


@dataclass(frozen=True, slots=True)
class Answers:
    """Predictions with the truth, in the order of time.

    Attributes:
        task: The task.
        y: Class indices or values, shape (n,).
        outputs: Probabilities (n, k), or predictions (n,). Classes without probabilities have ones and zeros.
        probabilities: Whether outputs are probabilities.
        threshold: Probability from which a binary prediction is the positive class.
    """

    task: Task
    y: Floats | Ints
    outputs: Floats
    probabilities: bool = True
    threshold: float = 0.5

    def __len__(self) -> int:
        return len(self.y)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """What is watched; the ROC AUC needs probabilities."""
        return tuple(metrics.get(name) for name in WATCHED[self.task] if self.probabilities or name != "roc_auc")

    @property
    def losses(self) -> Floats:
        """The error of each row: 1 for a wrong class, or the absolute error of a number; shape (n,)."""
        if self.task == "regression":
            return np.asarray(np.abs(self.outputs - self.y), dtype=np.float64)
        return np.where(decide(self.outputs, self.threshold) == self.y, 0.0, 1.0)


def part(answers: Answers, start: int, end: int) -> Answers:
    """Some of the rows.

    Args:
        answers: All rows.
        start: Position of the first one.
        end: Position after the last one.
    """
    y, outputs = answers.y[start:end], answers.outputs[start:end]
    return Answers(answers.task, y, outputs, answers.probabilities, answers.threshold)
