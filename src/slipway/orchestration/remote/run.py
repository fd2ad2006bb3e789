"""Runs in KFP: started once, looked at, cancelled."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from kfp_server_api import V2beta1Experiment, V2beta1Run, V2beta1RuntimeConfig

from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.version import Version


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be run, now or on a schedule.

    Attributes:
        version: The version of the pipeline.
        parameters: Its parameters.
        experiment_id: KFP's id of the experiment.
        service_account: Service account of the pods; empty for KFP's default.
        pipeline_root: URI below which artifacts are kept; empty for KFP's default.
    """

    version: Version
    parameters: Mapping[str, Any]
    experiment_id: str
    service_account: str = ""
    pipeline_root: str = ""

    @property
    def configuration(self) -> V2beta1RuntimeConfig:
        """Parameters and root as KFP takes them."""
        return V2beta1RuntimeConfig(parameters=dict(self.parameters), pipeline_root=self.pipeline_root or None)


def experiment(api: Api, name: str, namespace: str) -> tuple[str, bool]:
    """The id of an experiment, and whether it was made now.

    Args:
        api: KFP.
        name: Its name.
        namespace: The user's namespace; empty for none.
    """
    doing = f"create experiment {name!r}"
    made, new = api.once(
        doing,
        partial(
            api.look, doing, api.experiments.experiment_service_list_experiments, "experiments", name,
            namespace=namespace,
        ),
        partial(
            api.experiments.experiment_service_create_experiment,
            V2beta1Experiment(display_name=name, namespace=namespace or None),
        ),
    )  # fmt: skip
    return str(made.experiment_id), new


def start(api: Api, order: Order, name: str) -> str:
    """Starts a run.

    Args:
        api: KFP.
        order: What is to be run.
        name: A name that no other run has, so that an answer that was lost does not start it twice.

    Returns:
        The run's id.
    """
    doing = f"start run {name!r}"
    body = V2beta1Run(
        display_name=name,
        experiment_id=order.experiment_id,
        pipeline_version_reference=order.version.reference,
        runtime_config=order.configuration,
        service_account=order.service_account or None,
    )
    listed = partial(api.runs.run_service_list_runs, experiment_id=order.experiment_id)
    found, _ = api.once(
        doing,
        partial(api.look, doing, listed, "runs", name),
        partial(api.runs.run_service_create_run, body),
    )
    return str(found.run_id)


def get(api: Api, run_id: str) -> V2beta1Run:
    """A run as it is now.

    Args:
        api: KFP.
        run_id: Its id.
    """
    return api.ask(f"look at run {run_id!r}", api.runs.run_service_get_run, run_id)


def experiment_name(api: Api, experiment_id: str) -> str:
    """Name of an experiment.

    Args:
        api: KFP.
        experiment_id: Its id.
    """
    call = api.experiments.experiment_service_get_experiment
    return str(api.ask("look at the experiment", call, experiment_id).display_name)


def cancel(api: Api, run_id: str) -> None:
    """Asks KFP to end a run.

    Args:
        api: KFP.
        run_id: Its id.
    """
    api.ask(f"cancel run {run_id!r}", api.runs.run_service_terminate_run, run_id)


def link(dashboard: str, run_id: str) -> str:
    """The page of a run.

    Args:
        dashboard: Address of KFP's dashboard.
        run_id: The run.
    """
    return f"{dashboard.rstrip('/')}/#/runs/details/{run_id}"
