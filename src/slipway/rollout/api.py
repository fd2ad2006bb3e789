"""One namespace of a named cluster; objects are plain JSON."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from slipway.errors import RolloutError
from slipway.rollout.connection import Client, RefusedError, connect, told
from slipway.rollout.templates import MANAGER, MANAGER_LABEL, Object

_PLURALS = {
    "ConfigMap": ("v1", "configmaps"),
    "Pod": ("v1", "pods"),
    "Service": ("v1", "services"),
    "ServiceAccount": ("v1", "serviceaccounts"),
    "ControllerRevision": ("apps/v1", "controllerrevisions"),
    "Deployment": ("apps/v1", "deployments"),
    "HorizontalPodAutoscaler": ("autoscaling/v2", "horizontalpodautoscalers"),
    "PodDisruptionBudget": ("policy/v1", "poddisruptionbudgets"),
    "Ingress": ("networking.k8s.io/v1", "ingresses"),
    "NetworkPolicy": ("networking.k8s.io/v1", "networkpolicies"),
    "Lease": ("coordination.k8s.io/v1", "leases"),
    "HTTPRoute": ("gateway.networking.k8s.io/v1", "httproutes"),
    "ScaledObject": ("keda.sh/v1alpha1", "scaledobjects"),
    "ServiceMonitor": ("monitoring.coreos.com/v1", "servicemonitors"),
}
_SECONDS = (5, 30)
"""Seconds that a connection, and then an answer, may take."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A namespace of a cluster.

    Attributes:
        client: The cluster's API.
        context: The kubeconfig context, for sentences; empty inside a cluster.
        namespace: The namespace.
    """

    client: Client
    context: str
    namespace: str

    @classmethod
    def connect(cls, context: str, namespace: str) -> "Cluster":
        """A namespace of the cluster that a context names; empty for the one that this process runs in.

        Raises:
            RolloutError: There is no such context, no kubeconfig, or no cluster around this process.
        """
        return cls(connect(context), context, namespace)

    def get(self, kind: str, name: str) -> Object | None:
        """An object, or None."""
        with missing():
            return dict(self._call("GET", self._path(kind, name), f"look at {self._called(kind, name)}"))
        return None

    def find(self, kind: str, labels: Mapping[str, str]) -> list[Object]:
        """The objects of a kind that carry labels, in the order of their names."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        query = [("labelSelector", selector)]
        return list(self._call("GET", self._path(kind), f"list {_PLURALS[kind][1]}", query=query)["items"])

    def create(self, item: Object) -> Object | None:
        """Creates an object; None when there is one of its name already."""
        with missing(409):
            return dict(self._call("POST", self._path(item["kind"]), f"create {called(item)}", item))
        return None

    def replace(self, item: Object) -> Object | None:
        """Replaces the object that was read; None when somebody changed or removed it since."""
        with missing(404, 409):
            path = self._path(item["kind"], item["metadata"]["name"])
            return dict(self._call("PUT", path, f"update {called(item)}", item))
        return None

    def patch(self, kind: str, name: str, body: Object) -> None:
        """Merges a part into an object."""
        doing = f"patch {self._called(kind, name)}"
        self._call("PATCH", self._path(kind, name), doing, body, content="application/merge-patch+json")

    def delete(self, kind: str, name: str) -> None:
        """Deletes an object, and in the background what it owns; nothing happens when it is gone already."""
        body = {"propagationPolicy": "Background"}
        with missing():
            self._call("DELETE", self._path(kind, name), f"delete {self._called(kind, name)}", body)

    def remove(self, kind: str, name: str) -> bool:
        """Deletes an object if it is ours; whether there was one."""
        found = self.get(kind, name)
        if found is None or not _is_ours(found):
            return False
        self.delete(kind, name)
        return True

    def release(self, kind: str, name: str, subresource: str) -> None:
        """Forgets who set an object's fields through a subresource, so that they are whoever's who applies them."""
        found = self.get(kind, name) or {"metadata": {}}
        kept = [item for item in found["metadata"].get("managedFields", []) if item.get("subresource") != subresource]
        if kept:
            self.patch(kind, name, {"metadata": {"managedFields": kept}})

    def apply(self, *items: Object) -> list[Object]:
        """Applies objects server-side with our field manager; conflicts are not forced.

        Nothing is changed when one of them is not ours, or would be refused.

        Args:
            *items: The objects, in order.

        Returns:
            The objects as the cluster has them now.

        Raises:
            RolloutError: One exists and is not ours, a field is managed by another one, or the cluster refuses.
        """
        self.check(*items)
        return [self._apply(item, dry=False) for item in items]

    def check(self, *items: Object) -> None:
        """Changes nothing, but fails as applying the objects would.

        Raises:
            RolloutError: As ``apply`` does.
        """
        for item in items:
            self._require_ours(item)
            self._apply(item, dry=True)

    def ask(self, kind: str, name: str, port: str, path: str, content: Any = None) -> Any:
        """Asks a pod or a Service over HTTP through the cluster's API, so that it works from outside too.

        Args:
            kind: Pod or Service.
            name: Its name.
            port: Name or number of the port.
            path: Path of the request.
            content: JSON to post; None for a GET.

        Returns:
            The answer: JSON values, or the text of anything else.

        Raises:
            RefusedError: It does not answer with 2xx.
        """
        proxy = f"{self._path(kind, f'{name}:{port}')}/proxy{path}"
        method = "GET" if content is None else "POST"
        return self._call(method, proxy, f"ask {self._called(kind, name)}", content)

    def log(self, pod: str, container: str) -> str:
        """The last lines that a container wrote before it ended; empty when they can't be read."""
        query = [("container", container), ("previous", "true"), ("tailLines", "5")]
        with missing(*range(400, 600)):
            path = self._path("Pod", f"{pod}/log")
            return str(self._call("GET", path, f"read the log of pod {pod!r}", query=query))
        return ""

    def who(self) -> str:
        """Who the cluster takes this process for; empty when it does not say."""
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        with missing(403, 404):
            path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
            answer = self._call("POST", path, "tell who this is", review)
            return str(answer.get("status", {}).get("userInfo", {}).get("username", ""))
        return ""

    def _require_ours(self, item: Object) -> None:
        found = self.get(item["kind"], item["metadata"]["name"])
        if found is not None and not _is_ours(found):
            message = (
                f"{called(item)} exists and was not made by slipway, so it is left alone; serve under another 'name'"
            )
            raise RolloutError(message)

    def _apply(self, item: Object, *, dry: bool) -> Object:
        query = [("fieldManager", MANAGER), *([("dryRun", "All")] if dry else [])]
        path = self._path(item["kind"], item["metadata"]["name"])
        content = "application/apply-patch+yaml"
        return dict(self._call("PATCH", path, f"apply {called(item)}", item, query, content))

    def _call(
        self,
        method: str,
        path: str,
        doing: str,
        body: Any = None,
        query: Sequence[tuple[str, str]] = (),
        content: str = "application/json",
    ) -> Any:
        with told(doing, self.context):
            answer, _, _ = self.client.call_api(
                path,
                method,
                query_params=list(query),
                header_params={"Accept": "application/json, */*", "Content-Type": content},
                body=body,
                response_type="object",
                auth_settings=["BearerToken"],
                _request_timeout=_SECONDS,
            )
        return answer

    def _path(self, kind: str, name: str = "") -> str:
        version, plural = _PLURALS[kind]
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        path = f"{root}/namespaces/{quote(self.namespace)}/{plural}"
        return f"{path}/{quote(name, safe='/:')}" if name else path

    def _called(self, kind: str, name: str) -> str:
        return f"{kind} {name!r} in namespace {self.namespace!r}"


@contextmanager
def missing(*statuses: int) -> Iterator[None]:
    """Passes over the cluster's refusals with some statuses; 404 when none is named."""
    try:
        yield
    except RefusedError as error:
        if error.status not in (statuses or (404,)):
            raise


def _is_ours(found: Object) -> bool:
    return (found["metadata"].get("labels") or {}).get(MANAGER_LABEL) == MANAGER


def called(item: Object) -> str:
    """An object's name in a sentence."""
    return f"{item['kind']} {item['metadata']['name']!r} in namespace {item['metadata']['namespace']!r}"
