"""What runs beside the requests: the prediction log, traces, the journal, shadows, access, and what they count."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from slipway.serving.bundles.shadow import Shadows
from slipway.serving.prediction_log.log import PredictionLog
from slipway.serving.prediction_log.records import Prediction
from slipway.serving.telemetry.exposition import Reading
from slipway.serving.telemetry.journal import Journal
from slipway.serving.telemetry.traces import Tracer
from slipway.serving.web.access import Token
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response
from slipway.settings import Settings


class Beside:
    """Everything that the settings ask for.

    Args:
        settings: How the server answers.

    Attributes:
        log: The prediction log; None without one.
        observers: Who is told of finished requests.
        guards: Who may refuse a request.

    Raises:
        SlipwayError: Something is not installed, or can't be read.
    """

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.drain_s
        self.guards = [Token(Path(settings.token_file))] if settings.token_file else []
        self.log = PredictionLog(settings.log) if settings.log.uri else None
        self._traces = Tracer(settings.traces) if settings.traces.endpoint else None
        self._journal = Journal(values=settings.log_values) if settings.access_log else None
        shadowed = any(variant.shadow for model in settings.models.values() for variant in model.variants)
        self._shadows = Shadows() if shadowed else None
        logged = self._log_prediction if self.log else None
        wanted = (logged, self._traces, self._journal, self._shadows)  # the journal writes the trace's id
        self.observers: list[Callable[[Request, Response], None]] = [item for item in wanted if item is not None]

    def close(self) -> None:
        """Finishes what waits, for a bounded time."""
        for part in (self._shadows, self._journal, self._traces, self.log):
            if part is not None:
                part.close(self._seconds)

    def readings(self) -> Iterator[Reading]:
        """What Prometheus is told."""
        for what, part in (("spans", self._traces), ("journal_lines", self._journal), ("shadow_rows", self._shadows)):
            if part is not None:
                yield _dropped(what, part.dropped)
        if self.log is not None:
            yield _dropped("log_rows", self.log.dropped_rows)
            yield Reading("slipway_log_rows_total", "counter", "Rows written to the log.", {}, self.log.written_rows)
            yield Reading("slipway_log_failures_total", "counter", "Failed writes.", {}, self.log.failures)
            yield Reading("slipway_log_waiting_rows", "gauge", "Rows not yet written.", {}, self.log.waiting_rows)
        if self._shadows is not None:
            yield from _compared(self._shadows)

    def _log_prediction(self, request: Request, _: Response) -> None:
        predictor = request.predictor
        if self.log is None or predictor is None or request.inputs is None or request.outputs is None:
            return
        record = Prediction(request.id, time.time(), predictor.variant, request.inputs, request.outputs)
        self.log.predicted(predictor.bundle, record, request.weight)


def _dropped(what: str, count: int) -> Reading:
    said = "What was dropped because a queue was full."
    return Reading("slipway_dropped_total", "counter", said, {"what": what}, count)


def _compared(shadows: Shadows) -> Iterator[Reading]:
    for (model, variant), difference in list(shadows.differences.items()):
        labels = {"model": model, "variant": variant}
        for family, said, value in (
            ("slipway_shadow_rows_total", "Rows that a shadow predicted too.", difference.rows),
            ("slipway_shadow_other_labels_total", "Rows with another class.", difference.labels),
            ("slipway_shadow_difference_total", "Sum of the differences.", difference.total),
            ("slipway_shadow_failures_total", "Rows that it failed on.", difference.failures),
        ):
            yield Reading(family, "counter", said, labels, value)
