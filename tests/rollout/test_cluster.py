"""What a deployment does to a cluster, against an API made from its published contract."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.rollout.deployments import GATEWAY, IMAGE, PREFIX, SPEC, api, spec, states

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import alive, control, lease
from slipway.serving import options
from slipway.spec import Spec


def test_a_deployment_and_a_service_are_applied(cluster: Any, deploy: Callable[..., str]) -> None:
    assert deploy() == "http://churn.default:8080"
    assert {kind for kind, _ in cluster.emulator.applied} == {
        "ConfigMap",
        "ControllerRevision",
        "Deployment",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    }
    annotations = cluster.get("apps/v1/deployments", "churn")["metadata"]["annotations"]
    assert annotations["slipway/run"] == "r1"
    assert annotations["slipway/who"] == "me"
    assert annotations["slipway/why"] == "because"
    assert cluster.get("v1/services", "churn")["spec"]["selector"]["slipway/track"] == "stable"
    assert states() == {1: "serving"}


def test_applying_it_again_changes_nothing(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    before = cluster.get("apps/v1/deployments", "churn")["metadata"]["generation"]
    deploy(run="r2")
    assert cluster.get("apps/v1/deployments", "churn")["metadata"]["generation"] == before
    assert states() == {1: "serving"}


def test_bundles_that_no_revision_needs_are_tidied_up(cluster: Any, deploy: Callable[..., str]) -> None:
    labels = {
        "app.kubernetes.io/name": "churn",
        "app.kubernetes.io/component": "bundle",
        "app.kubernetes.io/managed-by": "slipway",
    }
    made = {"churn-bundle-old": "2026-01-01T00:00:00Z", "churn-bundle-of-another-run": f"{datetime.now(UTC):%FT%TZ}"}
    for name, since in made.items():
        metadata = {"labels": labels, "annotations": {"slipway/digest": name}, "creationTimestamp": since}
        cluster.put("v1/configmaps", name, {"metadata": metadata})
    deploy()
    names = cluster.names("v1/configmaps")
    assert names & made.keys() == {"churn-bundle-of-another-run"}
    assert len(names) == 2


@pytest.mark.parametrize("strategy", ["rolling", "blue-green", "canary"])
def test_another_bundle_takes_over(cluster: Any, deploy: Callable[..., str], strategy: str) -> None:
    deploy()
    deploy(spec(strategy), task="regression")
    status = control.status(api(), "churn")
    assert status.routed == "stable"
    assert [track.name for track in status.tracks] == ["churn"]
    assert status.remarks == ()
    assert states() == {1: "kept", 2: "serving"}
    assert cluster.get("v1/services", "churn-canary") is None


def test_a_canary_that_fails_is_taken_back(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    failing = {"conditions": [], "containerStatuses": [_crashing()]}
    cluster.emulator.pods = lambda item: failing if item["metadata"]["name"] == "churn-canary" else None
    with pytest.raises(RolloutError, match=r"crashes.*; revision 1 \(.*\) has all the traffic again"):
        deploy(spec("canary"), task="regression")
    assert cluster.get("apps/v1/deployments", "churn-canary") is None
    assert control.status(api(), "churn").routed == "stable"
    assert states() == {1: "serving", 2: "deprecated"}
    assert "crashes" in control.history(api(), "churn")[0].reason


TRIALS = [{"strategy": "ab", "trial": {"header": "x-user", "percent": 20}}, {"strategy": "shadow"}]


def on_trial(rollout: dict[str, Any]) -> Spec:
    return Spec.model_validate({**PREFIX, "serving": {"replicas": 2, "timeout_s": 5}, "rollout": rollout})


@pytest.mark.parametrize("moves", TRIALS, ids=["ab", "shadow"])
def test_a_trial_serves_both_until_it_is_promoted(
    cluster: Any, deploy: Callable[..., str], trained: Callable[[str], Any], moves: dict[str, Any]
) -> None:
    deploy()
    deploy(on_trial(moves), task="regression")
    assert states() == {1: "serving", 2: "trial"}
    pod = cluster.get("apps/v1/deployments", "churn")["spec"]["template"]["spec"]
    assert [item["name"] for item in pod["initContainers"]] == ["fetch", "fetch-challenger"]
    given = {item["name"]: item["value"] for item in pod["containers"][0]["env"]}
    settings = options.parse(pod["containers"][0]["args"], "serve", given)
    model = settings.models["churn"]
    assert model.digest == manifest.read(trained("binary").bundle).digest
    assert model.variants[0].shadow is (moves["strategy"] == "shadow")
    assert control.status(api(), "churn").remarks == ()
    assert "has all the traffic" in control.promote(api(), "churn", 5)
    assert states() == {1: "kept", 2: "serving"}


def test_a_trial_can_be_aborted_and_overtaken(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    deploy(on_trial(TRIALS[0]), task="regression")
    assert "revision 1" in control.abort(api(), "churn", 5)
    assert states() == {1: "serving", 2: "deprecated"}
    deploy(on_trial(TRIALS[0]), task="regression")
    deploy(task="multiclass")
    assert states() == {1: "kept", 2: "deprecated", 3: "serving"}


def test_an_ab_test_needs_a_key() -> None:
    with pytest.raises(ValueError, match="needs a key"):
        on_trial({"strategy": "ab"})


def test_what_only_a_refused_revision_had_is_removed(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    scaled = {**GATEWAY, "autoscaling": {"min": 2, "max": 4}}
    deploy(spec(**scaled), task="regression")
    assert cluster.get("autoscaling/v2/horizontalpodautoscalers", "churn")
    assert cluster.get("gateway.networking.k8s.io/v1/httproutes", "churn")
    control.undo(api(), "churn", 5)
    assert cluster.get("autoscaling/v2/horizontalpodautoscalers", "churn") is None
    assert cluster.get("gateway.networking.k8s.io/v1/httproutes", "churn") is None
    assert cluster.get("apps/v1/deployments", "churn")["spec"]["replicas"] == 2


def test_an_autoscaler_of_someone_else_stays(cluster: Any, deploy: Callable[..., str]) -> None:
    theirs = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}}, "spec": {}}
    cluster.put("autoscaling/v2/horizontalpodautoscalers", "churn", theirs)
    deploy()
    assert cluster.get("autoscaling/v2/horizontalpodautoscalers", "churn")


def test_a_canary_that_nobody_asks_is_not_promoted(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    wanted = spec("canary")
    analysis = wanted.rollout.analysis.model_copy(update={"min_requests": 10_000})
    strict = wanted.model_copy(update={"rollout": wanted.rollout.model_copy(update={"analysis": analysis})})
    with pytest.raises(RolloutError, match=r"could not be judged in time \(requests: stable answered"):
        deploy(strict, task="regression")
    assert states() == {1: "serving", 2: "deprecated"}


def test_a_rolling_update_that_fails_gives_the_old_pods_back(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    failing = {"conditions": [], "containerStatuses": [_crashing()]}
    cluster.emulator.pods = lambda item: failing if "missing" in str(item["spec"]) else None
    with pytest.raises(RolloutError, match="has all the traffic again"):
        deploy(image="slipway/server:missing")
    containers = cluster.get("apps/v1/deployments", "churn")["spec"]["template"]["spec"]["containers"]
    assert containers[0]["image"] == IMAGE


def test_an_undo_serves_the_revision_before(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    deploy(task="regression")
    assert control.undo(api(), "churn", 5, why="wrong numbers").number == 1
    assert states() == {1: "serving", 2: "deprecated"}
    assert control.history(api(), "churn")[0].reason == "wrong numbers"
    assert control.undo(api(), "churn", 5, to=2).number == 2
    assert states() == {1: "deprecated", 2: "serving"}


def test_there_is_nothing_to_undo_before_the_second_revision(cluster: Any, deploy: Callable[..., str]) -> None:
    deploy()
    with pytest.raises(RolloutError, match="'churn' has no earlier revision"):
        control.undo(api(), "churn", 5)
    with pytest.raises(RolloutError, match="there is no revision 7 in the cluster any more; there are: 1"):
        control.undo(api(), "churn", 5, to=7)
    with pytest.raises(RolloutError, match=r"revision 1 \(.*\) serves already"):
        control.undo(api(), "churn", 5, to=1)


def test_only_so_many_revisions_stay(cluster: Any, deploy: Callable[..., str]) -> None:
    keep = SPEC.model_copy(update={"rollout": SPEC.rollout.model_copy(update={"keep": 1})})
    for number in range(4):
        deploy(keep, image=f"slipway/server:0.{number}")
    assert states() == {3: "kept", 4: "serving"}


def _crashing() -> dict[str, Any]:
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    return {"name": "server", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 3, "state": waiting}


def test_a_pod_that_goes_while_its_canary_is_kept_alive_ends_nothing(
    deploy: Callable[..., str], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy()
    known = alive.pods
    gone = {"metadata": {"name": "gone", "namespace": "default"}}
    monkeypatch.setattr(alive, "pods", lambda *given: [gone, *known(*given)])
    deploy(spec("canary"), task="regression")
    assert control.status(api(), "churn").routed == "stable"


@pytest.mark.parametrize("strategy", ["blue-green", "canary", "ab"])
def test_what_another_rollout_left_half_done_gets_no_traffic(
    cluster: Any, deploy: Callable[..., str], strategy: str
) -> None:
    deploy()
    service = cluster.get("v1/services", "churn")
    del service["spec"]["selector"]["slipway/track"]
    cluster.put("v1/services", "churn", service)
    lease.advance(api(), "churn", revision=7, strategy="canary", step=1, percent=50.0)
    cluster.emulator.stored.clear()
    given = on_trial(TRIALS[0]) if strategy == "ab" else spec(strategy)
    deploy(given, task="regression")
    kinds = [(item["kind"], item["metadata"]["name"]) for item in cluster.emulator.stored]
    routed = next(item for item in cluster.emulator.stored if item["kind"] == "Service")
    assert routed["spec"]["selector"]["slipway/track"] == "stable"
    if strategy != "ab":
        assert kinds.index(("Service", "churn")) < kinds.index(("Deployment", "churn-canary"))
