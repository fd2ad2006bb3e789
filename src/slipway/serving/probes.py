"""What is asked by probes, by Prometheus and by people who look around."""

from slipway.serving.metrics import Metrics
from slipway.serving.models import Models
from slipway.serving.request import Request
from slipway.serving.response import Response, json
from slipway.serving.routing import Handler, Route

_PROMETHEUS = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),)


class Probes:
    """Handlers that predict nothing.

    Args:
        models: The models.
        metrics: The metrics.
    """

    def __init__(self, models: Models, metrics: Metrics) -> None:
        self._models = models
        self._metrics = metrics

    async def alive(self, _: Request) -> Response:
        """Whether the process answers."""
        return json({"alive": True})

    async def ready(self, request: Request) -> Response:
        """Whether the model answers, and which it is."""
        predictor = self._models.choose(request)
        digest = predictor.bundle.manifest.digest
        return json({"ready": True, "model": predictor.name, "version": predictor.version, "digest": digest})

    async def metrics(self, _: Request) -> Response:
        """The metrics in Prometheus' text format."""
        return Response(self._metrics.text(), headers=_PROMETHEUS)

    async def schema(self, request: Request) -> Response:
        """The model's columns and target."""
        return Response(self._models.choose(request).bundle.schema.to_json().encode())

    def index(self, routes: list[Route]) -> Handler:
        """A handler that lists the routes, with a request that can be sent as it is."""
        listed = [f"{method} {route.path}" for route in routes for method in route.handlers]

        async def handle(request: Request) -> Response:
            predictor = self._models.choose(request)
            example = {"rows": predictor.bundle.golden.rows(predictor.bundle.schema)[:1]}
            return json({"model": predictor.name, "version": predictor.version, "routes": listed, "example": example})

        return handle
