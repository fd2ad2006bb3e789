"""The commands."""

from typing import Annotated

import typer

from slipway.cli import (
    compiling,
    drifting,
    models,
    rollout,
    running,
    scheduling,
    scoring,
    serving,
    signing,
    specs,
    submitting,
)

app = typer.Typer(
    name="slipway",
    help="Takes a table to a tested prediction service, on this machine or in a Kubernetes cluster.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("init")(specs.init)
app.command("run")(running.run)
app.command("serve", context_settings=serving.AS_THEY_COME)(serving.serve)
app.command("score")(scoring.score)
app.command("down")(serving.down)
app.command("drift")(drifting.drift)
app.command("sign")(signing.sign)
app.command("models")(models.models)
app.command("compile")(compiling.compile_pipelines)
app.command("submit")(submitting.submit)
app.command("follow")(submitting.follow)
app.command("cancel")(submitting.cancel)
app.add_typer(scheduling.app, name="schedule")
app.add_typer(rollout.app, name="rollout")
app.command("schema")(specs.schema)


def _version(asked: bool) -> None:
    if asked:
        from slipway import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    pass
