"""``slipway init`` and ``slipway schema``: writing a spec, and the schemas of what is read and written."""

import json
import os
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from slipway.cli.options import DEFAULT_SPEC, SpecFile
from slipway.errors import StorageError


def init(
    data: Annotated[str, typer.Argument(help="The table: a file, a glob or a folder of CSV or Parquet, or a URI.")],
    target: Annotated[str, typer.Option("--target", help="The column to predict.")],
    name: Annotated[str, typer.Option("--name", help="Name of the model.", show_default="the data's name")] = "",
    spec: SpecFile = DEFAULT_SPEC,
    force: Annotated[bool, typer.Option("--force", help="Replace a spec that is there.")] = False,
) -> None:
    """Look at the data and write a commented spec."""
    from slipway.data import draft, storage

    if spec.exists() and not force:
        message = f"there is a spec at {str(spec)!r} already; replace it with --force, or name another with --spec"
        raise StorageError(message)
    text = draft.draft(data, target, name, data=_from(data, spec))
    storage.write_text(spec, text)
    typer.echo(f"wrote {spec}; read it, then: slipway run" + ("" if spec == DEFAULT_SPEC else f" --spec {spec}"))


def _from(data: str, spec: Path) -> str:
    """The data as the spec names it: a local path is taken from the spec's folder."""
    return data if "://" in data else os.path.relpath(Path(data).expanduser(), spec.resolve().parent)


def schema(
    what: Annotated[Literal["spec", "drift"], typer.Argument(help="The spec, or what 'drift --json' prints.")] = "spec",
    output: Annotated[Path | None, typer.Option("--output", help="A file to write.", show_default="stdout")] = None,
) -> None:
    """Print the JSON Schema of a spec, for editors, or of drift findings, for programs."""
    from slipway.data import storage

    text = json.dumps(_schema(what), indent=2) + "\n"
    if output is None:
        typer.echo(text, nl=False)
    else:
        storage.write_text(output, text)


def _schema(what: str) -> dict[str, Any]:
    from slipway.spec import Spec
    from slipway.spec.published import schema_of

    if what == "spec":
        return Spec.model_json_schema()
    from slipway.drift.schema import Document

    return schema_of(Document, "Drift findings")
