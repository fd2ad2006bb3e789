"""``slipway rollout``: the cluster side, for people on call."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from slipway.cli.options import DEFAULT_SPEC, AsJson, SpecFile

if TYPE_CHECKING:
    from slipway.rollout.api import Cluster
    from slipway.rollout.control import Status
    from slipway.rollout.revision import Revision

Context = Annotated[str, typer.Option("--context", help="The kubeconfig context. No other cluster is ever touched.")]
Name = Annotated[str, typer.Option("--name", help="Name of the model.", show_default="the spec's")]
Namespace = Annotated[str, typer.Option("--namespace", help="Where it is served.", show_default="the spec's")]
Why = Annotated[str, typer.Option("--reason", help="Why, for the record.")]
Seconds = Annotated[int, typer.Option("--timeout", min=5, help="Seconds that the pods may take.")]

app = typer.Typer(
    help="What is served in a cluster: look at it, move it on, take it back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def status(
    context: Context, spec: SpecFile = DEFAULT_SPEC, name: Name = "", namespace: Namespace = "", as_json: AsJson = False
) -> None:
    """Show what is served, by which pods, and how far a rollout is."""
    from slipway.rollout import control

    cluster, model = _named(context, spec, name, namespace)
    found = control.status(cluster, model, _champion(spec, name))
    if as_json:
        _print(_plain(found))
    else:
        _show_status(found)


@app.command()
def history(
    context: Context, spec: SpecFile = DEFAULT_SPEC, name: Name = "", namespace: Namespace = "", as_json: AsJson = False
) -> None:
    """List the revisions: which bundle, brought by whom, why, and what became of it."""
    from slipway.rollout import control

    cluster, model = _named(context, spec, name, namespace)
    found = control.history(cluster, model)
    if as_json:
        _print([_revision(item) for item in found])
    else:
        _show_history(found)


@app.command()
def promote(
    context: Context,
    spec: SpecFile = DEFAULT_SPEC,
    name: Name = "",
    namespace: Namespace = "",
    timeout: Seconds = 300,
    as_json: AsJson = False,
) -> None:
    """Move a canary to its next step now, whatever its analysis says, or give a revision on trial all the traffic."""
    from slipway.rollout import control

    cluster, model = _named(context, spec, name, namespace)
    _say(control.promote(cluster, model, timeout), as_json)


@app.command()
def verdict(
    outcomes: Annotated[str, typer.Argument(help="Table of outcomes: CSV or Parquet at any URI.")],
    variant: Annotated[str, typer.Option("--variant", help="Column that says stable or challenger.")] = "variant",
    outcome: Annotated[str, typer.Option("--outcome", help="Column of outcomes; higher is better.")] = "outcome",
    expected: Annotated[float, typer.Option("--expected", min=0, help="Difference that one hopes to see.")] = 0.0,
    confidence: Annotated[float, typer.Option("--confidence", min=0.5, max=0.999)] = 0.95,
    as_json: AsJson = False,
) -> None:
    """Judge an A/B test by its outcomes; the verdict holds however often one looks."""
    from slipway.rollout import experiment
    from slipway.rollout.outcomes import read

    found = experiment.verdict(*read(outcomes, variant, outcome), confidence, expected)
    if as_json:
        _print(asdict(found))
    else:
        typer.echo(f"{found.decision}: {found.sentence}")


@app.command()
def pause(
    context: Context, spec: SpecFile = DEFAULT_SPEC, name: Name = "", namespace: Namespace = "", as_json: AsJson = False
) -> None:
    """Keep the canary that is under way at its share until it is promoted or aborted."""
    from slipway.rollout import control

    cluster, model = _named(context, spec, name, namespace)
    control.ask(cluster, model, paused=True)
    _say("asked the rollout to stay as it is", as_json)


@app.command()
def abort(
    context: Context,
    spec: SpecFile = DEFAULT_SPEC,
    name: Name = "",
    namespace: Namespace = "",
    timeout: Seconds = 300,
    as_json: AsJson = False,
) -> None:
    """End the rollout that is under way, or was left half done; the last good revision gets all the traffic."""
    from slipway.rollout import control

    cluster, model = _named(context, spec, name, namespace)
    _say(control.abort(cluster, model, timeout), as_json)


@app.command()
def undo(
    context: Context,
    to: Annotated[int, typer.Option("--to", help="Number of the revision.", show_default="the one before")] = 0,
    why: Why = "",
    spec: SpecFile = DEFAULT_SPEC,
    name: Name = "",
    namespace: Namespace = "",
    timeout: Seconds = 300,
    as_json: AsJson = False,
) -> None:
    """Serve an earlier revision again; needs neither registry nor KFP."""
    from slipway.rollout import control

    cluster, model = _named(context, spec, name, namespace)
    served = control.undo(cluster, model, timeout, to or None, why)
    if as_json:
        _print(_revision(served))
    else:
        typer.echo(f"{model}: {served.title} is served again")


def _named(context: str, spec: Path, name: str, namespace: str) -> tuple["Cluster", str]:
    """The cluster, and the model's name; the spec is read only when it is needed for one of them."""
    from slipway.rollout.api import Cluster
    from slipway.spec import load

    if not (name and namespace):
        checked = load(spec)
        name, namespace = name or checked.name, namespace or checked.serving.namespace
    return Cluster.connect(context, namespace), name


def _champion(spec: Path, name: str) -> str:
    """Digest of the registry's champion; empty when no spec is there to say where the registry is."""
    from slipway.errors import SlipwayError
    from slipway.registry.folder import Registry
    from slipway.spec import load

    if not spec.is_file():
        return ""
    checked = load(spec)
    if not checked.registry or (name and name != checked.name):
        return ""
    try:
        champion = Registry(checked.registry).champion(checked.name)
    except SlipwayError as error:
        typer.echo(f"the registry can't be asked: {error}", err=True)
        return ""
    return champion.digest if champion else ""


def _say(sentence: str, as_json: bool) -> None:
    if as_json:
        _print({"said": sentence})
    else:
        typer.echo(sentence)


def _print(content: Any) -> None:
    typer.echo(json.dumps(content, ensure_ascii=False))


def _revision(item: "Revision") -> dict[str, Any]:
    plain = asdict(item)
    del plain["objects"]
    return plain


def _plain(found: "Status") -> dict[str, Any]:
    plain = asdict(found)
    plain["serving"] = _revision(found.serving) if found.serving else None
    return plain


def _show_status(found: "Status") -> None:
    console = Console(highlight=False)
    serving = found.serving
    console.print(f"{found.name}: {serving.title if serving else 'no revision was ever good'}", style="bold")
    if serving:
        console.print(f"  since {serving.since[:19]}Z, run {serving.run or '-'}, by {serving.who or '-'} {serving.why}")
    table = Table(box=None, padding=(0, 2, 0, 2), header_style="dim")
    for title in ("pods of", "bundle", "ready", "gets requests"):
        table.add_column(title)
    for track in found.tracks:
        routed = found.routed in ("both", "canary" if track.name.endswith("-canary") else "stable")
        table.add_row(track.name, track.digest[:12], f"{track.ready} of {track.wanted}", "yes" if routed else "no")
    console.print(table)
    progress = found.progress
    if progress.revision:
        paused = ", paused" if progress.paused else ""
        console.print(f"  rollout of revision {progress.revision} ({progress.strategy}): {progress.phase}{paused}")
        for sentence in progress.analysis:
            console.print(f"    {sentence}")
        console.print(f"    held by {found.holder or 'nobody'}")
    for remark in found.remarks:
        console.print(f"  ! {remark}", style="yellow")


def _show_history(found: "list[Revision]") -> None:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("revision", "bundle", "state", "since", "run", "by", "why"):
        table.add_column(title)
    for item in found:
        why = "; ".join(filter(None, [item.why, item.reason]))
        table.add_row(str(item.number), item.digest[:12], item.state, item.since[:19], item.run, item.who, why)
    Console(highlight=False).print(table)
