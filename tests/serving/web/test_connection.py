"""The short way of small requests gives what ASGI's way gives, in the order of the requests, however they arrive."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from uvicorn.server import ServerState

from slipway.bundle.load import Bundle
from slipway.serving.app import create
from slipway.serving.process.worker import configured
from slipway.serving.web.connection import IDLE_SECONDS, Connection, end_slow
from slipway.settings import Limits, Settings, Tls


class Transport(asyncio.Transport):
    """Keeps what is written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.closed = False

    def write(self, data: Any) -> None:
        self.written += data

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Wire:
    """A connection to an application, without a socket."""

    bundle: Bundle
    settings: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        self.config = configured(create(self.bundle, self.settings), self.settings, Tls())

    def send(self, *parts: bytes, count: int = 1) -> list[Answer]:
        return asyncio.run(self._send(parts, count))

    async def _send(self, parts: tuple[bytes, ...], count: int) -> list[Answer]:
        self.transport = Transport()
        connection = Connection(config=self.config, server_state=ServerState(), app_state={})
        connection.connection_made(self.transport)
        for part in parts:
            connection.data_received(part)
            await asyncio.sleep(0)
        for _ in range(3000):
            if self.transport.written.count(b"HTTP/1.1 ") >= count and not connection.tasks:
                break
            await asyncio.sleep(0.01)
        return answers(self.transport.written)


def answers(written: bytes) -> list[Answer]:
    found = []
    while written:
        head, _, written = written.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        length = int(headers["content-length"])
        found.append(Answer(int(first.split()[1]), headers, written[:length]))
        written = written[length:]
    return found


def http(path: str, body: bytes | None = None, method: str = "", version: str = "1.1", **headers: str) -> bytes:
    lines = [f"{method or ('GET' if body is None else 'POST')} {path} HTTP/{version}", "host: x"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    lines += [] if body is None else [f"content-length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


def chunked(path: str, body: bytes) -> bytes:
    return http(path, method="POST", transfer_encoding="chunked") + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


@pytest.fixture
def wire(bundle: Bundle) -> Wire:
    return Wire(bundle)


@pytest.fixture
def row(bundle: Bundle) -> bytes:
    return json.dumps({"rows": bundle.golden.rows(bundle.schema)[:1]}).encode()


@pytest.mark.parametrize("body", ["row", b"{", b'{"rows": [{}]}', b'{"rows": []}'])
def test_both_ways_give_the_same(wire: Wire, row: bytes, body: bytes | str) -> None:
    content = row if body == "row" else bytes(body)  # type: ignore[arg-type]
    (prompt,) = wire.send(http("/predict", content, x_request_id="r-1"))
    (other,) = wire.send(chunked("/predict", content).replace(b"host: x", b"host: x\r\nx-request-id: r-1"))
    assert prompt == other
    assert prompt.headers["x-request-id"] == "r-1"


def test_a_small_request_is_answered_without_a_task(wire: Wire, row: bytes) -> None:
    async def ask(data: bytes) -> tuple[int, int]:
        connection = Connection(config=wire.config, server_state=ServerState(), app_state={})
        connection.connection_made(transport := Transport())
        connection.data_received(data)
        found = len(answers(transport.written)), len(connection.tasks)
        await asyncio.gather(*connection.tasks)
        return found

    assert asyncio.run(ask(http("/predict", row))) == (1, 0)
    assert asyncio.run(ask(http("/explain", row))) == (0, 1)
    assert asyncio.run(ask(chunked("/predict", row))) == (0, 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_answers_come_in_the_order_of_the_requests_however_they_arrive(
    wire: Wire, row: bytes, data: st.DataObject
) -> None:
    kinds: dict[str, Callable[[str], bytes]] = {
        "small": lambda name: http("/predict", row, x_request_id=name),
        "thread": lambda name: http("/explain", row, x_request_id=name),
        "chunked": lambda name: chunked("/predict", row).replace(
            b"host: x", f"host: x\r\nx-request-id: {name}".encode()
        ),
        "large": lambda name: http("/predict", row.ljust(40_000), x_request_id=name),
        "probe": lambda name: http("/healthz", x_request_id=name),
        "nothing": lambda name: http("/nowhere", row, x_request_id=name),
    }
    chosen = data.draw(st.lists(st.sampled_from(sorted(kinds)), min_size=1, max_size=5))
    stream = b"".join(kinds[kind](f"r-{place}") for place, kind in enumerate(chosen))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=6)))
    parts = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    found = wire.send(*filter(None, parts), count=len(chosen))
    assert [answer.headers["x-request-id"] for answer in found] == [f"r-{place}" for place in range(len(chosen))]
    assert [answer.status for answer in found] == [404 if kind == "nothing" else 200 for kind in chosen]


def test_every_request_is_counted_once(wire: Wire, row: bytes) -> None:
    stream = http("/predict", row) + http("/explain", row) + chunked("/predict", row) + http("/predict", b"{")
    wire.send(stream, count=4)
    (scraped,) = wire.send(http("/metrics"))
    counts = [line.rpartition(" ") for line in scraped.body.decode().splitlines() if "requests_total{" in line]
    assert sum(float(count) for _, _, count in counts) == 4


def test_the_connection_ends_where_the_client_wants_it(wire: Wire, row: bytes) -> None:
    for request in (http("/predict", row, connection="close"), http("/predict", row, version="1.0")):
        (answer,) = wire.send(request)
        assert (answer.status, answer.headers["connection"], wire.transport.closed) == (200, "close", True)
    (answer,) = wire.send(http("/predict", row))
    assert "connection" not in answer.headers
    assert not wire.transport.closed


def test_what_comes_after_the_last_request_is_forgotten(wire: Wire, row: bytes) -> None:
    last = http("/predict", row, connection="close")
    for after in (http("/predict", row), chunked("/predict", row), http("/explain", row)):
        assert [answer.status for answer in wire.send(last + after)] == [200]
    (scraped,) = wire.send(http("/metrics"))
    assert 'route="predict",status="200"} 3\n' in scraped.body.decode()


def test_a_head_without_an_end_is_refused(wire: Wire) -> None:
    head = b"GET /healthz HTTP/1.1\r\nhost: x\r\n"
    lines = [b"x-%d: %b\r\n" % (place, b"y" * 1000) for place in range(70)]
    (answer,) = wire.send(head, *lines)
    assert (answer.status, wire.transport.closed) == (431, True)
    (answer,) = wire.send(head, *lines[:60], b"\r\n")
    assert (answer.status, wire.transport.closed) == (200, False)


def test_head_has_no_body(wire: Wire) -> None:
    async def ask() -> bytes:
        connection = Connection(config=wire.config, server_state=ServerState(), app_state={})
        connection.connection_made(transport := Transport())
        connection.data_received(http("/healthz", method="HEAD"))
        await asyncio.gather(*connection.tasks)
        return transport.written

    assert asyncio.run(ask()).endswith(b"\r\n\r\n")


def test_limits_and_guards_hold_on_both_ways(bundle: Bundle, row: bytes, tmp_path: Path) -> None:
    small = Wire(bundle, Settings(limits=Limits(body_bytes=len(row) - 1)))
    for request in (http("/predict", row), chunked("/predict", row)):
        assert [answer.status for answer in small.send(request)] == [413]
    (tmp_path / "token").write_text("secret")
    guarded = Wire(bundle, Settings(token_file=str(tmp_path / "token")))
    for request in (http("/predict", row), chunked("/predict", row)):
        assert [answer.status for answer in guarded.send(request)] == [401]
    assert [answer.status for answer in guarded.send(http("/predict", row, authorization="Bearer secret"))] == [200]


def test_a_client_that_takes_its_time_is_ended(wire: Wire, row: bytes) -> None:
    async def ended(data: bytes, later: float) -> tuple[bool, bytes]:
        connection = Connection(config=wire.config, server_state=ServerState(), app_state={})
        connection.connection_made(transport := Transport())
        connection.data_received(data)
        transport.written = b""
        end_slow({connection}, 15.0, connection.loop.time() + later)
        return transport.closed, transport.written[:12]

    assert asyncio.run(ended(http("/predict", row)[:-1], 14)) == (False, b"")
    assert asyncio.run(ended(http("/predict", row)[:-1], 16)) == (True, b"HTTP/1.1 408")
    assert asyncio.run(ended(http("/predict", row), IDLE_SECONDS - 1)) == (False, b"")
    assert asyncio.run(ended(http("/predict", row), IDLE_SECONDS + 1)) == (True, b"")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_stream_of_bytes_is_a_server_error(wire: Wire, row: bytes, data: st.DataObject) -> None:
    whole = [http("/predict", row), chunked("/predict", row), http("/healthz"), http("/%zz?a", b"")]
    stream = b"".join(data.draw(st.lists(st.sampled_from(whole), max_size=3)))
    for _ in range(data.draw(st.integers(0, 3))):
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(stream))] * 2)))
        stream = stream[:start] + data.draw(st.binary(max_size=6)) + stream[end:]

    async def feed() -> bytes:
        state = ServerState()
        connection = Connection(config=wire.config, server_state=state, app_state={})
        connection.connection_made(transport := Transport())
        connection.data_received(stream)
        await asyncio.sleep(0)
        connection.connection_lost(None)
        await asyncio.wait_for(asyncio.gather(*state.tasks), 30)
        return transport.written

    assert b"HTTP/1.1 5" not in asyncio.run(feed())


def test_a_request_on_its_way_is_answered_when_the_server_ends(wire: Wire, row: bytes) -> None:
    async def ended() -> tuple[bool, list[Answer], bool]:
        connection = Connection(config=wire.config, server_state=ServerState(), app_state={})
        connection.connection_made(transport := Transport())
        request = http("/predict", row)
        connection.data_received(request[:-9])
        connection.app.life.ending = True
        connection.shutdown()
        early = transport.closed
        connection.data_received(request[-9:])
        return early, answers(transport.written), transport.closed

    early, (answer,), closed = asyncio.run(ended())
    assert (early, answer.status, answer.headers["connection"], closed) == (False, 200, "close", True)
