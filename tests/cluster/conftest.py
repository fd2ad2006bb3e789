"""A namespace of its own in the cluster that SLIPWAY_TEST_KUBECONFIG names, removed afterwards."""

import json
import os
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import kubernetes
import pytest
from tests.conftest import make, table

from slipway.bundle import manifest
from slipway.rollout import cluster as rollout
from slipway.rollout.api import Cluster as Api
from slipway.spec import Spec


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

    @property
    def api(self) -> Api:
        return Api.connect(self.context, self.namespace)

    def deployment(self, name: str = "model") -> Any:
        return self.api.get("Deployment", name)

    def pods(self, track: str) -> list[Any]:
        return self.api.find("Pod", {"slipway/track": track})


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


@pytest.fixture
def spec(cluster: Cluster) -> Callable[..., Spec]:
    """Makes a spec that serves in the test's namespace; ``rollout`` is a section, the rest is of serving."""

    def make(rollout: dict[str, Any] | None = None, **serving: Any) -> Spec:
        given = {"namespace": cluster.namespace, "replicas": 2, "timeout_s": 120, "cpu": "50m", **serving}
        content = {"name": "model", "data": "-", "target": "-", "serving": given, "rollout": rollout or {}}
        return Spec.model_validate(content)

    return make


@pytest.fixture(scope="session")
def bundles(trained: Callable[[str], Any], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """From a task to a bundle; ``challenger`` is another one of the binary task."""
    made: dict[str, Path] = {}

    def get(task: str) -> Path:
        if task != "challenger":
            return Path(trained(task).bundle)
        if task not in made:
            folder = tmp_path_factory.mktemp(task)
            table("binary", seed=1).write_parquet(folder / "data.parquet")
            made[task] = make(folder, folder / "data.parquet").bundle
        return made[task]

    return get


@pytest.fixture
def deploy(cluster: Cluster, spec: Callable[..., Spec], bundles: Callable[[str], Path]) -> Callable[..., str]:
    def call(task: str = "binary", rollout_: dict[str, Any] | None = None, *, image: str = "", **serving: Any) -> str:
        folder = bundles(task)
        wanted = spec(rollout_, **serving)
        digest = manifest.read(folder).digest
        return rollout.deploy(str(folder), digest, wanted, cluster.context, image or cluster.image, "run")

    return call


@dataclass(frozen=True)
class Load:
    """A pod that asks the Service without a pause; what it saw before the test's own part began does not count."""

    cluster: Cluster
    before: Counter[str] = field(default_factory=Counter)

    def seen(self) -> Counter[str]:
        text = kubernetes.client.CoreV1Api(self.cluster.client).read_namespaced_pod_log(
            "load", self.cluster.namespace, tail_lines=1
        )
        return Counter(json.loads(text.replace("'", '"'))) if text.strip() else Counter()

    def settle(self) -> Counter[str]:
        """What was seen since the load was steady, a little later, so that nothing under way is missed."""
        time.sleep(3)
        return self.seen() - self.before


@pytest.fixture
def load(cluster: Cluster, trained: Callable[[str], Any]) -> Callable[[], Load]:
    """Starts the load, once something is served."""

    def start() -> Load:
        service = cluster.api.get("Service", "model")
        assert service is not None
        address = service["spec"]["clusterIP"]
        golden = json.dumps({"rows": rows(trained("binary").bundle)[:1]})
        restricted = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        script = (Path(__file__).parent / "load.py").read_text()
        container = {
            "name": "load",
            "image": cluster.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["python", "-c", script, address, "8080", golden],
            "securityContext": restricted,
        }
        pod = {
            "metadata": {"name": "load"},
            "spec": {
                "automountServiceAccountToken": False,
                "terminationGracePeriodSeconds": 0,
                "securityContext": {
                    "runAsNonRoot": True,
                    "runAsUser": 65532,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "containers": [container],
            },
        }
        kubernetes.client.CoreV1Api(cluster.client).create_namespaced_pod(cluster.namespace, pod)
        made = Load(cluster)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                if made.seen()["200"] > 10:
                    return Load(cluster, made.seen())
            except kubernetes.client.ApiException:
                pass
            time.sleep(1)
        pytest.fail("the load did not start")

    return start


def rows(folder: Path) -> list[dict[str, Any]]:
    """The golden rows of a bundle."""
    from slipway.bundle.load import load as load_bundle

    bundle = load_bundle(folder)
    return bundle.golden.rows(bundle.schema)
