"""Batches by the engine, and on as many threads, as a measurement says is fastest."""

import itertools
import math
import random
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs, Predict

ENGINE_ROWS = (64, 256)
"""Rows at which engines are measured; from each on, the faster one of that size is used."""

SPLIT_ROWS = (256, 512)
"""Rows at which the engine chosen for the larger batches is measured whole and in parts."""

_ROUNDS = 3
_ENOUGH = 0.01
"""Seconds after which a way gets no further round."""

_GAIN = 0.85
"""Share of a simpler way's time that another one may take at most to be chosen."""


@dataclass(frozen=True, slots=True)
class Way:
    """A way to predict a batch.

    Attributes:
        engine: Name of the engine.
        predict: Predicts a batch on one thread.
        parts: In how many parts, each on a thread of its own.
    """

    engine: str
    predict: Predict
    parts: int = 1

    def __str__(self) -> str:
        return f"{self.engine} on {self.parts} threads" if self.parts > 1 else self.engine


class Batches:
    """Predicts a row as it is, and batches the fastest way.

    Engines give a row the same answer, let other threads run while they compute, and do not depend on the rows beside
    it, so that each row gets what it gets in a batch as large as its part. Which is faster, and whether parts are,
    depends on the model and on the cores that the process may use: it is measured once, on rows of the bundle.

    Args:
        engines: Name to a function that predicts a batch on one thread, simplest first: it predicts single rows.
        threads: Threads for one batch.
        example: Rows to measure with; at least one.

    Attributes:
        ways: Rows, ascending, to the way that batches go from there on.
    """

    def __init__(self, engines: Mapping[str, Predict], threads: int, example: Inputs) -> None:
        whole = [Way(name, predict) for name, predict in engines.items()]
        self.ways = {1: whole[0]}
        for rows in ENGINE_ROWS:
            self.ways[rows] = self._fastest(whole, example, rows)
        if threads > 1:
            self._pool = ThreadPoolExecutor(threads - 1, thread_name_prefix="slipway-batch")
            large = self.ways[ENGINE_ROWS[-1]]
            for rows in SPLIT_ROWS:
                self.ways[rows] = self._fastest([large, replace(large, parts=threads)], example, rows)
        self._single = whole[0].predict
        self._least = min((rows for rows, way in self.ways.items() if way != whole[0]), default=math.inf)

    def __str__(self) -> str:
        others = [item for before, item in itertools.pairwise(self.ways.items()) if item[1] != before[1]]
        return ", ".join([str(self.ways[1]), *(f"{way} from {rows} rows" for rows, way in others)])

    def predict(self, inputs: Inputs) -> NDArray[np.float64]:
        """Outputs of a batch, in the order of its rows; see ``Engine.predict``."""
        count = len(next(iter(inputs.values())))
        if count < self._least:
            return self._single(inputs)
        return self.go(self.ways[max(rows for rows in self.ways if rows <= count)], inputs)

    def go(self, way: Way, inputs: Inputs) -> NDArray[np.float64]:
        """Outputs of a batch by one way; the calling thread takes the first of its parts.

        Args:
            way: The way, of no more parts than there are threads.
            inputs: The batch, of at least as many rows as there are parts.
        """
        if way.parts == 1:
            return way.predict(inputs)
        count = len(next(iter(inputs.values())))
        edges = [count * place // way.parts for place in range(way.parts + 1)]
        first, *others = (
            {name: values[start:end] for name, values in inputs.items()} for start, end in itertools.pairwise(edges)
        )
        waiting = [self._pool.submit(way.predict, part) for part in others]
        return np.concatenate([way.predict(first), *(item.result() for item in waiting)])

    def _fastest(self, ways: list[Way], example: Inputs, rows: int) -> Way:
        best, *others = ways
        if others:
            batch = mixed(example, rows)
            least = self._seconds(best, batch)
            for way in others:
                took = self._seconds(way, batch)
                if took < _GAIN * least:
                    best, least = way, took
        return best

    def _seconds(self, way: Way, batch: Inputs) -> float:
        """Least time of some rounds."""
        times: list[float] = []
        while len(times) < _ROUNDS and sum(times) < _ENOUGH:
            began = time.perf_counter()
            self.go(way, batch)
            times.append(time.perf_counter() - began)
        return min(times)


def mixed(example: Inputs, rows: int) -> Inputs:
    """As many rows as are asked for: each column has values of the example, drawn at random.

    The example's rows over and over would be measured too fast: a processor learns their paths through the trees.

    Args:
        example: Rows; at least one.
        rows: How many to make.
    """
    count = max(map(len, example.values()))
    order = random.Random(0).choices(range(count), k=rows + len(example))  # noqa: S311 - nothing is to be secret
    places = np.array(order)
    return {name: values[places[start : start + rows]] for start, (name, values) in enumerate(example.items())}
