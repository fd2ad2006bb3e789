import select
import socket

import pytest

from slipway.errors import ServingError
from slipway.serving.process.listen import SPREADS, listen, reserve, shared


@pytest.mark.skipif(not SPREADS, reason="the kernel does not spread connections here")
def test_connections_are_spread_over_the_workers_and_what_is_not_ready_gets_none() -> None:
    with reserve("127.0.0.1", 0) as reserved, shared(reserved) as first, shared(reserved) as second:
        address = reserved.getsockname()
        with socket.socket() as early:
            assert early.connect_ex(address)
        for worker in (first, second):
            worker.listen(100)
            worker.setblocking(False)
        clients = [socket.create_connection(address) for _ in range(64)]
        counts = [accepted(first), accepted(second)]
        for client in clients:
            client.close()
    assert sum(counts) == 64
    assert min(counts) > 0


def accepted(listener: socket.socket) -> int:
    count = 0
    while select.select([listener], [], [], 0)[0]:
        listener.accept()[0].close()
        count += 1
    return count


@pytest.mark.parametrize("take", [listen, reserve])
def test_a_port_that_others_listen_on_is_refused(take: object) -> None:
    with listen("127.0.0.1", 0) as other, pytest.raises(ServingError, match="is in use; end what uses it"):
        take("127.0.0.1", other.getsockname()[1])  # type: ignore[operator]
    with reserve("127.0.0.1", 0) as reserved, shared(reserved) as worker:
        worker.listen()
        with pytest.raises(ServingError, match="is in use; end what uses it"):
            take("127.0.0.1", reserved.getsockname()[1])  # type: ignore[operator]


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(ServingError, match=r"can't listen on port 80 of 192\.0\.2\.1"):
        listen("192.0.2.1", 80)
