"""The manifests that are filled in, and the labels and annotations that all of them carry."""

from importlib import resources
from typing import Any

import yaml

MANAGER = "slipway"
"""Field manager, and value of the label ``app.kubernetes.io/managed-by``."""

NAME_LABEL, PART_LABEL, MANAGER_LABEL, TRACK_LABEL = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/component",
    "app.kubernetes.io/managed-by",
    "slipway/track",
)

DIGEST, REVISION, RUN, WHO, WHY = "slipway/digest", "slipway/revision", "slipway/run", "slipway/who", "slipway/why"
"""Annotations: which bundle is served, as which revision, which run brought it, who ran it and why."""

PREDICTOR = "predictor"
"""Value of the label ``app.kubernetes.io/component`` of the pods that serve."""

Object = dict[str, Any]


def read(kind: str) -> Object:
    """The manifest of a kind of object."""
    folder = resources.files("slipway.manifests").joinpath("predictor")
    name = f"predictor-{kind.lower()}.yaml"
    file = next(path for path in (folder.joinpath(name), folder.joinpath("optional", name)) if path.is_file())
    made: Object = yaml.safe_load(file.read_text(encoding="utf-8"))
    return made


def labels(name: str, part: str) -> dict[str, str]:
    """The labels of an object that no manifest describes."""
    return {NAME_LABEL: name, PART_LABEL: part, MANAGER_LABEL: MANAGER}


def annotation(item: Object, name: str) -> str:
    """The value of an annotation; empty when there is none."""
    return str((item["metadata"].get("annotations") or {}).get(name, ""))
