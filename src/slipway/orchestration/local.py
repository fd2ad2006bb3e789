"""Running a pipeline on this machine with KFP's local runner."""

import contextlib
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from kfp import local
from kfp.dsl.base_component import BaseComponent

from slipway.errors import StepError, StorageError
from slipway.steps import events

_POLL_SECONDS = 0.1


def run(
    pipeline: BaseComponent, arguments: dict[str, Any], folder: Path, follow: Callable[[events.Event], None]
) -> dict[str, Any]:
    """Runs a pipeline, each task in a process of its own with this interpreter.

    Args:
        pipeline: A KFP pipeline, or one that was loaded from YAML.
        arguments: Its parameters.
        folder: Where artifacts, ``events.jsonl`` and ``kfp.log`` go; it must not exist.
        follow: Called with each event of each step while the run goes on, in a thread of its own.

    Returns:
        The pipeline's outputs by name.

    Raises:
        StepError: A step failed; the sentence and the exit code are the step's.
        StorageError: The folder can't be made.
    """
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        message = f"the run's folder {str(folder)!r} can't be made: {error.strerror or error}; run in another folder"
        raise StorageError(message) from None
    told = folder / "events.jsonl"
    with tempfile.TemporaryDirectory() as workspace, _told_to(told, follow), (folder / "kfp.log").open("w") as log:
        local.init(
            runner=local.SubprocessRunner(use_venv=False),
            pipeline_root=str(folder / "artifacts"),
            workspace_root=workspace,
        )
        try:
            with contextlib.redirect_stdout(log):
                task = pipeline(**arguments)
        except Exception as error:
            raise _failure(told, error, folder / "kfp.log") from error
    outputs: dict[str, Any] = task.outputs
    return outputs


def _failure(told: Path, error: Exception, log: Path) -> Exception:
    happened = events.read(told)[0]
    failed = [event for event in happened if event.kind == "failed"]
    ended = {event.step for event in happened if event.kind == "finished"}
    broken = [event.step for event in happened if event.kind == "started" and event.step not in ended]
    if not failed and broken:
        message = f"step {broken[-1]} was killed, perhaps because memory ran out; the whole log is in {log}"
        return StepError(broken[-1], message, 2)
    if not failed:
        return StepError("pipeline", f"{error}\nthe whole log is in {log}", 1)
    last = failed[-1]
    where = "" if last.exit_code != 1 else f"\nthis is a bug in slipway or in one of its libraries; the log is in {log}"
    return StepError(last.step, f"{last.text}{where}", last.exit_code, last.failures)


@contextlib.contextmanager
def _told_to(path: Path, follow: Callable[[events.Event], None]) -> Iterator[None]:
    done = threading.Event()

    def tail() -> None:
        offset = 0
        while True:
            last_round = done.wait(_POLL_SECONDS)
            new, offset = events.read(path, offset)
            for event in new:
                follow(event)
            if last_round:
                return

    thread = threading.Thread(target=tail, daemon=True)
    before = os.environ.get(events.FILE_VARIABLE)
    os.environ[events.FILE_VARIABLE] = str(path)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        if before is None:
            del os.environ[events.FILE_VARIABLE]
        else:
            os.environ[events.FILE_VARIABLE] = before
