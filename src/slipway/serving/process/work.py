"""Work that is too large for the event loop: in threads, a bounded number at once."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from slipway.serving.web.response import HttpError

P = ParamSpec("P")
T = TypeVar("T")


class Work:
    """Threads, and a queue before them that has an end.

    Args:
        threads: Pieces of work that run at once.
        queue: Pieces that may wait; more are refused.
    """

    def __init__(self, threads: int, queue: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="slipway-work")
        self._limit = threads + queue
        self.depth = 0
        """Pieces of work that run or wait."""

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Calls a function in a thread.

        Raises:
            HttpError: 503 when too many wait already.
        """
        if self.depth >= self._limit:
            raise HttpError(503, "too many large requests wait already; try again", "busy", ((b"retry-after", b"1"),))
        self.depth += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: call(*args, **kwargs))
        finally:
            self.depth -= 1

    def close(self) -> None:
        """Waits for what runs, and ends the threads."""
        self._pool.shutdown()
