"""``slipway drift``: is this table still like that one?"""

from pathlib import Path
from typing import Annotated, Any

import typer

from slipway.cli.options import AsJson


def drift(
    reference: Annotated[str, typer.Argument(help="A table, a bundle, or a reference profile (JSON).")],
    current: Annotated[str, typer.Argument(help="A table: a file, a glob or a folder of CSV or Parquet.")],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="Where the report goes.")] = Path(
        "drift.html"
    ),
    spec: Annotated[
        Path | None, typer.Option("--spec", metavar="FILE", help="A spec whose drift section holds.")
    ] = None,
    warn: Annotated[
        float | None, typer.Option(help="PSI above which a column is named.", min=0, show_default="the spec's")
    ] = None,
    alarm: Annotated[
        float | None,
        typer.Option(help="PSI above which a column counts as drifted.", min=0, show_default="the spec's"),
    ] = None,
    truth: Annotated[
        str, typer.Option(metavar="COLUMN", help="The column of what really was; the current table may lack it.")
    ] = "",
    prediction: Annotated[
        str, typer.Option(metavar="COLUMN", help="Predictions: classes, numbers, or the positive class's probability.")
    ] = "",
    time: Annotated[str, typer.Option(metavar="COLUMN", help="The column that orders rows in time.")] = "",
    positive: Annotated[
        str, typer.Option(metavar="CLASS", help="The positive class.", show_default="the last in sorting order")
    ] = "",
    window: Annotated[int | None, typer.Option(help="Rows of a window of scores.", min=0)] = None,
    classifier: Annotated[
        bool | None, typer.Option(help="Also try to tell two tables apart by a classifier.", show_default="on")
    ] = None,
    prometheus: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also write metrics for a textfile collector.")
    ] = None,
    gateway: Annotated[str, typer.Option(metavar="HOST:PORT", help="Also push metrics to a Pushgateway.")] = "",
    name: Annotated[str, typer.Option(help="What the report and the metrics call this.")] = "",
    fail: Annotated[bool, typer.Option("--fail", help="Exit with 3 when something drifted.")] = False,
    as_json: AsJson = False,
) -> None:
    """Compare a table with a reference and write a report."""
    from slipway.data import storage
    from slipway.drift import prometheus as metrics
    from slipway.drift.named import Named
    from slipway.drift.report import report
    from slipway.steps.between import between

    given = {"warn": warn, "alarm": alarm, "window": window, "classifier": classifier}
    limits = _limits(spec, {field: value for field, value in given.items() if value is not None})
    found = between(reference, current, limits, Named(truth, prediction, time, positive))
    storage.write_text(output, report(found, name or current, reference))
    if prometheus is not None:
        storage.write_bytes(str(prometheus), metrics.text(found, name or "drift"))
    if gateway:
        metrics.push(found, name or "drift", gateway)
    if as_json:
        typer.echo(found.to_json())
    else:
        _tell(found, output)
    if fail and found.drifted:
        raise typer.Exit(3)


def _limits(spec: Path | None, given: dict[str, Any]) -> Any:
    from slipway.spec import Drift, load, parse

    section = load(spec).drift if spec else Drift()
    return parse({**section.model_dump(), **given}, Drift, where="the limits")


def _tell(found: Any, output: Path) -> None:
    for part, (severity, sentence) in found.parts.items():
        typer.echo(f"{severity:<6}{part}: {sentence}")
    for missing in found.data.missing:
        typer.echo(f"  alarm {missing}: {found.data.retyped.get(missing, 'not in the current data')}")
    for column in found.data.columns:
        if column.severity != "none":
            typer.echo(f"  {column.severity:<6}{column.name}: {column.sentence}")
    if found.data.added:
        typer.echo(f"note: the reference does not have: {', '.join(map(repr, found.data.added))}")
    for note in found.notes:
        typer.echo(f"note: {note}")
    typer.echo(f"report: {output}")
