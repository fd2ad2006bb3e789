"""What the graphs of all models have in common."""

from typing import Any

import onnx
from onnx import TensorProto, helper

from slipway.data.schema import Target
from slipway.features.graph import IR_VERSION, ML_OPSET, OPSET

INPUT = "features"
OUTPUT = "outputs"
OPSETS = {"": OPSET, "ai.onnx.ml": ML_OPSET}


def ending_in(model: Any, output: str, width: int) -> onnx.ModelProto:
    """A converted model that answers one output only, under the common name.

    Args:
        model: A model with the input ``features``.
        output: The output to keep.
        width: Its number of columns.
    """
    graph = onnx.ModelProto()
    graph.CopyFrom(model)
    graph.ir_version = IR_VERSION
    graph.graph.name = "model"  # a converter's is random
    del graph.graph.output[:]
    graph.graph.node.append(helper.make_node("Cast", [output], [OUTPUT], name="outputs", to=TensorProto.DOUBLE))
    graph.graph.output.append(helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["N", width]))
    return graph


def made_of(
    nodes: list[onnx.NodeProto], constants: list[onnx.TensorProto], features: int, width: int
) -> onnx.ModelProto:
    """A model from nodes that lead from ``features`` to ``outputs``."""
    graph = helper.make_graph(
        nodes,
        "model",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["N", features])],
        [helper.make_tensor_value_info(OUTPUT, TensorProto.DOUBLE, ["N", width])],
        constants,
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    return helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="slipway")


def link(scores: str, target: Target) -> list[onnx.NodeProto]:
    """Nodes from scores to ``outputs``: probabilities by the logistic function or softmax; a regression's as they are.

    Probabilities are rounded to single precision: the last digits of double precision depend on a row's place in its
    batch, where the processor takes several rows at once.

    Args:
        scores: Name of scores in double precision: (N, 1), or (N, k) with more than two classes.
        target: The target.
    """
    if target.task == "regression":
        return [helper.make_node("Identity", [scores], [OUTPUT])]
    if target.task == "multiclass":
        nodes = [helper.make_node("Softmax", [scores], ["exact"], axis=1)]
    else:
        nodes = [
            helper.make_node("Neg", [scores], ["against"]),
            helper.make_node("Concat", ["against", scores], ["both"], axis=1),
            helper.make_node("Sigmoid", ["both"], ["exact"]),
        ]
    return [
        *nodes,
        helper.make_node("Cast", ["exact"], ["single"], to=TensorProto.FLOAT),
        helper.make_node("Cast", ["single"], [OUTPUT], to=TensorProto.DOUBLE),
    ]


def continued(model: onnx.ModelProto, inner: str) -> onnx.GraphProto:
    """The model's graph, open at its end: what was ``outputs`` is called ``inner``, and ``outputs`` is to be made."""
    for node in model.graph.node:
        node.output[:] = [inner if name == OUTPUT else name for name in node.output]
    return model.graph
