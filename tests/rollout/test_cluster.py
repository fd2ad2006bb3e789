"""What a deployment does to a cluster, against an API made from its published contract."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.rollout.conftest import golden_answer

from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import alive, connection, control, lease
from slipway.rollout import cluster as rollout
from slipway.rollout.api import Cluster
from slipway.serving import options
from slipway.spec import Rollout, Spec

IMAGE = "slipway/server:0.1.0"
PREFIX = {"name": "churn", "data": "-", "target": "-"}
SPEC = Spec.model_validate({**PREFIX, "serving": {"replicas": 2, "timeout_s": 5}})


def spec(strategy: str = "rolling", **serving: Any) -> Spec:
    analysis = {"min_requests": 1, "max_error_increase": 1}
    moves = {"strategy": strategy, "steps": [50, 100], "step_s": 0.05, "hold_s": 0, "grace_s": 0, "analysis": analysis}
    given = {"replicas": 2, "timeout_s": 5, **serving}
    return Spec.model_validate({**PREFIX, "serving": given, "rollout": moves})


@pytest.fixture
def deploy(cluster: Any, trained: Callable[[str], Any]) -> Callable[..., str]:
    def call(
        wanted: Spec = SPEC, context: str = "lab", run: str = "r1", task: str = "binary", image: str = IMAGE
    ) -> str:
        folder: Path = trained(task).bundle
        cluster.emulator.answer = with_metrics(golden_answer(folder), cluster)
        return rollout.deploy(str(folder), manifest.read(folder).digest, wanted, context, image, run, "because")

    return call


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


GATEWAY = {"exposure": {"gateway": "infra/web"}}


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


def test_only_so_many_revisions_stay(cluster: Any, deploy: Callable[..., str]) -> None:
    keep = SPEC.model_copy(update={"rollout": SPEC.rollout.model_copy(update={"keep": 1})})
    for number in range(4):
        deploy(keep, image=f"slipway/server:0.{number}")
    assert states() == {3: "kept", 4: "serving"}


def _crashing() -> dict[str, Any]:
    waiting = {"waiting": {"reason": "CrashLoopBackOff"}}
    return {"name": "server", "image": IMAGE, "imageID": "", "ready": False, "restartCount": 3, "state": waiting}


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


def test_a_pod_that_goes_while_its_canary_is_kept_alive_ends_nothing(
    deploy: Callable[..., str], cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    deploy()
    known = alive.pods
    gone = {"metadata": {"name": "gone", "namespace": "default"}}
    monkeypatch.setattr(alive, "pods", lambda *given: [gone, *known(*given)])
    deploy(spec("canary"), task="regression")
    assert control.status(api(), "churn").routed == "stable"


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


def failure(call: Callable[[], object]) -> str:
    with pytest.raises(RolloutError) as caught:
        call()
    return str(caught.value)


def watched(cluster: Any) -> bool:
    """Whether the canary of the step at hand is up."""
    return cluster.get("apps/v1/deployments", "churn-canary") is not None


def eventually(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
