"""``slipway drift``: is this table still like that one?"""

from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.options import AsJson


def drift(
    reference: Annotated[str, typer.Argument(help="A table, a bundle, or a reference profile (JSON).")],
    current: Annotated[str, typer.Argument(help="A table: a file, a glob or a folder of CSV or Parquet.")],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the report goes.")] = Path(
        "drift.html"
    ),
    warn: Annotated[float, typer.Option(help="PSI above which a column is named.", min=0)] = 0.2,
    alarm: Annotated[float, typer.Option(help="PSI above which a column counts as drifted.", min=0)] = 0.25,
    as_json: AsJson = False,
) -> None:
    """Compare a table with a reference and write a report; exits with 3 when a column drifted."""
    from slipway.spec import Drift, parse
    from slipway.steps.drift import between

    comparison = between(reference, current, parse({"warn": warn, "alarm": alarm}, Drift, where="the limits"), output)
    if as_json:
        typer.echo(comparison.to_json())
    else:
        typer.echo(comparison.sentence)
        for column in comparison.columns:
            if column.severity != "none":
                typer.echo(f"  {column.severity:<6}{column.name}: {column.sentence}")
        typer.echo(f"report: {output}")
    if comparison.severity == "alarm":
        raise typer.Exit(3)
