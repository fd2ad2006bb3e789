"""A revision serves alone: from the stable track, with what surrounds it and nothing else."""

import time
from collections.abc import Callable

from slipway.rollout import surroundings, tracks
from slipway.rollout.api import Cluster
from slipway.rollout.revision import Revision
from slipway.rollout.templates import Object
from slipway.rollout.wait import Rollout, wait

_SPREAD_SECONDS = 10.0
"""Seconds after which a Gateway has learnt of new weights, so that no request goes to a Service that is removed."""


def settle(cluster: Cluster, revision: Revision, seconds: float, meanwhile: Callable[[], object]) -> None:
    """Serves a revision from the stable track alone, and removes the canary.

    Args:
        cluster: The cluster.
        revision: What to serve.
        seconds: How long its pods may take.
        meanwhile: Called while it is waited for.

    Raises:
        RolloutError: It can't serve.
    """
    *around, _, deployment = revision.signed()
    name, routed = deployment["metadata"]["name"], [item for item in around if item["kind"] == "HTTPRoute"]
    applied = cluster.apply(*(item for item in around if item not in routed), sized(cluster, deployment))
    wait(cluster, Rollout(applied[-1], seconds, meanwhile))
    route(cluster, revision)
    if routed and cluster.get("Service", tracks.canary_name(name)):
        time.sleep(_SPREAD_SECONDS)
    if _remove_others(cluster, revision):
        wait(cluster, Rollout(cluster.apply(deployment)[-1], seconds, meanwhile))
    remove_canary(cluster, name)


def take_back(cluster: Cluster, revision: Revision, seconds: float, meanwhile: Callable[[], object]) -> None:
    """Gives the traffic back to a revision at once, whose pods were never fewer than wanted, and settles it.

    Args:
        cluster: The cluster.
        revision: The last good one.
        seconds: How long its pods may take.
        meanwhile: Called while it is waited for.

    Raises:
        RolloutError: It can't serve any more either.
    """
    route(cluster, revision)
    settle(cluster, revision, seconds, meanwhile)


def route(cluster: Cluster, revision: Revision) -> None:
    """Sends all requests to the stable track."""
    routes = [item for item in revision.signed() if item["kind"] == "HTTPRoute"]
    cluster.apply(revision.service, *routes)


def sized(cluster: Cluster, deployment: Object) -> Object:
    """A Deployment that an autoscaler sizes keeps the pods that it has; leaving the number out would make it one."""
    spec, name = deployment["spec"], deployment["metadata"]["name"]
    if "replicas" in spec and not any(cluster.get(kind, name) for kind in surroundings.AUTOSCALERS):
        return deployment
    found = cluster.get("Deployment", name)
    return {**deployment, "spec": {**spec, "replicas": found["spec"]["replicas"]}} if found else deployment


def _remove_others(cluster: Cluster, revision: Revision) -> bool:
    """Removes what surrounded another revision and is no part of this one.

    Returns:
        Whether an autoscaler is gone, so that the number of pods is the revision's own again.
    """
    name, kinds = revision.deployment["metadata"]["name"], {item["kind"] for item in revision.objects}
    gone = {kind for kind in surroundings.OPTIONAL - kinds if cluster.remove(kind, name)}
    alone = bool(gone & surroundings.AUTOSCALERS) and not kinds & surroundings.AUTOSCALERS
    if alone:
        cluster.release("Deployment", name, "scale")
    return alone


def remove_canary(cluster: Cluster, name: str) -> None:
    """Removes the canary's Deployment and Service; its pods finish what they were asked."""
    cluster.delete("Deployment", tracks.canary_name(name))
    cluster.delete("Service", tracks.canary_name(name))
