import math
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway.bundle.load import Bundle
from slipway.serving.predicting import batches
from slipway.serving.predicting.batches import ROWS, Batches, Inputs


def rows(bundle: Bundle, count: int) -> Inputs:
    return {name: np.resize(values, (count, 1)) for name, values in bundle.golden.inputs.items()}


@pytest.mark.parametrize("bundle", ["binary", "multiclass", "regression"], indirect=True)
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_parts_give_what_batches_of_their_size_give(bundle: Bundle, threads: int) -> None:
    asked = Batches(bundle.predict, threads, bundle.golden.inputs)
    for size in (1, 64, ROWS):  # a linear model rounds differently in batches of another size
        batch = rows(bundle, size * threads)
        parts = [
            {name: values[start : start + size] for name, values in batch.items()}
            for start in range(0, size * threads, size)
        ]
        expected = np.concatenate([bundle.predict(item) for item in parts])
        assert np.array_equal(asked.split(batch, size * threads), expected)
        np.testing.assert_allclose(bundle.predict(batch), expected, atol=1e-6)


@given(st.integers(2, 9), st.integers(0, 3000))
def test_every_row_is_in_one_part_in_its_place(threads: int, more: int) -> None:
    count = threads + more
    asked = Batches(lambda inputs: inputs["a"][:, 0], threads, {"a": np.zeros((1, 1))})
    assert np.array_equal(asked.split({"a": np.arange(count, dtype=float)[:, None]}, count), np.arange(count))


@pytest.mark.parametrize(("whole", "parts", "least"), [(1.0, 0.5, ROWS), (1.0, 0.9, math.inf), (0.5, 1.0, math.inf)])
def test_a_measurement_decides(monkeypatch: pytest.MonkeyPatch, whole: float, parts: float, least: float) -> None:
    taken = iter([whole] * 3 + [parts] * 3)
    monkeypatch.setattr(batches, "_seconds", lambda _: next(taken))
    used: set[str] = set()

    def predict(inputs: Inputs) -> np.ndarray:
        used.add(threading.current_thread().name)
        return inputs["a"][:, 0]

    asked = Batches(predict, 2, {"a": np.zeros((1, 1))})
    assert asked.least == least
    asked.predict({"a": np.zeros((ROWS - 1, 1))})
    assert len(used) == 1
    asked.predict({"a": np.zeros((ROWS, 1))})
    assert len(used) == (2 if least == ROWS else 1)


def test_one_thread_never_measures() -> None:
    def fail(_: Inputs) -> np.ndarray:
        raise AssertionError

    assert Batches(fail, 1, {}).least == math.inf


def test_a_part_that_fails_fails_the_batch() -> None:
    asked = Batches(lambda inputs: inputs["a"][:, 0], 2, {"a": np.zeros((1, 1))})
    asked._predict = lambda inputs: inputs["missing"][:, 0]
    with pytest.raises(KeyError):
        asked.split({"a": np.zeros((10, 1))}, 10)
