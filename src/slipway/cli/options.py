"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from slipway.errors import SpecError

SpecArgument = Annotated[
    Path | None, typer.Argument(metavar="[SPEC]", help="The spec; the same as --spec.", show_default=False)
]
SpecFile = Annotated[
    Path, typer.Option("--spec", metavar="FILE", help="The spec to use.", show_default="./slipway.yaml")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]

DEFAULT_SPEC = Path("slipway.yaml")

WIDTH = 120
"""Characters of a line where there is no terminal to ask."""

HOME = Path(".slipway")
"""Folder in the working directory where runs, the registry and the state of local servers are."""


def chosen(argument: Path | None, option: Path) -> Path:
    """The spec that a command was given, as an argument or as an option.

    Args:
        argument: ``SPEC``; None when it was not given.
        option: What ``--spec`` says, or its default.

    Raises:
        SpecError: Both were given, and they differ.
    """
    if argument and option not in (DEFAULT_SPEC, argument):
        message = f"two specs are named, {str(argument)!r} and --spec {str(option)!r}: keep one of them"
        raise SpecError(message)
    return argument or option


def server_state(name: str) -> Path:
    """The file that remembers the local server of a model."""
    return HOME / "servers" / f"{name}.json"
