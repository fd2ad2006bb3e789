import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPResponse
from pathlib import Path
from typing import Any

import pytest

from slipway.bundle.load import load


@pytest.fixture
def start(port: int) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    running: list[subprocess.Popen[str]] = []

    def call(bundle: Path, *options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "slipway.serving", str(bundle), "--port", str(port), *options]
        running.append(subprocess.Popen(command, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield call
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def ask(port: int, path: str, content: Any = None) -> Any:
    data = None if content is None else json.dumps(content).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", data, timeout=10) as response:
        return json.load(response)


def wait(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(200):
        assert process.poll() is None, process.communicate()
        try:
            ask(port, "/readyz")
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server did not become ready")


def test_it_serves_and_answers_what_is_under_way_when_told_to_end(
    trained: Callable[[str], Any], start: Callable[..., subprocess.Popen[str]], port: int
) -> None:
    folder = trained("binary").bundle
    process = start(folder)
    wait(port, process)
    bundle = load(folder)
    rows = bundle.golden.rows(bundle.schema) * 1000
    body = json.dumps({"rows": rows}).encode()
    with socket.create_connection(("127.0.0.1", port), 30) as client:
        client.sendall(b"POST /predict HTTP/1.1\r\nHost: model\r\nExpect: 100-continue\r\n")
        client.sendall(b"Content-Length: %d\r\n\r\n" % len(body))
        assert client.recv(100).startswith(b"HTTP/1.1 100 ")
        process.send_signal(signal.SIGTERM)
        client.sendall(body)
        answer = HTTPResponse(client)
        answer.begin()
        assert len(json.load(answer)["predictions"]) == len(rows)
    assert process.wait(10) in (0, -signal.SIGTERM)


def test_a_port_in_use_is_one_sentence(
    trained: Callable[[str], Any], start: Callable[..., subprocess.Popen[str]], port: int
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        process = start(trained("binary").bundle)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == 2
    assert said.startswith(f"slipway: port {port} of 127.0.0.1 is in use")
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "sentence"),
    [(["--digest", "0" * 64], "but 000000000000 is asked for"), (["--host", "203.0.113.1"], "can't listen on port")],
)
def test_what_can_not_be_served_is_one_sentence(
    trained: Callable[[str], Any], start: Callable[..., subprocess.Popen[str]], options: list[str], sentence: str
) -> None:
    process = start(trained("binary").bundle, *options)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 2
    assert sentence in said
    assert "Traceback" not in said


def test_no_bundle_is_one_sentence(tmp_path: Path, start: Callable[..., subprocess.Popen[str]]) -> None:
    process = start(tmp_path / "nothing")
    assert "there is nothing at" in process.communicate(timeout=20)[1]
    assert process.returncode == 2


def test_the_server_stays_lean() -> None:
    heavy = "sklearn pandas polars pyarrow xgboost onnx kfp kubernetes scipy matplotlib"
    code = f"import sys, slipway.serving.main; print([name for name in '{heavy}'.split() if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_what_a_local_bundle_does_not_need_is_not_loaded(trained: Callable[[str], Any]) -> None:
    folder = str(trained("binary").bundle)
    code = (
        "import sys; from slipway.serving.process.worker import Models; from slipway.settings import Model; "
        f"Models({{'': Model({folder!r})}}).load(); print(sys.modules.keys() & {{'fsspec', 'yaml', 'redis'}})"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
