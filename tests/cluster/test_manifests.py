"""Given the manifests, when they are kustomized and sent to a real API in a dry run, then it takes every object."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.dynamic import DynamicClient
from kubernetes.dynamic.exceptions import ResourceNotFoundError

from slipway import manifests

FOLDER = Path(manifests.__file__).parent
KUSTOMIZED = sorted(path.parent for path in FOLDER.rglob("kustomization.yaml"))
EXTRAS = {"HTTPRoute", "ScaledObject", "ServiceMonitor"}
"""Kinds that a cluster has only when somebody installed them."""


@pytest.mark.parametrize("folder", KUSTOMIZED, ids=lambda path: path.relative_to(FOLDER).as_posix())
def test_the_api_takes_every_object(cluster: Any, folder: Path) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    text = subprocess.run([kubectl, "kustomize", str(folder)], check=True, capture_output=True, text=True).stdout
    api = DynamicClient(cluster.client)
    taken = []
    for item in yaml.safe_load_all(text):
        try:
            resource = api.resources.get(api_version=item["apiVersion"], kind=item["kind"])
        except ResourceNotFoundError:
            assert item["kind"] in EXTRAS
            continue
        if resource.namespaced:
            item["metadata"]["namespace"] = cluster.namespace
        resource.server_side_apply(
            item, namespace=item["metadata"].get("namespace"), field_manager="test", dry_run="All"
        )
        taken.append(item["kind"])
    assert taken
