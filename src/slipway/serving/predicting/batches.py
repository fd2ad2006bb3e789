"""Large batches over several threads, where a measurement says that it is faster."""

import itertools
import math
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

Inputs = Mapping[str, NDArray[Any]]
Predict = Callable[[Inputs], NDArray[np.float64]]

ROWS = 256
"""Rows from which a batch may be split."""

_ROUNDS = 3
_GAIN = 0.85
"""Share of the time of one thread that several may take at most to be chosen."""


class Batches:
    """Predicts small batches as they are, and large ones in parts on threads of their own.

    A graph lets other threads run while it computes, and its rows do not depend on each other, so that each row gets
    what it gets in a batch as large as its part. Whether parts are faster depends on the model and on the cores that
    the process may use: it is measured once, on rows of the bundle.

    Args:
        predict: Predicts a batch on one thread.
        threads: Threads for one batch.
        example: Rows to measure with; at least one.

    Attributes:
        least: Rows from which a batch is split; infinite for never.
    """

    def __init__(self, predict: Predict, threads: int, example: Inputs) -> None:
        self._predict = predict
        self._threads = threads
        self.least = math.inf
        if threads > 1:
            self._pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="slipway-batch")
            self.least = ROWS if self._gains(example) else math.inf

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Outputs of a batch, in the order of its rows; see ``Engine.predict``."""
        count = len(next(iter(inputs.values())))
        return self._predict(inputs) if count < self.least else self.split(inputs, count)

    def split(self, inputs: Inputs, count: int) -> NDArray[np.float64]:
        """Outputs of a batch in as many parts as there are threads; the calling thread takes the first.

        Args:
            inputs: The batch.
            count: Its rows, at least as many as there are threads.
        """
        edges = [count * place // self._threads for place in range(self._threads + 1)]
        first, *others = (
            {name: values[start:end] for name, values in inputs.items()} for start, end in itertools.pairwise(edges)
        )
        waiting = [self._pool.submit(self._predict, part) for part in others]
        return np.concatenate([self._predict(first), *(item.result() for item in waiting)])

    def _gains(self, example: Inputs) -> bool:
        batch = {name: np.resize(values, (ROWS, 1)) for name, values in example.items()}
        whole = min(_seconds(lambda: self._predict(batch)) for _ in range(_ROUNDS))
        parts = min(_seconds(lambda: self.split(batch, ROWS)) for _ in range(_ROUNDS))
        return parts < _GAIN * whole


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
