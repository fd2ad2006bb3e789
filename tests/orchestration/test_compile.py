import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp import components, dsl
from slipway.components import drift

from slipway import pipelines
from slipway.errors import PipelineError
from slipway.orchestration.compile import to_manifests, to_yaml
from slipway.orchestration.images import COMPONENTS
from slipway.steps import deploy

COMPILED = Path(__file__).parents[2] / "pipelines" / "compiled"
DIGEST = "example/components@sha256:" + "a" * 64

PARTS = (("table", dsl.Dataset), ("contract", dsl.Artifact))

every_pipeline = pytest.mark.parametrize("name", pipelines.__all__)


def pipeline_of(text: str) -> dict[str, Any]:
    return next(iter(yaml.safe_load_all(text)))


def executors(text: str) -> dict[str, dict[str, object]]:
    return {name: executor["container"] for name, executor in pipeline_of(text)["deploymentSpec"]["executors"].items()}


@every_pipeline
def test_the_committed_yaml_is_what_the_code_compiles_to(name: str) -> None:
    committed = (COMPILED / f"{name}.yaml").read_text(encoding="utf-8")

    assert committed == to_yaml(getattr(pipelines, name)), "stale: run 'make compile' and commit the result"


@every_pipeline
def test_the_committed_yaml_loads_with_kfps_own_loader(name: str) -> None:
    loaded = components.load_component_from_file(str(COMPILED / f"{name}.yaml"))

    assert set(loaded.component_spec.inputs) == set(getattr(pipelines, name).component_spec.inputs)


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_the_same_input_gives_the_same_bytes(hash_seed: str, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "slipway.cli", "compile", "--output", str(tmp_path)]

    subprocess.run(command, cwd=tmp_path, env=environment, check=True, timeout=600)

    for name in pipelines.__all__:
        assert (tmp_path / f"{name}.yaml").read_bytes() == (COMPILED / f"{name}.yaml").read_bytes()


@every_pipeline
def test_an_image_reaches_every_component(name: str) -> None:
    text = to_yaml(getattr(pipelines, name), DIGEST)

    assert {container["image"] for container in executors(text).values()} == {DIGEST}
    assert COMPONENTS not in text


@every_pipeline
def test_every_image_is_named_by_digest(name: str) -> None:
    found = re.findall(r"^\s*image: (.*)$", to_yaml(getattr(pipelines, name), DIGEST), re.MULTILINE)

    assert found
    assert set(found) == {DIGEST}


@every_pipeline
def test_as_kubernetes_objects_it_is_the_same_pipeline(name: str) -> None:
    text = to_yaml(getattr(pipelines, name), DIGEST)

    pipeline, version = yaml.safe_load_all(to_manifests(text))

    assert (pipeline["kind"], version["kind"]) == ("Pipeline", "PipelineVersion")
    assert version["spec"]["pipelineName"] == pipeline["metadata"]["name"]
    assert [version["spec"]["pipelineSpec"], version["spec"]["platformSpec"]] == list(yaml.safe_load_all(text))


def test_a_version_is_named_after_its_content() -> None:
    def name(image: str | None) -> str:
        text = to_yaml(pipelines.train_and_deploy, image)
        assert to_manifests(text) == to_manifests(text)
        return list(yaml.safe_load_all(to_manifests(text)))[1]["metadata"]["name"]

    assert name(DIGEST) == name(DIGEST) != name(None)


@every_pipeline
def test_nothing_is_installed_when_a_component_starts(name: str) -> None:
    text = to_yaml(getattr(pipelines, name))

    assert "pip install" not in text


@pytest.mark.parametrize("image", ["slipway/components", "slipway/components:latest", "x@sha256:12"])
def test_an_image_without_a_digest_is_refused(image: str) -> None:
    with pytest.raises(PipelineError, match="not named by digest"):
        to_yaml(pipelines.train_and_deploy, image)


def test_a_run_needs_only_data_and_target() -> None:
    inputs = pipelines.train_and_deploy.component_spec.inputs

    assert {name for name, spec in inputs.items() if not spec.optional} == {"data", "target"}


@every_pipeline
def test_every_parameter_has_a_help_text(name: str) -> None:
    spec = getattr(pipelines, name).component_spec

    assert [key for key, item in {**spec.inputs, **spec.outputs}.items() if not item.description] == []


def tasks() -> dict[str, dict[str, object]]:
    """Every task of train_and_deploy, those in pipelines and conditions within it included."""
    spec = pipeline_of(to_yaml(pipelines.train_and_deploy))
    dags = [spec["root"]["dag"], *(part["dag"] for part in spec["components"].values() if "dag" in part)]
    return {name: task for dag in dags for name, task in dag["tasks"].items()}


def test_steps_that_look_outside_are_never_cached() -> None:
    cached = {name for name, task in tasks().items() if task.get("cachingOptions", {}).get("enableCache")}
    assert cached >= {"featurize", "train"}
    assert not cached & {"validate", "drift", "evaluate", "launch", "register", "deploy"}


def test_what_is_recorded_names_the_run_also_when_nobody_does() -> None:
    """KFP puts its id of the run where the placeholder is; its name would be empty in a run of a schedule."""
    for name in ("register", "deploy"):
        job = tasks()[name]["inputs"]["parameters"]["job"]
        assert job == {"runtimeValue": {"constant": "{{$.pipeline_job_uuid}}"}}


def test_nothing_runs_by_default_in_an_image_of_somebody_else() -> None:
    images = {container["image"] for container in executors(to_yaml(pipelines.train_and_deploy)).values()}

    assert images == {COMPONENTS}
    assert all(image.startswith("localhost/") for image in (COMPONENTS, deploy.IMAGE))


def test_only_a_promoted_model_is_registered_and_deployed() -> None:
    spec = pipeline_of(to_yaml(pipelines.train_and_deploy))

    assert set(spec["components"]["comp-condition-1"]["dag"]["tasks"]) == {"register", "deploy"}
    condition = spec["components"]["comp-launch"]["dag"]["tasks"]["condition-1"]["triggerPolicy"]["condition"]
    assert condition == "inputs.parameter_values['pipelinechannel--promoted'] == true"


def test_a_pipeline_can_branch_on_what_drift_found() -> None:
    @dsl.pipeline(name="branch")
    def branch(name: str = "model") -> None:
        table, contract = (dsl.importer(artifact_uri=f"s3://b/{uri}", artifact_class=kind) for uri, kind in PARTS)
        found = drift(table=table.output, contract=contract.output, name=name)
        with dsl.If(found.outputs["drifted"] == True), dsl.ParallelFor(found.outputs["columns"]) as column:  # noqa: E712
            drift(table=table.output, contract=contract.output, name=column)
        with dsl.If(found.outputs["severity"] == "warn"):
            drift(table=table.output, contract=contract.output, name=found.outputs["severity"])

    text = pipeline_of(to_yaml(branch, DIGEST))

    conditions = [task.get("triggerPolicy", {}).get("condition", "") for task in text["root"]["dag"]["tasks"].values()]
    assert sorted(filter(None, conditions)) == [
        "inputs.parameter_values['pipelinechannel--drift-drifted'] == true",
        "inputs.parameter_values['pipelinechannel--drift-severity'] == 'warn'",
    ]
    outputs = text["components"]["comp-drift"]["outputDefinitions"]["parameters"]
    assert {name: found["parameterType"] for name, found in outputs.items()} == {
        "drifted": "BOOLEAN",
        "severity": "STRING",
        "columns": "LIST",
    }
