"""``slipway score``: predictions for a table of any size."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from slipway.cli.options import AsJson


def score(
    bundle: Annotated[str, typer.Argument(help="A bundle: a folder, a URI, or REGISTRY/NAME for the champion.")],
    data: Annotated[str, typer.Argument(metavar="IN", help="The table: CSV or Parquet; a file, a glob, a folder.")],
    output: Annotated[str, typer.Argument(metavar="OUT", help="The file to write: .parquet or .csv, at any URI.")],
    keep: Annotated[list[str] | None, typer.Option("--keep", help="A column to keep beside the predictions.")] = None,
    on_error: Annotated[
        str, typer.Option(metavar="fail|null", help="What to do with a row that can't be used.")
    ] = "fail",
    as_json: AsJson = False,
) -> None:
    """Predict every row of a table: the same results as the server's, in bounded memory."""
    from slipway.errors import ServingError
    from slipway.steps.score import score as run

    if on_error not in ("fail", "null"):
        message = f"--on-error is {on_error!r}; it should be fail or null"
        raise ServingError(message)
    with Console(stderr=True).status("scoring") as status:
        done = run(
            bundle,
            data,
            output,
            keep or (),
            "null" if on_error == "null" else "fail",
            lambda rows: status.update(f"scoring: {rows:,} rows"),
        )
    if as_json:
        typer.echo(json.dumps({**asdict(done), "output": output}))
    else:
        null = f", {done.bad:,} of them null" if done.bad else ""
        typer.echo(f"scored {done.rows:,} rows{null} with {done.version}: {output}")
