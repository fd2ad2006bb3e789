"""The Kubernetes objects of a predictor: the manifests, filled in."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from slipway.errors import RolloutError
from slipway.rollout import surroundings
from slipway.rollout.templates import DIGEST, NAME_LABEL, Object, read
from slipway.spec import Serving

_DELIVERED = "/delivered"


@dataclass(frozen=True, slots=True)
class Predictor:
    """What is to be served, and how.

    Attributes:
        name: Name of every object.
        image: The server's image.
        digest: Digest of the bundle.
        uri: Where pods fetch the bundle; empty when ``parts`` bring it.
        parts: The bundle as an archive in named parts, for pods that reach no storage; empty when ``uri`` is given.
        serving: Namespace, port, pods, resources, what surrounds them.
    """

    name: str
    image: str
    digest: str
    uri: str
    parts: Mapping[str, bytes]
    serving: Serving


def objects(predictor: Predictor) -> list[Object]:
    """The objects to apply, in the order in which to apply them: the Service is next to last, the Deployment last.

    Args:
        predictor: What is to be served.

    Raises:
        RolloutError: The image is not pinned.
    """
    for image in filter(None, (predictor.image, predictor.serving.fetch_image)):
        _require_pinned(image)
    parts = [_config_map(predictor, name, data) for name, data in predictor.parts.items()]
    around = [_named(item, predictor) for item in surroundings.objects(predictor.name, predictor.serving)]
    return [*parts, *around, _service(predictor), _deployment(predictor, [item["metadata"]["name"] for item in parts])]


def identity(made: list[Object]) -> str:
    """Ten hexadecimal digits that name what is served and how: equal objects, equal identity."""
    whole = [item for item in made if item["kind"] != "ConfigMap"]
    return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()[:10]


def _require_pinned(image: str) -> None:
    _, _, tag = image.rpartition("/")[2].partition(":")
    if "@sha256:" not in image and tag in ("", "latest"):
        message = f"image {image!r} can change under its name; name it by digest, as NAME@sha256:…, or by a version tag"
        raise RolloutError(message)


def _config_map(predictor: Predictor, name: str, data: bytes) -> Object:
    made = _named(read("ConfigMap"), predictor)
    suffix = name.rpartition(".")[2]
    made["metadata"]["name"] = f"{predictor.name}-bundle-{hashlib.sha256(data).hexdigest()[:10]}-{suffix}"
    made["metadata"]["annotations"] = {DIGEST: predictor.digest}
    made["binaryData"] = {name: base64.b64encode(data).decode()}
    return made


def _service(predictor: Predictor) -> Object:
    made = _named(read("Service"), predictor)
    made["spec"]["type"] = predictor.serving.exposure.service
    made["spec"]["selector"][NAME_LABEL] = predictor.name
    made["spec"]["ports"][0]["port"] = predictor.serving.port
    return made


def _deployment(predictor: Predictor, config_maps: list[str]) -> Object:
    made = _named(read("Deployment"), predictor)
    made["metadata"]["annotations"] = {DIGEST: predictor.digest}
    spec, serving = made["spec"], predictor.serving
    spec["replicas"] = serving.replicas
    if serving.autoscaling:
        del spec["replicas"]
    spec["progressDeadlineSeconds"] = serving.timeout_s
    spec["selector"]["matchLabels"][NAME_LABEL] = predictor.name
    spec["template"]["metadata"]["labels"][NAME_LABEL] = predictor.name
    spec["template"]["metadata"]["annotations"] = {DIGEST: predictor.digest}
    _fill_pod(spec["template"]["spec"], predictor, config_maps)
    return made


def _fill_pod(pod: Object, predictor: Predictor, config_maps: list[str]) -> None:
    serving = predictor.serving
    pod["serviceAccountName"] = predictor.name
    pod["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"][NAME_LABEL] = predictor.name
    fetch, server = pod["initContainers"][0], pod["containers"][0]
    fetch["image"], server["image"] = serving.fetch_image or predictor.image, predictor.image
    fetch["envFrom"][0]["secretRef"]["name"] = serving.secret
    uri = predictor.uri or f"file://{_DELIVERED}"
    fetch["args"] = [uri, "/bundle", "--digest", predictor.digest]
    server["args"] = [*server["args"], "--digest", predictor.digest]
    if serving.server:
        server["env"] = [{"name": "SLIPWAY_SETTINGS", "value": json.dumps(serving.server, sort_keys=True)}]
        server["envFrom"] = fetch["envFrom"]
    server["resources"] = {
        "requests": {"cpu": serving.cpu, "memory": serving.memory},
        "limits": {"memory": serving.memory},
    }
    if serving.volume and predictor.uri and serving.volume.holds(predictor.uri):
        fetch["volumeMounts"].append({"name": "registry", "mountPath": serving.volume.mount, "readOnly": True})
        claim = {"claimName": serving.volume.claim, "readOnly": True}
        pod["volumes"].append({"name": "registry", "persistentVolumeClaim": claim})
    if config_maps:
        fetch["volumeMounts"].append({"name": "delivered", "mountPath": _DELIVERED, "readOnly": True})
        sources = [{"configMap": {"name": name}} for name in config_maps]
        pod["volumes"].append({"name": "delivered", "projected": {"sources": sources}})


def _named(made: Object, predictor: Predictor) -> Object:
    made["metadata"]["name"] = predictor.name
    made["metadata"]["namespace"] = predictor.serving.namespace
    made["metadata"]["labels"][NAME_LABEL] = predictor.name
    return made
