"""A revision on trial inside of the stable one's pods: an A/B test, or a shadow whose answers are discarded."""

import copy
import json
from typing import Any, Literal

from slipway.rollout.templates import DIGEST, Object
from slipway.spec import Rollout

VARIANT = "challenger"
"""Name of the revision on trial in answers, metrics and the prediction log; the other one is called ``stable``."""

Kind = Literal["ab", "shadow"]

_FOLDER, _VOLUME = "/challenger", "challenger"
_SETTINGS = "SLIPWAY_SETTINGS"


def deployment(good: Object, trial: Object, rollout: Rollout) -> Object:
    """The Deployment whose pods serve both bundles; each is fetched and verified by an init step of its own.

    Args:
        good: The Deployment of the revision that serves.
        trial: The Deployment of the revision on trial.
        rollout: How the requests are divided.
    """
    made = copy.deepcopy(good)
    template = made["spec"]["template"]
    pod, other = template["spec"], copy.deepcopy(trial["spec"]["template"]["spec"])
    fetch, delivered = other["initContainers"][0], other["volumes"][2:]
    for volume in delivered:
        volume["name"] = f"{_VOLUME}-{volume['name']}"
    fetch["name"] = f"fetch-{_VOLUME}"
    fetch["args"][1] = _FOLDER
    for mount in fetch["volumeMounts"]:
        if mount["name"] == "bundle":
            mount.update(name=_VOLUME, mountPath=_FOLDER)
        elif mount["name"] != "tmp":
            mount["name"] = f"{_VOLUME}-{mount['name']}"
    pod["initContainers"].append(fetch)
    pod["volumes"] += [{"name": _VOLUME, "emptyDir": {"sizeLimit": "1Gi"}}, *delivered]
    server = pod["containers"][0]
    server["volumeMounts"].append({"name": _VOLUME, "mountPath": _FOLDER, "readOnly": True})
    _settle(server, made["metadata"]["name"], _model(good, rollout))
    template["metadata"]["annotations"] = {**template["metadata"]["annotations"], "slipway/trial": digest(trial)}
    made["metadata"]["annotations"] = {**made["metadata"].get("annotations", {}), "slipway/trial": digest(trial)}
    return made


def digest(item: Object) -> str:
    """Digest of the bundle that a Deployment serves."""
    return str(item["metadata"]["annotations"][DIGEST])


def _model(good: Object, rollout: Rollout) -> dict[str, Any]:
    """What the server is to serve, see ``slipway.settings.Model``."""
    rule, variant = rollout.trial, {"name": VARIANT, "bundle": _FOLDER}
    model: dict[str, Any] = {"bundle": "/bundle", "digest": digest(good)}
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
