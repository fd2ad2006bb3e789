"""The routes of the server."""

import time
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from slipway.bundle.load import Bundle
from slipway.serving import body
from slipway.serving.answers import encoder
from slipway.serving.metrics import Metrics
from slipway.serving.rows import Decoder, InvalidRowsError
from slipway.serving.watched import alive

_INLINE_ROWS = 64
"""Rows that are predicted at once; more go to a thread, so that other requests need not wait for them."""


def create(bundle: Bundle, alive_until: Path | None = None) -> Starlette:
    """The application that answers for a bundle.

    Args:
        bundle: A loaded, hence verified, bundle.
        alive_until: File that says until when to be ready; None for always.
    """
    server = _Server(bundle, alive_until)
    return Starlette(
        routes=[
            Route("/predict", server.predict, methods=["POST"]),
            Route("/healthz", server.healthz),
            Route("/readyz", server.readyz),
            Route("/metrics", server.metrics),
            Route("/schema", server.schema),
            Route("/", server.index),
        ],
        exception_handlers={HTTPException: _refused, Exception: _failed},
    )


class _Server:
    def __init__(self, bundle: Bundle, alive_until: Path | None) -> None:
        self._alive_until = alive_until
        manifest = bundle.manifest
        self._bundle = bundle
        self._decoder = Decoder(bundle.schema)
        self._encode = encoder(bundle.schema.target, manifest)
        self._metrics = Metrics(manifest.name, manifest.digest)
        self._model = {"model": manifest.name, "version": manifest.digest[:12]}

    async def predict(self, request: Request) -> Response:
        started = time.perf_counter()
        try:
            response = await self._predict(request)
        except HTTPException as error:
            self._count(error.status_code, started)
            raise
        except Exception:
            self._count(500, started)
            raise
        self._count(response.status_code, started)
        return response

    async def _predict(self, request: Request) -> Response:
        form, content, count = await body.read(request)
        try:
            if count <= _INLINE_ROWS:
                answers = self._answers(form, content)
            else:
                answers = await run_in_threadpool(self._answers, form, content)
        except InvalidRowsError as error:
            for problem, wrong in Counter(item.problem for item in error.errors).items():
                self._metrics.errors.labels(problem).inc(wrong)
            return _json({**self._model, **error.to_dict()}, 422)
        self._metrics.rows.inc(count)
        return _json({**self._model, "predictions": answers})

    def _answers(self, form: body.Form, content: Any) -> list[dict[str, Any]]:
        inputs = self._decoder.rows(content) if form == "rows" else self._decoder.columns(content)
        return self._encode(self._bundle.predict(inputs))

    def _count(self, status: int, started: float) -> None:
        self._metrics.requests.labels(str(status)).inc()
        self._metrics.seconds.observe(time.perf_counter() - started)

    async def healthz(self, _: Request) -> Response:
        return _json({"alive": True})

    async def readyz(self, _: Request) -> Response:
        ready = alive(self._alive_until)
        content = {"ready": ready, **self._model, "digest": self._bundle.manifest.digest}
        if not ready:
            content["reason"] = "this canary is ready only while a rollout watches it, and none does"
        return _json(content, 200 if ready else 503)

    async def metrics(self, _: Request) -> Response:
        return Response(self._metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def schema(self, _: Request) -> Response:
        return Response(self._bundle.schema.to_json(), media_type="application/json")

    async def index(self, _: Request) -> Response:
        example = {"rows": self._bundle.golden.rows(self._bundle.schema)[:1]}
        routes = ["POST /predict", "GET /schema", "GET /healthz", "GET /readyz", "GET /metrics"]
        return _json({**self._model, "routes": routes, "example": example})


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - it is registered for these only
    return _json({"error": error.detail}, error.status_code)


async def _failed(_: Request, __: Exception) -> Response:
    return _json({"error": "the server failed on this request; its log says how"}, 500)
