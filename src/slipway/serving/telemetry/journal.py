"""What the server writes to stderr: sentences, or a line of JSON for each request and each sentence."""

import functools
import logging
import sys
import time
from typing import Any, NamedTuple

import orjson

from slipway.bundle.engine import Inputs
from slipway.serving.process.background import Background
from slipway.serving.telemetry import traces
from slipway.serving.web.request import Request
from slipway.serving.web.response import Response
from slipway.settings import Settings

_BYTES = 16 << 20
_LINE_BYTES = 700
_BATCH = 1000
_SECONDS = 0.05


def begin(settings: Settings) -> None:
    """Has the program's own log written to stderr, as JSON where each request is.

    Args:
        settings: Whether requests are written.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if settings.access_log else logging.Formatter("slipway: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("slipway").setLevel(logging.INFO)


class _Line(NamedTuple):
    time: float
    ms: float
    id: str
    trace: str
    parent: bytes
    method: str
    path: str
    status: int
    rows: int
    who: dict[str, str]
    problem: str
    inputs: Inputs | None


class Journal:
    """Writes a line for each request, in the background.

    Args:
        values: Whether rows are in it.
    """

    def __init__(self, *, values: bool) -> None:
        self._values = values
        self._queue = Background("journal", _write, _BYTES, _SECONDS, _BATCH)

    @property
    def dropped(self) -> int:
        """Lines that were dropped because stderr was too slow."""
        return self._queue.dropped

    def __call__(self, request: Request, response: Response) -> None:
        """Takes a finished request; never waits."""
        took = (time.perf_counter() - request.arrived) * 1e3
        who = request.predictor.who if request.predictor else {}
        inputs = request.inputs if self._values else None
        line = _Line(
            time.time(),
            took,
            request.id,
            request.trace,
            request.header(b"traceparent"),
            request.method,
            request.path,
            response.status,
            request.rows,
            who,
            request.problem,
            inputs,
        )
        self._queue.offer(line, _LINE_BYTES + (request.weight if inputs else 0))

    def close(self, seconds: float) -> None:
        """Writes what waits."""
        self._queue.close(seconds)


def _write(lines: list[_Line]) -> list[_Line]:
    sys.stderr.buffer.write(b"".join(map(_line, lines)))
    sys.stderr.flush()
    return []


def _line(line: _Line) -> bytes:
    said: dict[str, Any] = {
        "time": _stamp(line.time),
        "level": "error" if line.status >= 500 else "info",
        "id": line.id,
        "method": line.method,
        "path": line.path,
        "status": line.status,
        "ms": round(line.ms, 3),
        "rows": line.rows,
        **line.who,
    }
    trace = line.trace or traces.trace_of(line.parent)
    if trace:
        said["trace"] = trace
    if line.problem:
        said["problem"] = line.problem
    if line.inputs is not None:
        said["inputs"] = {name: column[:, 0].tolist() for name, column in line.inputs.items()}
    return orjson.dumps(said, option=orjson.OPT_APPEND_NEWLINE)


def _stamp(seconds: float) -> str:
    whole = int(seconds)
    return f"{_second(whole)}.{int((seconds - whole) * 1000):03d}Z"


@functools.lru_cache(8)
def _second(seconds: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        said = {"time": _stamp(record.created), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return orjson.dumps(said).decode()
