from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from slipway import manifests
from slipway.errors import RolloutError
from slipway.rollout.objects import Predictor, identity, objects
from slipway.spec import Serving

FOLDER = Path(manifests.__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
VERSIONS = ("1.28", "1.34")
CRDS = ("httproute", "scaledobject", "servicemonitor")
PREDICTOR = Predictor(
    name="churn",
    image="slipway/server:0.1.0",
    digest="d" * 64,
    uri="",
    parts={"bundle.tar.gz.000": b"some", "bundle.tar.gz.001": b"more"},
    serving=Serving(namespace="models", replicas=3, port=9000, cpu="1", memory="1Gi", timeout_s=60),
)


def pod_of(made: list[dict[str, Any]]) -> dict[str, Any]:
    return made[-1]["spec"]["template"]["spec"]


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_applied_is_valid_kubernetes(version: str) -> None:
    for item in objects(PREDICTOR):
        kubernetes_validate.validate(item, version, strict=True)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_each_manifest_is_one_valid_object_in_a_file_of_its_name(path: Path) -> None:
    documents = list(yaml.safe_load_all(path.read_text()))
    assert len(documents) == 1
    assert path.stem.rpartition("-")[2] == documents[0]["kind"].lower()
    if not path.stem.endswith(CRDS):
        kubernetes_validate.validate(documents[0], "1.34", strict=True)


def test_kustomizations_name_every_file_beside_them() -> None:
    for path in FOLDER.rglob("kustomization.yaml"):
        listed = {item for item in yaml.safe_load(path.read_text())["resources"] if item.endswith(".yaml")}
        assert listed == {item.name for item in path.parent.glob("*.yaml")} - {"kustomization.yaml"}


def test_the_spec_is_filled_in() -> None:
    made = objects(PREDICTOR)
    service, deployment = made[-2:]
    assert {item["metadata"]["namespace"] for item in made} == {"models"}
    assert service["spec"]["ports"][0]["port"] == 9000
    assert service["spec"]["selector"].items() <= deployment["spec"]["template"]["metadata"]["labels"].items()
    assert deployment["spec"]["replicas"] == 3
    assert deployment["spec"]["progressDeadlineSeconds"] == 60
    server = pod_of(made)["containers"][0]
    assert server["resources"] == {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
    assert server["args"][-1] == PREDICTOR.digest


def test_pods_keep_the_restricted_standard() -> None:
    pod = pod_of(objects(PREDICTOR))
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in (*pod["initContainers"], *pod["containers"]):
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_no_pod_is_lost_before_a_new_one_is_ready() -> None:
    assert objects(PREDICTOR)[-1]["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_parts_travel_in_config_maps_that_the_pod_mounts() -> None:
    made = objects(PREDICTOR)
    names = [item["metadata"]["name"] for item in made if item["kind"] == "ConfigMap"]
    sources = pod_of(made)["volumes"][-1]["projected"]["sources"]
    assert [source["configMap"]["name"] for source in sources] == names
    assert len(set(names)) == 2
    assert pod_of(made)["initContainers"][0]["args"][0] == "file:///delivered"


def test_a_uri_is_fetched_by_the_pod() -> None:
    made = objects(replace(PREDICTOR, uri="s3://models/churn", parts={}))
    assert "ConfigMap" not in {item["kind"] for item in made}
    assert pod_of(made)["initContainers"][0]["args"] == ["s3://models/churn", "/bundle", "--digest", PREDICTOR.digest]


def test_a_bundle_on_a_volume_is_fetched_from_it() -> None:
    volume = {"claim": "models", "mount": "/registry"}
    uri = "/registry/churn/bundles/dd"
    pod = pod_of(objects(replace(PREDICTOR, uri=uri, parts={}, serving=Serving.model_validate({"volume": volume}))))
    fetch = pod["initContainers"][0]
    assert fetch["args"][0] == uri
    assert fetch["volumeMounts"][-1] == {"name": "registry", "mountPath": "/registry", "readOnly": True}
    assert pod["volumes"][-1]["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    assert len(pod["containers"][0]["volumeMounts"]) == 2


def test_another_image_fetches_where_the_spec_says_so() -> None:
    image = f"slipway/python-components@sha256:{'0' * 64}"
    pod = pod_of(objects(replace(PREDICTOR, serving=Serving(fetch_image=image))))
    assert (pod["initContainers"][0]["image"], pod["containers"][0]["image"]) == (image, PREDICTOR.image)
    with pytest.raises(RolloutError, match="latest"):
        objects(replace(PREDICTOR, serving=Serving(fetch_image="slipway/python-components:latest")))


def with_serving(**serving: Any) -> list[dict[str, Any]]:
    content = {**PREDICTOR.serving.model_dump(), **serving}
    return objects(replace(PREDICTOR, serving=Serving.model_validate(content)))


def kinds(made: list[dict[str, Any]]) -> set[str]:
    return {item["kind"] for item in made} - {"ConfigMap"}


def test_a_single_pod_needs_no_disruption_budget() -> None:
    assert "PodDisruptionBudget" in kinds(with_serving(replicas=2))
    assert "PodDisruptionBudget" not in kinds(with_serving(replicas=1))


def test_an_autoscaler_sizes_the_deployment() -> None:
    scaling = {"min": 2, "max": 5, "queue_depth": 2.5, "latency_ms": 3}
    made = with_serving(autoscaling=scaling)
    scaler = next(item for item in made if item["kind"] == "HorizontalPodAutoscaler")
    kubernetes_validate.validate(scaler, "1.34", strict=True)
    assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (2, 5)
    assert [item["type"] for item in scaler["spec"]["metrics"]] == ["Resource", "Pods", "Pods"]
    assert "replicas" not in made[-1]["spec"]


def test_keda_replaces_the_autoscaler() -> None:
    made = with_serving(autoscaling={"keda": "http://prometheus:9090"})
    assert "ScaledObject" in kinds(made)
    assert "HorizontalPodAutoscaler" not in kinds(made)


def test_what_exposes_the_service_is_asked_for() -> None:
    exposure = {
        "service": "LoadBalancer",
        "ingress": "nginx",
        "host": "churn.example.org",
        "gateway": "infra/web",
        "from_namespaces": ["shop"],
        "monitor": True,
    }
    made = {item["kind"]: item for item in with_serving(exposure=exposure)}
    assert made["Service"]["spec"]["type"] == "LoadBalancer"
    assert made["Ingress"]["spec"]["rules"][0]["host"] == "churn.example.org"
    assert made["HTTPRoute"]["spec"]["parentRefs"] == [{"name": "web", "namespace": "infra"}]
    assert made["HTTPRoute"]["spec"]["rules"][0]["backendRefs"][0]["name"] == "churn"
    assert made["ServiceMonitor"]["spec"]["selector"]["matchLabels"]["app.kubernetes.io/name"] == "churn"
    selector = made["NetworkPolicy"]["spec"]["ingress"][0]["from"][0]["namespaceSelector"]
    assert selector["matchExpressions"][0]["values"] == ["shop"]
    for kind in ("Service", "Ingress", "NetworkPolicy"):
        kubernetes_validate.validate(made[kind], "1.34", strict=True)


def test_equal_objects_have_one_identity() -> None:
    assert identity(objects(PREDICTOR)) == identity(objects(PREDICTOR))
    assert identity(objects(PREDICTOR)) != identity(objects(replace(PREDICTOR, image="slipway/server:0.2.0")))


@pytest.mark.parametrize("image", ["slipway/server", "slipway/server:latest", "localhost:5000/server"])
def test_an_image_that_can_change_is_refused(image: str) -> None:
    with pytest.raises(RolloutError, match="by digest"):
        objects(replace(PREDICTOR, image=image))
