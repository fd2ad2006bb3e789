"""Given a served model under load, when another one takes its place, then no request is lost."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import control
from slipway.rollout.revision import Revisions
from slipway.rollout.wait import is_ready
from slipway.spec import Spec

Deploy = Callable[..., str]

CANARY = {
    "strategy": "canary",
    "steps": [5, 50, 100],
    "step_s": 5,
    "hold_s": 60,
    "analysis": {"min_requests": 30, "max_error_increase": 0.2, "max_latency_ratio": 50, "max_score_psi": 5},
}


def digest(bundles: Callable[[str], Path], task: str) -> str:
    return manifest.read(bundles(task)).digest


def served(cluster: Any) -> str:
    return str(cluster.deployment()["metadata"]["annotations"]["slipway/digest"])


@pytest.mark.parametrize(
    "rollout",
    [{"strategy": "rolling"}, {"strategy": "blue-green", "grace_s": 5}, CANARY],
    ids=lambda item: item["strategy"],
)
def test_no_request_is_lost(
    cluster: Any, deploy: Deploy, load: Any, bundles: Callable[[str], Path], rollout: dict[str, Any]
) -> None:
    deploy("binary")
    asked = load()
    deploy("challenger", rollout)
    seen = asked.settle()
    assert set(seen) == {"200"}
    assert served(cluster) == digest(bundles, "challenger")
    assert cluster.deployment("model-canary") is None
    assert control.status(cluster.api, "model").routed == "stable"
    assert [item.state for item in control.history(cluster.api, "model")] == ["serving", "kept"]


def test_an_undo_loses_no_request(cluster: Any, deploy: Deploy, load: Any, bundles: Callable[[str], Path]) -> None:
    deploy("binary")
    asked = load()
    deploy("challenger")
    control.undo(cluster.api, "model", 120)
    assert set(asked.settle()) == {"200"}
    assert served(cluster) == digest(bundles, "binary")
    assert [item.state for item in control.history(cluster.api, "model")] == ["deprecated", "serving"]


def test_a_canary_that_can_not_start_is_taken_back(
    cluster: Any, deploy: Deploy, load: Any, bundles: Callable[[str], Path]
) -> None:
    deploy("binary")
    asked = load()
    with pytest.raises(RolloutError, match="revision 1 .* has all the traffic again"):
        deploy("challenger", CANARY, image="slipway/server:0.0.0-missing")
    assert set(asked.settle()) == {"200"}
    assert cluster.deployment("model-canary") is None
    refused = control.history(cluster.api, "model")[0]
    assert refused.state == "deprecated"
    assert "can't start" in refused.reason


def test_an_abort_gives_the_traffic_back(cluster: Any, deploy: Deploy, load: Any) -> None:
    deploy("binary")
    asked = load()
    thread = begin(cluster, deploy)
    control.ask(cluster.api, "model", paused=True)
    assert control.abort(cluster.api, "model", 120) == "asked the rollout to give the traffic back"
    thread.join(120)
    assert set(asked.settle()) == {"200"}
    assert control.status(cluster.api, "model").routed == "stable"


def test_a_second_rollout_waits_for_the_first(cluster: Any, deploy: Deploy) -> None:
    deploy("binary")
    thread = begin(cluster, deploy)
    with pytest.raises(RolloutError, match="another rollout of 'model' is under way"):
        deploy("regression")
    control.abort(cluster.api, "model", 120)
    thread.join(120)


def test_a_canary_whose_rollout_was_killed_stops_by_itself_and_a_rerun_converges(
    cluster: Any, deploy: Deploy, load: Any, bundles: Callable[[str], Path], spec: Callable[..., Spec]
) -> None:
    deploy("binary")
    asked = load()
    process = subprocess.Popen(killable(cluster, bundles("challenger"), spec({**CANARY, "step_s": 600})))
    try:
        wait_until(lambda: control.status(cluster.api, "model").routed == "both")
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: not any(map(is_ready, cluster.pods("canary"))), 120)
    assert sum(map(is_ready, cluster.pods("stable"))) == 2
    assert "was left half done" in control.status(cluster.api, "model").remarks[0]
    deploy("challenger", CANARY)
    assert served(cluster) == digest(bundles, "challenger")
    assert cluster.deployment("model-canary") is None
    assert set(asked.settle()) == {"200"}


def test_only_so_many_revisions_stay(cluster: Any, deploy: Deploy) -> None:
    deploy("binary", {"keep": 1})
    deploy("challenger", {"keep": 1})
    deploy("multiclass", {"keep": 1})
    assert [item.number for item in Revisions(cluster.api, "model").all()] == [3, 2]
    maps = cluster.api.find("ConfigMap", {"app.kubernetes.io/component": "bundle"})
    assert maps


def killable(cluster: Any, bundle: Path, spec: Spec) -> list[str]:
    """A command that deploys a bundle."""
    code = (
        "import sys, kubernetes; from slipway.rollout import cluster; from slipway.spec import Spec\n"
        "kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION = sys.argv[1]\n"
        "cluster.deploy(sys.argv[2], sys.argv[3], Spec.model_validate_json(sys.argv[4]), *sys.argv[5:], 'run')\n"
    )
    path, wanted = os.environ["SLIPWAY_TEST_KUBECONFIG"], spec.model_dump_json()
    version = manifest.read(bundle).digest
    return [sys.executable, "-c", code, path, str(bundle), version, wanted, cluster.context, cluster.image]


def begin(cluster: Any, deploy: Deploy) -> threading.Thread:
    """A canary that stays at its first step."""

    def run() -> None:
        with pytest.raises(RolloutError):
            deploy("challenger", {**CANARY, "step_s": 600})

    thread = threading.Thread(target=run)
    thread.start()
    wait_until(lambda: control.status(cluster.api, "model").routed == "both")
    return thread


def wait_until(condition: Callable[[], bool], seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)
