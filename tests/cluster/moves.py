"""What the tests of a cluster do again and again."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.waiting import eventually

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import control
from slipway.rollout.connection import RefusedError
from slipway.spec import Spec

Deploy = Callable[..., str]

CANARY = {
    "strategy": "canary",
    "steps": [5, 50, 100],
    "step_s": 5,
    "hold_s": 60,
    "analysis": {"min_requests": 30, "max_error_increase": 0.2, "max_latency_ratio": 50, "max_score_psi": 100},
}


def digest(bundles: Callable[[str], Path], task: str) -> str:
    return manifest.read(bundles(task)).digest


def served(cluster: Any) -> str:
    return str(cluster.deployment()["metadata"]["annotations"]["slipway/digest"])


def knows(cluster: Any, kind: str) -> bool:
    """Whether the cluster has a kind of object that somebody has to install."""
    try:
        cluster.api.find(kind, {})
    except RefusedError as error:
        if error.status != 404:
            raise
        return False
    return True


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
    eventually(condition, seconds, pause=0.5)
