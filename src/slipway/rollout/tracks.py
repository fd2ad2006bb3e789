"""The two tracks of a predictor: ``stable`` serves, ``canary`` is on trial; each is a Deployment."""

import copy
import math
from typing import Literal

from slipway.rollout.templates import TRACK_LABEL, Object

STABLE: Literal["stable"] = "stable"
CANARY: Literal["canary"] = "canary"
LEASED = "slipway/alive-until"
"""Annotation of a canary's pods: seconds since 1970 until which the rollout that watches them is alive."""

To = Literal["stable", "canary", "both"]

_LEASE_FILE = "/podinfo/alive-until"


def canary_name(name: str) -> str:
    """Name of the canary's Deployment and Service."""
    return f"{name}-{CANARY}"


def canary(deployment: Object, replicas: int, *, leased: bool) -> Object:
    """The Deployment of a canary.

    Args:
        deployment: The Deployment that its revision would be served from.
        replicas: Its pods.
        leased: Whether its pods are ready only as long as the rollout that watches them is alive.
    """
    made = copy.deepcopy(deployment)
    made["metadata"]["name"] = canary_name(deployment["metadata"]["name"])
    spec, pod = made["spec"], made["spec"]["template"]["spec"]
    spec["replicas"] = replicas
    for place in (
        spec["selector"]["matchLabels"],
        spec["template"]["metadata"]["labels"],
        pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"],
    ):
        place[TRACK_LABEL] = CANARY
    if leased:
        _lease(pod)
    return made


def service(found: Object, to: To, *, name: str = "") -> Object:
    """A Service that sends requests to one track or to both.

    Args:
        found: The predictor's Service.
        to: The track.
        name: Another name for it; empty to keep its own.
    """
    made = copy.deepcopy(found)
    if name:
        made["metadata"]["name"] = name
        made["spec"]["type"] = "ClusterIP"
    if to == "both":
        made["spec"]["selector"].pop(TRACK_LABEL, None)
    else:
        made["spec"]["selector"][TRACK_LABEL] = to
    return made


def pods_for(stable: int, percent: float) -> int:
    """Pods of a canary that get about a share of the requests beside so many stable ones; at least one.

    The share that comes closest is ``c / (stable + c)``.
    """
    if percent >= 50:
        return stable
    exact = stable * percent / (100 - percent)
    return max(
        1, min(stable, min((math.floor(exact), math.ceil(exact)), key=lambda c: abs(share(stable, c) - percent)))
    )


def share(stable: int, pods: int) -> float:
    """Share of the requests that a canary's pods get beside so many stable ones, in percent."""
    return 100 * pods / (stable + pods)


def _lease(pod: Object) -> None:
    item = {"path": "alive-until", "fieldRef": {"fieldPath": f"metadata.annotations['{LEASED}']"}}
    pod["volumes"].append({"name": "podinfo", "downwardAPI": {"items": [item]}})
    server = pod["containers"][0]
    server["volumeMounts"].append({"name": "podinfo", "mountPath": "/podinfo", "readOnly": True})
    server["args"] = [*server["args"], "--alive-until", _LEASE_FILE]
