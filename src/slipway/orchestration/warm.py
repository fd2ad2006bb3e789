"""One interpreter that imports what the steps need, and forks for each task of a local run.

KFP's local runner starts an interpreter for every task; on a small table their imports take longer than the work. While
``interpreter`` lasts, the program that the runner starts is ``launch``, which hands the task to a process that has
imported everything already. That process never computes anything itself: the threads that libraries start when they
are imported are idle, and hold no lock that a fork could leave locked.
"""

import contextlib
import importlib
import json
import os
import runpy
import select
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from slipway.orchestration import launch

MODULES = (
    "kfp.dsl.executor_main",
    "slipway.steps.validate",
    "slipway.steps.drift",
    "slipway.steps.featurize",
    "slipway.training.linear",
    "slipway.training.forest",
    "slipway.training.boosting",
    "slipway.steps.train",
    "slipway.steps.evaluate",
    "slipway.steps.register",
    "slipway.steps.deploy",
)
"""What is imported once, in the order in which the first tasks need it."""


@contextlib.contextmanager
def interpreter() -> Iterator[None]:
    """Makes tasks that are started in the block start warm; does nothing on a system where forking is not safe."""
    if not sys.platform.startswith("linux"):
        yield
        return
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as listener:
        path = f"{folder}/socket"
        listener.bind(path)
        listener.listen()
        command = [sys.executable, "-m", __name__, str(listener.fileno())]
        environment = {**os.environ, "_KFP_RUNTIME": "true"}
        with subprocess.Popen(  # noqa: S603 - this interpreter, and a module of ours
            command, stdin=subprocess.PIPE, pass_fds=[listener.fileno()], env=environment
        ) as process:
            assert process.stdin is not None  # noqa: S101 - it is a pipe
            listener.close()  # so that a task is refused, and does not wait, when the interpreter ends
            try:
                with process.stdin, _executable(path):
                    yield
            finally:
                process.terminate()


@contextlib.contextmanager
def _executable(path: str) -> Iterator[None]:
    before = sys.executable
    sys.executable = shlex.join([before, "-IS", launch.__file__, path])
    try:
        yield
    finally:
        sys.executable = before


def main(listener: socket.socket) -> None:
    """Imports, then forks for each task until standard input ends."""
    listener.set_inheritable(False)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for name in MODULES:
        importlib.import_module(name)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            return
        connection, _ = listener.accept()
        with connection:
            if os.fork() == 0:
                _work(connection)


def _work(connection: socket.socket) -> NoReturn:
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    code = 1
    try:
        task = _receive(connection)
        os.environ.clear()
        os.environ.update(task["environment"])
        os.chdir(task["folder"])
        code = _run(task["arguments"])
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        connection.sendall(bytes([code]))
        os._exit(code)


def _receive(connection: socket.socket) -> dict[str, Any]:
    header, (out, err), _, _ = socket.recv_fds(connection, launch.HEADER, 2)
    for given, standard in ((out, 1), (err, 2)):
        os.dup2(given, standard)
        os.close(given)
    size = int.from_bytes(header, "big")
    with connection.makefile("rb") as stream:
        task: dict[str, Any] = json.loads(stream.read(size))
    return task


def _run(arguments: list[str]) -> int:
    module, rest = arguments[1], arguments[2:]
    sys.argv = [module, *rest]
    sys.path[0] = str(Path.cwd())
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as given:
        main(given)
