import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import make, table

from slipway.bundle.engine import Inputs, Predict
from slipway.bundle.load import Bundle, load
from slipway.serving.predicting import batches
from slipway.serving.predicting.batches import Batches, Way
from slipway.serving.predicting.predictor import Predictor
from slipway.settings import Settings

ONE: Inputs = {"a": np.zeros((1, 1))}


def rows(bundle: Bundle, count: int) -> Inputs:
    return {name: np.resize(values, (count, 1)) for name, values in bundle.golden.inputs.items()}


def column(inputs: Inputs) -> np.ndarray:
    return inputs["a"][:, 0]


@pytest.mark.parametrize("bundle", ["binary", "multiclass", "regression"], indirect=True)
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_parts_give_what_batches_of_their_size_give(bundle: Bundle, threads: int) -> None:
    for name, predict in bundle.engines.items():
        asked = Batches({name: predict}, threads, bundle.golden.inputs)
        for size in (1, 64, 256):  # a linear model rounds differently in batches of another size
            batch = rows(bundle, size * threads)
            parts = [
                {name: values[start : start + size] for name, values in batch.items()}
                for start in range(0, size * threads, size)
            ]
            expected = np.concatenate([predict(item) for item in parts])
            assert np.array_equal(asked.go(Way(name, predict, threads), batch), expected)
            np.testing.assert_allclose(bundle.predict(batch), expected, atol=1e-6)


def test_batches_of_trees_get_what_their_rows_get_alone_whatever_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table("binary").write_parquet(tmp_path / "data.parquet")
    bundle = load(make(tmp_path, tmp_path / "data.parquet", candidates=["xgboost"]).bundle)
    assert len(bundle.engines) == 2
    batch = batches.mixed(bundle.golden.inputs, 600)
    alone = [bundle.predict({name: values[row : row + 1] for name, values in batch.items()}) for row in range(600)]
    for engine in bundle.engines:
        for threads in (1, 2):
            quick = Way(engine, bundle.engines[engine], threads)
            monkeypatch.setattr(Batches, "_seconds", lambda _, way, __, quick=quick: 0.1 if way == quick else 1.0)
            asked = Batches(bundle.engines, threads, bundle.golden.inputs)
            for count in (1, 63, 64, 255, 256, 600):
                found = asked.predict({name: values[:count] for name, values in batch.items()})
                assert np.array_equal(found, np.concatenate(alone[:count]))


def test_the_log_says_which_way_was_chosen(bundle: Bundle, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "slipway"):
        made = Predictor(bundle, settings=Settings(threads=1))
    assert caplog.messages == [f"model {made.version} answers by the graph"]


@given(st.integers(1, 5), st.integers(1, 300))
def test_rows_to_measure_with_have_values_of_the_example(count: int, wanted: int) -> None:
    example = {"a": np.arange(count, dtype=float)[:, None], "b": np.full((count, 1), "x", object)}
    found = batches.mixed(example, wanted)
    assert {name: values.shape for name, values in found.items()} == {"a": (wanted, 1), "b": (wanted, 1)}
    assert set(column(found)) <= set(range(count))


@given(st.integers(2, 9), st.integers(0, 3000))
def test_every_row_is_in_one_part_in_its_place(threads: int, more: int) -> None:
    count = threads + more
    asked = Batches({"a": column}, threads, ONE)
    batch = {"a": np.arange(count, dtype=float)[:, None]}
    assert np.array_equal(asked.go(Way("a", column, threads), batch), np.arange(count))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ({}, "graph"),
        ({"trees": 0.5}, "graph, trees from 64 rows"),
        ({"trees": 0.9}, "graph"),
        ({"graph on 2 threads": 0.5}, "graph, graph on 2 threads from 256 rows"),
        ({"graph on 2 threads": 0.5, "trees": 0.55}, "graph, trees from 64 rows"),
        ({"trees": 0.5, "trees on 2 threads": 0.3}, "graph, trees from 64 rows, trees on 2 threads from 256 rows"),
        ({"graph": 0.1, "trees on 2 threads": 0.09}, "graph"),
    ],
)
def test_a_measurement_decides(monkeypatch: pytest.MonkeyPatch, seconds: dict[str, float], said: str) -> None:
    monkeypatch.setattr(Batches, "_seconds", lambda _, way, __: seconds.get(str(way), 1.0))
    used: list[tuple[str, str]] = []

    def engine(name: str) -> Predict:
        def predict(inputs: Inputs) -> np.ndarray:
            used.append((name, threading.current_thread().name))
            return column(inputs)

        return predict

    asked = Batches({name: engine(name) for name in ("graph", "trees")}, 2, ONE)
    assert str(asked) == said
    for count in (1, 63, 64, 255, 256, 511, 512, 5000):
        way = [item for least, item in asked.ways.items() if least <= count][-1]
        used.clear()
        asked.predict({"a": np.zeros((count, 1))})
        assert {name for name, _ in used} == {way.engine}
        assert len({thread for _, thread in used}) == way.parts


def test_what_can_go_one_way_only_is_never_measured() -> None:
    def fail(_: Inputs) -> np.ndarray:
        raise AssertionError

    assert str(Batches({"graph": fail}, 1, {})) == "graph"


def test_a_part_that_fails_fails_the_batch() -> None:
    asked = Batches({"a": column}, 2, ONE)
    with pytest.raises(KeyError):
        asked.go(Way("a", lambda inputs: inputs["missing"][:, 0], 2), {"a": np.zeros((10, 1))})
