"""A process that was started earlier: found again by its id and the time it began."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

_END_SECONDS = 25


def start(command: list[str], log: Path, environment: Mapping[str, str]) -> tuple[int, float]:
    """Starts a process that outlives this one.

    Args:
        command: Path of the program, and arguments.
        log: File for what it says; replaced.
        environment: Variables beside those of this process.

    Returns:
        Its id, and the time it began.
    """
    files = (
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    )
    pid = os.posix_spawn(command[0], command, {**os.environ, **environment}, file_actions=files, setsid=True)
    return pid, psutil.Process(pid).create_time()


def find(pid: int, began: float) -> psutil.Process | None:
    """The process, if it still runs and no other one took its id."""
    try:
        process = psutil.Process(pid)
        running = process.status() != psutil.STATUS_ZOMBIE and abs(process.create_time() - began) < 1
    except psutil.Error:
        return None
    return process if running else None


def end(process: psutil.Process) -> None:
    """Asks a process to end, waits, and ends it by force when it does not."""
    try:
        process.terminate()
        deadline = time.monotonic() + _END_SECONDS
        while time.monotonic() < deadline:
            if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
                return
            time.sleep(0.05)
        process.kill()
        process.wait(_END_SECONDS)
    except psutil.NoSuchProcess:
        return
