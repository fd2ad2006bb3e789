"""Starting the server: take the port, start the workers, answer until told to end."""

import os
from collections.abc import Sequence

from slipway.errors import ServingError, SlipwayError
from slipway.serving import options
from slipway.serving.process.listen import listen, reserve, shared
from slipway.serving.process.supervisor import REFUSED, Supervisor
from slipway.serving.telemetry.board import Board
from slipway.settings import Settings

_MARGIN_SECONDS = 5.0
"""Time for a worker to end beyond that for its requests: the prediction log is written in it."""

_SENTENCE_BYTES = 1 << 16


def run(arguments: Sequence[str], program: str) -> int:
    """Serves bundles until SIGTERM or SIGINT; requests that are under way are answered first.

    Args:
        arguments: Bundles and flags, see ``options.parse``.
        program: What the help calls the command.

    Returns:
        The exit code.

    Raises:
        SlipwayError: A setting or a bundle is refused, or the port is taken.
    """
    return serve(options.parse(arguments, program))


def serve(settings: Settings) -> int:
    """Serves with settings; see ``run``."""
    take = reserve if settings.workers > 1 else listen
    with take(settings.host, settings.port) as listener:
        extra = listen(settings.host, settings.metrics_port) if settings.metrics_port else None
        if settings.workers == 1:
            from slipway.serving.process.worker import work

            work(settings, listener, extra)
            return 0
        parent, board = os.getpid(), Board(settings.workers)
        heard, told = os.pipe()

        def start(place: int) -> int:
            from slipway.serving.process.worker import work  # here, so that nothing with threads is forked

            try:
                work(settings, shared(listener), extra, place, parent, board)
            except SlipwayError as error:
                os.write(told, f"{error}\0".encode())
                return REFUSED
            return 0

        code = Supervisor(start, settings.workers, settings.leave_s + settings.drain_s + _MARGIN_SECONDS).run()
        if code == REFUSED:
            raise ServingError(os.read(heard, _SENTENCE_BYTES).decode(errors="replace").partition("\0")[0])
        return code
