"""Clients that send or read slowly, over real sockets."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from slipway.bundle.load import Bundle

SECONDS = 1.0


@pytest.fixture
def server(bundle: Bundle, port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "slipway.serving", str(bundle.folder), "--port", str(port)]
    with subprocess.Popen([*command, "--limits-receive-s", str(SECONDS)]) as process:
        for _ in range(400):
            try:
                socket.create_connection(("127.0.0.1", port)).close()
            except OSError:
                time.sleep(0.05)
            else:
                break
        yield port
        process.terminate()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=30)


def head(body: bytes) -> bytes:
    return b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)


def test_slow_clients_are_ended_and_hold_up_nobody(bundle: Bundle, server: int) -> None:
    body = json.dumps({"rows": bundle.golden.rows(bundle.schema)[:1]}).encode()
    silent, heads, bodies = ([connect(server) for _ in range(30)] for _ in range(3))
    for slow in heads:
        slow.sendall(head(body)[:20])
    for slow in bodies:
        slow.sendall(head(body) + body[:10])
    with connect(server) as quick:
        quick.sendall(head(body) + body)
        assert quick.recv(1000).startswith(b"HTTP/1.1 200")
    for slow in [*silent, *heads, *bodies]:
        assert slow.recv(1000).startswith(b"HTTP/1.1 408")
        while slow.recv(1000):
            pass
        slow.close()
    with connect(server) as quick:
        quick.sendall(head(body) + body)
        assert quick.recv(1000).startswith(b"HTTP/1.1 200")


def test_a_client_that_does_not_read_its_answer_is_ended(bundle: Bundle, server: int) -> None:
    body = json.dumps({"rows": bundle.golden.rows(bundle.schema) * 2000}).encode()
    with socket.socket() as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.settimeout(60)
        slow.connect(("127.0.0.1", server))
        slow.sendall(head(body) + body)
        slow.recv(1)
        time.sleep(SECONDS + 2)
        received = 1
        try:
            while part := slow.recv(1 << 20):
                received += len(part)
        except ConnectionResetError:
            pass
    assert received < len(body)
