from dataclasses import replace
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from slipway import manifests
from slipway.errors import RolloutError
from slipway.rollout.objects import Predictor, objects
from slipway.spec import Serving

FOLDER = Path(manifests.__file__).parent
FILES = sorted(path for path in FOLDER.rglob("*.yaml") if path.name != "kustomization.yaml")
VERSIONS = ("1.28", "1.34")
PREDICTOR = Predictor(
    name="churn",
    image="slipway/server:0.1.0",
    digest="d" * 64,
    uri="",
    parts={"bundle.tar.gz.000": b"some", "bundle.tar.gz.001": b"more"},
    serving=Serving(namespace="models", replicas=3, port=9000, cpu="1", memory="1Gi", timeout_s=60),
    run="r1",
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
    assert [item["kind"] for item in made] == ["Service", "Deployment"]
    assert pod_of(made)["initContainers"][0]["args"] == ["s3://models/churn", "/bundle", "--digest", PREDICTOR.digest]


def test_another_run_of_the_same_bundle_starts_no_pod() -> None:
    one, other = (objects(replace(PREDICTOR, run=run))[-1] for run in ("r1", "r2"))
    assert one["metadata"] != other["metadata"]
    assert one["spec"] == other["spec"]


@pytest.mark.parametrize("image", ["slipway/server", "slipway/server:latest", "localhost:5000/server"])
def test_an_image_that_can_change_is_refused(image: str) -> None:
    with pytest.raises(RolloutError, match="by digest"):
        objects(replace(PREDICTOR, image=image))
