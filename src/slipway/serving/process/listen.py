"""Taking a port."""

import errno
import socket
import sys

from slipway.errors import ServingError

_BACKLOG = 2048

SPREADS = sys.platform == "linux"
"""Whether the kernel spreads connections over sockets that share a port."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.

    Raises:
        ServingError: The port is taken, or the address is not this machine's.
    """
    return _taken(host, port, listens=True)


def reserve(host: str, port: int) -> socket.socket:
    """A socket that holds a port for workers, of which each listens on a socket of its own: see ``shared``.

    Workers that listen on one socket race for its connections, and one of them may get nearly all of them; over sockets
    of their own the kernel spreads them. Where it does not, this is a socket that listens.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.

    Raises:
        ServingError: The port is taken, or the address is not this machine's.
    """
    if not SPREADS:
        return listen(host, port)
    with listen(host, port) as taken:  # fails where anyone listens there, which a shared port would not
        found = taken.getsockname()[1]
    return _taken(host, found, shares=True)


def shared(reserved: socket.socket) -> socket.socket:
    """A worker's socket at a reserved port; it listens once the worker is ready."""
    host, port = reserved.getsockname()[:2]
    return _taken(host, port, shares=True) if SPREADS else reserved


def _taken(host: str, port: int, *, listens: bool = False, shares: bool = False) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if shares:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        made.bind((host, port))
        if listens:
            made.listen(_BACKLOG)
    except OSError as error:
        made.close()
        raise ServingError(_why(host, port, error)) from None
    return made


def _why(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {host} is in use; end what uses it, or choose another port (serving.port in the spec, "
            "--port of slipway serve)"
        )
    return f"can't listen on port {port} of {host}: {error.strerror or error}"
