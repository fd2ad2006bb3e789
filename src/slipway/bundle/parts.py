"""A model of trees in three parts, for an engine that walks batches through trees faster than a graph does."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from slipway.bundle import manifest as manifests
from slipway.bundle.nodes import NODE, Nodes
from slipway.data.schema import Schema
from slipway.features import graph
from slipway.features.plan import Plan
from slipway.training.candidate import Model


def split(plan: Plan, schema: Schema, model: Model) -> dict[str, bytes]:
    """The parts of a model that is a sum of trees, see ``divide``.

    Args:
        plan: The feature plan.
        schema: The raw columns.
        model: The model.

    Returns:
        By the name of its file: the graph of the features, the nodes of the trees, and the graph from sums to
        predictions. Nothing for other models.
    """
    divided = divide(model.to_onnx())
    if divided is None:
        return {}
    nodes, link = divided
    return {
        manifests.FEATURES: _bytes(graph.to_onnx(plan, schema)),
        manifests.TREES: nodes.tobytes(),
        manifests.LINK: _bytes(link),
    }


def divide(native: onnx.ModelProto) -> tuple[Nodes, onnx.ModelProto] | None:
    """Takes apart what ``training.trees`` made of trees in single precision.

    Args:
        native: The graph of a model, without its features.

    Returns:
        The nodes of the trees, and the graph from their sums to predictions; None for a graph of another kind.
    """
    steps = list(native.graph.node)
    places = [place for place, step in enumerate(steps) if step.op_type == "TreeEnsembleRegressor"]
    if native.producer_name != "slipway" or not places:
        return None
    ensemble = steps[places[0]]
    attributes = {item.name: helper.get_attribute_value(item) for item in ensemble.attribute}
    if attributes["nodes_values_as_tensor"].data_type != TensorProto.FLOAT:
        return None
    after = steps[places[0] + 1 :]
    return _nodes(attributes), _link(native, after, ensemble.output[0], attributes["n_targets"])


def _nodes(attributes: Mapping[str, Any]) -> Nodes:
    """The nodes of ``training.trees``, where rows up to a threshold go left."""
    leaf = np.array(attributes["nodes_modes"]) == b"LEAF"
    nodes = np.empty(len(leaf), NODE)
    for field, name in (
        ("tree", "treeids"),
        ("feature", "featureids"),
        ("left", "truenodeids"),
        ("right", "falsenodeids"),
    ):
        nodes[field] = attributes[f"nodes_{name}"]
    for field in ("left", "right"):
        nodes[field][leaf] = -1
    threshold = numpy_helper.to_array(attributes["nodes_values_as_tensor"])
    with np.errstate(over="ignore"):
        nodes["value"] = np.nextafter(threshold, np.float32(np.inf))
    nodes["value"][leaf] = numpy_helper.to_array(attributes["target_weights_as_tensor"])
    output = np.zeros(nodes["tree"][-1] + 1, np.int32)
    output[attributes["target_treeids"]] = attributes["target_ids"]
    nodes["output"] = output[nodes["tree"]]
    return nodes


def _link(native: onnx.ModelProto, steps: list[onnx.NodeProto], sums: str, outputs: int) -> onnx.ModelProto:
    used = {name for step in steps for name in step.input}
    made = helper.make_graph(
        steps,
        "link",
        [helper.make_tensor_value_info(sums, TensorProto.FLOAT, ["N", outputs])],
        native.graph.output,
        [item for item in native.graph.initializer if item.name in used],
    )
    return helper.make_model(
        made, opset_imports=native.opset_import, ir_version=native.ir_version, producer_name="slipway"
    )


def _bytes(model: onnx.ModelProto) -> bytes:
    data: bytes = model.SerializeToString(deterministic=True)
    return data
