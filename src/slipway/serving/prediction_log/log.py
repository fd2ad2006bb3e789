"""The prediction log: Parquet files below a URI, written in the background."""

import itertools
import logging
import os
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

from slipway.bundle.load import Bundle
from slipway.data import storage
from slipway.errors import SlipwayError
from slipway.serving.prediction_log import parquet
from slipway.serving.prediction_log.records import (
    Prediction,
    Truth,
    Types,
    prediction_rows,
    prediction_types,
    truth_row,
    truth_types,
)
from slipway.serving.process.background import Background
from slipway.settings import Log

logger = logging.getLogger(__name__)

_MB = 1 << 20
_TRUTH_BYTES = 512


class Entry(NamedTuple):
    """A record and the bundle that it belongs to."""

    bundle: Bundle
    record: Prediction | Truth


class PredictionLog:
    """Writes what was predicted and what turned out to be true.

    A file is at ``URI/MODEL/VERSION/predictions/date=2026-11-21/TIME-UNIQUE.parquet``, feedback likewise below
    ``feedback``. It appears whole or not at all. Where the sink fails, what waits is tried again until the queue is
    full; what comes then is dropped and counted.

    Args:
        settings: Where, and how often.

    Attributes:
        written_rows: Rows that were written.
        failures: Attempts to write a file that failed.

    Raises:
        ServingError: What writes Parquet is not installed.
        StorageError: The URI's scheme is not known, or what it needs is not installed.
    """

    def __init__(self, settings: Log) -> None:
        parquet.require()
        storage.filesystem(settings.uri)
        self.written_rows = self.failures = 0
        self._settings = settings
        self._unique = f"{os.getpid():x}-{secrets.token_hex(4)}"
        self._numbers = itertools.count()
        self._queue = Background(
            "prediction log", self._write, settings.queue_mb * _MB, settings.seconds, settings.rows, _count
        )

    @property
    def dropped_rows(self) -> int:
        """Rows that were dropped."""
        return self._queue.dropped

    @property
    def waiting_rows(self) -> int:
        """Rows that wait to be written."""
        return self._queue.waiting

    def predicted(self, bundle: Bundle, record: Prediction, size: int) -> None:
        """Takes rows that were predicted; never waits.

        Args:
            bundle: Which bundle predicted.
            record: The rows.
            size: Bytes that they take in memory.
        """
        self._queue.offer(Entry(bundle, record), size)

    def learned(self, bundle: Bundle, record: Truth) -> bool:
        """Takes what turned out to be true; False when it was dropped."""
        return self._queue.offer(Entry(bundle, record), _TRUTH_BYTES)

    def close(self, seconds: float) -> None:
        """Writes what waits, for a bounded time."""
        self._queue.close(seconds)

    def _write(self, entries: list[Entry]) -> list[Entry]:
        """Writes files; returns the entries of those that could not be written."""
        groups: dict[tuple[str, str, str, str], list[Entry]] = defaultdict(list)
        for entry in entries:
            groups[_folder(entry)].append(entry)
        return [
            entry
            for folder, group in groups.items()
            for part in _parts(group, self._settings.rows)
            for entry in self._put(folder, part)
        ]

    def _put(self, folder: Iterable[str], part: list[Entry]) -> list[Entry]:
        name = f"{datetime.now(UTC):%H%M%S}-{self._unique}-{next(self._numbers)}.parquet"
        uri = storage.join(self._settings.uri, *folder, name)
        try:
            storage.write_bytes(uri, parquet.encode(_rows(part), _types(part[0])))
        except SlipwayError as error:
            self.failures += 1
            logger.warning("the prediction log waits: %s", error)
            return part
        self.written_rows += sum(map(_count, part))
        return []


def _folder(entry: Entry) -> tuple[str, str, str, str]:
    manifest = entry.bundle.manifest
    what = "predictions" if isinstance(entry.record, Prediction) else "feedback"
    day = datetime.fromtimestamp(entry.record.time, UTC)
    return manifest.name, manifest.digest[:12], what, f"date={day:%Y-%m-%d}"


def _types(entry: Entry) -> Types:
    schema = entry.bundle.schema
    return prediction_types(schema) if isinstance(entry.record, Prediction) else truth_types(schema)


def _rows(entries: list[Entry]) -> Iterator[dict[str, Any]]:
    for bundle, record in entries:
        if isinstance(record, Truth):
            yield truth_row(record)
        else:
            manifest = bundle.manifest
            yield from prediction_rows(record, bundle.schema, manifest)


def _count(entry: Entry) -> int:
    return len(entry.record.outputs) if isinstance(entry.record, Prediction) else 1


def _parts(entries: list[Entry], rows: int) -> Iterator[list[Entry]]:
    """Entries in groups of at most so many rows; one entry is never split."""
    part: list[Entry] = []
    held = 0
    for entry in entries:
        if part and held + _count(entry) > rows:
            yield part
            part, held = [], 0
        part.append(entry)
        held += _count(entry)
    if part:
        yield part
