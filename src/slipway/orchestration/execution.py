"""What a cluster is told about each step of a compiled pipeline.

KFP's SDK sets these things on a task while its pipeline is traced, and a spec comes later than that. So for each step a
pipeline of one bare task is traced with the settings on it, and what the SDK made of them is moved over.
"""

from dataclasses import dataclass
from typing import Any

from google.protobuf import json_format
from kfp import dsl, kubernetes
from kfp.dsl import PipelineTask

from slipway.spec import Execution
from slipway.spec.execution import Affinity, Placement, Step, Toleration

Document = dict[str, Any]


@dataclass(frozen=True)
class Settings:
    """What the SDK writes for a step.

    Attributes:
        resources: CPU, memory and accelerators of its container.
        retry: When it is tried again; empty for never.
        pod: What only Kubernetes knows: user, timeout, placement, secrets, volumes, labels.
        run: What holds for the whole run: its deadline, and how long it is kept.
    """

    resources: Document
    retry: Document
    pod: Document
    run: Document


def settle(pipeline: Document, platform: Document, execution: Execution) -> tuple[Document, Document]:
    """Puts the settings of every step into a compiled pipeline, beneath those that its author gave it.

    Args:
        pipeline: The pipeline's document.
        platform: The platform's document, empty where there is none.
        execution: The spec's section.

    Returns:
        Both documents with the settings in them; what was given is changed.
    """
    executors = pipeline["deploymentSpec"]["executors"]
    settings = {
        label: settings_of(_step(label, part["container"]), execution)
        for label, part in executors.items()
        if "container" in part
    }
    kubernetes_part = platform.setdefault("platforms", {}).setdefault("kubernetes", {})
    pods = kubernetes_part.setdefault("deploymentSpec", {}).setdefault("executors", {})
    for label, found in settings.items():
        container = executors[label]["container"]
        container["resources"] = _resources(found.resources, container.get("resources", {}))
        pods[label] = _merged(found.pod, pods.get(label, {}))
        kubernetes_part["pipelineConfig"] = _merged(found.run, kubernetes_part.get("pipelineConfig", {}))
    ran = {name: part.get("executorLabel") for name, part in pipeline["components"].items()}
    for task in _tasks(pipeline):
        retried = settings.get(ran[task["componentRef"]["name"]] or "")
        if retried and retried.retry:
            task.setdefault("retryPolicy", retried.retry)
    return pipeline, platform


def settings_of(name: str, execution: Execution) -> Settings:
    """What the SDK writes for one step.

    Args:
        name: Name of the step's component.
        execution: The spec's section.
    """
    config = dsl.PipelineConfig(
        ttl_seconds_after_finished=execution.ttl_s, active_deadline_seconds=execution.deadline_s
    )

    def alone() -> None:
        task = _BARE()
        step = execution.step(name)
        _ask(task, step, execution)
        for placement in (execution, step):
            _place(task, placement)
        _secure(task, execution)
        _label(task, name, execution)

    traced = dsl.pipeline(name="alone", pipeline_config=config)(alone)
    pipeline, platform = (json_format.MessageToDict(part) for part in (traced.pipeline_spec, traced.platform_spec))
    kubernetes_part = platform["platforms"]["kubernetes"]
    return Settings(
        resources=pipeline["deploymentSpec"]["executors"]["exec-bare"]["container"]["resources"],
        retry=pipeline["root"]["dag"]["tasks"]["bare"].get("retryPolicy", {}),
        pod=kubernetes_part["deploymentSpec"]["executors"]["exec-bare"],
        run=kubernetes_part["pipelineConfig"],
    )


def bare() -> dsl.ContainerSpec:
    """A component of nothing but a container."""
    return dsl.ContainerSpec(image="bare")


_BARE = dsl.container_component(bare)


def _step(label: str, container: Document) -> str:
    """The component's name, which KFP's executor is given last; the label has a number when it is used twice."""
    args = container.get("args", [])
    return str(args[-1]) if "--function_to_execute" in args else label.removeprefix("exec-")


def _resources(ours: Document, theirs: Document) -> Document:
    """What the author asked for and, of what the author said nothing about, ours: half of each may not fit together."""
    said = {kind for kind in ("cpu", "memory", "accelerator") for key in theirs if kind in key.lower()}
    return {**{key: value for key, value in ours.items() if not any(kind in key.lower() for kind in said)}, **theirs}


def _merged(ours: Any, theirs: Any) -> Any:
    """Both, all the way down; where they differ in a single value, theirs."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return {key: _merged(ours.get(key, item), theirs.get(key, item)) for key, item in {**ours, **theirs}.items()}
    if isinstance(ours, list) and isinstance(theirs, list):
        return [*ours, *(item for item in theirs if item not in ours)]
    return theirs


def _tasks(pipeline: Document) -> list[Document]:
    dags = [pipeline["root"]["dag"], *(part["dag"] for part in pipeline["components"].values() if "dag" in part)]
    return [task for dag in dags for task in dag["tasks"].values()]


def _ask(task: PipelineTask, step: Step, execution: Execution) -> None:
    task.set_cpu_request(step.cpu).set_cpu_limit(step.cpu_limit)
    task.set_memory_request(step.memory).set_memory_limit(step.memory)
    if step.gpu:
        task.set_accelerator_type(step.gpu_type).set_accelerator_limit(step.gpu)
    if step.retries:
        task.set_retry(
            step.retries,
            backoff_duration=f"{execution.backoff_s}s",
            backoff_factor=2.0,
            backoff_max_duration=f"{execution.deadline_s}s",
        )
    kubernetes.set_timeout(task, step.timeout_s)


def _place(task: PipelineTask, placement: Placement) -> None:
    for key, value in placement.node_selector.items():
        kubernetes.add_node_selector(task, key, value)
    for affinity in placement.affinity:
        _prefer(task, affinity)
    for toleration in placement.tolerations:
        _tolerate(task, toleration)


def _prefer(task: PipelineTask, affinity: Affinity) -> None:
    expressions = [expression.model_dump() for expression in affinity.expressions]
    kubernetes.add_node_affinity(task, match_expressions=expressions, weight=affinity.weight)


def _tolerate(task: PipelineTask, toleration: Toleration) -> None:
    kubernetes.add_toleration(
        task,
        key=toleration.key or None,
        operator=toleration.operator,
        value=toleration.value or None,
        effect=toleration.effect or None,
        toleration_seconds=toleration.seconds,
    )


def _secure(task: PipelineTask, execution: Execution) -> None:
    user = execution.user
    kubernetes.set_security_context(task, run_as_user=user, run_as_group=user, run_as_non_root=True)
    for secret in execution.secrets:
        if secret.env:
            kubernetes.use_secret_as_env(task, secret.name, secret.env, optional=secret.optional)
        if secret.mount:
            kubernetes.use_secret_as_volume(task, secret.name, secret.mount, optional=secret.optional)
    for volume in execution.volumes:
        kubernetes.mount_pvc(task, volume.claim, volume.mount)
    if execution.pull_secrets:
        kubernetes.set_image_pull_secrets(task, list(execution.pull_secrets))


def _label(task: PipelineTask, name: str, execution: Execution) -> None:
    own = {"app.kubernetes.io/part-of": "slipway", "app.kubernetes.io/component": name}
    for key, value in {**execution.labels, **own}.items():
        kubernetes.add_pod_label(task, key, value)
    for key, value in execution.annotations.items():
        kubernetes.add_pod_annotation(task, key, value)
