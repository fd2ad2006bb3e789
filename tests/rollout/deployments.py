"""Deployments that tests make, and what became of them."""

from collections.abc import Callable
from typing import Any

import pytest

from slipway.errors import RolloutError
from slipway.rollout import control
from slipway.rollout.api import Cluster
from slipway.spec import Spec

IMAGE = "slipway/server:0.1.0"


PREFIX = {"name": "churn", "data": "-", "target": "-"}


SPEC = Spec.model_validate({**PREFIX, "serving": {"replicas": 2, "timeout_s": 5}})
GATEWAY = {"exposure": {"gateway": "infra/web"}}


def spec(strategy: str = "rolling", **serving: Any) -> Spec:
    analysis = {"min_requests": 1, "max_error_increase": 1}
    moves = {"strategy": strategy, "steps": [50, 100], "step_s": 0.05, "hold_s": 0, "grace_s": 0, "analysis": analysis}
    given = {"replicas": 2, "timeout_s": 5, **serving}
    return Spec.model_validate({**PREFIX, "serving": given, "rollout": moves})


def with_metrics(answer: Callable[..., Any], cluster: Any, requests: int = 10) -> Callable[..., Any]:
    """The answers of a server that counts more requests each time it is asked for its metrics."""
    asked: dict[str, int] = {}

    def call(kind: str, name: str, path: str, content: Any) -> Any:
        if path != "metrics":
            return answer(kind, name, path, content)
        asked[name] = count = asked.get(name, 0) + requests
        version = cluster.get("v1/pods", name)["metadata"]["annotations"]["slipway/digest"][:12]
        return (
            f'slipway_requests_total{{version="{version}",status="200"}} {count}\n'
            f'slipway_request_seconds_bucket{{version="{version}",le="0.001"}} {count}\n'
            f'slipway_request_seconds_bucket{{version="{version}",le="+Inf"}} {count}\n'
        )

    return call


def api(namespace: str = "default") -> Cluster:
    return Cluster.connect("lab", namespace)


def states() -> dict[int, str]:
    return {item.number: item.state for item in control.history(api(), "churn")}


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(RolloutError) as caught:
        call()
    return str(caught.value)
