"""What the server tells Prometheus."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from slipway.serving.bundles.models import Models
from slipway.serving.predicting.predictor import Predictor
from slipway.serving.telemetry import exposition
from slipway.serving.telemetry.board import Board, Series
from slipway.serving.telemetry.exposition import Reading, label
from slipway.serving.telemetry.tally import Looked, Requests, Tally
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response

_FLUSH_SECONDS = 1.0
"""Longest time that another worker's answer to a scrape may lag behind."""

_PENDING_ROWS = 256
"""Rows that are looked at together."""

_AHEAD = 4
"""Batches of them that may wait for the thread."""

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
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="slipway-metrics")
        self._looking: set[asyncio.Future[Looked]] = set()

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
            if tally.pending_rows >= _PENDING_ROWS:
                self._look(tally)
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
            self._look(tally)
        for read in self._watched:
            for reading in read():
                self._update(reading)

    async def text(self) -> bytes:
        """All of them in Prometheus' text format, over all workers; it is put together in a thread."""
        self.flush()
        await asyncio.gather(*self._looking)
        return await asyncio.to_thread(self._text, dict(self._families))

    def _text(self, families: Mapping[str, tuple[str, str]]) -> bytes:
        totals = exposition.total(self._board.read())
        for item in self._models:
            digest = item.bundle.manifest.digest
            labels = label(model=item.name, version=item.version, variant=item.variant, digest=digest)
            totals[Series("slipway_model_info", labels)] = [1.0]
        return exposition.text(totals, families).encode()

    def _look(self, tally: Tally) -> None:
        """Has the rows that wait looked at, in a thread unless that is behind."""
        pending = tally.take()
        if not pending:
            return
        if len(self._looking) >= _AHEAD:
            tally.add(tally.look(pending))
            return
        looked = asyncio.get_running_loop().run_in_executor(self._thread, tally.look, pending)
        self._looking.add(looked)
        looked.add_done_callback(self._looking.discard)
        looked.add_done_callback(lambda done: tally.add(done.result()))

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
