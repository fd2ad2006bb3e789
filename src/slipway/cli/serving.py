"""``slipway serve`` and ``slipway down``: the model server on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.options import HOME, server_state
from slipway.errors import ServingError

AS_THEY_COME = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}
"""The server reads its own flags, the same as in its image: ``slipway serve --help`` is its help."""


def serve(context: typer.Context) -> None:
    """Serve bundles in the foreground until it is interrupted: slipway serve BUNDLE."""
    from slipway.serving.main import run

    raise typer.Exit(run(context.args, "slipway serve"))


def down(
    name: Annotated[str, typer.Argument(help="Name of the model.", show_default="the only one")] = "",
) -> None:
    """End the server that ``slipway run`` started from this folder."""
    from slipway.rollout import local

    states = [server_state(name)] if name else sorted((HOME / "servers").glob("*.json"))
    if len(states) > 1:
        names = ", ".join(path.stem for path in states)
        message = f"several servers were started from this folder: {names}; name one of them: slipway down NAME"
        raise ServingError(message)
    ended = [state for state in states if local.stop(state)]
    typer.echo(f"ended the server of {ended[0].stem}" if ended else _nothing(Path.cwd()))


def _nothing(folder: Path) -> str:
    return f"no server that was started from {folder} is running"
