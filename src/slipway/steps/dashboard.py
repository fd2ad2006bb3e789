"""What the KFP dashboard shows of a verdict."""

from dataclasses import dataclass

import numpy as np

from slipway.evaluation import curves as drawing
from slipway.evaluation import decision
from slipway.evaluation.content import ReportData
from slipway.steps.contents import scores


@dataclass(frozen=True, slots=True)
class Curves:
    """What the KFP dashboard draws.

    Attributes:
        roc: False positive rates, true positive rates, thresholds; None where the test rows have one class only. Of
            more than two classes, all together (micro average).
        confusion: Class labels, and counts with a row for each true class.
    """

    roc: tuple[list[float], list[float], list[float]] | None
    confusion: tuple[list[str], list[list[int]]]


def metrics(data: ReportData) -> dict[str, float]:
    """Every finite score with the ends of its interval, by name."""
    gain = data.verdict.gain
    found = {"gain": gain.estimate, "gain_low": gain.low, "gain_high": gain.high}
    return {name: float(value) for name, value in found.items() if np.isfinite(value)} | scores(data)


def curves(data: ReportData) -> Curves | None:
    """ROC curve and confusion matrix; None for a regression."""
    target, outputs = data.schema.target, data.outputs
    if target.task == "regression":
        return None
    y = data.y.astype(np.int64)
    decided = decision.decide(outputs, data.threshold)
    confusion = drawing.confusion(y, decided, len(target.classes))
    if target.task == "multiclass":
        held = np.eye(len(target.classes), dtype=np.int64)[y].ravel()
        y, outputs = held, np.column_stack([1 - outputs.ravel(), outputs.ravel()])
    if y.min() == y.max():
        return Curves(None, (list(target.classes), confusion))
    roc = drawing.roc(y, outputs)
    return Curves((list(roc.x), list(roc.y), list(roc.thresholds)), (list(target.classes), confusion))
