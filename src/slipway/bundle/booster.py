"""Sums of trees by XGBoost's own library, for batches.

The library is called through its C interface, for its Python package needs SciPy, which a server has no room for. This
is the one module that does so; nothing here or in the server imports the package.
"""

import ctypes
import json
import math
import weakref
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway.bundle import nodes as trees
from slipway.bundle import ubjson
from slipway.bundle.nodes import Nodes
from slipway.errors import BundleError

_ROOT = np.int32(np.iinfo(np.int32).max)
"""What XGBoost calls the parent of a root."""

_CONFIG = json.dumps(
    {
        "type": 1,  # sums, without the objective's link
        "training": False,
        "iteration_begin": 0,
        "iteration_end": 0,
        "strict_shape": True,
        "missing": float("nan"),
        "cache_id": 0,
    }
).encode()


class Booster:
    """Trees in XGBoost's library; several threads may ask at the same time.

    Each sum is in single precision, of leaves in the order of the trees, from 0: what onnxruntime's trees give too.

    Args:
        library: The library, see ``library``.
        nodes: The nodes of the trees.
        features: Number of features.
        outputs: Number of sums.

    Raises:
        BundleError: The nodes are no trees, or the library refuses them.
    """

    def __init__(self, library: ctypes.CDLL, nodes: Nodes, features: int, outputs: int) -> None:
        trees.check(nodes, features, outputs)
        self._library = library
        self._features = features
        self._handle = ctypes.c_void_p()
        self._call("XGBoosterCreate", None, ctypes.c_uint64(0), ctypes.byref(self._handle))
        weakref.finalize(self, library.XGBoosterFree, self._handle).atexit = False  # a thread may still predict
        self._load(_model(nodes, features, outputs, _version(library)))
        self.sums(np.zeros((1, features), np.float32))  # the first prediction completes the model

    def sums(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """The sum of leaves of each row, on the calling thread.

        Args:
            x: Features, float32, shape (n, f), n at least 1.

        Returns:
            Shape (n, number of sums).

        Raises:
            BundleError: The rows have another number of features.
        """
        x = np.ascontiguousarray(x, np.float32)
        if x.ndim != 2 or x.shape[1] != self._features:
            message = f"features of shape {x.shape} are given to trees of {self._features}"
            raise BundleError(message)
        described = {"data": (x.ctypes.data, True), "shape": x.shape, "typestr": x.dtype.str, "version": 3}
        shape, dimensions = ctypes.POINTER(ctypes.c_uint64)(), ctypes.c_uint64()
        found = ctypes.POINTER(ctypes.c_float)()
        self._call(
            "XGBoosterPredictFromDense",
            self._handle,
            json.dumps(described).encode(),
            _CONFIG,
            None,
            ctypes.byref(shape),
            ctypes.byref(dimensions),
            ctypes.byref(found),
        )
        wide = shape[: dimensions.value]
        return np.frombuffer(ctypes.string_at(found, 4 * math.prod(wide)), np.float32).reshape(wide)

    def _load(self, model: bytes) -> None:
        """Loads a model; OpenMP is held to one thread, for each one that it starts would stay."""
        usual = self._library.omp_get_max_threads()
        self._library.omp_set_num_threads(1)
        try:
            self._call("XGBoosterLoadModelFromBuffer", self._handle, model, ctypes.c_uint64(len(model)))
        finally:
            self._library.omp_set_num_threads(usual)
        self._call("XGBoosterSetParam", self._handle, b"nthread", b"1")

    def _call(self, name: str, *arguments: Any) -> None:
        if self._library[name](*arguments):
            reason = self._library.XGBGetLastError().decode(errors="replace").splitlines()[0]
            message = f"XGBoost's library refuses the trees: {reason:.200}"
            raise BundleError(message)


@cache
def library() -> ctypes.CDLL | None:
    """XGBoost's library where its package is installed; None where it is not, or can't be loaded."""
    package = find_spec("xgboost")
    folders = package.submodule_search_locations if package else None
    for path in (path for folder in folders or () for path in Path(folder, "lib").glob("*xgboost.*")):
        try:
            found = ctypes.CDLL(str(path))
            found.XGBGetLastError.restype = ctypes.c_char_p
            found.omp_get_max_threads.restype = ctypes.c_int
        except (OSError, AttributeError):  # AttributeError: the system does not look for OpenMP's functions from here
            continue
        return found
    return None


def _version(library: ctypes.CDLL) -> list[ubjson.Value]:
    parts = [ctypes.c_int() for _ in range(3)]
    library.XGBoostVersion(*map(ctypes.byref, parts))
    return [part.value for part in parts]


def _model(nodes: Nodes, features: int, outputs: int, version: list[ubjson.Value]) -> bytes:
    """XGBoost's own format of a model whose prediction is the sum of leaves from 0."""
    forest: list[ubjson.Value] = [
        _tree(part, number, features) for number, part in enumerate(np.split(nodes, trees.starts(nodes)[1:]))
    ]
    booster: dict[str, ubjson.Value] = {
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(forest))},
        "iteration_indptr": list(range(len(forest) + 1)),
        "tree_info": nodes["output"][trees.starts(nodes)].tolist(),
        "trees": forest,
    }
    learner: dict[str, ubjson.Value] = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {"name": "gbtree", "model": booster},
        "learner_model_param": {
            "base_score": "0",
            "boost_from_average": "0",
            "num_class": "0",
            "num_feature": str(features),
            "num_target": str(outputs),
        },
        "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
    }
    return ubjson.encode({"learner": learner, "version": version})


def _tree(nodes: Nodes, number: int, features: int) -> dict[str, ubjson.Value]:
    inner = np.flatnonzero(nodes["left"] >= 0).astype(np.int32)
    parents = np.full(len(nodes), _ROOT)
    for name in ("left", "right"):
        parents[nodes[name][inner]] = inner
    unused, flags = np.zeros(len(nodes), np.float32), np.zeros(len(nodes), np.uint8)
    return {
        "base_weights": unused,
        "categories": np.zeros(0, np.int32),
        "categories_nodes": np.zeros(0, np.int32),
        "categories_segments": np.zeros(0, np.int64),
        "categories_sizes": np.zeros(0, np.int64),
        "default_left": flags,
        "id": number,
        "left_children": nodes["left"],
        "loss_changes": unused,
        "parents": parents,
        "right_children": nodes["right"],
        "split_conditions": nodes["value"],
        "split_indices": nodes["feature"],
        "split_type": flags,
        "sum_hessian": unused,
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(features),
            "num_nodes": str(len(nodes)),
            "size_leaf_vector": "1",
        },
    }
