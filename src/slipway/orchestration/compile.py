"""Pipelines as YAML: the same bytes for the same input."""

import hashlib
import re
import tempfile
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler, components
from kfp.compiler.compiler_utils import KubernetesManifestOptions
from kfp.dsl.base_component import BaseComponent

from slipway.errors import PipelineError
from slipway.orchestration.execution import settle
from slipway.orchestration.images import COMPONENTS
from slipway.spec import Execution

_DIGEST = re.compile(r"^[^\s@]+@sha256:[0-9a-f]{64}$")


def to_yaml(pipeline: BaseComponent, image: str | None = None, execution: Execution | None = None) -> str:
    """Compiles a pipeline.

    Args:
        pipeline: A KFP pipeline.
        image: Image of the components, by digest; None for the one that ``make images`` builds.
        execution: How the steps run in a cluster; None for the defaults.

    Returns:
        The compiled pipeline, as the KFP dashboard takes it: the pipeline, and what only Kubernetes knows of it.

    Raises:
        PipelineError: The image is not named by digest.
    """
    text = _compiled(pipeline)
    documents = [_replaced(document, _checked(image)) for document in yaml.safe_load_all(text)]
    document, platform = documents if len(documents) > 1 else (documents[0], {})
    settled = settle(document, platform, execution or Execution())
    header = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    return header + yaml.safe_dump_all(settled, sort_keys=True, allow_unicode=True)


def to_manifests(text: str) -> str:
    """A compiled pipeline as Kubernetes objects, for a KFP that keeps its pipelines in Kubernetes.

    Args:
        text: What ``to_yaml`` gave.

    Returns:
        A Pipeline and a PipelineVersion that is named after its content, so that applying it twice changes nothing.
    """
    pipeline = components.load_component_from_text(text)
    options = KubernetesManifestOptions(
        pipeline_name=pipeline.name,
        pipeline_display_name=pipeline.name,
        pipeline_version_name=f"{pipeline.name}-{hashlib.sha256(text.encode()).hexdigest()[:12]}",
        include_pipeline_manifest=True,
    )
    return _compiled(pipeline, kubernetes_manifest_format=True, kubernetes_manifest_options=options)


def component_yaml(component: BaseComponent) -> str:
    """One component as a file that ``kfp.components.load_component_from_file`` or ``_from_url`` takes.

    Args:
        component: A KFP component.
    """
    return _compiled(component)


def _compiled(pipeline: BaseComponent, **options: Any) -> str:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(path), **options)
        return path.read_text(encoding="utf-8")


def _checked(image: str | None) -> str:
    if image is None:
        return COMPONENTS
    if not _DIGEST.match(image):
        message = f"image {image!r} is not named by digest, so what runs could change: name it as NAME@sha256:…"
        raise PipelineError(message)
    return image


def _replaced(node: Any, image: str) -> Any:
    if isinstance(node, dict):
        return {
            key: image if key == "image" and value == COMPONENTS else _replaced(value, image)
            for key, value in node.items()
        }
    return [_replaced(item, image) for item in node] if isinstance(node, list) else node
