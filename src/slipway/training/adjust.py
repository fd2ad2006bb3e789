"""Probabilities corrected after a model: for the weights of its classes, and by calibration."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from slipway.training import graph
from slipway.training.candidate import Model
from slipway.training.matrix import Features, Outputs

FILE = "adjustment.json"
FLOOR = 0.005
"""Added to probabilities before a temperature, which would blow up the rounding of the smallest."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A rising curve of straight pieces from the probability of the positive class to a better one.

    Attributes:
        x: Where the pieces meet, from 0 to 1, ascending.
        y: The values there, ascending.
    """

    x: tuple[float, ...]
    y: tuple[float, ...]

    @property
    def slopes(self) -> NDArray[np.float64]:
        """Slope of each piece."""
        return np.asarray(np.diff(self.y) / np.diff(self.x))


@dataclass(frozen=True, slots=True)
class Adjustment:
    """What happens to the probabilities of a model, in this order.

    Attributes:
        weights: The weight that each class had in training; probabilities are divided by it. Empty for none.
        curve: The calibration of a binary model.
        temperature: The calibration of a model of more classes: probabilities are raised to its inverse.
    """

    weights: tuple[float, ...] = ()
    curve: Curve | None = None
    temperature: float | None = None

    def __call__(self, outputs: Outputs) -> NDArray[np.float64]:
        """Corrects probabilities, shape (n, k)."""
        adjusted = np.asarray(outputs, dtype=np.float64)
        if self.weights:
            adjusted = _normalised(adjusted / np.array(self.weights))
        if self.curve is not None:
            positive = np.interp(adjusted[:, 1], self.curve.x, self.curve.y)
            adjusted = np.column_stack([1 - positive, positive])
        if self.temperature is not None:
            adjusted = _normalised((adjusted + FLOOR) ** (1 / self.temperature))
        return adjusted

    def save(self, folder: Path) -> None:
        """Writes ``adjustment.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Adjustment":
        """Reads what ``save`` wrote; nothing is adjusted where there is no file."""
        path = folder / FILE
        if not path.exists():
            return cls()
        raw = json.loads(path.read_text(encoding="utf-8"))
        curve = Curve(tuple(raw["curve"]["x"]), tuple(raw["curve"]["y"])) if raw["curve"] else None
        return cls(tuple(raw["weights"]), curve, raw["temperature"])


@dataclass(frozen=True, slots=True)
class AdjustedModel:
    """A model whose probabilities are adjusted."""

    model: Model
    adjustment: Adjustment

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        return self.adjustment(self.model.predict(x))

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        model = self.model.to_onnx()
        opened = graph.continued(model, "unadjusted")
        _Nodes(opened).add(self.adjustment)
        return model

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        self.model.save(folder)
        self.adjustment.save(folder)


def adjusted(model: Model, adjustment: Adjustment) -> Model:
    """The model with the adjustment; the model itself where there is nothing to adjust."""
    return model if adjustment == Adjustment() else AdjustedModel(model, adjustment)


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values / values.sum(axis=1, keepdims=True))


class _Nodes:
    """The same arithmetic as nodes of a graph."""

    def __init__(self, opened: onnx.GraphProto) -> None:
        self._graph = opened
        self._at = "unadjusted"

    def add(self, adjustment: Adjustment) -> None:
        if adjustment.weights:
            self._at = self._node("Div", self._at, self._constant(np.array(adjustment.weights)))
            self._normalise()
        if adjustment.curve is not None:
            self._follow(adjustment.curve)
        if adjustment.temperature is not None:
            raised = self._node("Add", self._at, self._constant(np.array(FLOOR)))
            self._at = self._node("Pow", raised, self._constant(np.array(1 / adjustment.temperature)))
            self._normalise()
        self._graph.node.append(helper.make_node("Identity", [self._at], [graph.OUTPUT]))

    def _normalise(self) -> None:
        axes = self._constant(np.array([1], dtype=np.int64))
        self._at = self._node("Div", self._at, self._node("ReduceSum", self._at, axes, keepdims=1))

    def _follow(self, curve: Curve) -> None:
        positive = self._node("Gather", self._at, self._constant(np.array([1], dtype=np.int64)), axis=1)
        past = self._node("Sub", positive, self._constant(np.array([curve.x[:-1]])))
        capped = self._node("Min", past, self._constant(np.diff([curve.x])))
        within = self._node("Max", capped, self._constant(np.array(0.0)))
        risen = self._node("MatMul", within, self._constant(curve.slopes.reshape(-1, 1)))
        better = self._node("Add", risen, self._constant(np.array(curve.y[0])))
        rest = self._node("Sub", self._constant(np.array(1.0)), better)
        self._at = self._node("Concat", rest, better, axis=1)

    def _node(self, kind: str, *inputs: str, **attributes: Any) -> str:
        name = f"adjusted {len(self._graph.node)}"
        self._graph.node.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def _constant(self, values: NDArray[np.generic]) -> str:
        name = f"adjustment {len(self._graph.initializer)}"
        self._graph.initializer.append(numpy_helper.from_array(values, name))
        return name
