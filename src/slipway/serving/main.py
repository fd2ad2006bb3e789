"""Starting the server: verify the bundle, take the port, answer until told to end."""

import errno
import socket
import sys
import tempfile
from pathlib import Path

import uvicorn

from slipway.bundle.fetch import fetch
from slipway.bundle.load import load
from slipway.errors import ServingError
from slipway.serving.app import create

_DRAIN_SECONDS = 20
_BACKLOG = 2048


def serve(bundle: str, host: str, port: int, digest: str | None = None, alive_until: Path | None = None) -> None:
    """Serves a bundle until SIGTERM or SIGINT; requests that are under way are answered first.

    Args:
        bundle: A folder, or a URI that is fetched first.
        host: Address to listen on.
        port: Port to listen on.
        digest: The digest that the bundle must have; None for any.
        alive_until: File that says until when to be ready; None for always.

    Raises:
        BundleError: The bundle is refused.
        ServingError: The port is taken, or the address is not this machine's.
    """
    with tempfile.TemporaryDirectory() as folder:
        loaded = load(Path(bundle) if Path(bundle).is_dir() else fetch(bundle, Path(folder), digest), digest)
    with _listening(host, port) as listener:
        said = f"slipway serves {loaded.manifest.name} {loaded.manifest.digest[:12]} at http://{host}:{port}\n"
        sys.stderr.write(said)
        config = uvicorn.Config(
            create(loaded, alive_until),
            access_log=False,
            log_level="warning",
            server_header=False,
            timeout_graceful_shutdown=_DRAIN_SECONDS,
        )
        uvicorn.Server(config).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
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
