"""What the server tells Prometheus."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from slipway.serving import exposition
from slipway.serving.board import Board, Series
from slipway.serving.exposition import Reading, label
from slipway.serving.models import Models
from slipway.serving.predictor import Predictor
from slipway.serving.request import Request
from slipway.serving.response import Response
from slipway.serving.tally import Requests, Tally

_FLUSH_SECONDS = 1.0
"""Longest time that another worker's answer to a scrape may lag behind."""

_FAMILIES = {
    "slipway_requests_total": ("counter", "Requests, by route and status."),
    "slipway_request_seconds": ("histogram", "Seconds from the head of a request to its answer."),
    "slipway_rows_total": ("counter", "Rows predicted."),
    "slipway_errors_total": ("counter", "Requests that were refused or failed, by kind."),
    "slipway_field_errors_total": ("counter", "Fields that could not be used, by problem."),
    "slipway_input_null_total": ("counter", "Values that were missing, by column; divide by slipway_rows_total."),
    "slipway_input_unseen_total": (
        "counter",
        "Levels that the training data did not have, and numbers and dates outside of its range, by column.",
    ),
    "slipway_score": (
        "histogram",
        "Predictions: probability of the positive class, of the likeliest of several, or value.",
    ),
    "slipway_model_info": ("gauge", "The models that are served."),
}


class Metrics:
    """Counts finished requests; it observes them.

    Args:
        models: The models that are served.
        board: Where the workers keep their numbers.
        place: Number of this worker.
    """

    def __init__(self, models: Models, board: Board | None = None, place: int = 0) -> None:
        self._models = models
        self._board = board or Board()
        self._place = place
        self._families = dict(_FAMILIES)
        self._server = Requests(self._numbers, {})
        self._tallies: dict[Predictor, Tally] = {}
        self._problems: dict[str, memoryview[float]] = {}
        self._watched: list[Callable[[], Iterable[Reading]]] = []
        self._read: dict[Series, tuple[memoryview[float], float]] = {}
        self._flush: asyncio.TimerHandle | None = None

    def __call__(self, request: Request, response: Response) -> None:
        """Counts a finished request."""
        seconds = time.perf_counter() - request.arrived
        predictor = request.predictor
        route = request.route.rpartition("/")[2]
        if predictor is None:
            self._server.count(route, response.status, seconds)
        else:
            tally = self._tallies.get(predictor) or self._tally(predictor)
            tally.requests.count(route, response.status, seconds)
            tally.count(request)
        if request.problem:
            self._problem(request.problem)[0] += 1
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.flush)

    def watch(self, read: Callable[[], Iterable[Reading]]) -> None:
        """Shows numbers that something else counts.

        Args:
            read: Gives them.
        """
        self._watched.append(read)

    def flush(self) -> None:
        """Brings what other workers read up to date."""
        self._flush = None
        for tally in self._tallies.values():
            tally.flush()
        for read in self._watched:
            for reading in read():
                self._update(reading)

    def text(self) -> bytes:
        """All of them in Prometheus' text format, over all workers."""
        self.flush()
        totals = exposition.total(self._board.read())
        for item in self._models:
            digest = item.bundle.manifest.digest
            labels = label(model=item.name, version=item.version, variant=item.variant, digest=digest)
            totals[Series("slipway_model_info", labels)] = [1.0]
        return exposition.text(totals, self._families).encode()

    def _update(self, reading: Reading) -> None:
        """Adds what a number grew by: a worker that took over counts on from where the one before it ended."""
        series = Series(reading.family, label(**reading.labels))
        if series not in self._read:
            numbers = self._numbers([series])
            self._families[reading.family] = (reading.kind, reading.said)
            if reading.kind == "gauge":
                numbers[0] = 0.0
            self._read[series] = (numbers, 0.0)
        numbers, last = self._read[series]
        numbers[0] += reading.value - last
        self._read[series] = (numbers, reading.value)

    def _numbers(self, series: Sequence[Series]) -> "memoryview[float]":
        return self._board.numbers(self._place, series)

    def _tally(self, predictor: Predictor) -> Tally:
        served = set(self._models)
        self._tallies = {item: tally for item, tally in self._tallies.items() if item in served}
        made = self._tallies[predictor] = Tally(self._numbers, predictor)
        return made

    def _problem(self, kind: str) -> "memoryview[float]":
        if kind not in self._problems:
            self._problems[kind] = self._numbers([Series("slipway_errors_total", label(kind=kind))])
        return self._problems[kind]
