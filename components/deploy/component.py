"""The KFP door to the step ``deploy``."""

from typing import Any, Dict, NamedTuple

from kfp import dsl
from kfp.dsl import Input, Model


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def deploy(
    bundle: Input[Model],
    name: str = "model",
    registry: str = "",
    to: str = "auto",
    context: str = "",
    serving: Dict[str, Any] = {},
    rollout: Dict[str, Any] = {},
    state: str = "",
    run: str = "",
    job: str = "",
    reason: str = "",
) -> NamedTuple("Outputs", [("endpoint", str)]):
    """Serves a bundle: a Deployment and a Service in a cluster, or a server on this machine; waits until it answers.

    Args:
        bundle: A bundle that ``evaluate`` wrote.
        name: Name of the Deployment and the Service.
        registry: Registry that the bundle was published in; pods fetch it there when they can reach it.
        to: kubernetes, local, or auto: the cluster that the step itself runs in, else a server on this machine.
        context: The kubeconfig context to apply to; empty inside a cluster. No other cluster is ever touched.
        serving: host, port, namespace, image, replicas, cpu, memory, timeout_s where the defaults do not fit.
        rollout: strategy, steps, step_s, hold_s, grace_s, keep, analysis, where others fit.
        state: File that remembers the server on this machine; empty for one in the working directory.
        run: Name of the run, for the record.
        job: KFP's id of the run, for the record where run is empty.
        reason: Why it is deployed, for the record.

    Returns:
        endpoint: Where the predictions are answered.
    """
    from slipway.steps.deploy import deploy

    endpoint = deploy(
        {"name": name, "registry": registry, "serving": serving, "rollout": rollout},
        bundle=bundle.path,
        to=to,
        context=context,
        state=state,
        run=run or job,
        reason=reason,
    )
    return (endpoint,)
