"""A connection that answers small requests as soon as they are here, and does not wait for a client for ever."""

import asyncio
import functools
import math
import urllib.parse
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from slipway.serving.process.life import Life
from slipway.serving.web.request import Request, arrive
from slipway.serving.web.response import Response

IDLE_SECONDS = 75.0
"""How long a connection may rest between two requests: longer than proxies keep theirs, or they would lose requests."""

_SMALL_BYTES = 32 * 1024
"""Bodies up to this size are kept until they are whole."""

_HEAD_BYTES = 64 * 1024
"""Most that is taken of a request's head, not counting what came with its beginning."""

_REMEMBERED = 1024
_REFUSED = b"%bcontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"


class Prompt(Protocol):
    """An application that can answer without ASGI; see ``slipway.serving.app.App``."""

    life: Life

    def at_once(self, request: Request) -> Response | None: ...  # noqa: D102

    def observe(self, request: Request, response: Response) -> None: ...  # noqa: D102


class Connection(HttpToolsProtocol):
    """Uvicorn's connection with a shorter way for small requests, which also knows since when it waits for its client.

    A request whose body is small is answered when it is whole, with no task and no ASGI messages in between. What a
    thread has to work on, what is large, comes in chunks or before the answer to an earlier request takes ASGI's way.

    Attributes:
        waits_since: Since when it waits for the rest of a request, or for an answer to be taken; infinite while it
            does not.
        rests_since: Since when it waits for the next request; likewise.
    """

    app: Prompt
    waits_since: float
    rests_since = math.inf
    _parts: list[bytes] | None = None
    _prompt = False
    _head_bytes: int | None = None
    _fed = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Notes that a request is awaited from now on."""
        self.waits_since = self.loop.time()
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Takes a part of a request, or several requests, of which the first may be answered at once."""
        self._prompt, self._fed = True, len(data)
        super().data_received(data)
        if self._head_bytes is not None:
            self._head_bytes += self._fed
            if self._head_bytes > _HEAD_BYTES:
                self._refuse(431, b"the head of the request is too large")

    def on_message_begin(self) -> None:
        """Notes that a request has begun."""
        self.waits_since, self.rests_since = self.loop.time(), math.inf
        self._head_bytes = self._fed = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Keeps a small request until it is whole, and one that comes after the last."""
        self._head_bytes = None
        if self.transport.is_closing() or self._is_small():
            self._parts = []
        else:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Takes a part of a body."""
        if self._parts is None:
            super().on_body(body)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        """Answers a small request; one that comes after the last is forgotten."""
        self.waits_since = math.inf
        if self._parts is None:
            super().on_message_complete()
            return
        body, self._parts = b"".join(self._parts), None
        if not self.transport.is_closing() and not self._answered(body):
            super().on_headers_complete()
            super().on_body(body)
            super().on_message_complete()

    def pause_writing(self) -> None:
        """Notes that the client does not take its answer."""
        self.waits_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Notes that the client took it."""
        self.waits_since = math.inf
        super().resume_writing()

    def shutdown(self) -> None:
        """Ends the connection, after the request that is on its way."""
        if self._parts is None:
            super().shutdown()

    def end_if_slow(self, now: float, seconds: float) -> None:
        """Ends the connection if its client takes too long.

        Args:
            now: Time of the loop's clock.
            seconds: Longest wait for a request, and for an answer to be taken.
        """
        if self.transport.is_closing():
            return
        if self.waits_since <= now - seconds:
            if self.flow.write_paused:
                self.transport.abort()
                return
            self._refuse(408, b"the request did not arrive whole in time")
        elif self.rests_since <= now - IDLE_SECONDS:
            self.transport.close()

    def _refuse(self, status: int, sentence: bytes) -> None:
        if self.transport.is_closing():
            return
        body = b'{"error":"%b"}' % sentence
        self.transport.write(_REFUSED % (STATUS_LINE[status], len(body), body))
        self.transport.close()

    def _is_small(self) -> bool:
        if not self._prompt or self.flow.write_paused or self.expect_100_continue or self.parser.should_upgrade():
            return False
        if self.cycle is not None and not self.cycle.response_complete:
            return False
        length = 0
        for name, value in self.headers:
            if name == b"content-length":
                length = int(value)
            elif name == b"transfer-encoding":
                return False
        return length <= _SMALL_BYTES and self.parser.get_method() != b"HEAD"

    def _answered(self, body: bytes) -> bool:
        path, query = _split(self.url)
        request = arrive(self.parser.get_method().decode("ascii"), path, query, self.headers)
        request.body = body
        response = self.app.at_once(request)
        if response is None:
            return False
        self._prompt = False
        keeps = self.parser.should_keep_alive() and self.parser.get_http_version() != "1.0"
        closes = self.app.life.ending or not keeps
        self._write(response, request.id, closes=closes)
        if closes:
            self.transport.close()
        else:
            self.rests_since = self.loop.time()
        self.app.observe(request, response)
        return True

    def _write(self, response: Response, name: str, *, closes: bool) -> None:
        parts = [STATUS_LINE[response.status]]
        for key, value in (*self.server_state.default_headers, *response.all_headers(name, closes=closes)):
            parts += (key, b": ", value, b"\r\n")
        parts += (b"\r\n", response.body)
        self.transport.write(b"".join(parts))


@functools.lru_cache(_REMEMBERED)
def _split(url: bytes) -> tuple[str, bytes]:
    """Path, decoded, and query string of a request's target."""
    parsed = httptools.parse_url(url)
    return urllib.parse.unquote(parsed.path.decode("ascii")), parsed.query or b""


def end_slow(connections: set[Any], seconds: float, now: float) -> None:
    """Ends the connections whose client is slow.

    Args:
        connections: All of a server.
        seconds: Longest wait for a request, and for an answer to be taken.
        now: Time of the loop's clock.
    """
    for connection in list(connections):
        if isinstance(connection, Connection):
            connection.end_if_slow(now, seconds)
