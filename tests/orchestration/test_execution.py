"""Each setting of the spec's execution section, looked up in the compiled YAML."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from google.protobuf import json_format
from kfp import dsl, kubernetes
from kfp.kubernetes.kubernetes_executor_config_pb2 import KubernetesExecutorConfig
from kfp.pipeline_spec import pipeline_spec_pb2
from slipway.components import drift

from slipway import pipelines
from slipway.errors import SpecError
from slipway.orchestration.compile import to_yaml
from slipway.spec import Execution, Spec, parse

STEPS = {"validate", "drift", "featurize", "train", "evaluate", "register", "deploy"}


def compiled(pipeline: Any = pipelines.train_and_deploy, **execution: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The pipeline's document, and Kubernetes' part of the platform's."""
    pipeline, platform = yaml.safe_load_all(to_yaml(pipeline, execution=parse(execution, Execution)))
    return pipeline, platform["platforms"]["kubernetes"]


def resources(pipeline: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        label.removeprefix("exec-"): executor["container"]["resources"]
        for label, executor in pipeline["deploymentSpec"]["executors"].items()
    }


def pods(platform: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {label.removeprefix("exec-"): pod for label, pod in platform["deploymentSpec"]["executors"].items()}


def retries(pipeline: dict[str, Any]) -> dict[str, dict[str, Any]]:
    dags = [pipeline["root"]["dag"], *(part["dag"] for part in pipeline["components"].values() if "dag" in part)]
    return {name: task["retryPolicy"] for dag in dags for name, task in dag["tasks"].items() if "retryPolicy" in task}


def test_every_step_has_resources() -> None:
    found = resources(compiled()[0])

    assert set(found) == STEPS
    wanted = {"resourceCpuRequest", "resourceCpuLimit", "resourceMemoryRequest", "resourceMemoryLimit"}
    assert all(wanted <= set(step) for step in found.values())
    assert all(step["resourceMemoryRequest"] == step["resourceMemoryLimit"] for step in found.values())


def test_a_step_gets_what_the_spec_says_and_keeps_the_rest() -> None:
    found = resources(compiled(steps={"train": {"memory": "16Gi", "cpu_limit": "8"}})[0])

    assert found["train"]["resourceMemoryLimit"] == "16Gi"
    assert found["train"]["resourceCpuLimit"] == "8"
    assert found["train"]["resourceCpuRequest"] == "1"
    assert found["validate"]["resourceMemoryLimit"] == "2Gi"


def test_a_step_gets_accelerators_only_when_it_asks_for_them() -> None:
    found = resources(compiled(steps={"train": {"gpu": 2, "gpu_type": "amd.com/gpu"}})[0])

    assert found["train"]["accelerator"] == {
        "count": "2", "type": "amd.com/gpu", "resourceCount": "2", "resourceType": "amd.com/gpu",
    }  # fmt: skip
    assert [name for name, step in found.items() if "accelerator" in step] == ["train"]


def test_what_only_reads_and_computes_is_tried_again_and_no_gate_is() -> None:
    found = retries(compiled(backoff_s=10, deadline_s=50_000)[0])

    assert found == {
        name: {"maxRetryCount": 2, "backoffDuration": "10s", "backoffFactor": 2.0, "backoffMaxDuration": "50000s"}
        for name in ("drift", "featurize", "train")
    }


def test_a_step_may_be_tried_again_however_long_its_tries_take() -> None:
    """KFP counts the longest back-off from the beginning of the first try, and ends a later one with it."""
    execution = Execution()

    for name, retry in retries(compiled()[0]).items():
        longest = (retry["maxRetryCount"] + 1) * execution.step(name).timeout_s
        assert int(retry["backoffMaxDuration"].removesuffix("s")) >= min(longest, execution.deadline_s)


def test_retries_can_be_turned_off() -> None:
    assert "train" not in retries(compiled(steps={"train": {"retries": 0}})[0])


def test_no_step_runs_as_root() -> None:
    found = pods(compiled(user=1000)[1])

    assert set(found) == STEPS
    wanted = {"runAsUser": "1000", "runAsGroup": "1000", "runAsNonRoot": True}
    assert all(pod["securityContext"] == wanted for pod in found.values())


def test_every_step_has_a_timeout_and_so_has_the_run() -> None:
    platform = compiled(steps={"train": {"timeout_s": 60}}, deadline_s=7200, ttl_s=600)[1]

    assert pods(platform)["train"]["activeDeadlineSeconds"] == "60"
    assert all(int(pod["activeDeadlineSeconds"]) > 0 for pod in pods(platform).values())
    assert platform["pipelineConfig"] == {"activeDeadlineSeconds": 7200, "resourceTtlOnCompletion": 600}


def test_pods_say_which_step_they_are_and_whose() -> None:
    found = pods(compiled(labels={"team": "churn"}, annotations={"sidecar.istio.io/inject": "false"})[1])

    for name, pod in found.items():
        assert pod["podMetadata"]["labels"] == {
            "team": "churn", "app.kubernetes.io/part-of": "slipway", "app.kubernetes.io/component": name,
        }  # fmt: skip
        assert pod["podMetadata"]["annotations"] == {"sidecar.istio.io/inject": "false"}


def test_nodes_are_chosen_for_all_steps_and_for_one_on_top() -> None:
    taint = {"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}
    wanted = {"expressions": [{"key": "zone", "values": ["a", "b"]}]}
    platform = compiled(
        node_selector={"pool": "batch"},
        affinity=[wanted],
        steps={"train": {"tolerations": [taint], "affinity": [{**wanted, "weight": 50}]}},
    )[1]

    found = pods(platform)
    required = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
    assert all(pod["nodeSelector"] == {"labels": {"pool": "batch"}} for pod in found.values())
    assert found["train"]["nodeAffinity"] == [required, {**required, "weight": 50}]
    assert found["drift"]["nodeAffinity"] == [required]
    assert found["train"]["tolerations"] == [taint]
    assert "tolerations" not in found["drift"]


def test_secrets_reach_every_step_without_being_parameters() -> None:
    pipeline, platform = compiled(
        secrets=[
            {"name": "storage", "env": {"key": "AWS_ACCESS_KEY_ID"}},
            {"name": "ca", "mount": "/etc/ca", "optional": True},
        ],
        pull_secrets=["registry"],
    )

    for pod in pods(platform).values():
        [from_env] = pod["secretAsEnv"]
        assert (from_env["secretName"], from_env["keyToEnv"]) == (
            "storage", [{"secretKey": "key", "envVar": "AWS_ACCESS_KEY_ID"}],
        )  # fmt: skip
        [mounted] = pod["secretAsVolume"]
        assert (mounted["secretName"], mounted["mountPath"], mounted["optional"]) == ("ca", "/etc/ca", True)
        assert [item["secretName"] for item in pod["imagePullSecret"]] == ["registry"]
    assert "AWS_ACCESS_KEY_ID" not in yaml.safe_dump(pipeline)


def test_a_claim_is_mounted_in_every_step() -> None:
    found = pods(compiled(volumes=[{"claim": "tables", "mount": "/tables"}])[1])

    assert {(pod["pvcMount"][0]["constant"], pod["pvcMount"][0]["mountPath"]) for pod in found.values()} == {
        ("tables", "/tables")
    }


def test_what_is_written_is_what_kfps_backend_reads() -> None:
    """The backend refuses what its messages have no field for."""
    pipeline, platform = compiled(
        node_selector={"a": "b"},
        tolerations=[{"operator": "Exists"}],
        secrets=[{"name": "s", "mount": "/s"}, {"name": "t", "env": {"k": "K"}}],
        volumes=[{"claim": "tables", "mount": "/tables"}],
        affinity=[{"expressions": [{"key": "zone", "values": ["a"]}], "weight": 5}],
        steps={"train": {"gpu": 1}},
    )

    json_format.ParseDict(pipeline, pipeline_spec_pb2.PipelineSpec())
    json_format.ParseDict(pipeline["deploymentSpec"], pipeline_spec_pb2.PipelineDeploymentConfig())
    json_format.ParseDict({"platforms": {"kubernetes": platform}}, pipeline_spec_pb2.PlatformSpec())
    for pod in pods(platform).values():
        json_format.ParseDict(pod, KubernetesExecutorConfig())


def test_a_component_that_is_used_twice_is_the_same_step() -> None:
    @dsl.pipeline(name="twice")
    def twice() -> None:
        given = {
            "table": dsl.importer(artifact_uri="s3://b/t", artifact_class=dsl.Dataset).output,
            "contract": dsl.importer(artifact_uri="s3://b/c", artifact_class=dsl.Artifact).output,
        }
        drift(**given, name="a")
        drift(**given, name="b").set_env_variable("ONLY", "here")

    pipeline, platform = compiled(twice, steps={"drift": {"memory": "3Gi"}})

    executors = pipeline["deploymentSpec"]["executors"]
    memory = [
        part["container"]["resources"]["resourceMemoryLimit"] for part in executors.values() if "container" in part
    ]
    assert set(memory) == {"3Gi"}
    assert {pod["podMetadata"]["labels"]["app.kubernetes.io/component"] for pod in pods(platform).values()} == {"drift"}
    assert set(retries(pipeline)) == {"drift", "drift-2"}


def test_what_an_author_set_stays_and_the_rest_is_added() -> None:
    @dsl.pipeline(name="own", pipeline_config=dsl.PipelineConfig(active_deadline_seconds=60))
    def own() -> None:
        given = {
            "table": dsl.importer(artifact_uri="s3://b/t", artifact_class=dsl.Dataset).output,
            "contract": dsl.importer(artifact_uri="s3://b/c", artifact_class=dsl.Artifact).output,
        }
        task = drift(**given).set_memory_limit("1Gi").set_retry(5)
        kubernetes.add_pod_label(task, "team", "theirs")
        kubernetes.add_pod_label(task, "mine", "too")
        kubernetes.use_secret_as_env(task, "their-secret", {"key": "THEIRS"})
        kubernetes.set_timeout(task, 77)

    pipeline, platform = compiled(
        own, labels={"team": "ours"}, secrets=[{"name": "our-secret", "env": {"key": "OURS"}}]
    )

    [container] = [
        part["container"] for part in pipeline["deploymentSpec"]["executors"].values() if "container" in part
    ]
    assert container["resources"]["resourceMemoryLimit"] == "1Gi"
    assert "resourceMemoryRequest" not in container["resources"]
    assert container["resources"]["resourceCpuLimit"] == "2"
    assert retries(pipeline)["drift"]["maxRetryCount"] == 5
    pod = pods(platform)["drift"]
    assert pod["podMetadata"]["labels"] == {
        "team": "theirs", "mine": "too", "app.kubernetes.io/part-of": "slipway", "app.kubernetes.io/component": "drift",
    }  # fmt: skip
    assert [item["secretName"] for item in pod["secretAsEnv"]] == ["our-secret", "their-secret"]
    assert pod["activeDeadlineSeconds"] == "77"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert platform["pipelineConfig"] == {"activeDeadlineSeconds": 60, "resourceTtlOnCompletion": 7 * 24 * 3600}


@pytest.mark.parametrize(
    ("execution", "sentence"),
    [
        ({"steps": {"trian": {}}}, "'trian': it should be 'validate'"),
        ({"steps": {"train": {"memory": "16 GB"}}}, "execution.steps.train.memory' is '16 GB'"),
        (
            {"steps": {"train": {"cpu": "3"}, "drift": {"cpu": "3"}}},
            "steps.drift asks for cpu 3, more than its cpu_limit 2",
        ),
        ({"steps": {"train": {"cpu": "8"}}}, "steps.train asks for cpu 8, more than its cpu_limit 4: set both"),
        ({"steps": {"train": {"cpu": "500m", "cpu_limit": "0.25"}}}, "cpu 500m, more than its cpu_limit 0.25"),
        ({"secrets": [{"name": "storage"}]}, "secret 'storage' needs env, mount or both"),
        ({"labels": {"team": "a b"}}, "execution.labels.team' is 'a b'"),
        ({"volumes": [{"claim": "x", "mount": "tables"}]}, "'tables'"),
        (
            {"volumes": [{"claim": "our.tables", "mount": "/tables"}]},
            "'our.tables' can't be mounted: KFP names the pod's",
        ),
        (
            {"volumes": [{"claim": "a", "mount": "/a"}], "secrets": [{"name": "a", "mount": "/b"}]},
            "'a' is mounted twice",
        ),
        ({"volumes": [{"claim": "a", "mount": "/x"}, {"claim": "b", "mount": "/x/"}]}, "'/x' is mounted twice"),
        ({"user": 0}, "greater than or equal to 1"),
    ],
)
def test_a_setting_that_no_cluster_would_take_is_refused(execution: dict[str, Any], sentence: str) -> None:
    with pytest.raises(SpecError, match=sentence):
        parse({"name": "a", "data": "b", "target": "c", "execution": execution}, Spec)


def test_what_the_readme_shows_is_taken() -> None:
    text = (Path(__file__).parents[2] / "pipelines/README.md").read_text(encoding="utf-8")
    [shown] = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)

    spec = parse({"name": "a", "data": "b", "target": "c", **yaml.safe_load(shown)}, Spec)

    assert spec.execution.step("train").gpu == 1
    told = set()
    for names, cpu, limit, memory, hours, unit, tries in re.findall(
        r"^\| ([a-z, ]+) \| (\w+), (\d+) \| (\w+) \| (\d+) (h|min) \| (\d) \|$", text, re.MULTILINE
    ):
        for name in names.split(", "):
            told.add(name)
            step = Execution().step(name)
            seconds = int(hours) * {"h": 3600, "min": 60}[unit]
            assert (step.cpu, step.cpu_limit, step.memory) == (cpu, limit, memory)
            assert (step.timeout_s, step.retries) == (seconds, int(tries) - 1)
    assert told == STEPS
