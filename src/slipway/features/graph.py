"""A plan as an ONNX graph: raw columns in, features out."""

import onnx
from onnx import TensorProto, helper

from slipway.data.schema import TEXTUAL, Schema
from slipway.features import category, date, expression, number, target_mean, text
from slipway.features.builder import Builder, Onnx
from slipway.features.plan import Plan

OPSET = 15
"""Operators that every converter of models knows."""

TEXT_OPSET = 20
"""The first with ``StringSplit``; for plans with texts only."""

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
        A model with an input of shape (N, 1) for each column (text for categories and texts, else double) and the
        output ``OUTPUT``, float32 of shape (N, number of features), equal to what ``apply.transform`` gives.
    """
    build = Builder({name: name for name in schema.names})
    for step in plan.derived:
        columns = {name: build.columns[name] for name in step.columns}
        build.columns[step.name] = expression.evaluate(step, columns, Onnx(build))
    blocks = [
        *number.nodes(build, plan.numbers),
        *date.nodes(build, plan.dates),
        *category.nodes(build, plan.categories),
        *category.ordinal_nodes(build, plan.ordinals),
        *target_mean.nodes(build, plan.targets),
        *text.nodes(build, plan.texts),
    ]
    features = build.node("Concat", blocks, axis=1)
    if plan.kept is not None:
        features = build.take(features, list(plan.kept))
    build.node("Identity", [features], OUTPUT)
    return _model(build, plan, schema)


def _model(build: Builder, plan: Plan, schema: Schema) -> onnx.ModelProto:
    graph = helper.make_graph(
        build.nodes,
        "features",
        [
            helper.make_tensor_value_info(name, TensorProto.STRING if kind in TEXTUAL else TensorProto.DOUBLE, ["N", 1])
            for name, kind in schema.kinds.items()
        ],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["N", len(plan.names)])],
        build.initializers,
    )
    opset = TEXT_OPSET if any(step.ngrams for step in plan.texts) else OPSET
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("ai.onnx.ml", ML_OPSET)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="slipway")
