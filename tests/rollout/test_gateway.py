"""Traffic by a Gateway's weights, against an API made from its published contract."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.rollout.deployments import GATEWAY, spec, states

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout.api import Cluster
from slipway.serving import options


def weights(cluster: Any) -> list[dict[str, int]]:
    """The weights of each HTTPRoute that was applied, in order, without repetitions."""
    routes = [
        item["spec"]["rules"][0]["backendRefs"] for item in cluster.emulator.stored if item["kind"] == "HTTPRoute"
    ]
    made = [{item["name"]: item["weight"] for item in route} for route in routes]
    return [item for place, item in enumerate(made) if place == 0 or item != made[place - 1]]


def test_a_gateway_weighs_a_canary_that_can_fall_back(
    cluster: Any, deploy: Callable[..., str], trained: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    patch = Cluster.patch

    def record(self: Cluster, kind: str, name: str, body: dict[str, Any]) -> None:
        if kind == "Pod":
            told.append(body["metadata"]["annotations"]["slipway/alive-until"])
        patch(self, kind, name, body)

    monkeypatch.setattr(Cluster, "patch", record)
    deploy(spec(**GATEWAY))
    moves = spec("canary", **GATEWAY)
    assert moves.rollout.steps == [50, 100]
    deploy(moves, task="regression")
    assert weights(cluster) == [{"churn": 100}, {"churn": 50, "churn-canary": 50}, {"churn": 100}]
    canary = next(
        item
        for item in cluster.emulator.stored
        if item["metadata"]["name"] == "churn-canary" and "replicas" in item["spec"]
    )
    pod = canary["spec"]["template"]["spec"]
    assert [item["args"][1:4:2] for item in pod["initContainers"]] == [
        [folder, manifest.read(trained(task).bundle).digest]
        for folder, task in (("/bundle", "regression"), ("/last-good", "binary"))
    ]
    given = {item["name"]: item["value"] for item in pod["containers"][0]["env"]}
    settings = options.parse(pod["containers"][0]["args"], "serve", given)
    assert settings.models["churn"].fallback == "/last-good"
    assert settings.alive_until
    assert all(float(item) > time.time() for item in told)
    assert told[-1] == "inf"
    assert states() == {1: "kept", 2: "serving"}


def test_a_gateway_gets_its_weights_back(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy(spec(**GATEWAY))
    wanted = spec("canary", **GATEWAY)
    analysis = wanted.rollout.analysis.model_copy(update={"min_requests": 10_000})
    with pytest.raises(RolloutError, match="could not be judged in time"):
        deploy(
            wanted.model_copy(update={"rollout": wanted.rollout.model_copy(update={"analysis": analysis})}),
            task="regression",
        )
    assert weights(cluster) == [{"churn": 100}, {"churn": 50, "churn-canary": 50}, {"churn": 100}]
    assert cluster.get("v1/services", "churn-canary") is None
