"""The step ``deploy``."""

import os
from pathlib import Path
from typing import Any

from slipway import __version__
from slipway.bundle import manifest as manifests
from slipway.errors import SpecError
from slipway.registry.folder import Registry
from slipway.rollout import local
from slipway.spec import Spec, parse
from slipway.steps.events import step

IMAGE = f"localhost/slipway/server:{__version__}"
"""Image that the model is served from in a cluster, unless the spec names another one: what ``make images`` builds."""

TARGETS = ("auto", "local", "kubernetes")


@step
def deploy(
    fields: dict[str, Any],
    *,
    bundle: str,
    to: str = "auto",
    context: str = "",
    state: str = "",
    run: str = "",
    reason: str = "",
) -> str:
    """Serves a bundle and waits until it answers.

    Args:
        fields: Fields of the spec: name, registry, serving, rollout.
        bundle: The bundle's folder; when a registry is given, the bundle is taken from there.
        to: ``kubernetes``, ``local``, or ``auto``: the cluster that the step itself runs in, else this machine.
        context: The kubeconfig context; empty inside a cluster.
        state: File that remembers the local server; empty for one in the working directory.
        run: Name of the run, for the record.
        reason: Why it is deployed, for the record.

    Returns:
        Where predictions are answered.

    Raises:
        SpecError: ``to`` is none of the above.
        BundleError: The bundle is refused.
        ServingError, RolloutError: The server or the cluster can't do it; the sentence says why.
    """
    spec = parse({"data": "-", "target": "-", **fields}, Spec)
    if to not in TARGETS:
        message = f"parameter 'to' is {to!r}; it should be one of {', '.join(TARGETS)}"
        raise SpecError(message)
    if to == "auto":
        to = "kubernetes" if "KUBERNETES_SERVICE_HOST" in os.environ else "local"
    digest = manifests.read(Path(bundle)).digest
    uri = Registry(spec.registry).uri_of(spec.name, digest) if fields.get("registry") else bundle
    return serve(spec, uri, digest, to, context, Path(state or f".slipway/servers/{spec.name}.json"), run, reason)


def serve(spec: Spec, uri: str, digest: str, to: str, context: str, state: Path, run: str, reason: str = "") -> str:
    """Serves a bundle on this machine or in a cluster; nothing happens when it is served there already.

    Args:
        spec: The spec: name, registry, serving.
        uri: The bundle.
        digest: Its digest.
        to: ``local`` or ``kubernetes``.
        context: The kubeconfig context; empty inside a cluster.
        state: File that remembers the local server.
        run: Name of the run, for the record.
        reason: Why it is deployed, for the record.

    Returns:
        Where predictions are answered.
    """
    if to == "local":
        return local.launch(uri, digest, spec.serving, state)
    from slipway.rollout import cluster  # loads the Kubernetes client, which a local run does not need

    return cluster.deploy(uri, digest, spec, context, spec.serving.image or IMAGE, run, reason)
