"""A README for each component, made from its docstring."""

import re
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from kfp.dsl.base_component import BaseComponent


def readme(component: BaseComponent) -> str:
    """The README of a component.

    Args:
        component: A KFP component.

    Returns:
        Markdown: what it does, its inputs and outputs with type, default and description, how to use it.
    """
    environment = Environment(
        loader=PackageLoader("slipway.orchestration"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - Markdown made from our own docstrings
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    environment.filters["cell"] = _cell
    environment.filters["kind"] = _kind
    spec = component.component_spec
    text = environment.get_template("component.md").render(
        name=component.name, spec=spec, inputs=spec.inputs or {}, outputs=spec.outputs or {}
    )
    return re.sub(r"(?<!`)``(?!`)", "`", text)


def _cell(text: str | None) -> str:
    return " ".join((text or "").split()).replace("|", "\\|")


def _kind(spec: Any) -> str:
    return str(spec.type).removeprefix("system.").removeprefix("typing.").split("@")[0]
