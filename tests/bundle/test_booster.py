"""XGBoost's library gives the sums that the graph gives, to the bit, and never looks outside of the trees."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from slipway.bundle import booster, nodes, parts
from slipway.bundle.booster import Booster
from slipway.bundle.engine import Engine
from slipway.bundle.nodes import NODE, Nodes
from slipway.data.schema import Target
from slipway.errors import BundleError
from slipway.training import trees
from slipway.training.trees import Tree

FEATURES = 3
TARGET = Target("y", "regression", "number", ())
EDGES = [0.0, -0.0, 1.0, 1e-45, -1e-45, 1.1754944e-38, 3.4028235e38, -3.4028235e38, 16777216.0]

numbers = st.sampled_from(EDGES) | st.floats(width=32, allow_nan=False, allow_infinity=False)
leaves = st.floats(-(2.0**100), 2.0**100, width=32)


@st.composite
def grown(draw: st.DrawFn, output: int) -> Tree:
    """A tree that grew by splitting one leaf after the other."""
    left, right = [-1], [-1]
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.sampled_from([place for place, child in enumerate(left) if child < 0]))
        left[place], right[place] = len(left), len(left) + 1
        left += [-1, -1]
        right += [-1, -1]
    size, leaf = len(left), np.array(left) < 0
    thresholds = st.lists(numbers | st.sampled_from([-np.inf]), min_size=size, max_size=size)
    value = np.array(draw(st.lists(leaves, min_size=size, max_size=size)), np.float32)
    return Tree(
        feature=draw(arrays.arrays(np.int64, size, elements=st.integers(0, FEATURES - 1))),
        threshold=np.array(draw(thresholds), np.float32),
        left=np.array(left),
        right=np.array(right),
        value=value,
        leaf=leaf,
        output=output,
    )


@st.composite
def forests(draw: st.DrawFn) -> tuple[list[Tree], int]:
    outputs = draw(st.integers(1, 3))
    order = draw(st.lists(st.integers(0, outputs - 1), min_size=1, max_size=12))
    return [draw(grown(output)) for output in order], outputs


@st.composite
def rows(draw: st.DrawFn, forest: list[Tree]) -> NDArray[np.float32]:
    """Rows at, just below and just above thresholds, among others."""
    at = [float(value) for tree in forest for value in tree.threshold]
    with np.errstate(over="ignore"):
        above = np.nextafter(np.array(at, np.float32), np.float32(np.inf)).tolist()
    cells = st.sampled_from([value for value in at + above + EDGES if np.isfinite(value)] + [np.nan]) | numbers
    count = draw(st.integers(1, 70))
    return draw(arrays.arrays(np.float32, (count, FEATURES), elements=cells))


def loaded(found: Nodes, outputs: int = 1, features: int = FEATURES) -> Booster:
    library = booster.library()
    assert library is not None
    return Booster(library, found, features, outputs)


def leaf_of(tree: Nodes, row: NDArray[np.float32]) -> np.float32:
    place = 0
    while tree["left"][place] >= 0:
        below = row[tree["feature"][place]] < tree["value"][place]
        place = tree["left" if below else "right"][place]
    return np.float32(tree["value"][place])


def walked(found: Nodes, x: NDArray[np.float32], outputs: int) -> NDArray[np.float32]:
    """The sums by the plainest code."""
    sums = np.zeros((len(x), outputs), np.float32)
    for tree in np.split(found, nodes.starts(found)[1:]):
        for place, row in enumerate(x):
            sums[place, tree["output"][0]] += leaf_of(tree, row)
    return sums


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_sums_are_those_of_the_graph_to_the_bit(data: st.DataObject) -> None:
    forest, outputs = data.draw(forests())
    x = data.draw(rows(forest))
    native = trees.to_onnx(forest, np.zeros(outputs), FEATURES, TARGET)
    divided = parts.divide(native)
    assert divided is not None
    found, _ = divided
    engine = Engine(native.SerializeToString())

    sums = loaded(found, outputs).sums(x)

    alone = np.concatenate([engine.run({"features": x[place : place + 1]}) for place in range(len(x))])
    assert np.array_equal(sums, engine.run({"features": x}))
    assert np.array_equal(sums, alone)
    assert np.array_equal(sums, walked(found, x, outputs))


def chain(levels: int) -> Nodes:
    """A tree with a leaf at the left of each level."""
    found = np.zeros(2 * levels - 1, NODE)
    found["left"] = found["right"] = -1
    inner = np.arange(0, 2 * levels - 2, 2)
    found["left"][inner], found["right"][inner] = inner + 1, inner + 2
    found["value"] = np.arange(len(found))
    return found


def many() -> tuple[Nodes, int]:
    """Trees of several sizes and outputs."""
    found = np.concatenate([chain(levels) for levels in (1, 3, 5, 2)])
    found["tree"] = np.repeat([0, 1, 2, 3], [1, 5, 9, 3])
    found["output"] = found["tree"] % 2
    found["feature"] = np.arange(len(found)) % FEATURES
    return found, 2


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["tree", "output", "feature", "left", "right"]),
    st.integers(0, 17),
    st.integers(-3, 20) | st.sampled_from([-(2**31), 2**31 - 1]),
)
def test_nodes_that_were_changed_are_refused_or_trees(field: str, place: int, value: int) -> None:
    found, outputs = many()
    found[field][place] = value
    try:
        changed = loaded(found, outputs)
    except BundleError:
        return
    x = np.linspace(-1, 9, 30, dtype=np.float32).reshape(10, FEATURES)
    assert np.array_equal(changed.sums(x), walked(found, x, outputs))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: found[:0], "counted one by one"),
        (lambda found: found[1:], "counted one by one"),
        (lambda found: np.delete(found, range(1, 6)), "counted one by one"),
        (lambda found: found[:-1], "no later node of its tree"),
        (lambda found: np.append(found, found[-1:]), "several parents, or none"),
        (lambda found: np.append(found, found[:1]), "counted one by one"),
    ],
)
def test_nodes_that_are_no_trees_are_told(change: Callable[[Nodes], Nodes], said: str) -> None:
    found, outputs = many()
    with pytest.raises(BundleError, match=said):
        nodes.check(change(found), FEATURES, outputs)


@pytest.mark.parametrize(("field", "said"), [("feature", "a feature is none of 3"), ("output", "an output is none")])
def test_numbers_out_of_range_are_told(field: str, said: str) -> None:
    found, outputs = many()
    found[field] = max(FEATURES, outputs)
    with pytest.raises(BundleError, match=said):
        nodes.check(found, FEATURES, outputs)


def test_a_tree_has_one_output() -> None:
    found, outputs = many()
    found["output"][5] = 0
    with pytest.raises(BundleError, match="several outputs"):
        nodes.check(found, FEATURES, outputs)


def test_trees_as_deep_as_allowed_are_walked_and_deeper_ones_refused() -> None:
    x = np.full((70, FEATURES), 1e9, np.float32)
    deepest = chain(nodes.DEEPEST)
    assert np.array_equal(loaded(deepest).sums(x), np.full((70, 1), len(deepest) - 1, np.float32))
    with pytest.raises(BundleError, match=f"more than {nodes.DEEPEST} levels"):
        loaded(chain(nodes.DEEPEST + 1))


def test_a_cut_node_is_told() -> None:
    assert len(nodes.read(many()[0].tobytes())) == 18
    with pytest.raises(BundleError, match="no whole number of nodes"):
        nodes.read(many()[0].tobytes()[:-1])


@pytest.mark.parametrize("shape", [(4, FEATURES - 1), (4, FEATURES + 1), (FEATURES,), (1, 1, FEATURES)])
def test_rows_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BundleError, match="are given to trees of 3"):
        loaded(*many()).sums(np.zeros(shape, np.float32))


def test_rows_may_lie_in_memory_in_any_way() -> None:
    asked = loaded(*many())
    x = np.linspace(-1, 9, 300, dtype=np.float32).reshape(100, FEATURES)
    for other in (np.asfortranarray(x), np.repeat(x, 2, axis=0)[::2], x.astype(np.float64)):
        assert np.array_equal(asked.sums(other), asked.sums(x))


def test_threads_get_their_own_sums_and_keep_them() -> None:
    asked = loaded(*many())
    x = np.random.default_rng(0).uniform(-1, 9, (2000, FEATURES)).astype(np.float32)
    expected = asked.sums(x)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda start: asked.sums(x[start : start + 100]), [*range(0, 2000, 100)] * 5))
    assert np.array_equal(np.concatenate(found), np.tile(expected, (5, 1)))


_ALONE = """
import os, sys
import numpy as np, psutil
from slipway.bundle import booster, nodes
def threads(): return psutil.Process().num_threads()
found = np.frombuffer(bytes.fromhex(sys.argv[1]), nodes.NODE)
before = threads()
asked = booster.Booster(booster.library(), found, 3, 2)
x = np.ones((5000, 3), np.float32)
expected = asked.sums(x).tolist()
started = threads() - before
child = os.fork()
if not child:
    os._exit(0 if asked.sums(x).tolist() == expected else 1)
print(started, os.waitpid(child, 0)[1], sys.modules.keys() & {"xgboost", "scipy", "sklearn"})
"""


def test_the_library_starts_no_thread_lets_the_process_fork_and_needs_no_package() -> None:
    command = [sys.executable, "-c", _ALONE, many()[0].tobytes().hex()]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert said.stdout.strip() == "0 0 set()"


def test_without_the_library_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Elsewhere:
        submodule_search_locations = (str(tmp_path),)

    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "libxgboost.so").write_bytes(b"no library")
    for found in (None, Elsewhere()):
        monkeypatch.setattr(booster, "find_spec", lambda _, found=found: found)
        assert booster.library.__wrapped__() is None


def test_what_the_library_says_is_told() -> None:
    asked = loaded(*many())
    with pytest.raises(BundleError, match="XGBoost's library refuses the trees: "):
        asked._call("XGBoosterLoadModelFromBuffer", asked._handle, b"{}", 2)
