"""The nodes of a sum of trees, as a bundle holds them, and whether they are trees."""

import numpy as np
from numpy.typing import NDArray

from slipway.errors import BundleError

NODE = np.dtype(
    [("tree", "<i4"), ("output", "<i4"), ("feature", "<i4"), ("left", "<i4"), ("right", "<i4"), ("value", "<f4")]
)
"""A node; those of a tree follow each other, children after their parent.

``tree`` counts from 0, ``output`` is the sum that the tree adds to, ``left`` and ``right`` are places within the tree,
-1 both in a leaf. Rows whose feature is below ``value`` go left; in a leaf it is what is added."""

DEEPEST = 500
"""Most levels of a tree: XGBoost measures them with a function that calls itself."""

Nodes = NDArray[np.void]


def read(data: bytes) -> Nodes:
    """Nodes from bytes.

    Raises:
        BundleError: They are no whole number of nodes.
    """
    if len(data) % NODE.itemsize:
        message = f"{len(data):,} bytes are no whole number of nodes"
        raise BundleError(message)
    return np.frombuffer(data, NODE)


def starts(nodes: Nodes) -> NDArray[np.intp]:
    """Where each tree starts."""
    return np.flatnonzero(np.diff(nodes["tree"], prepend=-1))


def check(nodes: Nodes, features: int, outputs: int) -> None:
    """Checks that nodes are trees, so that nothing outside of them is ever looked at.

    Args:
        nodes: The nodes.
        features: Number of features.
        outputs: Number of sums.

    Raises:
        BundleError: They are not.
    """
    wrong = _wrong(nodes, features, outputs)
    if wrong:
        message = f"the nodes of its trees are none: {wrong}"
        raise BundleError(message)


def _wrong(nodes: Nodes, features: int, outputs: int) -> str:
    if not len(nodes) or nodes["tree"][0] or not np.isin(np.diff(nodes["tree"]), (0, 1)).all():
        return "trees are not counted one by one"
    if not _within(nodes["feature"], features):
        return f"a feature is none of {features}"
    if not _within(nodes["output"], outputs):
        return f"an output is none of {outputs}"
    first = starts(nodes)
    sizes = np.diff(first, append=len(nodes))
    if (nodes["output"] != np.repeat(nodes["output"][first], sizes)).any():
        return "a tree has several outputs"
    return _misplaced(nodes, np.repeat(first, sizes), np.repeat(sizes, sizes))


def _within(values: NDArray[np.int32], count: int) -> bool:
    return bool(((values >= 0) & (values < count)).all())


def _misplaced(nodes: Nodes, first: NDArray[np.intp], size: NDArray[np.intp]) -> str:
    """What is wrong with the children, where each node's tree starts at ``first`` and has ``size`` nodes."""
    here = np.arange(len(nodes)) - first
    leaf = nodes["left"] == -1
    for name in ("left", "right"):
        child = nodes[name]
        if not np.where(leaf, child == -1, (child > here) & (child < size)).all():
            return f"a {name} child is no later node of its tree"
    inner = np.flatnonzero(~leaf)
    children = [first[inner] + nodes[name][inner] for name in ("left", "right")]
    if not np.array_equal(np.sort(np.concatenate(children)), np.flatnonzero(here)):
        return "a node has several parents, or none"
    level, depth = np.flatnonzero(here == 0), 0
    while level.size and depth < DEEPEST:
        level = level[~leaf[level]]
        level = np.concatenate([first[level] + nodes[name][level] for name in ("left", "right")])
        depth += 1
    return f"a tree has more than {DEEPEST} levels" if level.size else ""
