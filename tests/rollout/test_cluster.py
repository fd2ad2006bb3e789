from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import cluster as rollout
from slipway.spec import Spec

SPEC = Spec.model_validate({"name": "churn", "data": "-", "target": "-", "serving": {"replicas": 2, "timeout_s": 5}})
IMAGE = "slipway/server:0.1.0"


@pytest.fixture
def deploy(trained: Callable[[str], Any]) -> Callable[..., str]:
    folder = trained("binary").bundle

    def call(spec: Spec = SPEC, context: str = "lab", run: str = "r1") -> str:
        return rollout.deploy(str(folder), manifest.read(folder).digest, spec, context, IMAGE, run)

    return call


def test_a_deployment_and_a_service_are_applied(cluster: Any, deploy: Callable[..., str]) -> None:
    assert deploy() == "http://churn.default:8080"
    assert [path.rpartition("/")[2] for path in cluster.patches()][-2:] == ["churn", "churn"]
    assert cluster.get("v1/services", "churn") is not None
    annotations = cluster.get("apps/v1/deployments", "churn")["metadata"]["annotations"]
    assert annotations["slipway/run"] == "r1"
    assert len(cluster.names("v1/configmaps")) == 1


def test_applying_it_again_changes_nothing(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    before = cluster.get("apps/v1/deployments", "churn")["metadata"]["generation"]
    deploy(run="r2")
    assert cluster.get("apps/v1/deployments", "churn")["metadata"]["generation"] == before


def test_bundles_that_no_revision_needs_are_tidied_up(cluster: Any, deploy: Callable[..., str]) -> None:
    labels = {"app.kubernetes.io/name": "churn", "app.kubernetes.io/component": "bundle"}
    made = {"churn-bundle-old": "2026-01-01T00:00:00Z", "churn-bundle-of-another-run": f"{datetime.now(UTC):%FT%TZ}"}
    for name, time in made.items():
        metadata = {"labels": labels, "annotations": {"slipway/digest": name}, "creationTimestamp": time}
        cluster.put("v1/configmaps", name, {"metadata": metadata})
    deploy()
    names = cluster.names("v1/configmaps")
    assert names & made.keys() == {"churn-bundle-of-another-run"}
    assert len(names) == 2


def test_a_run_that_was_overtaken_is_told(cluster: Any, deploy: Callable[..., str]) -> None:
    cluster.emulator.overtaken_by = "another digest"
    with pytest.raises(RolloutError, match="another run deployed another bundle to 'churn' meanwhile"):
        deploy()


def test_what_keeps_the_cluster_from_making_pods_is_told(cluster: Any, deploy: Callable[..., str]) -> None:
    message = "pods are forbidden: exceeded quota"
    cluster.emulator.pods = {}
    cluster.emulator.conditions = [{"type": "ReplicaFailure", "status": "True", "message": message}]
    with pytest.raises(RolloutError, match=f"failed: {message}$"):
        deploy()


def test_an_object_of_someone_else_is_left_alone(cluster: Any, deploy: Callable[..., str]) -> None:
    cluster.put("v1/services", "churn", {"spec": {"type": "ExternalName"}})
    with pytest.raises(RolloutError, match="Service 'churn' in namespace 'default' exists and was not made by slipway"):
        deploy()
    assert cluster.patches() == []


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
    assert cluster.patches() == []


def test_outside_of_a_cluster_one_has_to_be_named(deploy: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(RolloutError, match="name one with --context"):
        deploy(context="")


def test_a_cluster_that_is_gone_is_said_to_be(
    cluster: Any, deploy: Callable[..., str], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "kubeconfig"
    port = path.read_text().split("127.0.0.1:")[1].split()[0].strip("'\"")
    path.write_text(path.read_text().replace(port, "1"))
    with pytest.raises(RolloutError, match="context 'lab' can't be reached"):
        deploy()
