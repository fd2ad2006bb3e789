"""Pods that hold two bundles: an A/B test, a shadow whose answers are discarded, a canary with one to fall back to."""

import copy
import json
from typing import Any, Literal

from slipway.rollout.templates import DIGEST, Object
from slipway.spec import Rollout

VARIANT = "challenger"
"""Name of the revision on trial in answers, metrics and the prediction log; the other one is called ``stable``."""

Kind = Literal["ab", "shadow"]

_LAST_GOOD = "last-good"
_SETTINGS = "SLIPWAY_SETTINGS"


def deployment(good: Object, trial: Object, rollout: Rollout) -> Object:
    """The Deployment whose pods serve both bundles; each is fetched and verified by an init step of its own.

    Args:
        good: The Deployment of the revision that serves.
        trial: The Deployment of the revision on trial.
        rollout: How the requests are divided.
    """
    made = _beside(good, trial, VARIANT, _model(good, rollout))
    for place in (made["metadata"], made["spec"]["template"]["metadata"]):
        place["annotations"] = {**place.get("annotations", {}), "slipway/trial": digest(trial)}
    return made


def guarded(canary: Object, good: Object) -> Object:
    """The Deployment whose pods answer with the last good bundle once the rollout that watches them is gone.

    Args:
        canary: The Deployment of the revision on trial.
        good: The Deployment of the revision that serves.
    """
    return _beside(canary, good, _LAST_GOOD, {**_main(canary), "fallback": f"/{_LAST_GOOD}"})


def digest(item: Object) -> str:
    """Digest of the bundle that a Deployment serves."""
    return str(item["metadata"]["annotations"][DIGEST])


def _beside(item: Object, other: Object, name: str, model: dict[str, Any]) -> Object:
    """A Deployment whose pods hold another one's bundle too, in a folder of a name, and serve a model of both."""
    made = copy.deepcopy(item)
    pod, theirs = made["spec"]["template"]["spec"], copy.deepcopy(other["spec"]["template"]["spec"])
    fetch, delivered = theirs["initContainers"][0], theirs["volumes"][2:]
    for volume in delivered:
        volume["name"] = f"{name}-{volume['name']}"
    fetch["name"] = f"fetch-{name}"
    fetch["args"][1] = f"/{name}"
    for mount in fetch["volumeMounts"]:
        if mount["name"] == "bundle":
            mount.update(name=name, mountPath=f"/{name}")
        elif mount["name"] != "tmp":
            mount["name"] = f"{name}-{mount['name']}"
    pod["initContainers"].append(fetch)
    pod["volumes"] += [{"name": name, "emptyDir": {"sizeLimit": "1Gi"}}, *delivered]
    server = pod["containers"][0]
    server["volumeMounts"].append({"name": name, "mountPath": f"/{name}", "readOnly": True})
    _settle(server, made["metadata"]["name"], model)
    return made


def _main(item: Object) -> dict[str, Any]:
    """The bundle of a Deployment, see ``slipway.settings.Model``."""
    return {"bundle": "/bundle", "digest": digest(item)}


def _model(good: Object, rollout: Rollout) -> dict[str, Any]:
    """What the server is to serve, see ``slipway.settings.Model``."""
    rule, variant, model = rollout.trial, {"name": VARIANT, "bundle": f"/{VARIANT}"}, _main(good)
    if rollout.strategy == "shadow":
        return {**model, "variants": [{**variant, "shadow": True}]}
    if rule.values:
        return {**model, "variants": [{**variant, "when": {"column": rule.column, "values": rule.values}}]}
    key = {"header": rule.header} if rule.header else {"column": rule.column}
    return {**model, "variants": [{**variant, "percent": rule.percent}], "key": key}


def _settle(server: Object, name: str, model: dict[str, Any]) -> None:
    """Replaces the one bundle among the server's arguments by settings that name both."""
    at = server["args"].index("--digest")
    server["args"] = [*server["args"][1:at], *server["args"][at + 2 :]]
    environment = server.setdefault("env", [])
    known = next((item for item in environment if item["name"] == _SETTINGS), None)
    settings = json.dumps({**(json.loads(known["value"]) if known else {}), "models": {name: model}}, sort_keys=True)
    if known:
        known["value"] = settings
    else:
        environment.append({"name": _SETTINGS, "value": settings})
