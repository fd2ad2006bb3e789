"""What one model's metrics count: requests, rows, scores, and how its inputs differ from the training data."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from slipway.bundle.engine import Inputs
from slipway.data.schema import Column
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.telemetry.board import Series
from slipway.serving.telemetry.exposition import label
from slipway.serving.web.request import Request

SECONDS = tuple(base * 10.0**power for power in (-5, -4, -3, -2, -1, 0) for base in (2.5, 5, 10))
ROUTES = ("predict", "infer", "explain", "other")
STATUSES = (200, 400, 401, 403, 404, 405, 408, 413, 415, 422, 500, 503)
FIELD_PROBLEMS = ("missing", "unknown", "null", "type", "range")
_BUCKETS = 20


Pending = list[tuple[Inputs, NDArray[np.float64]]]


class Looked(NamedTuple):
    """What rows are like.

    Attributes:
        inputs: For each column how many values are missing, and how many the training data did not have.
        scores: How many predictions are in each bucket, and their sum.
    """

    inputs: list[int]
    scores: list[float]


class Requests:
    """Counts requests and their latencies.

    Args:
        numbers: From series to their numbers.
        labels: Labels of the model; empty for requests that no model answers.
    """

    def __init__(self, numbers: Callable[[Sequence[Series]], "memoryview[float]"], labels: dict[str, str]) -> None:
        counts = [
            Series("slipway_requests_total", label(**labels, route=route, status=str(status)))
            for route in ROUTES
            for status in (*STATUSES, "other")
        ]
        self._counts = numbers(counts)
        self._seconds = {
            route: numbers([Series("slipway_request_seconds", label(**labels, route=route), SECONDS)])
            for route in ROUTES
        }
        self._places = {
            (route, status): row * (len(STATUSES) + 1) + column
            for row, route in enumerate(ROUTES)
            for column, status in enumerate(STATUSES)
        }

    def count(self, route: str, status: int, seconds: float) -> None:
        """Counts one request."""
        if route not in self._seconds:
            route = "other"
        place = self._places.get((route, status))
        if place is None:
            place = self._places[route, 200] + len(STATUSES)
        self._counts[place] += 1
        histogram = self._seconds[route]
        histogram[bisect_left(SECONDS, seconds)] += 1
        histogram[-1] += seconds


class Tally:
    """The metrics of one model.

    Args:
        numbers: From series to their numbers.
        predictor: The model.
    """

    def __init__(self, numbers: Callable[[Sequence[Series]], "memoryview[float]"], predictor: Predictor) -> None:
        labels = {"model": predictor.name, "version": predictor.version, "variant": predictor.variant}
        self.requests = Requests(numbers, labels)
        self._rows = numbers([Series("slipway_rows_total", label(**labels))])
        self._fields = numbers(
            [Series("slipway_field_errors_total", label(**labels, problem=problem)) for problem in FIELD_PROBLEMS]
        )
        columns = predictor.bundle.schema.columns
        self._looks = [_look(column) for column in columns]
        self._names = [column.name for column in columns]
        self._inputs = numbers(
            [
                Series(f"slipway_input_{what}_total", label(**labels, column=column.name))
                for column in columns
                for what in ("null", "unseen")
            ]
        )
        self._scores = _Scores(numbers, predictor, labels)
        self._pending: Pending = []
        self.pending_rows = 0

    def count(self, request: Request) -> None:
        """Counts what a request brought and was answered; its rows wait to be looked at."""
        for error in request.errors:
            self._fields[FIELD_PROBLEMS.index(error.problem)] += 1
        if request.outputs is None or request.inputs is None:
            return
        self._rows[0] += request.rows
        self._pending.append((request.inputs, request.outputs))
        self.pending_rows += request.rows

    def take(self) -> Pending:
        """The rows that wait; from now on they are the caller's."""
        pending, self._pending, self.pending_rows = self._pending, [], 0
        return pending

    def look(self, pending: Pending) -> Looked:
        """Looks at rows; in any thread.

        Args:
            pending: The rows; at least one.
        """
        columns = _columns(pending, self._names)
        found = [count for look, values in zip(self._looks, columns, strict=True) for count in look(values)]
        return Looked(found, self._scores.look(np.concatenate([outputs for _, outputs in pending])))

    def add(self, looked: Looked) -> None:
        """Adds what was found."""
        for numbers, counts in ((self._inputs, looked.inputs), (self._scores.numbers, looked.scores)):
            for place, count in enumerate(counts):
                numbers[place] += count


class _Scores:
    """The distribution of the predictions: of the positive class, of the likeliest class, or of the value."""

    def __init__(
        self, numbers: Callable[[Sequence[Series]], "memoryview[float]"], predictor: Predictor, labels: dict[str, str]
    ) -> None:
        if predictor.bundle.schema.target.task == "regression":
            bounds = np.unique(predictor.bundle.golden.outputs)
        else:
            bounds = np.arange(1, _BUCKETS + 1) / _BUCKETS
        self._bounds = bounds
        series = Series("slipway_score", label(**labels), tuple(float(f"{value:g}") for value in bounds))
        self.numbers = numbers([series])

    def look(self, outputs: NDArray[np.float64]) -> list[float]:
        scores = outputs if outputs.ndim == 1 else outputs[:, 1] if outputs.shape[1] == 2 else outputs.max(axis=1)
        found = np.bincount(np.searchsorted(self._bounds, scores), minlength=len(self._bounds) + 1)
        return [*found.tolist(), float(scores.sum())]


def _columns(pending: Pending, names: Sequence[str]) -> Iterator[NDArray[Any]]:
    """The values of each column, of shape (n,); requests of one row are put together several times faster as lists."""
    if any(len(outputs) > 1 for _, outputs in pending):
        return (np.concatenate([inputs[name] for inputs, _ in pending])[:, 0] for name in names)
    rows = [[inputs[name].item() for name in names] for inputs, _ in pending]
    types = [pending[0][0][name].dtype for name in names]
    return (np.array(values, dtype) for values, dtype in zip(zip(*rows, strict=True), types, strict=True))


def _look(column: Column) -> Callable[[NDArray[Any]], tuple[int, int]]:
    """A function from a column's values to the number of nulls, and of values that the training data did not have."""
    if column.kind == "text":
        return lambda values: (values.tolist().count(""), 0)
    if column.kind == "category":
        levels = frozenset(column.levels or ())

        def look(values: NDArray[Any]) -> tuple[int, int]:
            counts = Counter(values.tolist())
            return counts.pop("", 0), sum(count for value, count in counts.items() if value not in levels)

        return look
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    return lambda values: (int(np.isnan(values).sum()), int(((values < low) | (values > high)).sum()))
