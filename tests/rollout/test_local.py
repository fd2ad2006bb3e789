import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2 as httpx
import psutil
import pytest

from slipway.bundle import manifest
from slipway.errors import BundleError, ServingError
from slipway.rollout import local, smoke
from slipway.spec import Serving

HOST = "127.0.0.1"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "servers" / "model.json"
    yield path
    local.stop(path)


@pytest.fixture
def launch(trained: Callable[[str], Any], port: int, state: Path) -> Callable[..., str]:
    def call(task: str = "binary", *, at: int = port, digest: str = "", **settings: Any) -> str:
        folder = trained(task).bundle
        serving = Serving(host=HOST, port=at, server=settings)
        return local.launch(str(folder), digest or manifest.read(folder).digest, serving, state)

    return call


def pid(state: Path) -> int:
    return int(json.loads(state.read_text())["pid"])


def test_it_serves_until_it_is_stopped(launch: Callable[..., str], state: Path, port: int) -> None:
    endpoint = launch()
    assert endpoint == f"http://{HOST}:{port}"
    assert smoke.ready(endpoint) is not None
    assert local.stop(state)
    assert smoke.ready(endpoint) is None
    assert not local.stop(state)


def test_a_second_launch_leaves_the_server_alone(launch: Callable[..., str], state: Path) -> None:
    launch()
    first = pid(state)
    launch()
    assert pid(state) == first


def test_it_answers_as_the_spec_says(launch: Callable[..., str], state: Path) -> None:
    launch(limits={"rows": 40})
    first = pid(state)
    launch(limits={"rows": 40})
    assert pid(state) == first
    endpoint = launch(limits={"rows": 30})
    assert pid(state) != first
    rows = httpx.post(f"{endpoint}/predict", json={"rows": [{}] * 31})
    assert rows.status_code == 413, rows.text


def test_an_unsigned_bundle_never_replaces_a_server(launch: Callable[..., str], state: Path) -> None:
    launch()
    first = pid(state)
    with pytest.raises(BundleError, match="is not signed"):
        launch(public_key="0" * 64)
    assert pid(state) == first


def test_another_bundle_takes_its_place(launch: Callable[..., str], state: Path, trained: Callable[[str], Any]) -> None:
    launch("binary")
    first = pid(state)
    endpoint = launch("regression")
    assert smoke.ready(endpoint) == manifest.read(trained("regression").bundle).digest
    assert not psutil.pid_exists(first) or psutil.Process(first).status() == psutil.STATUS_ZOMBIE


def test_the_one_before_serves_again_when_the_new_one_can_not(launch: Callable[..., str], port: int) -> None:
    endpoint = launch("binary")
    before = smoke.ready(endpoint)
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        with pytest.raises(ServingError, match="is in use"):
            launch("regression", at=other.getsockname()[1])
    assert smoke.ready(endpoint) == before


def test_a_bundle_with_another_digest_never_replaces_a_server(launch: Callable[..., str], state: Path) -> None:
    endpoint = launch()
    first = pid(state)
    with pytest.raises(BundleError, match="is asked for"):
        launch(digest="0" * 64)
    assert pid(state) == first
    assert smoke.ready(endpoint) is not None


def test_a_server_that_was_killed_is_started_again(launch: Callable[..., str], state: Path) -> None:
    launch()
    first = pid(state)
    os.kill(first, signal.SIGKILL)
    psutil.Process(first).wait(30)
    assert smoke.ready(launch()) is not None
    assert pid(state) != first


def test_a_process_that_took_over_the_id_is_never_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as bystander:
        state = tmp_path / "model.json"
        server = {"pid": bystander.pid, "began": 0.0, "host": HOST, "port": 1, "digest": "d"}
        state.write_text(json.dumps(server))
        assert not local.stop(state)
        assert bystander.poll() is None
        bystander.kill()


def test_a_port_is_checked_before_a_long_run(launch: Callable[..., str], state: Path, port: int) -> None:
    local.require_port(HOST, port, state)
    launch()
    local.require_port(HOST, port, state)
    local.stop(state)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind((HOST, port))
        other.listen()
        with pytest.raises(ServingError, match=r"serving\.port"):
            local.require_port(HOST, port, state)


def test_an_answer_that_differs_from_the_golden_rows_is_told(
    launch: Callable[..., str], trained: Callable[[str], Any]
) -> None:
    from dataclasses import replace

    from slipway.bundle.load import load

    endpoint = launch("regression")
    bundle = load(trained("regression").bundle)
    golden = replace(bundle.golden, outputs=bundle.golden.outputs + 1)
    with pytest.raises(ServingError, match="another prediction"):
        smoke.test(endpoint, replace(bundle, golden=golden))
