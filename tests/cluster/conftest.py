"""A namespace of its own in the cluster that SLIPWAY_TEST_KUBECONFIG names, removed afterwards."""

import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes
import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.cluster)


@dataclass(frozen=True)
class Cluster:
    """A namespace to test in, and the image to serve from."""

    client: Any
    context: str
    namespace: str
    image: str


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    path, image = os.environ.get("SLIPWAY_TEST_KUBECONFIG"), os.environ.get("SLIPWAY_TEST_IMAGE")
    if not path or not image:
        pytest.skip("no cluster is named: set SLIPWAY_TEST_KUBECONFIG, and SLIPWAY_TEST_IMAGE to the server's image")
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", path)
    context = kubernetes.config.list_kube_config_contexts(path)[1]["name"]
    client = kubernetes.config.new_client_from_config(path, context)
    namespace = f"slipway-test-{secrets.token_hex(4)}"
    core = kubernetes.client.CoreV1Api(client)
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    core.create_namespace({"metadata": {"name": namespace, "labels": labels}})
    try:
        yield Cluster(client, context, namespace, image)
    finally:
        core.delete_namespace(namespace)
