"""Waiting until a Deployment's pods serve, or until it is clear that they will not."""

import logging
import time
from dataclasses import dataclass
from typing import Any

from kubernetes.client import AppsV1Api, CoreV1Api
from kubernetes.client.exceptions import ApiException

from slipway.errors import RolloutError
from slipway.rollout.connection import Client, told
from slipway.rollout.objects import DIGEST, NAME_LABEL, PART_LABEL

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_HOPELESS = frozenset({"ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "CreateContainerConfigError"})
_RESTARTS = 2
"""Restarts of a container after which its crashes are no accident."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A rollout to wait for.

    Attributes:
        name: The Deployment.
        namespace: Its namespace.
        digest: The bundle that its new pods serve.
        generation: The Deployment's generation after it was applied.
        seconds: How long it may take.
        context: The context, for sentences.
    """

    name: str
    namespace: str
    digest: str
    generation: int
    seconds: float
    context: str


def wait(client: Client, rollout: Rollout) -> None:
    """Waits until every pod is new and available.

    Args:
        client: The cluster.
        rollout: What to wait for.

    Raises:
        RolloutError: A pod can't start, or the time is over; the sentence says which and why.
    """
    deadline = time.monotonic() + rollout.seconds
    told_before = ""
    while True:
        with told(f"look at Deployment {rollout.name!r}", rollout.context):
            found = AppsV1Api(client).read_namespaced_deployment(rollout.name, rollout.namespace)
            pods = _pods(client, rollout)
        if (found.metadata.annotations or {}).get(DIGEST) != rollout.digest:
            message = f"another run deployed another bundle to {rollout.name!r} meanwhile; that one is being served"
            raise RolloutError(message)
        if _done(found, rollout.generation):
            return
        reason = _refused(found) or _hopeless(client, rollout, pods)
        if reason or time.monotonic() > deadline:
            why = reason or f"not every pod was ready after {rollout.seconds:g} s{_waiting(pods)}"
            before = (found.status.available_replicas or 0) - _ready(pods)
            still = "; the pods that were ready before still serve" if before > 0 else ""
            message = f"the rollout of {rollout.name!r} failed: {why}{still}"
            raise RolloutError(message)
        state = f"{found.status.updated_replicas or 0} of {found.spec.replicas} pods new, {_ready(pods)} of them ready"
        if state != told_before:
            logger.info("%s", state)
            told_before = state
        time.sleep(_POLL_SECONDS)


def _done(found: Any, generation: int) -> bool:
    wanted, status = found.spec.replicas, found.status
    return (
        (status.observed_generation or 0) >= generation
        and (status.updated_replicas or 0) == wanted
        and (status.replicas or 0) == wanted
        and (status.available_replicas or 0) == wanted
    )


def _pods(client: Client, rollout: Rollout) -> list[Any]:
    selector = f"{NAME_LABEL}={rollout.name},{PART_LABEL}=predictor"
    found = CoreV1Api(client).list_namespaced_pod(rollout.namespace, label_selector=selector).items
    return [pod for pod in found if (pod.metadata.annotations or {}).get(DIGEST) == rollout.digest]


def _ready(pods: list[Any]) -> int:
    return sum(
        any(item.type == "Ready" and item.status == "True" for item in pod.status.conditions or []) for pod in pods
    )


def _containers(pod: Any) -> list[Any]:
    return [*(pod.status.init_container_statuses or []), *(pod.status.container_statuses or [])]


def _hopeless(client: Client, rollout: Rollout, pods: list[Any]) -> str:
    for pod in pods:
        for container in _containers(pod):
            waiting = container.state.waiting if container.state else None
            if waiting is not None and waiting.reason in _HOPELESS:
                said = f": {waiting.message}" if waiting.message else ""
                return f"container {container.name!r} of pod {pod.metadata.name!r} can't start, {waiting.reason}{said}"
            if (container.restart_count or 0) >= _RESTARTS and not container.ready:
                ended = container.last_state.terminated if container.last_state else None
                killed = ended is not None and ended.reason == "OOMKilled"
                said = (
                    "it needs more memory than serving.memory allows"
                    if killed
                    else _last_words(client, rollout, pod, container.name)
                )
                return f"container {container.name!r} of pod {pod.metadata.name!r} crashes: {said}"
    return ""


def _refused(found: Any) -> str:
    """Why the cluster creates no pod, such as a quota or a pod security standard."""
    conditions = found.status.conditions or []
    return next((item.message for item in conditions if item.type == "ReplicaFailure" and item.status == "True"), "")


def _last_words(client: Client, rollout: Rollout, pod: Any, container: str) -> str:
    try:
        text = CoreV1Api(client).read_namespaced_pod_log(
            pod.metadata.name, rollout.namespace, container=container, previous=True, tail_lines=5
        )
    except ApiException:
        return "its log can't be read"
    return text.strip().splitlines()[-1] if text.strip() else "it says nothing"


def _waiting(pods: list[Any]) -> str:
    for pod in pods:
        for item in pod.status.conditions or []:
            if item.type == "PodScheduled" and item.status == "False":
                return f": pod {pod.metadata.name!r} finds no node ({item.message})"
    return ""
