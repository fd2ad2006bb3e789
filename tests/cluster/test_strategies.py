"""Given a served model under load, when another one takes its place, then no request is lost."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cluster.moves import CANARY, begin, digest, killable, served, wait_until

from slipway.errors import RolloutError
from slipway.rollout import control
from slipway.rollout.revision import Revisions
from slipway.rollout.wait import is_ready
from slipway.spec import Spec

Deploy = Callable[..., str]


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


@pytest.mark.parametrize(
    "moves",
    [{"strategy": "ab", "trial": {"column": "city", "percent": 50}}, {"strategy": "shadow"}],
    ids=["ab", "shadow"],
)
def test_a_trial_loses_no_request(
    cluster: Any, deploy: Deploy, load: Any, bundles: Callable[[str], Path], moves: dict[str, Any]
) -> None:
    deploy("binary")
    asked = load()
    deploy("challenger", moves)
    assert control.status(cluster.api, "model").progress.phase == "on trial"
    assert served(cluster) == digest(bundles, "binary")
    control.promote(cluster.api, "model", 120)
    assert served(cluster) == digest(bundles, "challenger")
    assert set(asked.settle()) == {"200"}


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
