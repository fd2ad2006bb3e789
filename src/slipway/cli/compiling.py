"""``slipway compile``: the pipelines as YAML."""

from pathlib import Path
from typing import Annotated

import typer


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
) -> None:
    """Write every pipeline as YAML that the KFP dashboard takes; the same input gives the same bytes."""
    from slipway import pipelines
    from slipway.data import storage
    from slipway.orchestration.compile import to_yaml

    for name in pipelines.__all__:
        path = output / f"{name}.yaml"
        storage.write_text(path, to_yaml(getattr(pipelines, name), image))
        typer.echo(path)
