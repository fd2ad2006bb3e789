"""Work that a thread does later, off the path of requests, with a bounded queue before it."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")

logger = logging.getLogger(__name__)

_LOOK_SECONDS = 0.1
_RETRY_SECONDS = 1.0
_FULL = 0.5
"""Share of the capacity that is not waited with."""


class Background(Generic[Item]):
    """A thread that takes what was offered, many items at once.

    Args:
        name: What it does, for the log.
        work: Takes items and returns those that it could not do; they are tried again.
        capacity: Sum of the sizes of the items that may wait; what comes when it is full is dropped.
        seconds: Longest time that an item waits for others.
        batch: Count that is not waited with.
        count: For how many an item counts.

    Attributes:
        dropped: What was not taken because the queue was full, or was given up at the end.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[list[Item]], list[Item]],
        capacity: float,
        seconds: float,
        batch: int,
        count: Callable[[Item], int] = lambda _: 1,
    ) -> None:
        self.dropped = 0
        self._count = count
        self._waiting = 0
        self._name = name
        self._work = work
        self._capacity = capacity
        self._seconds = seconds
        self._batch = batch
        self._items: list[tuple[Item, float]] = []
        self._held = 0.0
        self._due = 0.0
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"slipway-{name}", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._waiting

    def offer(self, item: Item, size: float = 1) -> bool:
        """Hands an item over.

        Args:
            item: The item.
            size: How much of the capacity it takes.

        Returns:
            Whether it was taken; it never waits.
        """
        with self._lock:
            if self._held + size > self._capacity or self._closing.is_set():
                self.dropped += self._count(item)
                return False
            if not self._items:
                self._due = time.monotonic() + self._seconds
            self._items.append((item, size))
            self._held += size
            self._waiting += self._count(item)
        return True

    def close(self, seconds: float) -> None:
        """Ends the thread after what waits is done.

        Args:
            seconds: Longest time for it; what is left then is dropped.
        """
        self._closing.set()
        self._thread.join(seconds)
        with self._lock:
            self.dropped += self._waiting
            self._items.clear()
            self._held = self._waiting = 0

    def _run(self) -> None:
        while not self._closing.wait(min(_LOOK_SECONDS, self._seconds)):
            if self._items and self._is_due():
                self._flush()
        self._flush()

    def _is_due(self) -> bool:
        full = self._waiting >= self._batch or self._held >= self._capacity * _FULL
        return full or time.monotonic() >= self._due

    def _flush(self) -> None:
        """Does what waits now; it counts as held until it is done."""
        with self._lock:
            taken = self._items[:]
        left = {id(item) for item in self._done([item for item, _ in taken])}
        with self._lock:
            kept = [entry for entry in taken if id(entry[0]) in left]
            self._items[: len(taken)] = kept
            self._held = sum(size for _, size in self._items)
            self._waiting = sum(self._count(item) for item, _ in self._items)
            self._due = time.monotonic() + (_RETRY_SECONDS if kept else self._seconds)
        if kept:
            self._closing.wait(_RETRY_SECONDS)

    def _done(self, items: list[Item]) -> list[Item]:
        try:
            return self._work(items)
        except Exception:  # a defect in the work must not end the thread: the items are given up and counted
            logger.exception("%s failed on %d items", self._name, len(items))
            self.dropped += sum(map(self._count, items))
            return []
