"""Waiting until a Deployment's pods serve, or until it is clear that they will not."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from slipway.errors import RolloutError
from slipway.rollout.api import Cluster
from slipway.rollout.templates import DIGEST, Object, annotation

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
_HOPELESS = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
_RESTARTS = 2
"""Restarts of a container after which its crashes are no accident."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A Deployment whose new pods are waited for.

    Attributes:
        applied: The Deployment as the cluster had it after it was applied.
        seconds: How long it may take.
        meanwhile: Called between two looks; may raise to end the waiting.
    """

    applied: Object
    seconds: float
    meanwhile: Callable[[], object]

    @property
    def name(self) -> str:
        """Name of the Deployment."""
        return str(self.applied["metadata"]["name"])

    @property
    def digest(self) -> str:
        """Digest of the bundle that its new pods serve."""
        return annotation(self.applied, DIGEST)


def wait(cluster: Cluster, rollout: Rollout) -> None:
    """Waits until every pod is new and available.

    Args:
        cluster: The cluster.
        rollout: What to wait for.

    Raises:
        RolloutError: A pod can't start, or the time is over; the sentence says which and why.
    """
    deadline = time.monotonic() + rollout.seconds
    told_before = ""
    while True:
        found = cluster.get("Deployment", rollout.name)
        if found is None or annotation(found, DIGEST) != rollout.digest:
            message = f"somebody removed or replaced Deployment {rollout.name!r} meanwhile; run it again"
            raise RolloutError(message)
        if _done(found, rollout):
            return
        pods = _new_pods(cluster, rollout)
        reason = _refused(found) or _hopeless(cluster, pods)
        if reason or time.monotonic() > deadline:
            why = reason or f"not every pod was ready after {rollout.seconds:g} s{_waiting(pods)}"
            before = found.get("status", {}).get("availableReplicas", 0) - _ready(pods)
            still = "; the pods that were ready before still serve" if before > 0 else ""
            message = f"the rollout of {rollout.name!r} failed: {why}{still}"
            raise RolloutError(message)
        updated, wanted = found.get("status", {}).get("updatedReplicas", 0), found["spec"]["replicas"]
        state = f"{rollout.name}: {updated} of {wanted} pods new, {_ready(pods)} of them ready"
        if state != told_before:
            logger.info("%s", state)
            told_before = state
        rollout.meanwhile()
        time.sleep(POLL_SECONDS)


def pods(cluster: Cluster, track: Object) -> list[Object]:
    """The pods of a Deployment.

    Args:
        cluster: The cluster.
        track: The Deployment.
    """
    return cluster.find("Pod", track["spec"]["selector"]["matchLabels"])


def is_ready(pod: Object) -> bool:
    """Whether a pod gets requests."""
    ending = "deletionTimestamp" in pod["metadata"]
    return not ending and any(item["type"] == "Ready" and item["status"] == "True" for item in _conditions(pod))


def _done(found: Object, rollout: Rollout) -> bool:
    wanted, status = found["spec"]["replicas"], found.get("status", {})
    counts = [status.get(name, 0) for name in ("updatedReplicas", "replicas", "availableReplicas")]
    seen = int(status.get("observedGeneration", 0)) >= int(rollout.applied["metadata"].get("generation", 0))
    return seen and counts == [wanted] * 3


def _new_pods(cluster: Cluster, rollout: Rollout) -> list[Object]:
    return [pod for pod in pods(cluster, rollout.applied) if annotation(pod, DIGEST) == rollout.digest]


def _ready(found: list[Object]) -> int:
    return sum(map(is_ready, found))


def _conditions(pod: Object) -> list[Object]:
    return pod.get("status", {}).get("conditions") or []


def _containers(pod: Object) -> list[Object]:
    status = pod.get("status", {})
    return [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]


def _hopeless(cluster: Cluster, found: list[Object]) -> str:
    for pod in found:
        for container in _containers(pod):
            name, where = container["name"], f"of pod {pod['metadata']['name']!r}"
            waiting = container.get("state", {}).get("waiting") or {}
            if waiting.get("reason") in _HOPELESS:
                said = f": {waiting['message']}" if waiting.get("message") else ""
                return f"container {name!r} {where} can't start, {waiting['reason']}{said}"
            if container.get("restartCount", 0) >= _RESTARTS and not container.get("ready"):
                return f"container {name!r} {where} crashes: {_last_words(cluster, pod, container)}"
    return ""


def _last_words(cluster: Cluster, pod: Object, container: Object) -> str:
    ended = container.get("lastState", {}).get("terminated") or {}
    if ended.get("reason") == "OOMKilled":
        allowed = "serving.memory allows" if container["name"] == "server" else "its limit in the manifest"
        return f"it needs more memory than {allowed}"
    text = cluster.log(pod["metadata"]["name"], container["name"]).strip()
    return text.splitlines()[-1] if text else "its log says nothing"


def _refused(found: Object) -> str:
    """Why the cluster creates no pod, such as a quota or a pod security standard."""
    conditions = found.get("status", {}).get("conditions") or []
    return next(
        (item["message"] for item in conditions if item["type"] == "ReplicaFailure" and item["status"] == "True"), ""
    )


def _waiting(found: list[Object]) -> str:
    for pod in found:
        for item in _conditions(pod):
            if item["type"] == "PodScheduled" and item["status"] == "False":
                return f": pod {pod['metadata']['name']!r} finds no node ({item.get('message', '')})"
    return ""
