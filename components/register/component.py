"""The KFP door to the step ``register``."""

from typing import NamedTuple

from kfp import dsl
from kfp.dsl import Input, Model


@dsl.component(base_image="localhost/slipway/python-components:0.1.0", install_kfp_package=False)
def register(
    bundle: Input[Model], name: str = "model", registry: str = "", champion: int = 0, run: str = "", job: str = ""
) -> NamedTuple("Outputs", [("version", int)]):
    """Publishes a bundle as a version in the registry and makes it the champion.

    Args:
        bundle: A bundle that ``evaluate`` wrote.
        name: Name of the model in the registry.
        registry: Folder at any fsspec URI; empty to keep no record.
        champion: Version that the bundle was compared with; when another one is champion by now, the step fails.
        run: Name of the run, for the record.
        job: KFP's id of the run, for the record where run is empty.

    Returns:
        version: The version's number; 0 without a registry.
    """
    from slipway.steps.register import register

    version = register({"name": name, "registry": registry}, bundle=bundle.path, champion=champion, run=run or job)
    return (version,)
