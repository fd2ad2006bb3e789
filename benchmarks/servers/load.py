"""A load generator: keep-alive connections that each send the next request when the last is answered."""

import asyncio
import contextlib
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

import uvloop

_END = b"\r\n\r\n"
_LENGTH = b"content-length:"


@dataclass(frozen=True)
class Load:
    """What was measured.

    Attributes:
        rps: Requests a second.
        p50_ms: Median latency.
        p99_ms: The 99th percentile.
    """

    rps: float
    p50_ms: float
    p99_ms: float


class _Client(asyncio.Protocol):
    def __init__(self, requests: list[bytes], place: int, until: float, done: asyncio.Future[None]) -> None:
        self.requests, self.place, self.until, self.done = requests, place, until, done
        self.seconds: list[float] = []
        self.buffer = b""
        self.failed = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.send()

    def send(self) -> None:
        self.place = (self.place + 1) % len(self.requests)
        self.sent = time.perf_counter()
        self.transport.write(self.requests[self.place])

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head = self.buffer.find(_END)
        if head < 0:
            return
        lower = self.buffer[:head].lower()
        at = lower.find(_LENGTH)
        length = int(lower[at + len(_LENGTH) :].split(b"\r", 1)[0])
        if len(self.buffer) < head + len(_END) + length:
            return
        now = time.perf_counter()
        self.seconds.append(now - self.sent)
        if not lower.startswith(b"http/1.1 200"):
            self.failed = self.buffer[:600].decode(errors="replace")
        self.buffer = b""
        if self.failed or now > self.until:
            self.transport.close()
            self.finish()
        else:
            self.send()

    def connection_lost(self, _: Exception | None) -> None:
        self.finish()

    def finish(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _scrape(host: str, port: int, every_s: float) -> None:
    """Asks for the metrics again and again."""
    while True:
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(b"GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        if not (await reader.read(-1)).startswith(b"HTTP/1.1 200"):
            raise RuntimeError("the metrics can't be read")
        writer.close()
        await asyncio.sleep(every_s)


def measure(url: str, bodies: list[bytes], connections: int, seconds: float, scrape_s: float = 0) -> Load:
    """Sends requests for a time; each connection sends the bodies in turn, from a place of its own.

    Args:
        url: Where to.
        bodies: The bodies.
        connections: Number of connections.
        seconds: The time.
        scrape_s: Seconds between two scrapes of the metrics beside the requests; 0 for none.
    """
    parts = urlsplit(url)
    requests = [
        f"POST {parts.path} HTTP/1.1\r\nhost: {parts.netloc}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]

    async def run() -> tuple[list[float], float]:
        loop = asyncio.get_running_loop()
        started = time.perf_counter()
        futures = [loop.create_future() for _ in range(connections)]
        clients = [
            (
                await loop.create_connection(
                    lambda place=place, future=future: _Client(requests, place * 37, started + seconds, future),
                    parts.hostname,
                    parts.port,
                )
            )[1]
            for place, future in enumerate(futures)
        ]
        scrapes = asyncio.create_task(_scrape(parts.hostname, parts.port, scrape_s)) if scrape_s else None
        await asyncio.gather(*futures)
        if scrapes is not None:
            scrapes.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await scrapes
        for client in clients:
            if client.failed:
                raise RuntimeError(f"{url} answered: {client.failed}")
        return [value for client in clients for value in client.seconds], time.perf_counter() - started

    taken, elapsed = uvloop.run(run())
    cut = statistics.quantiles(taken, n=100)
    return Load(len(taken) / elapsed, statistics.median(taken) * 1e3, cut[98] * 1e3)
