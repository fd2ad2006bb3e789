"""The ASGI application: finds the handler, answers, and tells the observers."""

import logging
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from slipway.bundle.load import Bundle
from slipway.serving.endpoint import Endpoint
from slipway.serving.infer import infer
from slipway.serving.metrics import Metrics
from slipway.serving.models import Models
from slipway.serving.predict import predict
from slipway.serving.probes import Probes
from slipway.serving.protocol import Protocol
from slipway.serving.request import ID_HEADER, Receive, Request, arrive
from slipway.serving.response import HttpError, Response, refusal
from slipway.serving.routing import Route, Routes
from slipway.serving.served import Served
from slipway.serving.work import Work
from slipway.settings import Model, Settings

logger = logging.getLogger(__name__)

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Observer = Callable[[Request, Response], None]
"""Is told of each request when its answer is on its way; it is called on the event loop, so it must be quick."""


class App:
    """The application.

    Args:
        routes: What answers what.
        observers: Who is told of finished requests.
        closing: Called when the server ends.
    """

    def __init__(
        self, routes: Routes, observers: Sequence[Observer], closing: Sequence[Callable[[], None]] = ()
    ) -> None:
        self._routes = routes
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
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
        for observe in self._observers:
            observe(request, response)

    async def _answer(self, request: Request) -> Response:
        try:
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


def assemble(models: Models, settings: Settings) -> App:
    """The application that answers for models.

    Args:
        models: The models.
        settings: How it answers.
    """
    limits = settings.limits
    work = Work(settings.threads, limits.queue)
    metrics = Metrics(models)
    probes = Probes(models, metrics)
    routes = [
        Route("/predict", {"POST": Endpoint(models, limits, work, predict(limits))}),
        *_protocol(Protocol(models), Endpoint(models, limits, work, infer(limits))),
        Route("/healthz", {"GET": probes.alive}),
        Route("/readyz", {"GET": probes.ready}),
        Route("/metrics", {"GET": probes.metrics}),
        Route("/schema", {"GET": probes.schema}),
    ]
    table = Routes([*routes, Route("/", {"GET": probes.index(routes)})])
    return App(table, [metrics], [work.close])


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
