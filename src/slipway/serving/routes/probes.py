"""What is asked by probes, by Prometheus and by people who look around."""

from slipway.serving.bundles.models import Models
from slipway.serving.process.life import Life
from slipway.serving.process.watched import Watch
from slipway.serving.telemetry.metrics import Metrics
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response, json
from slipway.serving.web.routing import Handler, Route

_PROMETHEUS = ((b"content-type", b"text/plain; version=0.0.4; charset=utf-8"),)


class Probes:
    """Handlers that predict nothing.

    Args:
        models: The models.
        metrics: The metrics.
        life: Whether the server is about to end.
        watch: Whether a rollout watches the server; without one it is ready only where each model has a fallback.
    """

    def __init__(self, models: Models, metrics: Metrics, life: Life, watch: Watch) -> None:
        self._models = models
        self._watch = watch
        self._life = life
        self._metrics = metrics

    def alive(self, _: Request) -> Response:
        """Whether the process answers."""
        return json({"alive": True})

    def ready(self, request: Request) -> Response:
        """Whether every model answers, and which they are; what was refused, and why."""
        refused = {"refused": self._models.refused} if self._models.refused else {}
        if self._life.ending or not self._models.ready:
            reason = "the server is ending" if self._life.ending else "the models are not loaded"
            return json({"ready": False, "reason": reason, **refused}, 503)
        if not (self._watch.alive or self._models.guarded):
            reason = "this canary is ready only while a rollout watches it, and none does"
            return json({"ready": False, "reason": reason, **refused}, 503)
        first = self._models.choose(request)
        digest = first.bundle.manifest.digest
        own = {"model": first.name, "version": first.version, "digest": digest}
        return json({"ready": True, **own, "models": self._models.describe(), **refused})

    async def metrics(self, _: Request) -> Response:
        """The metrics in Prometheus' text format."""
        return Response(await self._metrics.text(), headers=_PROMETHEUS)

    def schema(self, request: Request) -> Response:
        """The model's columns and target."""
        return Response(self._models.choose(request).bundle.schema.to_json().encode())

    def index(self, routes: list[Route]) -> Handler:
        """A handler that lists the routes, with a request that can be sent as it is."""
        listed = [f"{method} {route.path}" for route in routes for method in route.handlers]

        def handle(request: Request) -> Response:
            predictor = self._models.choose(request)
            example = {"rows": predictor.bundle.golden.rows(predictor.bundle.schema)[:1]}
            return json({"model": predictor.name, "version": predictor.version, "routes": listed, "example": example})

        return handle
