import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.errors import PipelineError
from slipway.orchestration.remote import tunnel as tunnels
from slipway.orchestration.remote.tunnel import Tunnel

Slipway = Callable[..., tuple[int, str, str]]

KUBECTL = """#!{python}
import json, os, sys, time
with open({calls!r}, "a") as calls:
    calls.write(json.dumps([os.getpid(), sys.argv[1:]]) + "\\n")
{body}
"""


@pytest.fixture
def kubectl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Callable[[], list[Any]]]:
    """Puts a kubectl on the PATH; gives what it was called with."""
    calls = tmp_path / "calls"

    def put(body: str) -> Callable[[], list[Any]]:
        program = tmp_path / "bin/kubectl"
        program.parent.mkdir(exist_ok=True)
        program.write_text(KUBECTL.format(python=sys.executable, calls=str(calls), body=body))
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
        return lambda: [json.loads(line) for line in calls.read_text().splitlines()]

    return put


def forwarding(port: int) -> str:
    return f"print('Forwarding from 127.0.0.1:{port} -> 8888', flush=True); time.sleep(60)"


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_run_is_submitted_through_the_named_cluster(
    slipway: Slipway, kfp: Any, package: Path, kubectl: Callable[[str], Callable[[], list[Any]]]
) -> None:
    calls = kubectl(forwarding(int(kfp.url.rpartition(":")[2])))
    code, out, err = slipway("submit", "--context", "kind-slipway", "--package", str(package))
    assert (code, err) == (0, "")
    ((pid, arguments),) = calls()
    where = ["--context", "kind-slipway", "--namespace", "kubeflow"]
    assert arguments == [*where, "port-forward", "--address", "127.0.0.1", "service/ml-pipeline", ":8888"]
    assert not is_running(pid)
    assert "dashboard   http://127.0.0.1:8080/#/runs/details/" in out
    forward = "kubectl --context kind-slipway --namespace kubeflow port-forward service/ml-pipeline-ui 8080:80"
    assert f"reach it by {forward}" in out


def test_no_tunnel_is_left_when_we_are_ended(
    kfp: Any, package: Path, tmp_path: Path, kubectl: Callable[[str], Callable[[], list[Any]]]
) -> None:
    calls = kubectl(forwarding(int(kfp.url.rpartition(":")[2])))
    kfp.frames = [("RUNNING", {"validate": "RUNNING"})]
    (tmp_path / "slipway.yaml").write_text("{name: churn, data: s3://b/d.csv, target: y, registry: ''}")
    command = [sys.executable, "-m", "slipway.cli", "submit", "--context", "kind", "--package", str(package)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert any("validate" in line for line in process.stdout)
        process.terminate()
        assert "the run goes on" in process.stderr.read()
    assert process.returncode == 130
    ((pid, _),) = calls()
    assert not is_running(pid)


def test_a_tunnel_that_broke_is_opened_again(kubectl: Callable[[str], Callable[[], list[Any]]]) -> None:
    calls = kubectl(forwarding(4))
    with Tunnel("kind", "kubeflow") as tunnel:
        assert tunnel.url() == tunnel.url() == "http://127.0.0.1:4"
        ((pid, _),) = calls()
        os.kill(pid, 9)
        assert tunnel._process is not None
        tunnel._process.wait()
        assert tunnel.url() == "http://127.0.0.1:4"
        assert len(calls()) == 2
    assert not any(is_running(pid) for pid, _ in calls())


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('error: context "kind" does not exist', "context \"kind\" does not exist; 'kubectl config get-contexts'"),
        (
            'Error from server (NotFound): services "ml-pipeline" not found',
            'services "ml-pipeline" not found; say where KFP is installed with --kfp-namespace',
        ),
        ("Unable to connect to the server: dial tcp: i/o timeout", "Unable to connect to the server"),
    ],
    ids=["context", "service", "server"],
)
def test_what_kubectl_says_is_passed_on(
    kubectl: Callable[[str], Callable[[], list[Any]]], said: str, words: str
) -> None:
    kubectl(f"sys.exit({said!r})")
    with Tunnel("kind", "kfp") as tunnel, pytest.raises(PipelineError) as refusal:
        tunnel.url()
    assert "no tunnel to service 'ml-pipeline' in namespace 'kfp' of context 'kind': " in str(refusal.value)
    assert words in str(refusal.value)


def test_a_kubectl_that_says_nothing(
    kubectl: Callable[[str], Callable[[], list[Any]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kubectl("time.sleep(60)")
    monkeypatch.setattr(tunnels, "_SECONDS", 0.5)
    with Tunnel("kind", "kfp") as tunnel, pytest.raises(PipelineError, match="it said nothing for 0.5 s"):
        tunnel.url()
    assert tunnel._process is None


def test_without_kubectl(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Tunnel("kind", "kfp") as tunnel, pytest.raises(PipelineError, match="--context needs kubectl"):
        tunnel.url()
