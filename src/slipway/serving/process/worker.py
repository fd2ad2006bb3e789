"""One process that answers: the models, the application, the sockets, the end."""

import asyncio
import gc
import signal
import socket
import ssl
import sys
import time
from types import FrameType

import uvicorn

from slipway.errors import ServingError
from slipway.serving.app import App, assemble
from slipway.serving.bundles.models import Models
from slipway.serving.bundles.reload import Reloader
from slipway.serving.predicting.cache import OutputCache
from slipway.serving.process.life import Life
from slipway.serving.telemetry import journal
from slipway.serving.telemetry.board import Board
from slipway.serving.web.connection import IDLE_SECONDS, Connection, end_slow
from slipway.settings import Settings, Tls

_SWITCH_SECONDS = 1e-4
"""Longest time that a thread beside the requests holds them up at once; Python's own is 50 times that."""

_TICKS = 5
"""Of a tenth of a second, between two looks for slow clients."""


def work(
    settings: Settings,
    listener: socket.socket,
    extra: socket.socket | None = None,
    place: int = 0,
    parent: int = 0,
    board: Board | None = None,
) -> None:
    """Loads the models and answers until SIGTERM or SIGINT.

    Args:
        settings: How it answers.
        listener: The socket to answer at.
        extra: The socket for metrics and probes alone; None where they are answered with the rest.
        place: Number of this worker.
        parent: Process without which it ends; 0 for none.
        board: Where all workers keep their metrics; None for a board of its own.

    Raises:
        SlipwayError: A bundle or a certificate is refused, and the settings do not say to wait for a better one.
    """
    journal.begin(settings)
    cache = OutputCache(settings.cache) if settings.cache.url else None
    models, life = Models(settings.models, settings=settings, cache=cache), Life(parent)
    if not settings.wait:
        models.load()
    app = assemble(models, settings, life, board, place)
    reloader = Reloader(models, settings.reload_s)
    signal.signal(signal.SIGHUP, lambda *_: reloader.ask())
    if not models.ready:
        reloader.ask()
    server = _Server(configured(app, settings, settings.tls), life, settings)
    if extra is not None:
        server.extra = (extra, configured(app.apart, settings, Tls()))
    if place == 0:
        sys.stderr.write(f"slipway serves {_said(models)} at {_url(settings, listener)}\n")
        sys.stderr.flush()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.freeze()  # what is loaded by now stays, so that no collection has to look at it
    server.run(sockets=[listener])
    reloader.close()


class _Server(uvicorn.Server):
    """Uvicorn's server that says first that it is about to end, and ends when its supervisor is gone."""

    def __init__(self, config: uvicorn.Config, life: Life, settings: Settings) -> None:
        super().__init__(config)
        self._life = life
        self._leave_s = settings.leave_s
        self._receive_s = settings.limits.receive_s
        self._until = float("inf")
        self.extra: tuple[socket.socket, uvicorn.Config] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.extra is not None:
            extra, config = self.extra
            protocol = config.http_protocol_class

            def connect() -> asyncio.Protocol:
                made: asyncio.Protocol = protocol(config=config, server_state=self.server_state, app_state={})  # type: ignore[call-arg]
                return made

            self.servers.append(await asyncio.get_running_loop().create_server(connect, sock=extra))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        again = self._life.ending
        self._life.ending = True
        self._until = min(self._until, time.monotonic() + self._leave_s)
        if again and sig == signal.SIGINT:
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._life.orphaned:
            self._life.ending, self._until = True, 0.0
        if time.monotonic() >= self._until:
            self.should_exit = True
        if counter % _TICKS == 0:
            end_slow(self.server_state.connections, self._receive_s, asyncio.get_running_loop().time())
        return await super().on_tick(counter)


def configured(app: App, settings: Settings, tls: Tls) -> uvicorn.Config:
    """How uvicorn runs an application.

    Args:
        app: The application.
        settings: How it answers.
        tls: Certificates.

    Raises:
        ServingError: A certificate can't be used.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        http=Connection,
        timeout_keep_alive=round(IDLE_SECONDS),
        timeout_graceful_shutdown=round(settings.drain_s),
        ssl_certfile=tls.certificate or None,
        ssl_keyfile=tls.key or None,
        ssl_ca_certs=tls.client_ca or None,
        ssl_cert_reqs=ssl.CERT_REQUIRED if tls.client_ca else ssl.CERT_NONE,
    )
    try:
        config.load()
    except OSError as error:
        files = ", ".join(repr(file) for file in (tls.certificate, tls.key, tls.client_ca) if file)
        message = f"the certificates can't be used ({files}): {error.strerror or error}"
        raise ServingError(message) from None
    return config


def _said(models: Models) -> str:
    return ", ".join(f"{item.name} {item.version}" for item in models) or "nothing yet"


def _url(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http{'s' if settings.tls.certificate else ''}://{host}:{listener.getsockname()[1]}"
