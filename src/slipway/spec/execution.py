"""How the steps of a compiled pipeline run in a cluster."""

import re
from typing import Annotated, Any, Literal, cast

from pydantic import Field, model_validator

from slipway.spec.section import Section
from slipway.spec.volume import Folder, Volume

Cpu = Annotated[str, Field(pattern=r"^([0-9]+(\.[0-9]+)?|[0-9]+m)$")]
Memory = Annotated[str, Field(pattern=r"^[1-9][0-9]*(Ki|Mi|Gi|Ti|K|M|G|T)$")]
Text = Annotated[str, Field(min_length=1)]
Variable = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
LabelKey = Annotated[
    str, Field(pattern=r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?/)?[A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?$")
]
LabelValue = Annotated[str, Field(pattern=r"^([A-Za-z0-9]([-._A-Za-z0-9]{0,61}[A-Za-z0-9])?)?$")]
StepName = Literal["validate", "drift", "featurize", "train", "evaluate", "register", "deploy"]

_VOLUME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$")


class Requirement(Section):
    """What a label of a node must be."""

    key: Text
    """The label."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] = "In"
    """How it is compared."""
    values: list[str] = []
    """What with."""


class Affinity(Section):
    """Nodes that a pod must or should run on."""

    expressions: list[Requirement] = Field(min_length=1)
    """Requirements that all hold on such a node."""
    weight: int | None = Field(default=None, ge=1, le=100)
    """How much such a node is preferred; null: no other node will do."""


class Toleration(Section):
    """A taint of nodes that a pod may run on all the same."""

    key: str = ""
    """The taint; empty, with Exists, for every one."""
    operator: Literal["Equal", "Exists"] = "Equal"
    """How its value is compared."""
    value: str = ""
    """What with."""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""
    """The taint's effect; empty for every one."""
    seconds: int | None = Field(default=None, ge=0)
    """For NoExecute, how long a pod stays; null for as long as it likes."""


class Placement(Section):
    """Which nodes pods run on."""

    node_selector: dict[LabelKey, LabelValue] = {}
    """Labels that a node must have."""
    affinity: list[Affinity] = []
    """Nodes that are required or preferred."""
    tolerations: list[Toleration] = []
    """Taints that do not keep pods away."""


class Step(Placement):
    """What the pods of one step get; where they run is added to what holds for all steps."""

    cpu: Cpu = "250m"
    """CPU that is asked for."""
    cpu_limit: Cpu = "2"
    """Most CPU; a step starts as many threads."""
    memory: Memory = "2Gi"
    """Memory that is asked for, and the most."""
    gpu: int = Field(default=0, ge=0)
    """Accelerators; the image must know what to do with them."""
    gpu_type: Text = "nvidia.com/gpu"
    """Kubernetes' name of the accelerator."""
    retries: int = Field(default=0, ge=0, le=10)
    """How often a failed step is tried again. KFP tries again after every failure, whatever the exit code."""
    timeout_s: int = Field(default=3600, ge=1)
    """Seconds after which a pod of the step is ended."""


class Secret(Section):
    """A Kubernetes Secret that every step sees; its values are in no parameter and no log."""

    name: Text
    """The Secret."""
    env: dict[Text, Variable] = {}
    """Its keys, and the environment variables that they become."""
    mount: Folder | Literal[""] = ""
    """Folder where its keys are files; empty for none."""
    optional: bool = False
    """Run without it where it is missing."""

    @model_validator(mode="after")
    def _is_seen_somewhere(self) -> "Secret":
        if not self.env and not self.mount:
            message = f"secret {self.name!r} needs env, mount or both"
            raise ValueError(message)
        return self


_SIZES: dict[str, dict[str, Any]] = {
    "drift": {"retries": 2},
    "featurize": {"retries": 2},
    "train": {"cpu": "1", "cpu_limit": "4", "memory": "4Gi", "retries": 2, "timeout_s": 4 * 3600},
    "register": {"memory": "1Gi", "timeout_s": 900},
    "deploy": {"memory": "1Gi", "timeout_s": 6 * 3600},
}
"""Where a step differs from the rest. A second try of validate, evaluate or deploy would overrule a gate that said no,
and one of register could publish twice."""


class Execution(Placement):
    """What ``slipway compile`` tells the cluster about every step."""

    steps: dict[StepName, Step] = {}
    """What a step gets, where the defaults do not fit."""
    backoff_s: int = Field(default=30, ge=1)
    """Seconds before a step is tried again; each time twice as many."""
    deadline_s: int = Field(default=12 * 3600, ge=1, le=2**31 - 1)
    """Seconds after which a whole run is ended, and with it every further try of a step."""
    ttl_s: int = Field(default=7 * 24 * 3600, ge=1, le=2**31 - 1)
    """Seconds for which the workflow and its pods are kept after a run; what KFP stores of it stays."""
    user: int = Field(default=65532, ge=1)
    """User and group that the steps run as."""
    labels: dict[LabelKey, LabelValue] = {}
    """Labels of every pod, besides slipway's own."""
    annotations: dict[LabelKey, str] = {}
    """Annotations of every pod."""
    secrets: list[Secret] = []
    """Secrets that every step sees, such as the storage's credentials."""
    volumes: list[Volume] = []
    """Claims that every step sees."""
    pull_secrets: list[Text] = []
    """Secrets for the registry that the image comes from."""

    @model_validator(mode="after")
    def _mounts_fit_into_one_pod(self) -> "Execution":
        mounted = [(item.name, item.mount) for item in self.secrets if item.mount]
        mounted += [(item.claim, item.mount) for item in self.volumes]
        for name, _ in mounted:
            if not _VOLUME.match(name):
                message = f"{name!r} can't be mounted: KFP names the pod's volume after it, which then has no dots"
                raise ValueError(message)
        all_of_them = [text for name, folder in mounted for text in (name, folder.rstrip("/"))]
        for text in all_of_them:
            if all_of_them.count(text) > 1:
                message = f"{text!r} is mounted twice by 'secrets' and 'volumes', and KFP's pods take it once"
                raise ValueError(message)
        return self

    @model_validator(mode="after")
    def _no_step_asks_for_more_than_its_limit(self) -> "Execution":
        for name, step in ((name, self.step(name)) for name in self.steps):
            if _cores(step.cpu) > _cores(step.cpu_limit):
                message = f"steps.{name} asks for cpu {step.cpu}, more than its cpu_limit {step.cpu_limit}: set both"
                raise ValueError(message)
        return self

    def step(self, name: str) -> Step:
        """What a step gets: what is set for it, else its own default, else everyone's.

        Args:
            name: Name of the step's component.
        """
        chosen = self.steps.get(cast(StepName, name), Step())
        return Step.model_validate({**_SIZES.get(name, {}), **chosen.model_dump(exclude_unset=True)})


def _cores(cpu: str) -> float:
    return float(cpu[:-1]) / 1000 if cpu.endswith("m") else float(cpu)
