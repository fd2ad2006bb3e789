"""A connection that does not wait for a client for ever."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_TIMEOUT = (
    b"HTTP/1.1 408 Request Timeout\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b'content-length: 52\r\n\r\n{"error":"the request did not arrive whole in time"}'
)


class Connection(HttpToolsProtocol):
    """Uvicorn's connection that knows since when it waits for its client.

    Attributes:
        waits_since: Since when it waits for the rest of a request; infinite while it does not.
    """

    waits_since: float

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Notes that a request is awaited from now on."""
        self.waits_since = self.loop.time()
        super().connection_made(transport)

    def on_message_begin(self) -> None:
        """Notes that a request has begun."""
        self.waits_since = self.loop.time()
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """Notes that a request is whole."""
        self.waits_since = float("inf")
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Notes that the client does not take its answer."""
        self.waits_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Notes that the client took it."""
        self.waits_since = float("inf")
        super().resume_writing()

    def end_if_slow(self, deadline: float) -> None:
        """Ends the connection if it has waited since before a time of the loop's clock."""
        if self.waits_since > deadline or self.transport.is_closing():
            return
        answering = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not answering:
            self.transport.write(_TIMEOUT)
            self.transport.close()
        else:
            self.transport.abort()


def end_slow(connections: set[Any], seconds: float, now: float) -> None:
    """Ends the connections whose client is slow.

    Args:
        connections: All of a server.
        seconds: Longest wait.
        now: Time of the loop's clock.
    """
    for connection in list(connections):
        if isinstance(connection, Connection):
            connection.end_if_slow(now - seconds)
