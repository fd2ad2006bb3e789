"""``slipway run``: the whole path from a table to a served model."""

import json
import secrets
import shlex
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from rich.console import Console

from slipway.cli.options import DEFAULT_SPEC, HOME, WIDTH, AsJson, SpecArgument, SpecFile, chosen, server_state
from slipway.errors import SpecError

if TYPE_CHECKING:
    from slipway.cli.outcome import Outcome
    from slipway.spec import Spec

STEPS = ("validate", "drift", "featurize", "train", "evaluate", "register", "deploy")
"""Steps of the pipeline in the order in which the local runner takes them."""

Target = Literal["local", "kubernetes"]


def run(
    file: SpecArgument = None,
    spec: SpecFile = DEFAULT_SPEC,
    data: Annotated[str, typer.Option("--data", help="Another table than the spec's.", show_default="the spec's")] = "",
    to: Annotated[Target, typer.Option("--to", help="Where to serve: this machine, or a cluster.")] = "local",
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

    _check_place(to, context)
    checked = load(chosen(file, spec))
    if data:
        checked = checked.model_copy(update={"data": data})
    console = Console(file=sys.stderr if as_json else sys.stdout)
    if not console.is_terminal:
        console.width = WIDTH
    outcome = _run(checked, to, context, console)
    if as_json:
        typer.echo(json.dumps(outcome.to_dict(), ensure_ascii=False))
    else:
        outcome.show(console)
    if outcome.verdict.outcome == "refused":
        raise typer.Exit(3)


def _check_place(to: Target, context: str) -> None:
    if to == "kubernetes" and not context:
        message = "no cluster is named: say which one with --context NAME (kubectl config get-contexts lists them)"
        raise SpecError(message)
    if to == "local" and context:
        message = f"--context {context!r} names a cluster, but the run serves on this machine: add --to kubernetes"
        raise SpecError(message)


def _run(spec: "Spec", to: Target, context: str, console: Console) -> "Outcome":
    from slipway.cli.outcome import Outcome, collect, example
    from slipway.steps.deploy import serve

    state = server_state(spec.name)
    _check_target(spec, to, context, state)
    name = f"{spec.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = HOME / "runs" / name
    outputs = _through_kfp(spec, folder, console, to=to, context=context, state=str(state.absolute()), run=name)
    verdict, files = collect(outputs, folder)
    served = _to_serve(spec, files["bundle"], verdict.promoted)
    if served is None:
        return Outcome(spec.name, verdict, files, "", "", None)
    endpoint = serve(spec, *served, to, context, state, name)
    forward = _forward(spec, context) if to == "kubernetes" else ""
    return Outcome(spec.name, verdict, files, endpoint, forward, example(served[0]))


def _check_target(spec: "Spec", to: Target, context: str, state: Path) -> None:
    if to == "local":
        from slipway.rollout import local

        local.require_port(spec.serving.host, spec.serving.port, state)
    else:
        from slipway.rollout import cluster

        cluster.require(context)


def _through_kfp(spec: "Spec", folder: Path, console: Console, **others: str) -> dict[str, Any]:
    from slipway.data.fingerprint import fingerprint
    from slipway.orchestration import warm

    found = fingerprint(spec.data, spec.origin)
    with warm.interpreter():
        from slipway.cli.progress import Progress
        from slipway.orchestration import arguments, local
        from slipway.pipelines import train_and_deploy

        given = arguments.train_and_deploy(spec, fingerprint=found, **others)
        with Progress(STEPS, console).shown() as progress:
            return local.run(train_and_deploy, given, folder, progress.follow)


def _forward(spec: "Spec", context: str) -> str:
    port, where = spec.serving.port, f"--context {shlex.quote(context)} --namespace {spec.serving.namespace}"
    return f"kubectl {where} port-forward service/{spec.name} {port}:{port}"


def _to_serve(spec: "Spec", bundle: Path, promoted: bool) -> tuple[str, str] | None:
    """URI and digest of the champion; of the new bundle, if it was promoted, when the run stands alone."""
    from slipway.bundle import manifest
    from slipway.steps.champion import find

    if not spec.registry:
        return (str(bundle), manifest.read(bundle).digest) if promoted else None
    champion = find(spec.name, spec.registry)
    return (champion.uri, champion.digest) if champion else None
