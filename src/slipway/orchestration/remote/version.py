"""A pipeline and its versions in KFP; the same content is uploaded once."""

import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from kfp_server_api import V2beta1Pipeline, V2beta1PipelineVersionReference

from slipway import __version__
from slipway.errors import PipelineError
from slipway.orchestration.remote.api import Api
from slipway.orchestration.remote.package import Package


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a pipeline in KFP.

    Attributes:
        name: Its name.
        pipeline_id: KFP's id of the pipeline.
        version_id: KFP's id of the version.
        uploaded: Whether it was not there before.
    """

    name: str
    pipeline_id: str
    version_id: str
    uploaded: bool

    @property
    def reference(self) -> V2beta1PipelineVersionReference:
        """The version as a run refers to it."""
        return V2beta1PipelineVersionReference(pipeline_id=self.pipeline_id, pipeline_version_id=self.version_id)


def fetch(api: Api, reference: V2beta1PipelineVersionReference) -> tuple[str, Package]:
    """Name and content of a version that KFP has.

    Args:
        api: KFP.
        reference: The version.

    Raises:
        PipelineError: It is no pipeline of KFP v2.
        RefusalError: KFP refuses, or is away.
    """
    found = api.ask(
        "look at the pipeline's version",
        api.pipelines.pipeline_service_get_pipeline_version,
        reference.pipeline_id,
        reference.pipeline_version_id,
    )
    spec = found.pipeline_spec or {}
    try:
        return str(found.display_name), Package.of(spec.get("pipeline_spec", spec), "")
    except (KeyError, TypeError, AttributeError):
        message = f"version {found.display_name!r} is no pipeline that was compiled for KFP v2"
        raise PipelineError(message) from None


def upload(api: Api, package: Package, namespace: str) -> Version:
    """Makes sure that KFP has a package as a version that is named after its content.

    Args:
        api: KFP.
        package: The compiled pipeline.
        namespace: Whose pipeline it is, where KFP has several users; empty for everybody's.

    Raises:
        RefusalError: KFP refuses, or is away.
    """
    doing = f"create pipeline {package.name!r}"
    listed = api.pipelines.pipeline_service_list_pipelines
    pipeline = V2beta1Pipeline(display_name=package.name, namespace=namespace or None)
    made, _ = api.once(
        doing,
        partial(api.look, doing, listed, "pipelines", package.name, namespace=namespace),
        partial(api.pipelines.pipeline_service_create_pipeline, pipeline),
    )
    doing = f"upload version {package.version!r}"
    listed = partial(api.pipelines.pipeline_service_list_pipeline_versions, made.pipeline_id)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{package.name}.yaml")
        file.write_text(package.text, encoding="utf-8")
        version, uploaded = api.once(
            doing,
            partial(api.look, doing, listed, "pipeline_versions", package.version),
            partial(
                api.uploads.upload_pipeline_version,
                str(file),
                name=package.version,
                pipelineid=made.pipeline_id,
                description=f"slipway {__version__}, sha256 {package.digest}",
            ),
        )
    return Version(package.version, made.pipeline_id, version.pipeline_version_id, uploaded)
