"""A regression on a standardised target: single-precision trees stay exact where the target is far from zero."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper

from slipway.training import graph
from slipway.training.candidate import Model
from slipway.training.matrix import Features, Outputs, Rows

FILE = "scale.json"


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and standard deviation of the training target."""

    mean: float
    deviation: float

    def standardised(self, rows: Rows) -> Rows:
        """The same rows with the standardised target."""
        return replace(rows, y=(rows.y.astype(np.float64) - self.mean) / self.deviation)

    def save(self, folder: Path) -> None:
        """Writes ``scale.json``."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps({"mean": self.mean, "deviation": self.deviation}), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Scale":
        """Reads what ``save`` wrote."""
        return cls(**json.loads((folder / FILE).read_text(encoding="utf-8")))


def of(train: Rows) -> Scale:
    """The scale of a target; the deviation is 1 where all values are the same."""
    return Scale(float(np.mean(train.y)), float(np.std(train.y)) or 1.0)


@dataclass(frozen=True, slots=True)
class RescaledModel:
    """A model of the standardised target that answers on the target's own scale."""

    model: Model
    scale: Scale

    def predict(self, x: Features) -> Outputs:
        """See ``candidate.Model``."""
        return np.asarray(self.model.predict(x), dtype=np.float64) * self.scale.deviation + self.scale.mean

    def to_onnx(self) -> onnx.ModelProto:
        """See ``candidate.Model``."""
        model = self.model.to_onnx()
        opened = graph.continued(model, "standardised")
        opened.initializer.append(numpy_helper.from_array(np.array(self.scale.deviation), "target deviation"))
        opened.initializer.append(numpy_helper.from_array(np.array(self.scale.mean), "target mean"))
        opened.node.append(helper.make_node("Mul", ["standardised", "target deviation"], ["spread"]))
        opened.node.append(helper.make_node("Add", ["spread", "target mean"], [graph.OUTPUT]))
        return model

    def save(self, folder: Path) -> None:
        """See ``candidate.Model``."""
        self.model.save(folder)
        self.scale.save(folder)
