"""Calibration: only where it improves probabilities on rows that it was not fitted on, by more than noise."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from slipway.training.adjust import Adjustment, Curve
from slipway.training.loss import each
from slipway.training.matrix import Goal, Weight

FOLDS = 5
NOISE = 2.0
"""Standard errors that the mean improvement of the log loss must exceed."""

MIN_CLASS_ROWS = 25
"""Fewest rows of each class that a calibration is fitted to."""

STEEPEST = 8.0
"""Steepest slope of a curve: single precision of a graph is blown up by no more."""

_EDGE = 1e-4
_GRID = expit(np.linspace(logit(_EDGE), -logit(_EDGE), 41))
_TEMPERATURES = (0.4, 2.0)

Floats = NDArray[np.float64]
Fit = Callable[[Goal, Floats, Weight], Adjustment]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of calibrating a model.

    Attributes:
        name: ``sigmoid``, ``isotonic``, ``temperature``, or ``none``.
        adjustment: What to do to its probabilities.
        outputs: Its probabilities for the held-out rows, each adjusted by a fit to the others; shape (n, k).
    """

    name: str
    adjustment: Adjustment
    outputs: Floats


def choose(y: Goal, outputs: Floats, weight: Weight | None, seed: int) -> Calibration:
    """Chooses a calibration by the log loss of a cross-fit, or none.

    Args:
        y: Class indices of held-out rows, shape (n,).
        outputs: A model's probabilities for them, shape (n, k).
        weight: How much each row counts.
        seed: Seed of the cross-fit's folds.
    """
    none = Calibration("none", Adjustment(), outputs)
    if np.bincount(y.astype(np.int64), minlength=outputs.shape[1]).min() < MIN_CLASS_ROWS:
        return none
    counted = np.ones(len(y)) if weight is None else weight
    methods: dict[str, Fit] = {"sigmoid": _sigmoid, "isotonic": _isotonic}
    if outputs.shape[1] > 2:
        methods = {"temperature": _temperature}
    best, most = none, 0.0
    for name, fit in methods.items():
        crossed = _crossed(fit, y, outputs, counted, seed)
        gains = counted * (each(y, outputs) - each(y, crossed))
        gain, noise = gains.mean(), gains.std(ddof=1) / np.sqrt(len(y))
        if gain > max(most, NOISE * noise):
            best, most = Calibration(name, fit(y, outputs, counted), crossed), gain
    return best


def with_weights(calibration: Calibration, weights: tuple[float, ...]) -> Adjustment:
    """The adjustment of a model whose classes had weights in training."""
    return replace(calibration.adjustment, weights=weights)


def _crossed(fit: Fit, y: Goal, outputs: Floats, weight: Weight, seed: int) -> Floats:
    crossed = np.empty_like(outputs)
    for rest, part in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(outputs, y):
        crossed[part] = fit(y[rest], outputs[rest], weight[rest])(outputs[part])
    return crossed


def _sigmoid(y: Goal, outputs: Floats, weight: Weight) -> Adjustment:
    """Platt scaling of the log odds (Platt 1999), as a curve."""
    scores = logit(np.clip(outputs[:, 1], _EDGE, 1 - _EDGE)).reshape(-1, 1)
    model = LogisticRegression(C=1e3).fit(scores, y, sample_weight=weight)
    slope, shift = max(float(model.coef_[0, 0]), 1e-3), float(model.intercept_[0])
    return Adjustment(curve=_curve(_GRID, expit(slope * logit(_GRID) + shift)))


def _isotonic(y: Goal, outputs: Floats, weight: Weight) -> Adjustment:
    """Isotonic regression (Zadrozny and Elkan 2002), joined by straight lines between the middles of its steps."""
    positive = outputs[:, 1]
    fitted = IsotonicRegression(out_of_bounds="clip").fit(positive, y, sample_weight=weight).predict(positive)
    levels, step = np.unique(fitted, return_inverse=True)
    counts = np.bincount(step, weight)
    middles = np.bincount(step, weight * positive) / counts
    edge = 1 / (len(y) + 2)
    return Adjustment(curve=_curve(middles, np.clip(levels, edge, 1 - edge)))


def _temperature(y: Goal, outputs: Floats, weight: Weight) -> Adjustment:
    """Temperature scaling (Guo et al. 2017)."""

    def mean_loss(log_temperature: float) -> float:
        adjusted = Adjustment(temperature=float(np.exp(log_temperature)))(outputs)
        return float(np.average(each(y, adjusted), weights=weight))

    found = minimize_scalar(mean_loss, bounds=tuple(np.log(_TEMPERATURES)), method="bounded")
    return Adjustment(temperature=float(np.exp(found.x)))


def _curve(x: Floats, y: Floats) -> Curve:
    """A rising curve from 0 to 1 through points, without those that make it steeper than ``STEEPEST``."""
    inside = (x > 0) & (x < 1)
    points = [(0.0, float(y[0]) / 2), *zip(x[inside], y[inside], strict=True), (1.0, (1 + float(y[-1])) / 2)]
    kept = points[:1]
    for point in points[1:-1]:
        if _slope(kept[-1], point) <= STEEPEST and point[1] > kept[-1][1]:
            kept.append(point)
    while len(kept) > 1 and _slope(kept[-1], points[-1]) > STEEPEST:
        kept.pop()
    kept.append(points[-1])
    return Curve(tuple(float(at) for at, _ in kept), tuple(float(value) for _, value in kept))


def _slope(first: tuple[float, float], second: tuple[float, float]) -> float:
    return float((second[1] - first[1]) / max(second[0] - first[0], 1e-300))
