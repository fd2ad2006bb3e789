"""``slipway compile``: the pipelines as YAML."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from slipway.cli.options import DEFAULT_SPEC

if TYPE_CHECKING:
    from slipway.spec import Execution


def compile_pipelines(
    output: Annotated[Path, typer.Option("--output", metavar="DIR", help="Folder to write to.")] = Path(
        "pipelines/compiled"
    ),
    image: Annotated[
        str | None,
        typer.Option(
            "--image", metavar="NAME@sha256:…", help="Image of the components.", show_default="this release's"
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

    execution = _execution(spec)
    for name in pipelines.__all__:
        text = to_yaml(getattr(pipelines, name), image, execution)
        path = output / f"{name}.yaml"
        storage.write_text(path, to_manifests(text) if form == "kubernetes" else text)
        typer.echo(path)


def _execution(spec: Path | None) -> "Execution":
    from slipway.spec import Execution, load

    if spec is None and not DEFAULT_SPEC.exists():
        return Execution()
    return load(spec or DEFAULT_SPEC).execution
