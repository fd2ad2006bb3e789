"""Given the Role of manifests/base and nothing else, when its ServiceAccount deploys, then it can, and no more."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes.client import CoreV1Api, RbacAuthorizationV1Api
from kubernetes.config import kube_config
from tests.cluster.moves import CANARY, digest, served

from slipway import manifests
from slipway.bundle import manifest
from slipway.errors import RolloutError
from slipway.rollout import cluster as rollout
from slipway.rollout import control
from slipway.rollout.api import Cluster
from slipway.spec import Spec

KEEP = {"keep": 1}
BASE = Path(manifests.__file__).parent / "base"

Bundles = Callable[[str], Path]


def read(name: str) -> Any:
    return yaml.safe_load((BASE / f"slipway-{name}.yaml").read_text())


@pytest.fixture
def deployer(cluster: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The context of a ServiceAccount without any right."""
    core, namespace = CoreV1Api(cluster.client), cluster.namespace
    core.create_namespaced_service_account(namespace, read("serviceaccount"))
    review = core.create_namespaced_service_account_token("slipway-deployer", namespace, {"spec": {}})
    config = yaml.safe_load(Path(kube_config.KUBE_CONFIG_DEFAULT_LOCATION).read_text())
    mine = next(item["context"] for item in config["contexts"] if item["name"] == cluster.context)
    config["users"].append({"name": "deployer", "user": {"token": review.status.token}})
    config["contexts"].append({"name": "deployer", "context": {"cluster": mine["cluster"], "user": "deployer"}})
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(path))
    return "deployer"


@pytest.fixture
def deploy(cluster: Any, spec: Callable[..., Spec], bundles: Bundles, deployer: str) -> Callable[..., str]:
    def call(task: str, moves: dict[str, Any] | None = None, **serving: Any) -> str:
        folder = bundles(task)
        version = manifest.read(folder).digest
        return rollout.deploy(str(folder), version, spec(moves, **serving), deployer, cluster.image, "run")

    return call


def test_who_may_not_is_told_what_is_missing(cluster: Any, deploy: Callable[..., str]) -> None:
    with pytest.raises(RolloutError, match=r'cannot create resource "leases".*bind the Role slipway-deployer'):
        deploy("binary")
    assert cluster.deployment() is None


def test_the_role_is_enough(
    cluster: Any, deploy: Callable[..., str], bundles: Bundles, deployer: str, load: Any
) -> None:
    rights = RbacAuthorizationV1Api(cluster.client)
    rights.create_namespaced_role(cluster.namespace, read("role"))
    rights.create_namespaced_role_binding(cluster.namespace, read("rolebinding"))
    lab = Cluster.connect(deployer, cluster.namespace)
    deploy("binary", KEEP)
    load()
    deploy("challenger", {**CANARY, **KEEP})
    deploy("multiclass", {"strategy": "blue-green", "grace_s": 1, **KEEP})
    control.undo(lab, "model", 120)
    assert served(cluster) == digest(bundles, "challenger")
    deploy("binary", {"strategy": "shadow", **KEEP}, autoscaling={"min": 2, "max": 3})
    control.promote(lab, "model", 120)
    control.undo(lab, "model", 120)
    status = control.status(lab, "model")
    assert (status.routed, status.remarks) == ("stable", ())
    assert served(cluster) == digest(bundles, "challenger")
