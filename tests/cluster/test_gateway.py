"""Given a Gateway, when a canary gets its share by an HTTPRoute, then the share is exact and no request is lost."""

import random
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from kubernetes.client import CustomObjectsApi
from tests.cluster.conftest import rows
from tests.cluster.moves import CANARY, digest, killable, knows, served, wait_until

from slipway.errors import RolloutError
from slipway.rollout import control
from slipway.rollout.connection import RefusedError
from slipway.rollout.wait import is_ready
from slipway.spec import Spec

Deploy = Callable[..., str]
Bundles = Callable[[str], Path]

GATEWAY = {"exposure": {"gateway": "infra/web"}}
STEPS = {**CANARY, "steps": [20, 50, 100]}
GROUP = ("gateway.networking.k8s.io", "v1")


@dataclass
class Gateway:
    """What a Gateway does with the route: asks the Services behind it in proportion to their weights."""

    api: Any
    content: Any
    seen: list[tuple[str, str]] = field(default_factory=list)
    weights: list[dict[str, int]] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)

    def run(self, seed: int) -> None:
        chance = random.Random(seed)
        while not self.done.wait(0.02):
            route = self.api.get("HTTPRoute", "model")
            if route is None:
                continue
            backends = {item["name"]: item["weight"] for item in route["spec"]["rules"][0]["backendRefs"]}
            if not self.weights or self.weights[-1] != backends:
                self.weights.append(backends)
            service = chance.choices(list(backends), list(backends.values()))[0]
            try:
                answer = self.api.ask("Service", service, "http", "/predict", self.content)
                self.seen.append(("200", answer["version"]))
            except RefusedError as error:
                self.seen.append((str(error.status), service))

    @property
    def statuses(self) -> set[str]:
        return {status for status, _ in self.seen}

    def versions(self, last: int) -> Counter[str]:
        return Counter(version for _, version in self.seen[-last:])


@pytest.fixture
def gateway(cluster: Any, trained: Callable[[str], Any]) -> Iterator[Gateway]:
    if not knows(cluster, "HTTPRoute"):
        pytest.skip("the cluster has no HTTPRoute: install the Gateway API's CRDs")
    made = Gateway(cluster.api, {"rows": rows(trained("binary").bundle)[:1]})
    threads = [threading.Thread(target=made.run, args=(seed,)) for seed in range(2)]
    for thread in threads:
        thread.start()
    yield made
    made.done.set()
    for thread in threads:
        thread.join()


def test_weights_divide_the_requests_and_none_is_lost(
    cluster: Any, deploy: Deploy, bundles: Bundles, gateway: Gateway
) -> None:
    deploy("binary", **GATEWAY)
    deploy("challenger", STEPS, **GATEWAY)
    assert gateway.statuses == {"200"}
    assert gateway.weights[:3] == [{"model": 100}, {"model": 80, "model-canary": 20}, {"model": 50, "model-canary": 50}]
    assert gateway.weights[-1] == {"model": 100}
    assert served(cluster) == digest(bundles, "challenger")
    before = len(gateway.seen)
    wait_until(lambda: len(gateway.seen) > before + 20)
    assert gateway.versions(10).keys() == {digest(bundles, "challenger")[:12]}
    assert cluster.deployment("model-canary") is None


def test_a_canary_whose_rollout_was_killed_answers_with_the_last_good_bundle(
    cluster: Any, deploy: Deploy, bundles: Bundles, gateway: Gateway, spec: Callable[..., Spec]
) -> None:
    good, other = (digest(bundles, name)[:12] for name in ("binary", "challenger"))
    deploy("binary", **GATEWAY)
    slow = spec({**STEPS, "step_s": 600}, **GATEWAY)
    process = subprocess.Popen(killable(cluster, bundles("challenger"), slow))
    try:
        wait_until(lambda: other in gateway.versions(40))
    finally:
        process.kill()
        process.wait()
    wait_until(lambda: len(gateway.seen) > 300 and set(gateway.versions(200)) == {good}, 150)
    assert control.status(cluster.api, "model").routed == "both"
    for pod in cluster.pods("canary"):
        cluster.api.delete("Pod", pod["metadata"]["name"])
        wait_until(lambda: sum(map(is_ready, cluster.pods("canary"))) == 2)
    before = len(gateway.seen)
    wait_until(lambda: len(gateway.seen) > before + 100)
    assert set(gateway.versions(100)) == {good}
    assert gateway.statuses == {"200"}
    deploy("challenger", STEPS, **GATEWAY)
    assert served(cluster) == digest(bundles, "challenger")
    assert gateway.weights[-1] == {"model": 100}
    assert gateway.statuses == {"200"}


def test_a_canary_that_does_worse_gives_its_weight_back(
    cluster: Any, deploy: Deploy, bundles: Bundles, gateway: Gateway
) -> None:
    deploy("binary", **GATEWAY)
    strict = {**STEPS, "analysis": {**CANARY["analysis"], "max_score_psi": 1e-9}}
    with pytest.raises(RolloutError, match=r"scores: PSI.* has all the traffic again"):
        deploy("challenger", strict, **GATEWAY)
    assert cluster.api.get("HTTPRoute", "model")["spec"]["rules"][0]["backendRefs"][0]["weight"] == 100
    assert gateway.statuses == {"200"}
    assert served(cluster) == digest(bundles, "binary")


def test_a_route_that_the_revision_before_did_not_have_goes_with_an_undo(
    cluster: Any, deploy: Deploy, gateway: Gateway
) -> None:
    deploy("binary")
    deploy("challenger", **GATEWAY)
    assert cluster.api.get("HTTPRoute", "model")
    control.undo(cluster.api, "model", 120)
    assert cluster.api.get("HTTPRoute", "model") is None
    assert gateway.statuses <= {"200"}


def test_what_the_api_refuses_is_told_and_nothing_is_changed(cluster: Any, deploy: Deploy, gateway: Gateway) -> None:
    with pytest.raises(RolloutError, match=r"apply HTTPRoute 'model'.*hostnames"):
        deploy("binary", exposure={**GATEWAY["exposure"], "host": "no host at all"})
    assert cluster.deployment() is None


def test_a_route_of_someone_else_is_left_alone(cluster: Any, deploy: Deploy, gateway: Gateway) -> None:
    theirs = {
        "apiVersion": "/".join(GROUP),
        "kind": "HTTPRoute",
        "metadata": {"name": "model"},
        "spec": {"rules": [{"backendRefs": [{"name": "theirs", "port": 80}]}]},
    }
    objects = CustomObjectsApi(cluster.client)
    objects.create_namespaced_custom_object(*GROUP, cluster.namespace, "httproutes", theirs)
    with pytest.raises(RolloutError, match="HTTPRoute 'model'.* was not made by slipway"):
        deploy("binary", **GATEWAY)
    found = objects.get_namespaced_custom_object(*GROUP, cluster.namespace, "httproutes", "model")
    assert found["spec"]["rules"][0]["backendRefs"][0]["name"] == "theirs"


def test_rules_that_another_manager_owns_are_left_alone(cluster: Any, deploy: Deploy, gateway: Gateway) -> None:
    deploy("binary", **GATEWAY)
    rules = [{"backendRefs": [{"name": "model", "port": 8080, "weight": 7}]}]
    CustomObjectsApi(cluster.client).patch_namespaced_custom_object(
        *GROUP, cluster.namespace, "httproutes", "model", {"spec": {"rules": rules}}, field_manager="someone"
    )
    with pytest.raises(RolloutError, match=r"someone.*\.spec\.rules"):
        deploy("challenger", **GATEWAY)
    assert cluster.api.get("HTTPRoute", "model")["spec"]["rules"][0]["backendRefs"][0]["weight"] == 7
