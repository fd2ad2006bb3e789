"""The server as it runs: real processes, real sockets."""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest
from tests.waiting import eventually

from slipway.bundle import manifest as manifests
from slipway.bundle.load import load

Start = Callable[..., "Server"]


class Server:
    def __init__(self, port: int, *arguments: str, **environment: str) -> None:
        self.port = port
        command = [sys.executable, "-m", "slipway.serving", "--port", str(port), *arguments]
        self.process = subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env={**os.environ, **environment}, bufsize=1
        )
        self.said: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        self.said.extend(self.process.stderr)
        self.process.stderr.close()

    def ask(
        self, path: str, content: Any = None, context: ssl.SSLContext | None = None, port: int = 0, **headers: str
    ) -> tuple[int, Any]:
        data = None if content is None else json.dumps(content).encode()
        url = f"http{'s' if context else ''}://127.0.0.1:{port or self.port}{path}"
        request = urllib.request.Request(url, data, {name.replace("_", "-"): value for name, value in headers.items()})
        try:
            with urllib.request.urlopen(request, timeout=10, context=context) as response:
                return response.status, _parsed(response.read())
        except urllib.error.HTTPError as error:
            return error.code, _parsed(error.read())

    def until(self, path: str, condition: Callable[[int, Any], bool], **more: Any) -> Any:
        for _ in range(600):
            assert self.process.poll() is None, "".join(self.said)
            try:
                status, answer = self.ask(path, **more)
                if condition(status, answer):
                    return answer
            except OSError:
                pass
            time.sleep(0.05)
        pytest.fail("it did not happen: " + "".join(self.said))

    def ready(self, **more: Any) -> "Server":
        self.until("/readyz", lambda status, _: status == 200, **more)
        return self

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self._reader.join(5)
        return code


def _parsed(data: bytes | str) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return data.decode() if isinstance(data, bytes) else data


@pytest.fixture
def start(port: int) -> Iterator[Start]:
    running: list[Server] = []

    def call(*arguments: object, **environment: str) -> Server:
        running.append(Server(port, *map(str, arguments), **environment))
        return running[-1]

    yield call
    for server in running:
        if server.process.poll() is None:
            for child in psutil.Process(server.process.pid).children():
                child.kill()
            server.process.kill()
        server.process.wait()
        server._reader.join(5)


@pytest.fixture
def folder(trained: Callable[[str], Any]) -> Path:
    return Path(trained("binary").bundle)


@pytest.fixture
def rows(folder: Path) -> dict[str, Any]:
    bundle = load(folder)
    return {"rows": bundle.golden.rows(bundle.schema)[:2]}


def other(folder: Path, target: Path, threshold: float = 0.25) -> str:
    """A bundle like another one, with a threshold of its own, hence another digest."""
    shutil.copytree(folder, target)
    raw = json.loads((target / manifests.FILE).read_text())
    raw.pop("digest")
    made = manifests.Manifest(**{**raw, "classes": tuple(raw["classes"]), "threshold": threshold})
    (target / manifests.FILE).write_text(made.to_json())
    return made.digest


class Load:
    """Clients that ask without an end, each request on a connection of its own."""

    def __init__(self, server: Server, content: Any, clients: int = 4) -> None:
        self._server, self._content = server, content
        self._ending = threading.Event()
        self.versions: list[str] = []
        self.failures: list[str] = []
        self._threads = [threading.Thread(target=self._run) for _ in range(clients)]

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                status, answer = self._server.ask("/predict", self._content)
            except OSError as error:
                self.failures.append(repr(error))
                continue
            if status == 200:
                self.versions.append(answer["version"])
            else:
                self.failures.append(str(answer))

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        for thread in self._threads:
            thread.join()


def test_a_new_bundle_is_served_without_a_failed_request(
    start: Start, folder: Path, rows: dict[str, Any], tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    shutil.copytree(folder, first)
    digest = other(folder, second)
    current = tmp_path / "current"
    current.symlink_to(first)
    server = start(current, "--reload-s", "0.1").ready()
    with Load(server, rows) as load_:
        time.sleep(0.3)
        (tmp_path / "next").symlink_to(second)
        (tmp_path / "next").rename(current)
        server.until("/readyz", lambda _, answer: answer["digest"] == digest)
        time.sleep(0.3)
    assert load_.failures == []
    assert load_.versions[-1] == digest[:12]
    assert load_.versions[0] == load(folder).manifest.digest[:12]
    assert server.end() == 0


def test_a_bad_new_bundle_is_refused_and_the_old_one_serves_on(
    start: Start, folder: Path, rows: dict[str, Any], tmp_path: Path
) -> None:
    served = tmp_path / "served"
    shutil.copytree(folder, served)
    server = start(served).ready()
    version = server.ask("/predict", rows)[1]["version"]
    other(folder, tmp_path / "new")
    shutil.copy(tmp_path / "new" / manifests.FILE, served)
    with (served / manifests.MODEL).open("ab") as file:
        file.write(b"!")
    server.process.send_signal(signal.SIGHUP)
    answer = server.until("/readyz", lambda _, answer: "refused" in answer)
    assert answer["ready"]
    assert "was changed: model.onnx" in answer["refused"][""]
    assert server.ask("/predict", rows)[1]["version"] == version
    assert server.end() == 0
    assert any("refused" in line and "was changed: model.onnx" in line for line in server.said)


def test_told_to_wait_it_lives_without_a_bundle_and_is_ready_with_one(
    start: Start, folder: Path, rows: dict[str, Any], tmp_path: Path
) -> None:
    place = tmp_path / "bundle"
    server = start(place, "--wait", "--reload-s", "0.1")
    answer = server.until("/readyz", lambda status, answer: status == 503 and "refused" in answer)
    assert "there is nothing at" in answer["refused"][""]
    assert server.ask("/healthz")[0] == 200
    assert server.ask("/predict", rows)[0] == 503
    shutil.copytree(folder, tmp_path / "aside")
    (tmp_path / "aside").rename(place)
    server.ready()
    assert server.ask("/predict", rows)[0] == 200


def test_it_is_not_ready_first_and_answers_until_it_ends(start: Start, folder: Path, rows: dict[str, Any]) -> None:
    server = start(folder, "--leave-s", "1.5").ready()
    server.process.send_signal(signal.SIGTERM)
    server.until("/readyz", lambda status, _: status == 503)
    assert server.ask("/predict", rows)[0] == 200
    assert server.process.wait(20) == 0


def test_a_killed_worker_returns_while_the_others_answer(start: Start, folder: Path, rows: dict[str, Any]) -> None:
    server = start(folder, "--workers", "2").ready()
    supervisor = psutil.Process(server.process.pid)
    server.until("/healthz", lambda *_: len(supervisor.children()) == 2)
    before = {child.pid for child in supervisor.children()}
    killed = min(before)
    with Load(server, rows) as load_:
        time.sleep(0.5)
        os.kill(killed, signal.SIGKILL)
        done = len(load_.versions)
        server.until("/healthz", lambda *_: len({item.pid for item in supervisor.children()} - {killed}) == 2)
        eventually(lambda: len(load_.versions) > done + 50)
    assert len(load_.failures) <= 8  # each client's one under way in that worker, and one that waited at its socket
    assert {item.pid for item in supervisor.children()} != before
    assert server.end() == 0
    assert any("another one takes over" in line for line in server.said)


def test_workers_end_when_their_supervisor_is_gone(start: Start, folder: Path) -> None:
    server = start(folder, "--workers", "2").ready()
    workers = psutil.Process(server.process.pid).children()
    server.process.kill()
    _, alive = psutil.wait_procs(workers, timeout=15)
    assert not alive


def test_several_workers_refuse_a_bundle_in_one_sentence(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path / "nothing", "--workers", "2")
    assert server.process.wait(30) == 2
    server._reader.join(5)
    assert len(server.said) == 1
    assert "there is nothing at" in server.said[0]


def test_several_models_answer_by_their_names(start: Start, folder: Path, trained: Any, rows: dict[str, Any]) -> None:
    server = start(f"a={folder}", f"b={trained('regression').bundle}").ready()
    assert server.ask("/predict", rows)[1]["model"] == "a"
    assert "value" in server.ask("/models/b/predict", rows)[1]["predictions"][0]
    assert server.ask("/models/c/predict", rows)[0] == 404
    assert set(server.ask("/readyz")[1]["models"]) == {"a", "b"}


def test_a_token_is_needed_and_may_change(start: Start, folder: Path, rows: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("first\n")
    server = start(folder, "--token-file", file).ready()
    assert server.ask("/predict", rows)[0] == 401
    assert server.ask("/predict", rows, Authorization="Bearer wrong")[0] == 401
    assert server.ask("/predict", rows, Authorization="Bearer first")[0] == 200
    assert server.ask("/metrics")[0] == 401
    file.write_text("second\n")
    server.until("/metrics", lambda status, _: status == 200, Authorization="Bearer second")
    assert server.ask("/predict", rows, Authorization="Bearer first")[0] == 401


def test_metrics_and_probes_have_a_port_of_their_own(start: Start, folder: Path, rows: dict[str, Any]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        extra = probe.getsockname()[1]
    server = start(folder, "--metrics-port", extra).ready()
    server.ask("/predict", rows)
    assert server.ask("/metrics")[0] == 404
    assert "slipway_rows_total" in server.ask("/metrics", port=extra)[1]
    assert server.ask("/readyz", port=extra)[0] == 200
    assert server.ask("/predict", rows, port=extra)[0] == 404


def test_predictions_and_feedback_are_logged_and_joined(
    start: Start, folder: Path, rows: dict[str, Any], tmp_path: Path
) -> None:
    server = start(folder, SLIPWAY_LOG_URI=str(tmp_path / "log")).ready()
    answer = server.ask("/predict", rows, X_Request_Id="r-1")[1]
    status, taken = server.ask("/feedback", {"id": "r-1", "row": 1, "truth": "yes"})
    assert (status, taken) == (202, {"model": "model", "version": answer["version"], "taken": 1})
    assert server.ask("/feedback", {"id": "r-1", "truth": "perhaps"})[0] == 422
    assert server.ask("/feedback", {"id": "r-1"})[0] == 422
    assert server.end() == 0
    (predictions,) = (tmp_path / "log").glob("model/*/predictions/*/*.parquet")
    (feedback,) = (tmp_path / "log").glob("model/*/feedback/*/*.parquet")
    keys = ["slipway_id", "slipway_row"]
    joined = pl.read_parquet(predictions, hive_partitioning=False).join(pl.read_parquet(feedback), on=keys)
    assert joined["slipway_label"].to_list() == [answer["predictions"][1]["label"]]


def test_a_line_of_json_a_request_without_values(start: Start, folder: Path, rows: dict[str, Any]) -> None:
    server = start(folder, "--access-log").ready()
    trace = "0af7651916cd43dd8448eb211c80319c"
    server.ask("/predict", rows, X_Request_Id="r-7", traceparent=f"00-{trace}-b7ad6b7169203331-01")
    server.end()
    (line,) = (item for item in map(_parsed, server.said) if isinstance(item, dict) and item.get("id") == "r-7")
    assert (line["path"], line["status"], line["rows"], line["model"]) == ("/predict", 200, 2, "model")
    assert line["trace"] == trace
    assert "inputs" not in line


def certificates(folder: Path) -> None:
    """An authority, a server's and a client's certificate, and one of a stranger."""
    run = lambda *arguments: subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)  # noqa: E731
    make = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2")
    for name in ("ca", "stranger"):
        run(*make, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "client"):
        run(
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/CN={name}",
        )
        run("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
            "-out", f"{name}.pem", "-days", "2", "-extfile", "names")  # fmt: skip


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_only_clients_with_a_certificate_are_answered(
    start: Start, folder: Path, rows: dict[str, Any], tmp_path: Path
) -> None:
    certificates(tmp_path)
    names = {"certificate": "server.pem", "key": "server.key", "client-ca": "ca.pem"}
    server = start(folder, *(f"--tls-{name}={tmp_path / file}" for name, file in names.items()))

    def client(name: str) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(tmp_path / "ca.pem"))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if name:
            context.load_cert_chain(tmp_path / f"{name}.pem", tmp_path / f"{name}.key")
        return context

    server.ready(context=client("client"))
    assert server.ask("/predict", rows, context=client("client"))[0] == 200
    for name in ("", "stranger"):
        with pytest.raises(OSError, match="certificate|alert|reset|EOF|closed|aborted"):
            server.ask("/predict", rows, context=client(name))


def test_a_certificate_that_is_not_there_is_one_sentence(start: Start, folder: Path) -> None:
    server = start(folder, "--tls-certificate", "/nowhere.pem", "--tls-key", "/nowhere.key")
    assert server.process.wait(30) == 2
    server._reader.join(5)
    assert "the certificates can't be used ('/nowhere.pem', '/nowhere.key')" in server.said[-1]
