"""The model server on this machine: started, tested, replaced, ended."""

import json
import logging
import shutil
import socket
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from slipway.bundle.fetch import fetch
from slipway.bundle.load import Bundle, load
from slipway.data import storage
from slipway.errors import BundleError, ServingError
from slipway.rollout import process, smoke
from slipway.spec import Serving

logger = logging.getLogger(__name__)

_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Server:
    """A server that was started.

    Attributes:
        pid: Its process.
        began: When the process began, seconds since 1970.
        host: Address that it listens on.
        port: Port that it listens on.
        digest: Digest of its bundle.
        settings: How it answers, as ``serving.server`` in a spec.
    """

    pid: int
    began: float
    host: str
    port: int
    digest: str
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def endpoint(self) -> str:
        """Where it answers."""
        return endpoint(self.host, self.port)

    @property
    def alive(self) -> bool:
        """Whether its process still runs."""
        return process.find(self.pid, self.began) is not None


def endpoint(host: str, port: int) -> str:
    """The URL of a server; one that listens on every address is asked on loopback."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{name}:{port}"


def launch(uri: str, digest: str, serving: Serving, state: Path) -> str:
    """Serves a bundle on this machine, in place of what the same state file remembers.

    The bundle is copied next to the state file. The server's process goes on when this one ends. When the new server
    does not come up, the one before it is started again. A server that is up already is left alone.

    Args:
        uri: The bundle.
        digest: Its digest.
        serving: Where it listens, and the settings of the server itself.
        state: File that remembers the server.

    Returns:
        Where predictions are answered, after the golden rows were.

    Raises:
        BundleError: The bundle is refused.
        ServingError: The server does not come up or answers otherwise than it should; the sentence says why.
    """
    bundle = _kept(uri, digest, _place(state, digest), serving.server.get("public_key", ""))
    before = read(state)
    if before is not None and before.alive:
        if (
            _settled(before) == (digest, serving.host, serving.port, serving.server)
            and smoke.ready(before.endpoint) == digest
        ):
            rows = smoke.test(before.endpoint, bundle)
            logger.info("%s serves it already and answers %d golden rows as expected", before.endpoint, rows)
            return before.endpoint
        _end(before)
    try:
        return _start(bundle, serving, state)
    except ServingError:
        if before is not None and _place(state, before.digest).is_dir():
            old = Serving(host=before.host, port=before.port, server=before.settings)
            _start(load(_place(state, before.digest)), old, state)
            logger.warning("the server of %s runs again", before.digest[:12])
        raise


def require_port(host: str, port: int, state: Path) -> None:
    """Checks before a long run that the port can be had: it is free, or its server is the one to be replaced.

    Raises:
        ServingError: Something else listens there.
    """
    before = read(state)
    if before is not None and before.alive and before.port == port:
        return
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            message = (
                f"the model can't be served at port {port} of {host}: {error.strerror or error}; end what uses it, or "
                "set serving.port in the spec"
            )
            raise ServingError(message) from None


def stop(state: Path) -> bool:
    """Ends the server that a state file remembers, and nothing else.

    Args:
        state: The file.

    Returns:
        Whether there was a server to end.
    """
    server = read(state)
    running = server is not None and server.alive
    if server is not None and running:
        _end(server)
    state.unlink(missing_ok=True)
    shutil.rmtree(state.with_suffix(""), ignore_errors=True)
    return running


def read(state: Path) -> Server | None:
    """What a state file remembers; None without one, or when it is damaged."""
    try:
        return Server(**json.loads(state.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _settled(server: Server) -> tuple[str, str, int, dict[str, Any]]:
    return server.digest, server.host, server.port, server.settings


def _place(state: Path, digest: str) -> Path:
    return state.with_suffix("") / digest[:16]


def _kept(uri: str, digest: str, folder: Path, public_key: str) -> Bundle:
    try:
        return load(folder, digest, public_key=public_key)
    except BundleError:
        with storage.replacing(folder) as aside:
            fetch(uri, aside, digest)
    return load(folder, digest, public_key=public_key)


def _start(bundle: Bundle, serving: Serving, state: Path) -> str:
    log, digest = state.with_suffix(".log"), bundle.manifest.digest
    options = ["--host", serving.host, "--port", str(serving.port), "--digest", digest]
    command = [sys.executable, "-m", "slipway.serving", str(bundle.folder.absolute()), *options]
    pid, began = process.start(command, log, {"SLIPWAY_SETTINGS": json.dumps(serving.server)})
    server = Server(pid, began, serving.host, serving.port, digest, serving.server)
    try:
        storage.write_text(state, json.dumps(asdict(server)))
        _wait(server, log)
        rows = smoke.test(server.endpoint, bundle)
    except BaseException:
        _end(server)
        state.unlink(missing_ok=True)
        raise
    logger.info("%s answers %d golden rows as expected", server.endpoint, rows)
    return server.endpoint


def _wait(server: Server, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if not server.alive:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            message = said[-1].removeprefix("slipway: ") if said else "the server ended without a word"
            raise ServingError(message)
        if smoke.ready(server.endpoint) == server.digest:
            return
        time.sleep(0.05)
    message = f"the server did not become ready at {server.endpoint} within {_START_SECONDS} s; its log is {str(log)!r}"
    raise ServingError(message)


def _end(server: Server) -> None:
    running = process.find(server.pid, server.began)
    if running is not None:
        process.end(running)
