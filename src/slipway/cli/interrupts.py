"""Being asked to end, which is an interrupt whoever asks."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def any_end_is_an_interrupt() -> Iterator[None]:
    """While it lasts, SIGTERM and SIGHUP are a ``KeyboardInterrupt`` like Ctrl-C, so that what was begun is ended too.

    One that somebody handles or ignores already, as nohup does, is left alone.
    """
    ours = [number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)
