"""``slipway serve`` and ``slipway down``: the model server on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from slipway.cli.options import HOME, server_state
from slipway.errors import ServingError


def serve(
    bundle: Annotated[str, typer.Argument(help="A bundle: a folder or a URI.")],
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8080,
    digest: Annotated[str, typer.Option(help="Digest the bundle must have.", show_default="any")] = "",
) -> None:
    """Serve a bundle in the foreground until it is interrupted."""
    from slipway.serving.main import serve as start

    start(bundle, host=host, port=port, digest=digest or None)


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
