"""A plan as an ONNX graph: raw columns in, features out."""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from slipway.data.schema import Schema
from slipway.features import calendar
from slipway.features.apply import LARGEST
from slipway.features.plan import Category, Date, Number, Plan

OPSET = 15
ML_OPSET = 3
IR_VERSION = 9
OUTPUT = "\x1ffeatures"
"""A name that no column has."""


def to_onnx(plan: Plan, schema: Schema) -> onnx.ModelProto:
    """The graph of a plan.

    Args:
        plan: The plan.
        schema: The raw columns.

    Returns:
        A model with an input of shape (N, 1) for each column (text for categories, else double) and the output
        ``OUTPUT``, float32 of shape (N, number of features), equal to what ``apply.transform`` gives, bit for bit.
    """
    build = _Builder()
    blocks = [*_numbers(build, plan.numbers), *_dates(build, plan.dates), *_categories(build, plan.categories)]
    build.node("Concat", blocks, OUTPUT, axis=1)
    kinds = {column.name: column.kind for column in schema.columns}
    graph = helper.make_graph(
        build.nodes,
        "features",
        [
            helper.make_tensor_value_info(
                name, TensorProto.STRING if kinds[name] == "category" else TensorProto.DOUBLE, ["N", 1]
            )
            for name in schema.names
        ],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", len(plan.names)])],
        build.initializers,
    )
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="slipway")


class _Builder:
    """Collects nodes and constants under names that no column can have."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.initializers: list[onnx.TensorProto] = []

    def node(self, kind: str, inputs: list[str], output: str = "", domain: str = "", **attributes: Any) -> str:
        name = output or f"\x1f{len(self.nodes)}"
        self.nodes.append(
            helper.make_node(kind, inputs, [name], name=f"node{len(self.nodes)}", domain=domain, **attributes)
        )
        return name

    def constant(self, values: NDArray[Any]) -> str:
        name = f"\x1fc{len(self.initializers)}"
        self.initializers.append(numpy_helper.from_array(values, name))
        return name

    def number(self, value: float) -> str:
        return self.constant(np.array(value, dtype=np.float64))

    def as_float(self, values: str) -> str:
        clipped = self.node("Clip", [values, self.number(-LARGEST), self.number(LARGEST)])
        return self.node("Cast", [clipped], to=TensorProto.FLOAT)


class _Onnx:
    """Arithmetic that makes nodes."""

    def __init__(self, build: _Builder) -> None:
        self._build = build

    def _operand(self, value: str | float) -> str:
        return value if isinstance(value, str) else self._build.number(value)

    def add(self, a: str, b: str | float) -> str:
        return self._build.node("Add", [a, self._operand(b)])

    def multiply(self, a: str, b: str | float) -> str:
        return self._build.node("Mul", [a, self._operand(b)])

    def divide(self, a: str, b: float) -> str:
        return self._build.node("Div", [a, self._operand(b)])

    def floor(self, a: str) -> str:
        return self._build.node("Floor", [a])

    def less(self, a: str, b: float) -> str:
        flags = self._build.node("Less", [a, self._operand(b)])
        return self._build.node("Cast", [flags], to=TensorProto.DOUBLE)


def _numbers(build: _Builder, steps: tuple[Number, ...]) -> list[str]:
    if not steps:
        return []
    filled, missing = _filled(build, steps)
    return [build.as_float(filled), *_indicators(build, steps, missing)]


def _dates(build: _Builder, steps: tuple[Date, ...]) -> list[str]:
    if not steps:
        return []
    filled, missing = _filled(build, steps)
    parts = [build.as_float(part) for part in calendar.parts(filled, _Onnx(build))]
    return [*parts, *_indicators(build, steps, missing)]


def _filled(build: _Builder, steps: tuple[Number, ...] | tuple[Date, ...]) -> tuple[str, str]:
    columns = [step.column for step in steps]
    values = build.node("Concat", columns, axis=1) if len(columns) > 1 else columns[0]
    missing = build.node("IsNaN", [values])
    fill = build.constant(np.array([[step.fill for step in steps]], dtype=np.float64))
    return build.node("Where", [missing, fill, values]), missing


def _indicators(build: _Builder, steps: tuple[Number, ...] | tuple[Date, ...], missing: str) -> list[str]:
    places = np.flatnonzero([step.indicator for step in steps])
    if not len(places):
        return []
    chosen = build.node("Gather", [missing, build.constant(places.astype(np.int64))], axis=1)
    return [build.node("Cast", [chosen], to=TensorProto.FLOAT)]


def _categories(build: _Builder, steps: tuple[Category, ...]) -> list[str]:
    encoded = [_one_hot(build, step) for step in steps if step.width]
    if not encoded:
        return []
    joined = build.node("Concat", encoded, axis=2) if len(encoded) > 1 else encoded[0]
    return [build.node("Squeeze", [joined, build.constant(np.array([1], dtype=np.int64))])]


def _one_hot(build: _Builder, step: Category) -> str:
    codes = step.codes or {"": step.unknown}
    code = build.node(
        "LabelEncoder",
        [step.column],
        domain="ai.onnx.ml",
        keys_strings=list(codes),
        values_int64s=list(codes.values()),
        default_int64=step.unknown,
    )
    depth = build.constant(np.array([step.width], dtype=np.int64))
    return build.node("OneHot", [code, depth, build.constant(np.array([0, 1], dtype=np.float32))], axis=-1)
