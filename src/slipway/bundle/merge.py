"""Plan and model in one graph."""

import onnx
from onnx import compose

from slipway.data.schema import Schema
from slipway.features import graph
from slipway.features.plan import Plan
from slipway.training.candidate import Model
from slipway.training.graph import INPUT, OUTPUT

_PREFIX = "\x1fm."


def merge(plan: Plan, schema: Schema, model: Model) -> bytes:
    """One graph from raw columns to predictions.

    Args:
        plan: The feature plan.
        schema: The raw columns.
        model: The model.

    Returns:
        The serialised graph: an input of shape (N, 1) for each column, and one output, called ``outputs`` unless a
        column is.
    """
    features = graph.to_onnx(plan, schema)
    native = model.to_onnx()
    renamed = compose.add_prefix(native, _PREFIX)
    _rename(renamed, f"{_PREFIX}{OUTPUT}", _free(OUTPUT, schema))
    _same_operators(renamed, features)
    del renamed.metadata_props[:]
    merged = compose.merge_models(
        features, renamed, io_map=[(graph.OUTPUT, f"{_PREFIX}{INPUT}")], producer_name="slipway"
    )
    merged.ir_version = graph.IR_VERSION
    data: bytes = merged.SerializeToString(deterministic=True)
    return data


def _same_operators(model: onnx.ModelProto, features: onnx.ModelProto) -> None:
    """Raises the model's operators to the features' versions: all of those have what converters write.

    What the merged graph answers is held against the native model on every held-out row before it is served.
    """
    versions = {item.domain: item.version for item in features.opset_import}
    for item in model.opset_import:
        item.version = max(item.version, versions.get(item.domain, item.version))


def _free(name: str, schema: Schema) -> str:
    while name in schema.names:
        name += "_"
    return name


def _rename(model: onnx.ModelProto, old: str, new: str) -> None:
    for node in model.graph.node:
        node.input[:] = [new if name == old else name for name in node.input]
        node.output[:] = [new if name == old else name for name in node.output]
    for item in model.graph.output:
        item.name = new if item.name == old else item.name
