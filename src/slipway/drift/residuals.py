"""Tests of a model's errors: do they lean to one side, and do they grow with time?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from slipway.drift.answers import Answers
from slipway.evaluation.wording import number

Floats = NDArray[np.float64]

_LEVEL = 0.001
_ROUNDING = 1e-9
"""Deviation of errors, relative to their mean, up to which they are all the same."""


@dataclass(frozen=True, slots=True)
class Residual:
    """A test of the errors.

    Attributes:
        name: ``bias``, ``calibration`` or ``trend``.
        effect: How large it is: the mean error in standard deviations, the mean of what happened less what was
            predicted, or the rank correlation of errors with time.
        p_value: Probability of such an effect, or a larger one, when there is none.
        unusual: Whether it is more than chance and more than is negligible.
        sentence: What was found, in words.
    """

    name: str
    effect: float
    p_value: float
    unusual: bool
    sentence: str


_NEGLIGIBLE = {"bias": 0.2, "calibration": 0.05, "trend": 0.1}


def tests(answers: Answers) -> tuple[Residual, ...]:
    """The tests that are defined: ``bias`` of a regression, ``calibration`` of probabilities, and ``trend``.

    Args:
        answers: Predictions with the truth, in the order of time.
    """
    found = [_trend(answers.losses)]
    if answers.task == "regression":
        found.insert(0, _bias(np.asarray(answers.y - answers.outputs, dtype=np.float64)))
    elif answers.probabilities:
        found.insert(0, _calibration(answers))
    return tuple(found)


def _bias(errors: Floats) -> Residual:
    """Student's test of a mean of zero."""
    mean, deviation = float(errors.mean()), float(errors.std(ddof=1))
    side = "above" if mean > 0 else "below"
    sentence = f"the truth is {number(abs(mean))} {side} the prediction on average"
    if deviation <= abs(mean) * _ROUNDING:
        return _residual("bias", float(np.sign(mean)), float(mean == 0), sentence)
    effect = mean / deviation
    p_value = 2 * float(stdtr(len(errors) - 1, -abs(effect) * np.sqrt(len(errors))))
    return _residual("bias", effect, p_value, f"{sentence}, {number(abs(effect), 2)} of its deviations")


def _calibration(answers: Answers) -> Residual:
    """The sum of what happened less its probability, over its deviation.

    D. J. Spiegelhalter, "Probabilistic prediction in patient management and clinical trials", Statistics in Medicine 5,
    1986, gives the test for the Brier score; this is the one for the mean. Of more than two classes, what happened is
    that the most probable one was right.
    """
    outputs = answers.outputs.astype(np.float64)
    binary = outputs.shape[1] == 2
    said = outputs[:, 1] if binary else outputs.max(axis=1)
    happened = answers.y == 1 if binary else outputs.argmax(axis=1) == answers.y
    difference, variance = happened - said, float(np.sum(said * (1 - said)))
    effect = float(difference.mean())
    p_value = 2 * float(ndtr(-abs(difference.sum()) / np.sqrt(variance))) if variance > 0 else float(effect == 0)
    what = "positive" if binary else "right"
    sentence = f"{happened.mean():.1%} were {what}, {said.mean():.1%} were predicted to be"
    return _residual("calibration", effect, p_value, sentence)


def _trend(errors: Floats) -> Residual:
    """Spearman's rank correlation with time."""
    from scipy.stats import spearmanr

    if errors.min() == errors.max():
        return _residual("trend", 0.0, 1.0, "all errors are the same")
    effect, p_value = (float(value) for value in spearmanr(np.arange(len(errors)), errors))
    way = "grow" if effect > 0 else "shrink"
    return _residual("trend", effect, p_value, f"errors {way} with time: rank correlation {effect:.2f}")


def _residual(name: str, effect: float, p_value: float, sentence: str) -> Residual:
    return Residual(name, effect, p_value, p_value < _LEVEL and abs(effect) > _NEGLIGIBLE[name], sentence)
