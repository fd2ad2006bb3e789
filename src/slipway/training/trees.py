"""Boosted trees as a graph: thresholds are compared as they were learned, in their own precision."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from slipway.data.schema import Target
from slipway.training import graph


@dataclass(frozen=True, slots=True)
class Tree:
    """One tree. Arrays have an entry a node; the first is the root.

    Attributes:
        feature: The feature that is compared.
        threshold: Rows up to it go left; compared in its precision, double or single.
        left: Place of the left child.
        right: Place of the right child.
        value: What a leaf adds.
        leaf: Whether it is one.
        output: The column of the scores that it adds to.
    """

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64] | NDArray[np.float32]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64] | NDArray[np.float32]
    leaf: NDArray[np.bool_]
    output: int


def to_onnx(trees: Sequence[Tree], base: NDArray[np.float64], features: int, target: Target) -> onnx.ModelProto:
    """The graph of a sum of trees.

    Args:
        trees: At least one.
        base: What the sums start from, shape (number of columns of the scores,).
        features: Number of features.
        target: The target, which says how scores become outputs.
    """
    constants = [numpy_helper.from_array(base.reshape(1, -1).astype(np.float64), "base")]
    precision = helper.np_dtype_to_tensor_dtype(trees[0].threshold.dtype)
    nodes = [
        helper.make_node("Cast", [graph.INPUT], ["x"], to=precision),
        _ensemble(trees, len(base)),
        helper.make_node("Cast", ["sums"], ["exact sums"], to=TensorProto.DOUBLE),
        helper.make_node("Add", ["exact sums", "base"], ["scores"]),
        *graph.link("scores", target),
    ]
    return graph.made_of(nodes, constants, features, len(target.classes) or 1)


def _ensemble(trees: Sequence[Tree], outputs: int) -> onnx.NodeProto:
    sizes = [len(tree.leaf) for tree in trees]
    places = np.concatenate([np.arange(size) for size in sizes])
    numbers = np.repeat(np.arange(len(trees)), sizes)
    leaves = np.concatenate([tree.leaf for tree in trees])
    columns = np.repeat([tree.output for tree in trees], sizes)[leaves]

    def inner(name: str) -> NDArray[np.generic]:
        found = np.concatenate([getattr(tree, name) for tree in trees])
        found[leaves] = 0
        return found

    values = np.concatenate([tree.value for tree in trees])[leaves]
    return helper.make_node(
        "TreeEnsembleRegressor",
        ["x"],
        ["sums"],
        domain="ai.onnx.ml",
        n_targets=outputs,
        post_transform="NONE",
        nodes_treeids=numbers.tolist(),
        nodes_nodeids=places.tolist(),
        nodes_featureids=inner("feature").astype(np.int64).tolist(),
        nodes_modes=np.where(leaves, "LEAF", "BRANCH_LEQ").tolist(),
        nodes_truenodeids=inner("left").astype(np.int64).tolist(),
        nodes_falsenodeids=inner("right").astype(np.int64).tolist(),
        nodes_values_as_tensor=numpy_helper.from_array(inner("threshold")),
        target_treeids=numbers[leaves].tolist(),
        target_nodeids=places[leaves].tolist(),
        target_ids=columns.tolist(),
        target_weights_as_tensor=numpy_helper.from_array(values),
    )
