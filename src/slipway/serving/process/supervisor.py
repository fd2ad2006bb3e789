"""Several worker processes that share one listening socket; one that dies is replaced."""

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from types import FrameType

_LASTING_SECONDS = 5.0
_PAUSES = (0.0, 0.1, 0.5, 1.0, 5.0)

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM)

REFUSED = 2
"""Exit code of a worker that can't start; another one could not either."""


class Supervisor:
    """Starts workers and keeps their number until it is told to end.

    Args:
        work: What a worker does, in a process of its own; its result is the exit code.
        count: Workers.
        seconds: Longest time for the workers to end; after it they are killed.
    """

    def __init__(self, work: Callable[[int], int], count: int, seconds: float) -> None:
        self._work = work
        self._count = count
        self._seconds = seconds
        self._workers: dict[int, tuple[int, float]] = {}
        self._ending = False
        self._failures = 0

    def run(self) -> int:
        """Blocks until SIGTERM or SIGINT; SIGHUP is passed on to the workers.

        Returns:
            The exit code: 0, or that of a worker that was refused at its start.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGHUP, lambda number, _: self._tell(number))
        for place in range(self._count):
            self._start(place)
        code = 0
        while self._workers:
            try:
                pid, status = os.wait()
            except ChildProcessError:
                break
            place, since = self._workers.pop(pid, (-1, 0.0))
            if place < 0 or self._ending:
                continue
            if os.waitstatus_to_exitcode(status) == REFUSED:
                code = REFUSED
                self._end(signal.SIGTERM, None)
            else:
                self._replace(place, time.monotonic() - since, os.waitstatus_to_exitcode(status))
        return code

    def _replace(self, place: int, lasted: float, code: int) -> None:
        self._failures = 0 if lasted > _LASTING_SECONDS else self._failures + 1
        sys.stderr.write(f"slipway: worker {place} ended with {code} after {lasted:.1f} s; another one takes over\n")
        time.sleep(_PAUSES[min(self._failures, len(_PAUSES) - 1)])
        if not self._ending:
            self._start(place)

    def _start(self, place: int) -> None:
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)  # so that no handler runs in both processes
        pid = os.fork()
        if pid:
            self._workers[pid] = (place, time.monotonic())
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            return
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
        code = 1
        try:
            code = self._work(place)
        except BaseException:  # the process ends here, whatever it was
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _end(self, _: int, __: FrameType | None) -> None:
        if self._ending:
            return
        self._ending = True
        self._tell(signal.SIGTERM)
        signal.signal(signal.SIGALRM, lambda *_: self._tell(signal.SIGKILL))
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    def _tell(self, number: int) -> None:
        for pid in list(self._workers):
            os.kill(pid, number)
