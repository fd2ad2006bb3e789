"""What the server tells Prometheus."""

import time
from collections import Counter as Counts

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from slipway.serving.models import Models
from slipway.serving.request import Request
from slipway.serving.response import Response

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of one server; it observes finished requests.

    Args:
        models: The models that are served.
    """

    def __init__(self, models: Models) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "slipway_requests", "Requests for predictions, by status.", ["status"], registry=self.registry
        )
        self.seconds = Histogram(
            "slipway_request_seconds", "Seconds to answer one.", buckets=_SECONDS, registry=self.registry
        )
        self.rows = Counter("slipway_rows", "Rows predicted.", registry=self.registry)
        self.errors = Counter(
            "slipway_field_errors", "Fields that could not be used, by problem.", ["problem"], registry=self.registry
        )
        info = Gauge("slipway_model_info", "The model that is served.", ["name", "digest"], registry=self.registry)
        for predictor in models:
            info.labels(predictor.name, predictor.bundle.manifest.digest).set(1)

    def __call__(self, request: Request, response: Response) -> None:
        """Counts a finished request."""
        if request.method != "POST":
            return
        self.requests.labels(str(response.status)).inc()
        self.seconds.observe(time.perf_counter() - request.arrived)
        self.rows.inc(request.rows if request.outputs is not None else 0)
        for problem, wrong in Counts(error.problem for error in request.errors).items():
            self.errors.labels(problem).inc(wrong)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
