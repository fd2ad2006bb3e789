"""Given a served model under load, when its successor fails in some way, then the traffic returns and none is lost."""

import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import CoreV1Api
from tests.cluster.moves import CANARY, digest, killable, served, wait_until

from slipway.errors import RolloutError, ServingError
from slipway.rollout import control, lease, smoke
from slipway.rollout.wait import is_ready
from slipway.spec import Spec

Deploy = Callable[..., str]
Bundles = Callable[[str], Path]

STRATEGIES = [{"strategy": "rolling"}, {"strategy": "blue-green", "grace_s": 5}, CANARY]
TRIALS = [{"strategy": "ab", "trial": {"column": "city", "percent": 50}}, {"strategy": "shadow"}]

each_strategy = pytest.mark.parametrize("moves", STRATEGIES, ids=lambda item: str(item["strategy"]))


def nothing_happened(cluster: Any, asked: Any, bundles: Bundles) -> None:
    assert set(asked.settle()) == {"200"}
    assert served(cluster) == digest(bundles, "binary")
    assert cluster.deployment("model-canary") is None
    assert control.status(cluster.api, "model").routed == "stable"
    assert [item.state for item in control.history(cluster.api, "model")] == ["deprecated", "serving"]
    wait_until(lambda: sum(map(is_ready, cluster.pods("stable"))) == 2)


@pytest.mark.parametrize(
    "fault",
    [
        {"server": {"tls": {"certificate": "/nowhere", "key": "/nowhere"}}},
        {"server": {"alive_until": "/nowhere/else"}, "timeout_s": 20},
    ],
    ids=["ends again and again", "never ready in time"],
)
@each_strategy
def test_a_server_that_does_not_come_up(
    cluster: Any, deploy: Deploy, load: Any, bundles: Bundles, moves: dict[str, Any], fault: dict[str, Any]
) -> None:
    deploy("binary")
    asked = load()
    with pytest.raises(RolloutError, match="revision 1 .* has all the traffic again"):
        deploy("challenger", moves, **fault)
    nothing_happened(cluster, asked, bundles)


def test_pods_that_no_node_has_room_for(cluster: Any, deploy: Deploy, load: Any, bundles: Bundles) -> None:
    deploy("binary")
    asked = load()
    with pytest.raises(RolloutError, match="Insufficient cpu.* has all the traffic again"):
        deploy("challenger", CANARY, cpu="1000", timeout_s=20)
    nothing_happened(cluster, asked, bundles)


def test_a_namespace_without_room_for_more_pods(cluster: Any, deploy: Deploy, load: Any, bundles: Bundles) -> None:
    deploy("binary")
    asked = load()
    quota = {"metadata": {"name": "few"}, "spec": {"hard": {"pods": "3"}}}
    CoreV1Api(cluster.client).create_namespaced_resource_quota(cluster.namespace, quota)
    wait_until(lambda: used(cluster) == "3")
    with pytest.raises(RolloutError, match="exceeded quota: few.* has all the traffic again"):
        deploy("challenger", {"strategy": "blue-green"}, timeout_s=20)
    nothing_happened(cluster, asked, bundles)


def used(cluster: Any) -> str | None:
    status = CoreV1Api(cluster.client).read_namespaced_resource_quota("few", cluster.namespace).status
    return status.used["pods"] if status.used else None


@each_strategy
def test_golden_rows_that_are_answered_otherwise(
    cluster: Any, deploy: Deploy, load: Any, bundles: Bundles, moves: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy("binary")
    asked = load()

    def otherwise(*_: Any) -> int:
        message = "golden row 1 gets another prediction"
        raise ServingError(message)

    monkeypatch.setattr(smoke, "compare", otherwise)
    with pytest.raises(RolloutError, match="golden row 1 gets another prediction; revision 1 .* has all the traffic"):
        deploy("challenger", moves)
    nothing_happened(cluster, asked, bundles)


def test_a_canary_whose_predictions_are_others(cluster: Any, deploy: Deploy, load: Any, bundles: Bundles) -> None:
    deploy("binary")
    asked = load()
    strict = {**CANARY, "steps": [50, 100], "analysis": {**CANARY["analysis"], "max_score_psi": 1e-9}}
    with pytest.raises(RolloutError, match="revision 1 .* has all the traffic again"):
        deploy("challenger", strict)
    nothing_happened(cluster, asked, bundles)


@pytest.mark.parametrize("moves", [*STRATEGIES, *TRIALS], ids=lambda item: str(item["strategy"]))
def test_a_rollout_that_is_killed_at_any_moment_is_finished_by_a_rerun(
    cluster: Any, deploy: Deploy, load: Any, bundles: Bundles, spec: Callable[..., Spec], moves: dict[str, Any]
) -> None:
    moments = random.Random(moves["strategy"])
    deploy("binary")
    asked = load()
    killed = 0
    for _ in range(3):
        with subprocess.Popen(killable(cluster, bundles("challenger"), spec(moves)), stderr=subprocess.PIPE) as run:
            time.sleep(moments.uniform(3, 8))
            killed += run.poll() is None
            run.kill()
            said = run.communicate()[1]
        assert run.returncode in (0, -signal.SIGKILL), said
        wait_until(lambda: not lease.holder(cluster.api, "model"))
    assert killed
    deploy("challenger", moves)
    if moves in TRIALS:
        assert control.status(cluster.api, "model").progress.phase == "on trial"
        control.promote(cluster.api, "model", 120)
    assert served(cluster) == digest(bundles, "challenger")
    assert cluster.deployment("model-canary") is None
    assert control.status(cluster.api, "model").routed == "stable"
    assert set(asked.settle()) == {"200"}


def test_a_canary_that_was_left_half_done_is_taken_back_by_another_deployment(
    cluster: Any, deploy: Deploy, load: Any, bundles: Bundles, spec: Callable[..., Spec]
) -> None:
    deploy("binary")
    asked = load()
    with subprocess.Popen(killable(cluster, bundles("challenger"), spec({**CANARY, "step_s": 600}))) as run:
        wait_until(lambda: control.status(cluster.api, "model").routed == "both")
        run.kill()
    wait_until(lambda: not lease.holder(cluster.api, "model"))
    deploy("multiclass", {"strategy": "blue-green", "grace_s": 1})
    assert served(cluster) == digest(bundles, "multiclass")
    assert cluster.deployment("model-canary") is None
    assert [item.state for item in control.history(cluster.api, "model")] == ["serving", "deprecated", "kept"]
    assert set(asked.settle()) == {"200"}


def test_pods_that_are_deleted_while_it_goes_on(cluster: Any, deploy: Deploy, load: Any, bundles: Bundles) -> None:
    deploy("binary", replicas=3)
    asked = load()
    with deleting_pods(cluster) as deleted:
        deploy("challenger", CANARY, replicas=3)
    assert deleted
    assert served(cluster) == digest(bundles, "challenger")
    assert set(asked.settle()) == {"200"}


@contextmanager
def deleting_pods(cluster: Any) -> Iterator[list[str]]:
    """Deletes a pod now and then, at random, while two others are ready."""
    moments, done = random.Random(0), threading.Event()
    deleted: list[str] = []

    def run() -> None:
        while not done.wait(moments.uniform(4, 10)):
            ready = [pod for track in ("stable", "canary") for pod in cluster.pods(track) if is_ready(pod)]
            if len(ready) > 2:
                name = moments.choice(ready)["metadata"]["name"]
                cluster.api.delete("Pod", name)
                deleted.append(name)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield deleted
    finally:
        done.set()
        thread.join()
