"""A Kubernetes API on loopback that knows server-side apply, as far as its published contract goes."""

import asyncio
import copy
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp.web
import kmock
import pytest
import yaml
from starlette.testclient import TestClient
from tests.rollout.deployments import IMAGE, SPEC, with_metrics

from slipway.bundle import manifest
from slipway.rollout import cluster as rollout
from slipway.spec import Spec

KINDS = {
    "v1/configmaps": "ConfigMap",
    "v1/services": "Service",
    "v1/serviceaccounts": "ServiceAccount",
    "v1/pods": "Pod",
    "apps/v1/deployments": "Deployment",
    "apps/v1/controllerrevisions": "ControllerRevision",
    "autoscaling/v2/horizontalpodautoscalers": "HorizontalPodAutoscaler",
    "coordination.k8s.io/v1/leases": "Lease",
    "gateway.networking.k8s.io/v1/httproutes": "HTTPRoute",
    "networking.k8s.io/v1/ingresses": "Ingress",
    "networking.k8s.io/v1/networkpolicies": "NetworkPolicy",
    "policy/v1/poddisruptionbudgets": "PodDisruptionBudget",
}
DEPLOYMENTS, PODS = kmock.resource("apps/v1/deployments"), kmock.resource("v1/pods")

Answer = Callable[[str, str, str, Any], Any]


class Emulator(kmock.KubernetesEmulator):
    """Adds what kmock lacks: server-side apply, label selectors, optimistic locking, proxies, and pods.

    Attributes:
        others: Name of an object to the manager that owns its fields.
        pods: Status that new pods get, or a function from a Deployment to it; None when all get ready.
        conditions: Conditions of every Deployment.
        answer: Answers what is asked through a proxy: kind, name, path, content.
        away: Requests that it still refuses with 503.
        unknown: Kinds, in the plural, that it never heard of.
        stored: Each object that was applied, in order.
    """

    others: dict[str, str]
    pods: Any
    conditions: list[Any]
    answer: Answer
    stored: list[dict[str, Any]]
    away: int
    unknown: set[str]
    versions: int

    @property
    def applied(self) -> list[tuple[str, str]]:
        """Kind and name of each object that was applied, in order."""
        return [(item["kind"], item["metadata"]["name"]) for item in self.stored]

    async def _handle(self, request: Any) -> Any:
        path = request.url.path
        if self.away or self.unknown & set(path.split("/")):
            return self._refused()
        if path.endswith("/selfsubjectreviews"):
            return aiohttp.web.json_response({"status": {"userInfo": {"username": "me"}}}, status=201)
        if "/proxy/" in path:
            return self._proxied(request)
        key = (request.resource, request.namespace, request.name)
        if request.method == kmock.method.PATCH and "apply-patch" in request.headers["Content-Type"]:
            return self._apply(request, key)
        if request.method == kmock.method.PUT:
            return self._replaced(request, key)
        answer = await super()._handle(request)
        if request.method == kmock.method.POST and request.resource is not None:
            self._count((request.resource, request.namespace, request.data["metadata"]["name"]))
        elif request.method in (kmock.method.PATCH, kmock.method.DELETE):
            self._after(request, key)
        return self._selected(request, answer)

    def _refused(self) -> Any:
        if self.away:
            self.away -= 1
            return aiohttp.web.json_response({"message": "busy"}, status=503)
        return aiohttp.web.Response(text="404 page not found", status=404)

    def _proxied(self, request: Any) -> Any:
        before, _, path = request.url.path.partition("/proxy/")
        kind, name = before.split("/")[-2], before.split("/")[-1].partition(":")[0]
        found = self.answer(kind, name, path, request.data)
        if isinstance(found, int):
            return aiohttp.web.json_response({"message": "no"}, status=found)
        return aiohttp.web.Response(text=found) if isinstance(found, str) else aiohttp.web.json_response(found)

    def _apply(self, request: Any, key: Any) -> Any:
        assert request.params["fieldManager"] == "slipway"
        assert "force" not in request.params
        if request.name in self.others:
            message = f'Apply failed with 1 conflict: conflict with "{self.others[request.name]}": .spec.replicas'
            return aiohttp.web.json_response({"kind": "Status", "message": message, "code": 409}, status=409)
        if request.params.get("dryRun"):
            return aiohttp.web.json_response(request.data)
        found = self.objects[key] if key in self.objects and not self.objects[key].deleted else None
        stored = self._stored(request.data, found.raw if found is not None else None)
        if found is not None or key in self.objects:
            self.objects[key].delete() if found is not None else None
            self.objects[key].create(stored)
        else:
            self.objects[key] = stored
        self.stored.append(stored)
        if request.resource == DEPLOYMENTS:
            self._start_pods(stored)
        return aiohttp.web.json_response(stored)

    def _stored(self, applied: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        old = (before or {}).get("metadata", {})
        same = before is not None and before.get("spec") == applied.get("spec")
        generation = old.get("generation", 0) + (not same)
        self.versions += 1
        metadata = {
            **applied["metadata"],
            "generation": generation,
            "resourceVersion": str(self.versions),
            "creationTimestamp": old.get("creationTimestamp", "2026-01-01T00:00:00Z"),
        }
        stored = {**copy.deepcopy(applied), "metadata": metadata}
        if applied["kind"] == "Deployment":
            stored["spec"].setdefault("replicas", 1)
            status = self._status_of(stored)
            ready = stored["spec"]["replicas"] if status is None else 0
            counts = dict.fromkeys(("replicas", "updatedReplicas", "availableReplicas", "readyReplicas"), ready)
            stored["status"] = {"observedGeneration": generation, "conditions": self.conditions, **counts}
        return stored

    def _status_of(self, deployment: dict[str, Any]) -> Any:
        return self.pods(deployment) if callable(self.pods) else self.pods

    def _start_pods(self, deployment: dict[str, Any]) -> None:
        name, namespace = deployment["metadata"]["name"], deployment["metadata"]["namespace"]
        self._end_pods(name, namespace)
        template = deployment["spec"]["template"]
        good = {"conditions": [{"type": "Ready", "status": "True"}]}
        status = self._status_of(deployment)
        for number in range(deployment["spec"]["replicas"]):
            self.versions += 1
            pod = f"{name}-{self.versions}"
            metadata = {**template["metadata"], "name": pod, "namespace": namespace, "uid": pod}
            owner = {"slipway-test/owner": name}
            metadata["annotations"] = {**metadata["annotations"], **owner}
            content = {"metadata": metadata, "spec": template["spec"], "status": good if status is None else status}
            self.objects[PODS, namespace, pod] = content
            assert number >= 0

    def _end_pods(self, deployment: str, namespace: str) -> None:
        for (resource, where, _), item in list(self.objects.items()):
            if resource == PODS and where == namespace and not item.deleted:
                owner = (item.raw["metadata"].get("annotations") or {}).get("slipway-test/owner")
                if owner == deployment:
                    item.delete()

    def _replaced(self, request: Any, key: Any) -> Any:
        found = self.objects[key]
        given = request.data
        if given["metadata"].get("resourceVersion") != found.raw["metadata"].get("resourceVersion"):
            return aiohttp.web.json_response({"message": "the object has been modified"}, status=409)
        found.patch(given)
        self._count(key)
        return aiohttp.web.json_response(found.raw)

    def _count(self, key: Any) -> None:
        self.versions += 1
        self.objects[key].patch({"metadata": {"resourceVersion": str(self.versions)}})

    def _after(self, request: Any, key: Any) -> None:
        if request.method == kmock.method.DELETE:
            if request.resource == DEPLOYMENTS:
                self._end_pods(request.name, request.namespace)
        else:
            self._count(key)

    def _selected(self, request: Any, answer: Any) -> Any:
        selector = request.params.get("labelSelector")
        if not selector or request.name:
            return answer
        wanted = dict(item.split("=", 1) for item in selector.split(","))
        items = [
            item.raw
            for (resource, namespace, _), item in self.objects.items()
            if resource == request.resource
            and namespace == request.namespace
            and not item.deleted
            and wanted.items() <= (item.raw["metadata"].get("labels") or {}).items()
        ]
        return aiohttp.web.json_response({"items": items})


@dataclass
class Cluster:
    """The emulated cluster.

    Attributes:
        emulator: Its API.
        context: Its context in the kubeconfig.
    """

    emulator: Emulator
    context: str = "lab"

    def get(self, plural: str, name: str, namespace: str = "default") -> dict[str, Any] | None:
        key = (kmock.resource(plural), namespace, name)
        known = key in self.emulator.objects and not self.emulator.objects[key].deleted
        return self.emulator.objects[key].raw if known else None

    def names(self, plural: str) -> set[str]:
        wanted = kmock.resource(plural)
        return {name for resource, _, name in self.emulator.objects if resource == wanted and self.get(plural, name)}

    def put(self, plural: str, name: str, content: dict[str, Any], namespace: str = "default") -> None:
        metadata = {**content.get("metadata", {}), "name": name, "namespace": namespace}
        typed = {"apiVersion": plural.rpartition("/")[0], "kind": KINDS[plural], **content, "metadata": metadata}
        self.emulator.objects[kmock.resource(plural), namespace, name] = typed


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    loop = asyncio.new_event_loop()
    started: list[Any] = []
    ready, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with Emulator() as emulator, kmock.Server(emulator) as server:
            emulator.others, emulator.pods, emulator.conditions, emulator.stored = {}, None, [], []
            emulator.versions, emulator.answer = 0, lambda *_: 503
            emulator.away, emulator.unknown = 0, set()
            for resource, kind in KINDS.items():
                emulator.resources[resource] = {"kind": kind, "namespaced": True, "verbs": ["get", "list", "patch"]}
            started.extend([emulator, str(server.url)])
            ready.set()
            await ended.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()), daemon=True)
    thread.start()
    assert ready.wait(10)
    emulator, url = started
    kubeconfig = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "lab", "cluster": {"server": url.rstrip("/")}}],
        "users": [{"name": "me", "user": {"token": "none"}}],
        "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "me"}}],
        "current-context": "lab",
    }
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    monkeypatch.setattr("slipway.rollout.wait.POLL_SECONDS", 0.02)
    monkeypatch.setattr("slipway.rollout.settle._SPREAD_SECONDS", 0.02)
    yield Cluster(emulator)
    loop.call_soon_threadsafe(ended.set)
    thread.join(10)
    loop.close()


def golden_answer(folder: Path) -> Answer:
    """Answers ``/predict`` as a server of a bundle would."""
    from slipway.bundle.load import load
    from slipway.serving.app import create

    bundle = load(folder)
    client = TestClient(create(bundle))

    def answer(_kind: str, _name: str, path: str, content: Any) -> Any:
        if path != "predict":
            return 404
        return client.post("/predict", content=content if isinstance(content, bytes) else json.dumps(content)).json()

    return answer


@pytest.fixture
def deploy(cluster: Any, trained: Callable[[str], Any]) -> Callable[..., str]:
    def call(
        wanted: Spec = SPEC, context: str = "lab", run: str = "r1", task: str = "binary", image: str = IMAGE
    ) -> str:
        folder: Path = trained(task).bundle
        cluster.emulator.answer = with_metrics(golden_answer(folder), cluster)
        return rollout.deploy(str(folder), manifest.read(folder).digest, wanted, context, image, run, "because")

    return call
