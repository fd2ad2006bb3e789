"""Pipelines as YAML: the same bytes for the same input."""

import re
import tempfile
from pathlib import Path
from typing import Any

import yaml
from kfp import compiler
from kfp.dsl.base_component import BaseComponent

from slipway.errors import PipelineError
from slipway.orchestration.images import COMPONENTS

_DIGEST = re.compile(r"^[^\s@]+@sha256:[0-9a-f]{64}$")


def to_yaml(pipeline: BaseComponent, image: str | None = None) -> str:
    """Compiles a pipeline.

    Args:
        pipeline: A KFP pipeline.
        image: Image of the components, by digest; None for the one that this release was made with.

    Returns:
        The compiled pipeline, as the KFP dashboard takes it.

    Raises:
        PipelineError: The image is not named by digest.
    """
    if image is not None and not _DIGEST.match(image):
        message = f"image {image!r} is not named by digest, so what runs could change: name it as NAME@sha256:…"
        raise PipelineError(message)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pipeline.yaml"
        compiler.Compiler().compile(pipeline, str(path))
        text = path.read_text(encoding="utf-8")
    return text if image is None else _with_image(text, image)


def _with_image(text: str, image: str) -> str:
    header = "".join(line for line in text.splitlines(keepends=True) if line.startswith("#"))
    documents = [_replaced(document, image) for document in yaml.safe_load_all(text)]
    return header + yaml.safe_dump_all(documents, sort_keys=True, allow_unicode=True)


def _replaced(node: Any, image: str) -> Any:
    if isinstance(node, dict):
        return {
            key: image if key == "image" and value == COMPONENTS else _replaced(value, image)
            for key, value in node.items()
        }
    return [_replaced(item, image) for item in node] if isinstance(node, list) else node
