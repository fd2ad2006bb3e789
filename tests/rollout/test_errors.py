"""What a cluster refuses, told in a sentence."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.rollout.deployments import IMAGE, spec

from slipway.errors import RolloutError
from slipway.rollout import connection


def test_what_keeps_the_cluster_from_making_pods_is_told(cluster: Any, deploy: Callable[..., str]) -> None:
    message = "pods are forbidden: exceeded quota"
    cluster.emulator.pods = {}
    cluster.emulator.conditions = [{"type": "ReplicaFailure", "status": "True", "message": message}]
    with pytest.raises(RolloutError, match=f"failed: {message};"):
        deploy()


def test_an_object_of_someone_else_is_left_alone(cluster: Any, deploy: Callable[..., str]) -> None:
    cluster.put("v1/services", "churn", {"spec": {"type": "ExternalName"}})
    with pytest.raises(RolloutError, match="Service 'churn' in namespace 'default' exists and was not made by slipway"):
        deploy()
    assert cluster.emulator.applied == []


def test_a_field_of_another_manager_is_reported(cluster: Any, deploy: Callable[..., str]) -> None:
    cluster.emulator.others["churn"] = "autoscaler"
    with pytest.raises(RolloutError, match=r'conflict with "autoscaler": .spec.replicas; someone else manages'):
        deploy()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (
            {"restartCount": 0, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}},
            "container 'server' of pod .* can't start, ImagePullBackOff: not found",
        ),
        (
            {"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}},
            "container 'server' of pod .* crashes",
        ),
    ],
)
def test_pods_that_never_start_are_not_waited_for(
    cluster: Any, deploy: Callable[..., str], status: dict[str, Any], sentence: str
) -> None:
    container = {"name": "server", "image": IMAGE, "imageID": "", "ready": False, **status}
    cluster.emulator.pods = {"containerStatuses": [container]}
    with pytest.raises(RolloutError, match=sentence):
        deploy()


def test_the_time_is_over_when_no_node_is_found(cluster: Any, deploy: Callable[..., str]) -> None:
    condition = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes: insufficient memory"}
    cluster.emulator.pods = {"conditions": [condition]}
    with pytest.raises(RolloutError, match=r"after 5 s: pod .* finds no node .*insufficient memory"):
        deploy()


def test_an_unknown_context_names_the_nearest(cluster: Any, deploy: Callable[..., str]) -> None:
    with pytest.raises(RolloutError, match="context 'labb' can't be used; did you mean 'lab'"):
        deploy(context="labb")
    assert cluster.emulator.applied == []


def test_outside_of_a_cluster_one_has_to_be_named(deploy: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(RolloutError, match="name one with --context"):
        deploy(context="")


def test_a_kind_that_the_cluster_does_not_know_is_told_before_anything_is_changed(
    cluster: Any, deploy: Callable[..., str]
) -> None:
    cluster.emulator.unknown = {"servicemonitors"}
    with pytest.raises(RolloutError, match="apply ServiceMonitor 'churn'.*install its CRD, or leave that setting out"):
        deploy(spec(exposure={"monitor": True}))
    assert cluster.emulator.applied == []


def test_a_cluster_that_is_gone_is_said_to_be(
    cluster: Any, deploy: Callable[..., str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_RETRIES", connection._RETRIES.new(total=1))
    path = tmp_path / "kubeconfig"
    port = path.read_text().split("127.0.0.1:")[1].split()[0].strip("'\"")
    path.write_text(path.read_text().replace(port, "1"))
    with pytest.raises(RolloutError, match="context 'lab' can't be reached"):
        deploy()
