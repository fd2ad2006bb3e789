"""``slipway run``: the whole path from a table to a served model."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from slipway.cli.options import DEFAULT_SPEC, HOME, AsJson, SpecFile, server_state
from slipway.errors import SpecError

STEPS = ("validate", "drift", "featurize", "train", "evaluate", "register", "deploy")
"""Steps of the pipeline in the order in which the local runner takes them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run serves its model.

    Attributes:
        to: ``local`` or ``kubernetes``.
        context: The kubeconfig context, for a cluster.
    """

    to: str
    context: str


def run(
    spec: SpecFile = DEFAULT_SPEC,
    data: Annotated[str, typer.Option("--data", help="Another table than the spec's.", show_default="the spec's")] = "",
    to: Annotated[
        Literal["local", "kubernetes"], typer.Option("--to", help="Where to serve: this machine, or a cluster.")
    ] = "local",
    context: Annotated[
        str, typer.Option("--context", help="The kubeconfig context; needed with --to kubernetes.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Validate, featurize, train, evaluate and, if the new model earns it, deploy.

    Exits with 0 when the new model was promoted or the champion was kept, with 3 when a gate refused the new model, and
    with 2 when something has to be mended first.
    """
    from slipway.spec import load

    place = _place(to, context)
    checked = load(spec)
    if data:
        checked = checked.model_copy(update={"data": data})
    console = Console(stderr=as_json)
    outcome = _pipeline(checked, place, console)
    if as_json:
        typer.echo(json.dumps(outcome.to_dict(), ensure_ascii=False))
    else:
        outcome.show(console)
    if outcome.verdict.outcome == "refused":
        raise typer.Exit(3)


def _place(to: str, context: str) -> Place:
    if to == "kubernetes" and not context:
        message = "no cluster is named: say which one with --context NAME (kubectl config get-contexts lists them)"
        raise SpecError(message)
    if to == "local" and context:
        message = f"--context {context!r} names a cluster, but the run serves on this machine: add --to kubernetes"
        raise SpecError(message)
    return Place(to, context)


def _pipeline(spec: Spec, place: Place, console: Console) -> Outcome:
    name = f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{spec.name}"
    folder = HOME / "runs" / name
    state = server_state(spec.name)
    arguments = parameters(
        spec, to=place.to, context=place.context, fingerprint=fingerprint(spec.data), state=str(state.absolute()), run=name
    )
    with Progress(STEPS, console).shown() as progress:
        outputs = local.run(train_and_deploy, arguments, folder, progress.follow)
    verdict, files = collect(outputs, folder)
    endpoint, example = served(spec, place.to, place.context, state, name)
    return Outcome(spec.name, verdict, files, endpoint, example)
