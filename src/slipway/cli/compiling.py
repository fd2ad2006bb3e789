"""``slipway compile``: the pipelines as YAML."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from slipway.cli.options import DEFAULT_SPEC, SpecArgument, chosen

if TYPE_CHECKING:
    from slipway.spec import Execution


def compile_pipelines(
    file: SpecArgument = None,
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder to write to.")] = Path(
        "pipelines/compiled"
    ),
    image: Annotated[
        str | None,
        typer.Option(
            "--image",
            metavar="NAME@sha256:…",
            help="Image of the components.",
            show_default="what 'make images' builds",
        ),
    ] = None,
    spec: Annotated[
        Path | None,
        typer.Option(
            "--spec",
            metavar="FILE",
            help="Spec whose execution section says what the steps get.",
            show_default="./slipway.yaml, or the defaults where there is none",
        ),
    ] = None,
    form: Annotated[
        Literal["pipeline", "kubernetes"],
        typer.Option("--format", help="A file for the KFP dashboard, or objects for kubectl apply."),
    ] = "pipeline",
) -> None:
    """Write every pipeline as YAML; the same input gives the same bytes."""
    from slipway import pipelines
    from slipway.data import storage
    from slipway.orchestration.compile import to_manifests, to_yaml
    from slipway.orchestration.images import COMPONENTS

    execution = _execution(file, spec)
    if image is None:
        tell_local_image("--image", "the steps run in", COMPONENTS)
    for name in pipelines.__all__:
        text = to_yaml(getattr(pipelines, name), image, execution)
        path = output / f"{name}.yaml"
        storage.write_text(path, to_manifests(text) if form == "kubernetes" else text)
        typer.echo(path)


def tell_local_image(setting: str, use: str, image: str) -> None:
    """Says that no image is named, and which one of this machine stands in, which is in no registry.

    Args:
        setting: What would name one.
        use: What the image is for.
        image: The image.
    """
    typer.echo(f"no {setting} is named, so {use} {image}, which the cluster's nodes must have already", err=True)


def _execution(file: Path | None, spec: Path | None) -> "Execution":
    from slipway.spec import Execution, load

    if file is None and spec is None and not DEFAULT_SPEC.exists():
        return Execution()
    return load(chosen(file, spec or DEFAULT_SPEC)).execution
