"""The ASGI application: finds the handler, answers, and tells the observers."""

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any

from slipway.bundle.load import Bundle
from slipway.serving.beside import Beside
from slipway.serving.board import Board
from slipway.serving.endpoint import Endpoint
from slipway.serving.explain import explain
from slipway.serving.exposition import Reading
from slipway.serving.feedback import Feedback
from slipway.serving.infer import infer
from slipway.serving.life import Life
from slipway.serving.metrics import Metrics
from slipway.serving.models import Models
from slipway.serving.pages import Pages
from slipway.serving.predict import predict
from slipway.serving.probes import Probes
from slipway.serving.protocol import Protocol
from slipway.serving.request import ID_HEADER, Receive, Request, arrive
from slipway.serving.response import HttpError, Response, refusal
from slipway.serving.routing import Handler, Route, Routes
from slipway.serving.served import Served
from slipway.serving.watched import Watch
from slipway.serving.work import Work
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
        observers: Who is told of finished requests.
        closing: Called when the server ends.
        guards: Who may refuse a request before it is looked at.
        life: Whether the server is about to end.
    """

    def __init__(
        self,
        routes: Routes,
        observers: Sequence[Observer] = (),
        closing: Sequence[Callable[[], None]] = (),
        guards: Sequence[Guard] = (),
        life: Life | None = None,
    ) -> None:
        self._routes = routes
        self._guards = tuple(guards)
        self._life = life or Life()
        self.apart = self
        """What answers at the port for metrics and probes."""
        self._observers = tuple(observers)
        self._closing = tuple(closing)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answers one request, or keeps ASGI's lifespan."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        request = arrive(scope, receive)
        response = await self._answer(request)
        headers = [
            *response.headers,
            (b"content-length", b"%d" % len(response.body)),
            (ID_HEADER, request.id.encode("ascii")),
        ]
        if self._life.ending:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
        for observe in self._observers:
            observe(request, response)

    async def _answer(self, request: Request) -> Response:
        try:
            for guard in self._guards:
                guard(request)
            return await self._routes.handler(request)(request)
        except HttpError as error:
            request.problem = error.problem
            return refusal(error)
        except Exception:
            logger.exception("request %s failed", request.id)
            request.problem = "internal"
            return refusal(HttpError(500, f"the server failed; its log says how, under {request.id}", "internal"))

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        for close in self._closing:
            close()
        await send({"type": "lifespan.shutdown.complete"})


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
    app = App(table, [metrics, *beside.observers], [work.close, beside.close], beside.guards, life)
    app.apart = App(Routes(looking), life=life)
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
