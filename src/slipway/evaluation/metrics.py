"""Metrics by name: which there are, which way is better, and their value on weighted rows."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from slipway.data.schema import Task
from slipway.errors import DataError, UnknownNameError
from slipway.evaluation import decisions, deviation, probability, ranking
from slipway.evaluation.arrays import Floats, Ints, Statistic
from slipway.evaluation.decision import Rule

_CLASSES: frozenset[Task] = frozenset({"binary", "multiclass"})
_MANY: frozenset[Task] = frozenset({"multiclass"})
_NUMBERS: frozenset[Task] = frozenset({"regression"})


@dataclass(frozen=True, slots=True)
class Metric:
    """A way to score predictions.

    Attributes:
        name: What the spec calls it.
        title: What a sentence calls it.
        tasks: The tasks it is defined for.
        higher_is_better: False for errors and losses.
        prepare: From y, outputs and threshold to a function of row weights.
        decides: Whether it may decide between models. The calibration error may not: it only grows in a resample.
    """

    name: str
    title: str
    tasks: frozenset[Task]
    higher_is_better: bool
    prepare: Callable[[Any, Floats, Rule], Statistic]
    decides: bool = True

    def value(self, y: Floats | Ints, outputs: Floats, weights: Floats, threshold: Rule = 0.5) -> Floats:
        """The metric on weighted rows.

        Args:
            y: Class indices or target, shape (n,).
            outputs: Probabilities (n, k) or predictions (n,).
            weights: How often each row counts, shape (b, n).
            threshold: The rule that decides; see ``decision``.

        Returns:
            Values, shape (b,); NaN where the rows that count don't define the metric.
        """
        return self.prepare(y, outputs, threshold)(weights)

    def gain(self, a: float, b: float) -> float:
        """How much better the score ``a`` is than ``b``; positive is better, also for errors."""
        return a - b if self.higher_is_better else b - a


_ALL = (
    Metric("roc_auc", "ROC AUC", _CLASSES, True, ranking.roc_auc),
    Metric("pr_auc", "PR AUC", _CLASSES, True, ranking.pr_auc),
    Metric("roc_auc_micro", "micro ROC AUC", _MANY, True, ranking.micro(ranking.roc_auc), decides=False),
    Metric("pr_auc_micro", "micro PR AUC", _MANY, True, ranking.micro(ranking.pr_auc), decides=False),
    Metric("log_loss", "log loss", _CLASSES, False, probability.log_loss),
    Metric("brier", "Brier score", _CLASSES, False, probability.brier),
    Metric("accuracy", "accuracy", _CLASSES, True, decisions.accuracy),
    Metric("balanced_accuracy", "balanced accuracy", _CLASSES, True, decisions.balanced_accuracy),
    Metric("f1", "F1", _CLASSES, True, decisions.f1),
    Metric("f1_micro", "micro F1", _MANY, True, decisions.accuracy, decides=False),
    Metric("ece", "calibration error", _CLASSES, False, probability.calibration_error, decides=False),
    Metric("rmse", "RMSE", _NUMBERS, False, deviation.rmse),
    Metric("mae", "MAE", _NUMBERS, False, deviation.mae),
    Metric("r2", "R²", _NUMBERS, True, deviation.r2),
    Metric("pinball_10", "pinball loss at 10%", _NUMBERS, False, deviation.pinball(0.1)),
    Metric("pinball_90", "pinball loss at 90%", _NUMBERS, False, deviation.pinball(0.9)),
)
_BY_NAME = {metric.name: metric for metric in _ALL}
_DEFAULTS: dict[Task, str] = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}


def get(name: str) -> Metric:
    """The metric of a name.

    Raises:
        UnknownNameError: There is none of that name.
    """
    if name not in _BY_NAME:
        raise UnknownNameError(what="metric", name=name, known=_BY_NAME, where="the metrics")
    return _BY_NAME[name]


def default(task: Task) -> str:
    """Name of the metric that decides when the spec leaves it open."""
    return _DEFAULTS[task]


def resolve(name: str, task: Task) -> Metric:
    """The metric that a spec asks for.

    Args:
        name: A metric's name, or ``auto``.
        task: The task.

    Raises:
        DataError: The metric is not defined for the task.
    """
    metric = get(default(task) if name == "auto" else name)
    if task not in metric.tasks:
        allowed = ", ".join(item.name for item in for_task(task) if item.decides)
        message = f"metric {metric.name!r} is not defined for a {task} target; set 'metric' to one of: {allowed}"
        raise DataError(message)
    return metric


def for_task(task: Task) -> tuple[Metric, ...]:
    """The metrics that are defined for a task, in the order of a report."""
    return tuple(metric for metric in _ALL if task in metric.tasks)


def score(name: str, y: Floats | Ints, outputs: Floats, threshold: Rule = 0.5, weight: Floats | None = None) -> float:
    """The metric on all rows.

    Args:
        name: A metric's name.
        y: Class indices or target, shape (n,).
        outputs: Probabilities (n, k) or predictions (n,).
        threshold: The rule that decides; see ``decision``.
        weight: How much each row counts, shape (n,); None when all count the same.

    Returns:
        The score; NaN where the rows don't define it (the ROC AUC of rows of one class).
    """
    return float(get(name).value(y, outputs, (np.ones(len(y)) if weight is None else weight)[None], threshold)[0])
