"""The step ``deploy``."""

import logging
import os
from pathlib import Path
from typing import Any

from slipway.bundle.load import load
from slipway.errors import SpecError
from slipway.spec import Spec, parse
from slipway.steps.events import step

logger = logging.getLogger(__name__)

TARGETS = ("auto", "local", "kubernetes")


@step
def deploy(
    fields: dict[str, Any], *, bundle: str, to: str = "auto", context: str = "", state: str = "", run: str = ""
) -> str:
    """Serves a bundle and waits until it answers.

    Args:
        fields: Fields of the spec: name, registry, serving.
        bundle: The bundle's folder.
        to: ``kubernetes``, ``local``, or ``auto``: the cluster that the step itself runs in, else this machine.
        context: The kubeconfig context; empty inside a cluster.
        state: File that remembers the local server; empty for one in the working directory.
        run: Name of the run, for the record.

    Returns:
        Where predictions are answered.

    Raises:
        SpecError: ``to`` is none of the above.
        RolloutError: The server or the cluster can't do it; the sentence says why.
    """
    spec = parse({"data": "-", "target": "-", **fields}, Spec)
    if to not in TARGETS:
        message = f"parameter 'to' is {to!r}; it should be one of {', '.join(TARGETS)}"
        raise SpecError(message)
    in_cluster = "KUBERNETES_SERVICE_HOST" in os.environ
    if to == "kubernetes" or (to == "auto" and in_cluster):
        return _to_kubernetes(spec, Path(bundle), context, run)
    return _to_this_machine(spec, Path(bundle), Path(state or f".slipway/servers/{spec.name}.json"))
