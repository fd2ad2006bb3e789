"""Who holds a rollout, and what is asked of it while it goes on."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.rollout.deployments import api, failure, spec, states
from tests.waiting import eventually

from slipway.errors import RolloutError
from slipway.rollout import control, lease
from slipway.spec import Rollout


def test_a_rollout_that_another_one_holds_waits(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    lease = cluster.get("coordination.k8s.io/v1/leases", "churn-rollout")
    spec_ = {"holderIdentity": "ci", "renewTime": datetime.now(UTC).isoformat()}
    cluster.put("coordination.k8s.io/v1/leases", "churn-rollout", {**lease, "spec": spec_})
    with pytest.raises(RolloutError, match="another rollout of 'churn' is under way, held by ci"):
        deploy()


def test_a_rollout_that_was_killed_is_taken_over(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    lease = cluster.get("coordination.k8s.io/v1/leases", "churn-rollout")
    spec_ = {"holderIdentity": "gone", "renewTime": "2026-01-01T00:00:00+00:00"}
    cluster.put("coordination.k8s.io/v1/leases", "churn-rollout", {**lease, "spec": spec_})
    deploy(task="regression")
    assert states() == {1: "kept", 2: "serving"}


def test_a_promotion_moves_a_canary_by_one_step(deploy: Callable[..., str], cluster: Any) -> None:
    moves = {**spec("canary").rollout.model_dump(), "steps": [10, 25, 50, 100], "step_s": 600}
    slow = spec(replicas=8).model_copy(update={"rollout": Rollout.model_validate(moves)})
    deploy(spec(replicas=8))
    ended: list[str] = []
    thread = threading.Thread(target=lambda: ended.append(failure(lambda: deploy(slow, task="regression"))))
    thread.start()
    steps = []
    for _ in range(2):
        eventually(lambda: control.status(api(), "churn").progress.phase.startswith("canary") and watched(cluster))
        steps.append(control.status(api(), "churn").progress.percent)
        control.promote(api(), "churn", 5)
        eventually(lambda: control.status(api(), "churn").progress.percent not in steps)
    assert control.status(api(), "churn").progress.request == ""
    control.abort(api(), "churn", 5)
    thread.join(30)
    assert len(set(steps)) == 2
    assert "somebody asked to abort it" in ended[0]


def test_a_request_and_a_report_written_at_once_are_both_kept(cluster: Any) -> None:
    lab = api()
    with lease.held(lab, "churn", "me") as held:
        threads = [
            threading.Thread(target=lease.advance, args=(lab, "churn"), kwargs=changes)
            for changes in ({"request": "abort"}, {"percent": 5.0}, {"phase": "somewhere"}, {"step": 3})
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        now = held.progress()
        assert (now.request, now.percent, now.phase, now.step) == ("abort", 5.0, "somewhere", 3)
        held.answered("promote")
        assert held.progress().request == "abort"


def watched(cluster: Any) -> bool:
    """Whether the canary of the step at hand is up."""
    return cluster.get("apps/v1/deployments", "churn-canary") is not None
