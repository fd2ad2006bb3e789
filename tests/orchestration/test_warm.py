import contextlib
import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slipway.orchestration import warm

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forking is only safe on Linux")

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_afterwards_everything_is_as_before() -> None:
    before = sys.executable
    with contextlib.suppress(KeyboardInterrupt), warm.interpreter():
        assert sys.executable != before
        raise KeyboardInterrupt
    assert sys.executable == before


@pytest.fixture(scope="module")
def executable() -> Iterator[str]:
    with warm.interpreter():
        yield sys.executable


@pytest.fixture
def run(executable: str, tmp_path: Path) -> Run:
    """Runs a module of one file the way the local runner does."""

    def call(code: str, *arguments: str, program: str = executable) -> subprocess.CompletedProcess[str]:
        (tmp_path / "task.py").write_text(code)
        environment = {**os.environ, "TASK": "mine"}
        command = [*shlex.split(program), "-m", "task", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600, check=False
        )

    return call


def test_a_task_has_its_own_arguments_environment_folder_and_output(run: Run, tmp_path: Path) -> None:
    code = (
        "import os, sys\n"
        "print(sys.argv[-1], os.environ['TASK'], os.getcwd())\n"
        "print('slipway.steps.train' in sys.modules)\n"
        "print('aside', file=sys.stderr)\n"
    )
    done = run(code, "given")
    assert done.stdout.splitlines() == [f"given mine {tmp_path}", "True"]
    assert done.stderr == "aside\n"
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit('no')", 1, ""),
        ("1 / 0", 1, "ZeroDivisionError"),
        ("import os; os.kill(os.getpid(), 9)", 1, ""),
    ],
)
def test_how_a_task_ends_is_passed_on(run: Run, code: str, status: int, said: str) -> None:
    done = run(code)
    assert done.returncode == status
    assert said in done.stderr


def test_a_process_that_a_task_leaves_behind_holds_nothing_open(run: Run) -> None:
    code = (
        "import subprocess, sys\n"
        "subprocess.Popen(['sleep', '20'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,"
        " stderr=subprocess.DEVNULL, start_new_session=True)\n"
        "print('left')\n"
    )
    assert run(code).stdout == "left\n"


def test_without_the_interpreter_a_task_starts_cold(run: Run, executable: str) -> None:
    python, options, launcher, _ = shlex.split(executable)
    cold = shlex.join([python, options, launcher, "/nowhere/socket"])
    done = run("import sys; print('slipway.steps.train' in sys.modules)", program=cold)
    assert done.stdout == "False\n"


def test_a_task_does_not_wait_for_an_interpreter_that_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with warm.interpreter(), socket.socket(socket.AF_UNIX) as task:
        task.settimeout(300)
        try:
            task.connect(shlex.split(sys.executable)[-1])
            assert task.recv(1) == b""
        except (ConnectionRefusedError, ConnectionResetError):
            pass
