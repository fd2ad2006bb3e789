"""What the server tells Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_SECONDS = (0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class Metrics:
    """Counters of one server.

    Args:
        name: Name of the model.
        digest: Digest of its bundle.
    """

    def __init__(self, name: str, digest: str) -> None:
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
        info.labels(name, digest).set(1)

    def text(self) -> bytes:
        """All of them in Prometheus' text format."""
        return generate_latest(self.registry)
