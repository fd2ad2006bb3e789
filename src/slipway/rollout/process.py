"""A process that was started earlier: found again by its id and the time it began."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

_END_SECONDS = 25


def start(command: Sequence[str], log: Path) -> tuple[int, float]:
    """Starts a process that outlives this one.

    Args:
        command: Program and arguments.
        log: File for what it says; replaced.

    Returns:
        Its id, and the time it began.
    """
    with log.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603 - the caller names the program
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True
        )
    return process.pid, psutil.Process(process.pid).create_time()


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
