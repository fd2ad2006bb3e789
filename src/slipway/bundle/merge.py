"""Plan and model in one graph."""

import onnx
from onnx import compose

from slipway.data.schema import Schema
from slipway.features import graph
from slipway.features.plan import Plan
from slipway.training.candidate import Model

_PREFIX = "\x1fm."
_ML = "ai.onnx.ml"


def merge(plan: Plan, schema: Schema, model: Model) -> bytes:
    """One graph from raw columns to predictions.

    Args:
        plan: The feature plan.
        schema: The raw columns.
        model: The model.

    Returns:
        The serialised graph: an input of shape (N, 1) for each column, the output ``outputs``.
    """
    features = graph.to_onnx(plan, schema)
    native = model.to_onnx()
    kept = {item.name for item in (*native.graph.input, *native.graph.output)}
    renamed = compose.add_prefix(native, _PREFIX)
    _restore(renamed, kept)
    _same_operators(renamed, features)
    del renamed.metadata_props[:]
    merged = compose.merge_models(features, renamed, io_map=[(graph.OUTPUT, graph.OUTPUT)], producer_name="slipway")
    merged.ir_version = graph.IR_VERSION
    data: bytes = merged.SerializeToString(deterministic=True)
    return data


def _same_operators(model: onnx.ModelProto, features: onnx.ModelProto) -> None:
    """Raises the model's ``ai.onnx.ml`` to the features' version: the operators that converters write are in all of them."""
    versions = {item.domain: item.version for item in features.opset_import}
    for item in model.opset_import:
        if item.domain == _ML:
            item.version = max(item.version, versions.get(_ML, item.version))


def _restore(model: onnx.ModelProto, kept: set[str]) -> None:
    back = {f"{_PREFIX}{name}": name for name in kept}
    for node in model.graph.node:
        node.input[:] = [back.get(name, name) for name in node.input]
        node.output[:] = [back.get(name, name) for name in node.output]
    for item in (*model.graph.input, *model.graph.output):
        item.name = back.get(item.name, item.name)
