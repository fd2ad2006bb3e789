"""Taking a port."""

import errno
import socket

from slipway.errors import ServingError

_BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Args:
        host: Address to listen on.
        port: Port to listen on; 0 takes a free one.

    Raises:
        ServingError: The port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            message = (
                f"port {port} of {host} is in use; end what uses it, or choose another port (serving.port in the spec, "
                "--port of slipway serve)"
            )
        else:
            message = f"can't listen on port {port} of {host}: {error.strerror or error}"
        raise ServingError(message) from None
    return listener
