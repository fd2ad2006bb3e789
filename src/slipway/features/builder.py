"""Collecting the nodes of an ONNX graph."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

LARGEST = float(np.finfo(np.float32).max)
"""Features are clipped to what a float32 can hold."""


class Builder:
    """Nodes and constants under names that no column can have.

    Attributes:
        nodes: Nodes so far.
        initializers: Constants so far.
        columns: Raw or derived column to the tensor, (N, 1), that holds it.
    """

    def __init__(self, columns: dict[str, str]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []
        self.columns = columns

    def node(self, kind: str, inputs: list[str], *outputs: str, domain: str = "", **attributes: Any) -> str:
        """Adds a node and gives the name of its first output."""
        made = list(outputs) or [f"\x1f{len(self.nodes)}"]
        self.nodes.append(
            helper.make_node(kind, inputs, made, name=f"node{len(self.nodes)}", domain=domain, **attributes)
        )
        return made[0]

    def constant(self, values: NDArray[Any]) -> str:
        """Adds a constant and gives its name."""
        name = f"\x1fc{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def number(self, value: float) -> str:
        """A float64 constant."""
        return self.constant(np.array(value, dtype=np.float64))

    def row(self, values: list[float]) -> str:
        """A float64 constant of shape (1, n)."""
        return self.constant(np.array([values], dtype=np.float64))

    def join(self, blocks: list[str]) -> str:
        """Blocks of columns side by side."""
        return self.node("Concat", blocks, axis=1) if len(blocks) > 1 else blocks[0]

    def take(self, block: str, places: list[int]) -> str:
        """Some columns of a block."""
        return self.node("Gather", [block, self.constant(np.array(places, dtype=np.int64))], axis=1)

    def as_float(self, values: str) -> str:
        """Float64 as the float32 of a feature."""
        clipped = self.node("Clip", [values, self.number(-LARGEST), self.number(LARGEST)])
        return self.node("Cast", [clipped], to=TensorProto.FLOAT)

    def flags(self, values: str) -> str:
        """Booleans as the float32 of a feature."""
        return self.node("Cast", [values], to=TensorProto.FLOAT)

    def codes(self, text: str, codes: dict[str, int], unknown: int) -> str:
        """The code of each text, int64."""
        known = codes or {"": unknown}
        return self.node(
            "LabelEncoder",
            [text],
            domain="ai.onnx.ml",
            keys_strings=list(known),
            values_int64s=list(known.values()),
            default_int64=unknown,
        )


class Onnx:
    """Arithmetic that makes nodes; see ``slipway.features.arithmetic.Arithmetic``."""

    def __init__(self, build: Builder) -> None:
        self._build = build

    def _operands(self, *values: str | float) -> list[str]:
        return [value if isinstance(value, str) else self._build.number(value) for value in values]

    def _flags(self, kind: str, *values: str | float) -> str:
        made = self._build.node(kind, self._operands(*values))
        return self._build.node("Cast", [made], to=TensorProto.DOUBLE)

    def number(self, value: float) -> str:
        """See ``Arithmetic``."""
        return self._build.number(value)

    def add(self, a: str, b: str | float) -> str:
        """See ``Arithmetic``."""
        return self._build.node("Add", self._operands(a, b))

    def multiply(self, a: str, b: str | float) -> str:
        """See ``Arithmetic``."""
        return self._build.node("Mul", self._operands(a, b))

    def divide(self, a: str, b: str | float) -> str:
        """See ``Arithmetic``."""
        return self._build.node("Div", self._operands(a, b))

    def floor(self, a: str) -> str:
        """See ``Arithmetic``."""
        return self._build.node("Floor", [a])

    def root(self, a: str) -> str:
        """See ``Arithmetic``."""
        return self._build.node("Sqrt", [a])

    def less(self, a: str, b: str | float) -> str:
        """See ``Arithmetic``."""
        return self._flags("Less", a, b)

    def equal(self, a: str, b: str | float) -> str:
        """See ``Arithmetic``."""
        return self._flags("Equal", a, b)

    def missing(self, a: str) -> str:
        """See ``Arithmetic``."""
        return self._flags("IsNaN", a)

    def where(self, flag: str, a: str | float, b: str | float) -> str:
        """See ``Arithmetic``."""
        chosen = self._build.node("Cast", [flag], to=TensorProto.BOOL)
        return self._build.node("Where", [chosen, *self._operands(a, b)])
