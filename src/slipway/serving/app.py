"""The ASGI application: finds the handler, answers, and tells the observers."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from slipway.bundle.load import Bundle
from slipway.serving.beside import Beside
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.served import Served
from slipway.serving.docs.pages import Pages
from slipway.serving.prediction_log.feedback import Feedback
from slipway.serving.process.life import Life
from slipway.serving.process.watched import Watch
from slipway.serving.process.work import Work
from slipway.serving.routes.endpoint import Endpoint
from slipway.serving.routes.explain import explain
from slipway.serving.routes.predict import predict
from slipway.serving.routes.probes import Probes
from slipway.serving.telemetry.board import Board
from slipway.serving.telemetry.exposition import Reading
from slipway.serving.telemetry.metrics import Metrics
from slipway.serving.v2.infer import infer
from slipway.serving.v2.protocol import Protocol
from slipway.serving.web.request import Receive, Request, arrive, check_size, whole
from slipway.serving.web.response import HttpError, Response, refusal
from slipway.serving.web.routing import Handler, Route, Routes
from slipway.settings import Model, Settings

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Observer = Callable[[Request, Response], None]
"""Is told of each request when its answer is on its way; it is called on the event loop, so it must be quick."""

Guard = Callable[[Request], None]
"""Raises an ``HttpError`` for a request that may not be answered."""


class App:
    """The application.

    Args:
        routes: What answers what.
        body_bytes: Largest body.
        observers: Who is told of finished requests.
        closing: Called when the server ends.
        guards: Who may refuse a request before it is looked at.
        life: Whether the server is about to end.

    Attributes:
        life: Whether the server is about to end.
        apart: What answers at the port for metrics and probes.
    """

    def __init__(
        self,
        routes: Routes,
        body_bytes: int,
        observers: Sequence[Observer] = (),
        closing: Sequence[Callable[[], None]] = (),
        guards: Sequence[Guard] = (),
        life: Life | None = None,
    ) -> None:
        self.life = life or Life()
        self.apart = self
        self._routes = routes
        self._body_bytes = body_bytes
        self._guards = tuple(guards)
        self._observers = tuple(observers)
        self._closing = tuple(closing)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request, or keeps ASGI's lifespan."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        request = arrive(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        response = await self._answer(request, receive)
        headers = response.all_headers(request.id, closes=self.life.ending)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
        self.observe(request, response)

    def at_once(self, request: Request) -> Response | None:
        """The answer to a request whose body is here; None where a thread has to work on it."""
        try:
            handler = self._handler(request)
            check_size(len(request.body), self._body_bytes)
            answer = handler(request)
        except Exception as error:
            return _refused(request, error)
        if isinstance(answer, Response):
            return answer
        answer.close()
        return None

    def observe(self, request: Request, response: Response) -> None:
        """Tells the observers of a request whose answer is on its way."""
        for observe in self._observers:
            try:
                observe(request, response)
            except Exception:  # the answer is on its way: nobody but the log needs to know
                logger.exception("request %s was answered, but not observed", request.id)

    def _handler(self, request: Request) -> Handler:
        for guard in self._guards:
            guard(request)
        return self._routes.handler(request)

    async def _answer(self, request: Request, receive: Receive) -> Response:
        try:
            handler = self._handler(request)
            request.body = await whole(request, receive, self._body_bytes)
            answer = handler(request)
            return answer if isinstance(answer, Response) else await answer
        except Exception as error:
            return _refused(request, error)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for close in self._closing:
            close()
        await send({"type": "lifespan.shutdown.complete"})


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HttpError):
        logger.error("request %s failed", request.id, exc_info=error)
        error = HttpError(500, f"the server failed; its log says how, under {request.id}", "internal")
    request.problem = error.problem
    return refusal(error)


def create(bundle: Bundle, settings: Settings | None = None) -> App:
    """The application that answers for a bundle.

    Args:
        bundle: A loaded, hence verified, bundle.
        settings: How it answers.
    """
    settings = settings or Settings()
    return assemble(Models({}, [Served(Model(str(bundle.folder)), bundle, settings=settings)]), settings)


def assemble(
    models: Models, settings: Settings, life: Life | None = None, board: Board | None = None, place: int = 0
) -> App:
    """The application that answers for models.

    Args:
        models: The models.
        settings: How it answers.
        life: Whether the server is about to end.
        board: Where all workers keep their metrics; None for a board of its own.
        place: Number of this worker.

    Raises:
        SlipwayError: What the settings ask for is not installed or can't be read.
    """
    life = life or Life()
    beside = Beside(settings)
    limits = settings.limits
    work = Work(settings.threads, limits.queue)
    metrics = Metrics(models, board, place)
    metrics.watch(beside.readings)
    metrics.watch(lambda: [Reading("slipway_queue_depth", "gauge", "Large requests that run or wait.", {}, work.depth)])
    probes = Probes(models, metrics, life, Watch(settings.alive_until))
    pages = Pages(models, settings)
    feedback = Feedback(models, beside.log, limits)
    inline = {"inline_bytes": 0} if settings.cache.url else {}  # to ask Redis is to wait, so not on the event loop
    predicting = Endpoint(models, limits, work, predict(limits), **inline)
    explaining = Endpoint(models, limits, work, explain(limits), inline_bytes=0)
    inference = Endpoint(models, limits, work, infer(limits), **inline)
    looking = [
        Route("/healthz", {"GET": probes.alive}),
        Route("/readyz", {"GET": probes.ready}),
        Route("/metrics", {"GET": probes.metrics}),
    ]
    routes = [
        *_named(
            {
                "predict": {"POST": predicting},
                "explain": {"POST": explaining},
                "feedback": {"POST": feedback},
                "schema": {"GET": probes.schema},
                "openapi.json": {"GET": pages.openapi},
                "docs": {"GET": pages.docs},
            }
        ),
        *_protocol(Protocol(models), inference),
        *(route for route in looking if route.path != "/metrics" or not settings.metrics_port),
    ]
    table = Routes([*routes, Route("/", {"GET": probes.index(routes)})])
    app = App(table, limits.body_bytes, [metrics, *beside.observers], [work.close, beside.close], beside.guards, life)
    app.apart = App(Routes(looking), limits.body_bytes, life=life)
    return app


def _named(handlers: dict[str, Mapping[str, Handler]]) -> list[Route]:
    """Routes of the first model, and of each one by its name."""
    return [
        Route(path, methods)
        for name, methods in handlers.items()
        for path in (f"/{name}", f"/models/{{name}}/{name}", f"/models/{{name}}/versions/{{version}}/{name}")
    ]


def _protocol(protocol: Protocol, inference: Endpoint) -> list[Route]:
    routes = [
        Route("/v2", {"GET": protocol.server}),
        Route("/v2/health/live", {"GET": protocol.live}),
        Route("/v2/health/ready", {"GET": protocol.ready}),
    ]
    for model in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        routes += [
            Route(model, {"GET": protocol.model}),
            Route(f"{model}/ready", {"GET": protocol.ready}),
            Route(f"{model}/infer", {"POST": inference}),
        ]
    return routes
