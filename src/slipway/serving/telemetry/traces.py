"""Traces: W3C's traceparent in, spans over OTLP out, in the background."""

import re
import time
from random import Random
from typing import Any, NamedTuple

from slipway.errors import ServingError
from slipway.serving.process.background import Background
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response
from slipway.settings import Traces

_HEADER = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?")
_WAITING = 20_000
_SECONDS = 1.0
_BATCH = 512


class Context(NamedTuple):
    """What a client says of the trace that its request belongs to.

    Attributes:
        trace: Id of the trace.
        span: Id of the client's span; 0 for none.
        sampled: Whether the trace is kept.
    """

    trace: int
    span: int
    sampled: bool


class _Span(NamedTuple):
    context: Context
    id: int
    ended_ns: int
    took_ns: int
    status: int
    method: str
    route: str
    attributes: dict[str, Any]


def read(header: bytes) -> Context | None:
    """The context of a ``traceparent`` header; None where it holds none.

    Source: W3C Trace Context, level 1, section 3.2.

    Args:
        header: Its value.
    """
    found = _HEADER.fullmatch(header)
    if found is None or header.startswith(b"ff"):
        return None
    trace, span, flags = (int(part, 16) for part in found.groups())
    return Context(trace, span, bool(flags & 1)) if trace and span else None


def trace_of(header: bytes) -> str:
    """The id of the trace in a ``traceparent`` header, 32 hex digits; empty where it holds none."""
    context = read(header)
    return f"{context.trace:032x}" if context else ""


class Tracer:
    """Observes finished requests and sends a span for each that is sampled.

    Args:
        settings: Where to, and how many.

    Attributes:
        failures: Spans that the collector did not take.

    Raises:
        ServingError: OpenTelemetry is not installed.
    """

    def __init__(self, settings: Traces) -> None:
        self._random = Random()  # noqa: S311 - ids need to differ, not to be secret
        self._share = settings.percent / 100
        self._exporter = _exporter(settings.endpoint)
        self._queue = Background("traces", self._send, _WAITING, _SECONDS, _BATCH)
        self.failures = 0

    @property
    def dropped(self) -> int:
        """Spans that were dropped because the collector was too slow."""
        return self._queue.dropped

    def __call__(self, request: Request, response: Response) -> None:
        """Takes a finished request; never waits."""
        context = read(request.header(b"traceparent")) or self._begin()
        request.trace = f"{context.trace:032x}"
        if context.sampled:
            who = request.predictor.who if request.predictor else {}
            attributes: dict[str, Any] = {f"slipway.{name}": value for name, value in who.items()}
            attributes |= {"slipway.id": request.id, "slipway.rows": request.rows}
            took = round((time.perf_counter() - request.arrived) * 1e9)
            span = self._random.getrandbits(64) or 1
            self._queue.offer(
                _Span(context, span, time.time_ns(), took, response.status, request.method, request.route, attributes)
            )

    def close(self, seconds: float) -> None:
        """Sends what waits."""
        self._queue.close(seconds)
        self._exporter.shutdown()

    def _begin(self) -> Context:
        return Context(self._random.getrandbits(128) or 1, 0, self._random.random() < self._share)

    def _send(self, spans: list[_Span]) -> list[_Span]:
        from opentelemetry.sdk.trace.export import SpanExportResult

        if self._exporter.export([_readable(span) for span in spans]) is not SpanExportResult.SUCCESS:
            self.failures += len(spans)
        return []


def _exporter(endpoint: str) -> Any:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ImportError:
        message = "traces need OpenTelemetry; install it with: pip install 'kfp-slipway[otel]'"
        raise ServingError(message) from None
    return OTLPSpanExporter(endpoint=endpoint)


def _readable(span: _Span) -> Any:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan
    from opentelemetry.trace import SpanContext, SpanKind, Status, StatusCode, TraceFlags

    flags = TraceFlags(TraceFlags.SAMPLED)
    client, trace = span.context.span, span.context.trace
    return ReadableSpan(
        name=f"{span.method} {span.route}".strip(),
        context=SpanContext(trace, span.id, is_remote=False, trace_flags=flags),
        parent=SpanContext(trace, client, is_remote=True, trace_flags=flags) if client else None,
        resource=Resource.create({"service.name": "slipway"}),
        attributes={
            "http.request.method": span.method,
            "http.route": span.route,
            "http.response.status_code": span.status,
            **span.attributes,
        },
        kind=SpanKind.SERVER,
        status=Status(StatusCode.ERROR if span.status >= 500 else StatusCode.UNSET),
        start_time=span.ended_ns - span.took_ns,
        end_time=span.ended_ns,
    )
