"""Given a bundle, when it is deployed to a real cluster, then it serves there."""

from collections.abc import Callable
from typing import Any

import pytest
from kubernetes.client import AppsV1Api, CoreV1Api
from tests.cluster.moves import knows

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import control

Deploy = Callable[..., str]


def serving(cluster: Any) -> Any:
    return AppsV1Api(cluster.client).read_namespaced_deployment("model", cluster.namespace)


def test_every_pod_serves_the_bundle(cluster: Any, deploy: Deploy, trained: Callable[[str], Any]) -> None:
    assert deploy() == f"http://model.{cluster.namespace}:8080"
    found = serving(cluster)
    assert found.status.available_replicas == 2
    assert found.metadata.annotations["slipway/digest"] == manifest.read(trained("binary").bundle).digest
    managers = {field.manager for field in found.metadata.managed_fields if field.operation == "Apply"}
    assert managers == {"slipway"}


def test_applying_it_again_starts_no_pod(cluster: Any, deploy: Deploy) -> None:
    deploy()
    before = serving(cluster).metadata.generation
    deploy()
    assert serving(cluster).metadata.generation == before


def test_another_bundle_replaces_it(cluster: Any, deploy: Deploy, trained: Callable[[str], Any]) -> None:
    deploy("binary")
    deploy("regression")
    annotations = serving(cluster).spec.template.metadata.annotations
    assert annotations["slipway/digest"] == manifest.read(trained("regression").bundle).digest


def test_pods_that_can_not_start_leave_the_ones_before_alone(cluster: Any, deploy: Deploy) -> None:
    deploy("binary")
    with pytest.raises(RolloutError, match="the pods that were ready before still serve"):
        deploy("regression", image="slipway/server:0.0.0-missing", timeout_s=30)
    assert serving(cluster).status.available_replicas >= 2


def test_a_field_that_another_manager_owns_is_left_alone(cluster: Any, deploy: Deploy) -> None:
    deploy(replicas=1)
    AppsV1Api(cluster.client).patch_namespaced_deployment(
        "model", cluster.namespace, {"spec": {"replicas": 2}}, field_manager="someone"
    )
    with pytest.raises(RolloutError, match=r"someone.*\.spec\.replicas"):
        deploy(replicas=1)
    assert serving(cluster).spec.replicas == 2


def test_an_undo_takes_the_number_of_pods_back_from_an_autoscaler(cluster: Any, deploy: Deploy) -> None:
    deploy("binary", replicas=1)
    deploy("challenger", autoscaling={"min": 1, "max": 3})
    AppsV1Api(cluster.client).patch_namespaced_deployment_scale(
        "model", cluster.namespace, {"spec": {"replicas": 2}}, field_manager="kube-controller-manager"
    )
    control.undo(cluster.api, "model", 120)
    assert serving(cluster).spec.replicas == 1
    assert cluster.api.get("HorizontalPodAutoscaler", "model") is None
    deploy("challenger", replicas=3)
    assert serving(cluster).spec.replicas == 3


def test_a_kind_that_the_cluster_does_not_know_is_told(cluster: Any, deploy: Deploy) -> None:
    if knows(cluster, "ServiceMonitor"):
        pytest.skip("the cluster knows every kind that a spec can ask for")
    with pytest.raises(RolloutError, match="apply ServiceMonitor 'model'.*install its CRD"):
        deploy(exposure={"monitor": True})
    assert cluster.deployment() is None


def test_a_service_of_someone_else_is_left_alone(cluster: Any, deploy: Deploy) -> None:
    core = CoreV1Api(cluster.client)
    mine = {"metadata": {"name": "model"}, "spec": {"ports": [{"port": 80}]}}
    core.create_namespaced_service(cluster.namespace, mine)
    with pytest.raises(RolloutError, match="was not made by slipway"):
        deploy()
    assert core.read_namespaced_service("model", cluster.namespace).spec.ports[0].port == 80


def test_a_namespace_that_is_not_there_is_told(deploy: Deploy) -> None:
    with pytest.raises(RolloutError, match="create the namespace first"):
        deploy(namespace="slipway-no-such-namespace")
