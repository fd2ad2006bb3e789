"""Numbers in memory that all workers of a server share; each writes its own, anyone reads all."""

import functools
import json
import mmap
import struct
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_REGION_BYTES = 4 << 20
"""Of each worker; memory that is not used is never taken."""

_REMEMBERED = 4096
"""Blocks whose series are parsed once."""

_USED = struct.Struct("<q")
_HEAD = struct.Struct("<qq")


class Series(NamedTuple):
    """One number, or one histogram.

    Attributes:
        family: Name of the metric.
        labels: Its labels, as Prometheus writes them between braces.
        bounds: Upper bounds of a histogram's buckets; empty for a number.
    """

    family: str
    labels: str
    bounds: tuple[float, ...] = ()

    @property
    def width(self) -> int:
        """Numbers it takes: for a histogram its buckets, that of all larger values, and the sum."""
        return len(self.bounds) + 2 if self.bounds else 1


class Board:
    """Shared memory with a region for each worker. It outlives a worker: the next one in its place counts on.

    Args:
        workers: Number of workers.
        region_bytes: Memory of each.
    """

    def __init__(self, workers: int = 1, region_bytes: int = _REGION_BYTES) -> None:
        self._workers = workers
        self._size = region_bytes
        self._memory = mmap.mmap(-1, workers * region_bytes)

    def numbers(self, place: int, series: Sequence[Series]) -> "memoryview[float]":
        """The numbers of some series, as a memory view of doubles: those that are there already, or new ones at 0.

        Args:
            place: Number of the worker.
            series: The series, always in the same order.

        Raises:
            MemoryError: There is no room for more.
        """
        text = json.dumps(series).encode()
        for found, values in self._blocks(place):
            if found == text:
                return values
        length = _HEAD.size + len(text) + -len(text) % 8 + 8 * sum(item.width for item in series)
        start = place * self._size
        (used,) = _USED.unpack_from(self._memory, start)
        if _USED.size + used + length > self._size:
            message = f"the metrics of worker {place} need more than {self._size:,} bytes"
            raise MemoryError(message)
        at = start + _USED.size + used
        _HEAD.pack_into(self._memory, at, length, len(text))
        self._memory[at + _HEAD.size : at + _HEAD.size + len(text)] = text
        _USED.pack_into(self._memory, start, used + length)
        return list(self._blocks(place))[-1][1]

    def read(self) -> Iterator[tuple[tuple[Series, ...], list[float]]]:
        """Series and numbers of every worker."""
        for place in range(self._workers):
            for text, values in self._blocks(place):
                yield _series(text), list(values)

    def _blocks(self, place: int) -> Iterator[tuple[bytes, "memoryview[float]"]]:
        start = place * self._size + _USED.size
        (used,) = _USED.unpack_from(self._memory, start - _USED.size)
        at, end = start, start + used
        view = memoryview(self._memory)
        while at < end:
            length, size = _HEAD.unpack_from(self._memory, at)
            head = at + _HEAD.size
            yield bytes(view[head : head + size]), view[head + size + -size % 8 : at + length].cast("d")
            at += length


@functools.lru_cache(_REMEMBERED)
def _series(text: bytes) -> tuple[Series, ...]:
    return tuple(Series(family, labels, tuple(bounds)) for family, labels, bounds in json.loads(text))
