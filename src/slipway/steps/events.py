"""What a step tells while it works: lines for people, and a file of events for a program that follows it."""

import errno
import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, ParamSpec, TypeVar

from slipway.errors import Failure, GateError, SlipwayError

FILE_VARIABLE = "SLIPWAY_EVENTS"
"""Environment variable that names the file to which events are appended; unset for none."""

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a step.

    Attributes:
        step: The step's name.
        kind: What happened.
        text: A line for people; the error's sentence for ``failed``.
        time: Seconds since 1970.
        exit_code: What the command line is to exit with; 0 unless ``failed``.
        failures: Limits that were not kept, when a gate said no.
    """

    step: str
    kind: Literal["started", "note", "finished", "failed"]
    text: str
    time: float
    exit_code: int = 0
    failures: tuple[Failure, ...] = ()


def step(function: Callable[P, R]) -> Callable[P, R]:
    """Makes a function a step: its start, log lines, end and failure become events.

    A failure is raised again; the error that a user caused is told without a traceback by whoever follows the events.
    """
    name = function.__name__

    @functools.wraps(function)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        with _logging_to_events(name):
            _emit(Event(name, "started", "", time.time()))
            try:
                result = function(*args, **kwargs)
            except Exception as error:
                code, text = _told(error)
                failures = error.failures if isinstance(error, GateError) else ()
                _emit(Event(name, "failed", text, time.time(), code, failures))
                raise
            _emit(Event(name, "finished", "", time.time()))
            return result

    return wrapper


def _told(error: Exception) -> tuple[int, str]:
    """The exit code and the sentence of an error."""
    if isinstance(error, SlipwayError):
        return error.exit_code, str(error)
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        return 2, f"{error.strerror}{f': {error.filename!r}' if error.filename else ''}; make room and run again"
    return 1, f"{type(error).__name__}: {error}"


def read(path: Path, offset: int = 0) -> tuple[list[Event], int]:
    """Reads the events that were written since the last call.

    Args:
        path: The file of events; it need not exist yet.
        offset: Where to go on, in bytes.

    Returns:
        The new events and the next offset. A line that is not complete yet is left for the next call.
    """
    if not path.exists():
        return [], offset
    with path.open("rb") as file:
        file.seek(offset)
        data = file.read()
    whole = data[: data.rfind(b"\n") + 1]
    return [_event(json.loads(line)) for line in whole.splitlines()], offset + len(whole)


def _event(raw: dict[str, Any]) -> Event:
    return Event(**{**raw, "failures": tuple(Failure(**item) for item in raw["failures"])})


class _EventHandler(logging.Handler):
    def __init__(self, name: str) -> None:
        super().__init__(logging.INFO)
        self.step = name

    def emit(self, record: logging.LogRecord) -> None:
        _emit(Event(self.step, "note", record.getMessage(), record.created))


@contextmanager
def _logging_to_events(name: str) -> Iterator[None]:
    logger = logging.getLogger("slipway")
    handler, level = _EventHandler(name), logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)


def _emit(event: Event) -> None:
    path = os.environ.get(FILE_VARIABLE)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(event)) + "\n")
    else:
        sys.stderr.write(f"{event.step}: {event.text or event.kind}\n")
