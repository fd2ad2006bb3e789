"""Predictions of a graph as JSON values."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.manifest import Manifest
from slipway.data.schema import Target
from slipway.evaluation import decision

Answers = Callable[[NDArray[np.float64]], list[dict[str, Any]]]


def decider(target: Target, manifest: Manifest) -> Callable[[NDArray[np.float64]], list[int]]:
    """The function from probabilities (n, k) to the class of each row, as its position among the classes.

    Args:
        target: What is predicted.
        manifest: The bundle's manifest, for the threshold of a binary model and the costs of decisions.
    """
    rule = decision.rule(manifest.threshold, manifest.spec.get("costs", {}), target)
    return lambda outputs: decision.decide(outputs, rule).tolist()


def encoder(target: Target, manifest: Manifest) -> Answers:
    """The function from a graph's outputs to what a request is answered.

    Args:
        target: What is predicted.
        manifest: The bundle's manifest, for the threshold of a binary model and the costs of decisions.

    Returns:
        A function from probabilities (n, k) to a label and the probability of each class, or from predictions (n,) to
        a value.
    """
    if target.task == "regression":
        return lambda outputs: [{"value": value} for value in outputs.tolist()]
    decide = decider(target, manifest)
    labels = [target.label(index) for index in range(len(target.classes))]

    def encode(outputs: NDArray[np.float64]) -> list[dict[str, Any]]:
        return [
            {"label": labels[place], "probabilities": dict(zip(target.classes, row, strict=True))}
            for place, row in zip(decide(outputs), outputs.tolist(), strict=True)
        ]

    return encode
