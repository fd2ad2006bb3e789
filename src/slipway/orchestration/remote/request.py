"""What is to be run: a compiled pipeline, and values for its parameters from a spec and from flags."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from slipway.errors import SpecError
from slipway.orchestration import arguments
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.package import Package
from slipway.orchestration.remote.run import Order, experiment
from slipway.orchestration.remote.version import upload
from slipway.spec import Spec
from slipway.spec.execution import Secret


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be run.

    Attributes:
        package: The compiled pipeline.
        parameters: Its parameters.
        ignored: What the spec sets and the pipeline has no parameter for.
    """

    package: Package
    parameters: Mapping[str, Any]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where a run is put.

    Attributes:
        experiment: Name of the experiment.
        namespace: The user's namespace; empty for none.
        service_account: Service account of the pods; empty for KFP's default.
        pipeline_root: URI below which artifacts are kept; empty for KFP's default.
    """

    experiment: str
    namespace: str = ""
    service_account: str = ""
    pipeline_root: str = ""


def request(spec: Spec, package: Package, assignments: Iterable[str], **others: Any) -> Request:
    """Puts a pipeline and its parameters together.

    Args:
        spec: The spec.
        package: The compiled pipeline.
        assignments: ``NAME=VALUE`` of parameters that are to be other than the spec says.
        **others: Parameters that no spec holds: run, reason.

    Raises:
        SpecError: The spec names a path that pods don't have.
        PipelineError: A parameter is missing, or its value is not of its type.
        UnknownNameError: There is no such parameter.
    """
    chosen = dict(map(package.argument, assignments))
    said = {name: value for name, value in arguments.train_and_deploy(spec).items() if name not in chosen}
    known = {name: value for name, value in said.items() if name in package.parameters}
    _require_reachable(known, [*(item.mount for item in spec.execution.volumes), *_mounted(spec.execution.secrets)])
    usual = arguments.train_and_deploy(Spec(name=spec.name, data=spec.data, target=spec.target))
    ignored = sorted(name for name in said if name not in package.parameters and said[name] != usual[name])
    given = package.arguments({**said, **{name: value for name, value in others.items() if value}, **chosen})
    return Request(package, given, tuple(ignored))


def order(api: Api, wanted: Request, around: Surroundings) -> tuple[Order, bool]:
    """Uploads the pipeline and makes the experiment, where they are not there yet.

    Args:
        api: KFP.
        wanted: What is to be run.
        around: Where it is put.

    Returns:
        The order, and whether the experiment was made now.
    """
    version = upload(api, wanted.package, around.namespace)
    found, new = experiment(api, around.experiment, around.namespace)
    return Order(version, wanted.parameters, found, around.service_account, around.pipeline_root), new


def _mounted(secrets: Iterable[Secret]) -> list[str]:
    return [item.mount for item in secrets if item.mount]


def _require_reachable(given: Mapping[str, Any], mounts: Iterable[str]) -> None:
    folders = [mount.rstrip("/") for mount in mounts]
    places = {name: str(given.get(name, "")) for name in ("data", "registry")}
    places["search.storage"] = str(given.get("search", {}).get("storage", ""))
    for name, uri in places.items():
        path = uri.removeprefix("file://").rstrip("/")
        mounted = any(path == folder or path.startswith(f"{folder}/") for folder in folders)
        if uri and "://" not in uri.removeprefix("file://") and not mounted:
            alone = " (or to '' for a run that stands alone)" * (name != "data")
            message = (
                f"{name!r} is {uri!r}, a path of this machine, and the run's pods are elsewhere: set it to a URI "
                f"that they can read, such as s3://BUCKET/{name}{alone}, or to a path below a mount of 'execution'"
            )
            raise SpecError(message)
