"""``slipway sign``: who vouches for a bundle."""

from pathlib import Path
from typing import Annotated

import typer


def sign(
    bundle: Annotated[str, typer.Argument(help="The bundle's folder or URI; none with --new-key.")] = "",
    key: Annotated[Path | None, typer.Option(help="File of the private key.")] = None,
    new_key: Annotated[Path | None, typer.Option(help="Make a private key, and write it to this file.")] = None,
) -> None:
    """Sign a bundle for servers with serving.server.public_key, which refuse others; prints the public key."""
    from slipway.bundle import signature

    if new_key and not bundle and not key:
        typer.echo(signature.new_key(new_key))
    elif bundle and key and not new_key:
        typer.echo(signature.sign(bundle, key))
    else:
        message = "name a bundle and its --key FILE, or only --new-key FILE to make one"
        raise typer.BadParameter(message)
