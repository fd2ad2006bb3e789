"""The servers that are compared: how each is installed, started and asked."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
COMMON = ("xgboost-cpu", "scikit-learn", "pandas")

Row = dict[str, Any]


def _json(content: Any) -> bytes:
    return json.dumps(content).encode()


def _rows(row: Row) -> bytes:
    return _json({"rows": [row]})


def _tensors(row: Row) -> bytes:
    def tensor(name: str, value: Any) -> dict[str, Any]:
        if isinstance(value, str):
            return {
                "name": name,
                "shape": [1],
                "datatype": "BYTES",
                "parameters": {"content_type": "str"},
                "data": [value],
            }
        return {"name": name, "shape": [1], "datatype": "FP64", "data": [value]}

    filled = {name: 10.0 if value is None else value for name, value in row.items()}
    return _json({"parameters": {"content_type": "pd"}, "inputs": [tensor(*item) for item in filled.items()]})


@dataclass(frozen=True)
class Server:
    """A server.

    Attributes:
        name: Its name; also of its environment.
        path: Where it predicts.
        body: From a row to a body.
        command: From its environment's bin, the folder of the models and a port to a command.
        install: What pip installs; empty for Slipway's own environment.
        environment: Variables that it needs.
        cwd: From the folder of the models to where it runs.
    """

    name: str
    path: str
    body: Callable[[Row], bytes]
    command: Callable[[Path, Path, int], list[str]]
    install: tuple[str, ...] = ()
    environment: Callable[[Path], dict[str, str]] = field(default=lambda _: {})
    cwd: Callable[[Path], Path] = field(default=lambda folder: folder)


def _script(name: str) -> Callable[[Path, Path, int], list[str]]:
    return lambda bin_, folder, port: [str(bin_ / "python"), str(HERE / name), str(folder), str(port)]


SLIPWAY = Server(
    "slipway",
    "/predict",
    _rows,
    lambda bin_, folder, port: [
        str(bin_ / "python"),
        "-m",
        "slipway.serving",
        str(folder / "bundle"),
        "--port",
        str(port),
        "--access-log",
    ],
)
FLOOR = Server("floor", "/predict", _rows, _script("floor.py"))
PEERS = (
    Server(
        "mlserver",
        "/v2/models/bench/infer",
        _tensors,
        lambda bin_, _, __: [str(bin_ / "mlserver"), "start", "."],
        ("mlserver==1.7.1", "uvloop<0.22", *COMMON),
        lambda _: {"MLSERVER_HTTP_PORT": "{}", "MLSERVER_GRPC_PORT": "{}", "MLSERVER_METRICS_PORT": "{}"},
        lambda folder: folder / "mlserver",
    ),
    Server(
        "mlflow",
        "/invocations",
        lambda row: _json({"dataframe_records": [row]}),
        lambda bin_, folder, port: [
            str(bin_ / "mlflow"), "models", "serve", "--model-uri", str(folder / "mlflow"), "--port", str(port),
            "--env-manager", "local",
        ],
        ("mlflow", *COMMON),
    ),
    Server(
        "kserve",
        "/v1/models/bench:predict",
        lambda row: _json({"instances": [row]}),
        _script("kserve_app.py"),
        ("kserve", *COMMON),
    ),
    Server(
        "bentoml",
        "/predict",
        _rows,
        lambda bin_, _, port: [str(bin_ / "bentoml"), "serve", "bentoml_app:Pipeline", "--port", str(port)],
        ("bentoml", *COMMON),
        lambda folder: {"BENCH_FOLDER": str(folder), "BENTOML_DO_NOT_TRACK": "true"},
        lambda _: HERE,
    ),
    Server("fastapi", "/predict", _json, _script("fastapi_app.py"), ("fastapi", "uvicorn[standard]", *COMMON)),
)  # fmt: skip


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def install(server: Server, venvs: Path) -> str:
    """Makes a peer's environment where it is not there; gives what went wrong."""
    home = venvs / server.name
    if (home / "bin" / "python").exists():
        return ""
    done = subprocess.run([sys.executable, "-m", "venv", str(home)], capture_output=True, text=True, check=False)
    if not done.returncode:
        pip = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *server.install]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
    return done.stderr[-300:] if done.returncode else ""


def prepare(server: Server, venvs: Path, folder: Path) -> str:
    """Fits the peer's model where it is not there; gives what went wrong."""
    if (folder / server.name).exists():
        return ""
    command = [str(venvs / server.name / "bin" / "python"), str(HERE / "prepare.py"), server.name, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stderr[-300:] if done.returncode else ""


@contextmanager
def running(server: Server, bin_: Path, folder: Path, row: Row) -> Iterator[tuple[str, float, int]]:
    """A server that answers: its address, the seconds from its start to its first answer, and its process."""
    port = free_port()
    wanted = server.environment(folder)
    variables = {name: value.format(port if "HTTP" in name else free_port()) for name, value in wanted.items()}
    environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1", **variables}
    url = f"http://127.0.0.1:{port}{server.path}"
    said = folder / f"{server.name}.log"
    began = time.perf_counter()
    with said.open("wb") as log:
        process = subprocess.Popen(
            server.command(bin_, folder, port), env=environment, cwd=server.cwd(folder), stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait(url, server.body(row), process, said)
        yield url, time.perf_counter() - began, process.pid
    finally:
        _end(process)


def memory_mb(pid: int) -> list[float]:
    """Memory of a process's children, or of itself where it has none; what several share is divided among them."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split() or [str(pid)]
    rollups = [Path(f"/proc/{child}/smaps_rollup").read_text() for child in children]
    return [int(re.search(r"^Pss: +(\d+)", text, re.MULTILINE)[1]) / 1e3 for text in rollups]


def _wait(url: str, body: bytes, process: subprocess.Popen[bytes], said: Path, seconds: float = 90) -> None:
    request = urllib.request.Request(url, body, {"content-type": "application/json"})
    until = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(request, timeout=10):
                return
        except OSError as error:
            if process.poll() is not None or time.monotonic() > until:
                content = error.read().decode() if hasattr(error, "read") else str(error)
                raise RuntimeError(f"{url}: {content[:300]} {said.read_text()[-600:]}") from None
            time.sleep(0.005)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    os.killpg(process.pid, 15)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()
