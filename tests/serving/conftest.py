import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from starlette.testclient import TestClient

from slipway.bundle.load import Bundle, load
from slipway.serving.app import create


@pytest.fixture
def bundle(trained: Callable[[str], Any], request: pytest.FixtureRequest) -> Bundle:
    return load(trained(getattr(request, "param", "binary")).bundle)


@pytest.fixture
def client(bundle: Bundle) -> Iterator[TestClient]:
    with TestClient(create(bundle)) as made:
        yield made


@pytest.fixture
def live(bundle: Bundle, port: int) -> Iterator[int]:
    """The port of a server that answers over a socket."""
    server = uvicorn.Server(uvicorn.Config(create(bundle), port=port, log_level="warning"))
    started = threading.Event()

    async def serve() -> None:
        task = asyncio.create_task(server.serve())
        while not server.started:
            await asyncio.sleep(0.01)
        started.set()
        await task

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    assert started.wait(10)
    yield port
    server.should_exit = True
    thread.join(10)
