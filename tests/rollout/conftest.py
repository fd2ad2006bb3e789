"""A Kubernetes API on loopback that knows server-side apply, as far as its published contract goes."""

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kmock
import pytest
import yaml

KINDS = {
    "v1/configmaps": "ConfigMap",
    "v1/services": "Service",
    "v1/pods": "Pod",
    "apps/v1/deployments": "Deployment",
    "apps/v1/replicasets": "ReplicaSet",
}


class Emulator(kmock.KubernetesEmulator):
    """Adds what kmock lacks: server-side apply creates what is not there, and refuses fields of other managers."""

    others: dict[str, str]
    pods: Any
    conditions: list[Any]
    overtaken_by: str

    async def _handle(self, request: Any) -> Any:
        if request.method == kmock.method.PATCH and request.headers["Content-Type"].startswith(
            "application/apply-patch"
        ):
            assert request.params["fieldManager"] == "slipway"
            assert "force" not in request.params
            key = (request.resource, request.namespace, request.name)
            if request.name in self.others:
                return await self._conflict(request)
            before = self.objects[key].raw if key in self.objects else None
            self.objects[key] = self._stored(request.data, before)
            self._start_pods(request)
        elif self.overtaken_by and request.resource == kmock.resource("apps/v1/deployments") and request.name:
            key = (request.resource, request.namespace, request.name)
            if key in self.objects:
                self.objects[key].patch({"metadata": {"annotations": {"slipway/digest": self.overtaken_by}}})
        return await super()._handle(request)

    async def _conflict(self, request: Any) -> Any:
        import aiohttp.web

        message = f'Apply failed with 1 conflict: conflict with "{self.others[request.name]}": .spec.replicas'
        return aiohttp.web.json_response({"kind": "Status", "message": message, "code": 409}, status=409)

    def _stored(self, applied: dict[str, Any], before: dict[str, Any] | None) -> dict[str, Any]:
        same = before is not None and before.get("spec") == applied.get("spec")
        generation = (before or {}).get("metadata", {}).get("generation", 0) + (not same)
        stored = {**applied, "metadata": {**applied["metadata"], "generation": generation}}
        if applied["kind"] == "Deployment":
            wanted = applied["spec"]["replicas"]
            ready = wanted if self.pods is None else 0
            names = ("replicas", "updatedReplicas", "availableReplicas", "readyReplicas")
            counts = dict.fromkeys(names, ready)
            stored["status"] = {"observedGeneration": generation, "conditions": self.conditions, **counts}
        return stored

    def _start_pods(self, request: Any) -> None:
        if request.data["kind"] != "Deployment":
            return
        template = request.data["spec"]["template"]
        name = f"{request.name}-{template['metadata']['annotations']['slipway/digest'][:8]}"
        replicaset = {
            "metadata": {"name": name, "namespace": request.namespace, "labels": template["metadata"]["labels"]},
            "spec": {"selector": request.data["spec"]["selector"], "template": template},
        }
        self.objects[kmock.resource("apps/v1/replicasets"), request.namespace, name] = replicaset
        if self.pods is not None:
            metadata = {**template["metadata"], "name": f"{name}-x", "namespace": request.namespace}
            pod = {"metadata": metadata, "spec": template["spec"], "status": self.pods}
            self.objects[kmock.resource("v1/pods"), request.namespace, metadata["name"]] = pod


@dataclass
class Cluster:
    """The emulated cluster.

    Attributes:
        emulator: Its API; ``pods`` is the status that new pods get, None when all get ready; ``others`` maps names to
            the manager that owns their fields.
        context: Its context in the kubeconfig.
    """

    emulator: Emulator
    context: str = "lab"

    def get(self, plural: str, name: str, namespace: str = "default") -> dict[str, Any] | None:
        key = (kmock.resource(plural), namespace, name)
        return self.emulator.objects[key].raw if key in self.emulator.objects else None

    def names(self, plural: str) -> set[str]:
        wanted = kmock.resource(plural)
        return {
            name for resource, _, name in self.emulator.objects if resource == wanted and not self._gone(resource, name)
        }

    def put(self, plural: str, name: str, content: dict[str, Any], namespace: str = "default") -> None:
        metadata = {**content.get("metadata", {}), "name": name, "namespace": namespace}
        typed = {"apiVersion": plural.rpartition("/")[0], "kind": KINDS[plural], **content, "metadata": metadata}
        self.emulator.objects[kmock.resource(plural), namespace, name] = typed

    def patches(self) -> list[str]:
        return [str(request.url.path) for request in self.emulator["patch"]]

    def _gone(self, resource: Any, name: str) -> bool:
        return self.emulator.objects[resource, "default", name].deleted


@pytest.fixture
def cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    loop = asyncio.new_event_loop()
    started: list[Any] = []
    ready, ended = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with Emulator() as emulator, kmock.Server(emulator) as server:
            emulator.others, emulator.pods, emulator.conditions, emulator.overtaken_by = {}, None, [], ""
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
    yield Cluster(emulator)
    loop.call_soon_threadsafe(ended.set)
    thread.join(10)
    loop.close()
