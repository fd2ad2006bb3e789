"""Options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

SpecFile = Annotated[
    Path, typer.Option("--spec", metavar="FILE", help="The spec to use.", show_default="./slipway.yaml")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]

DEFAULT_SPEC = Path("slipway.yaml")

WIDTH = 120
"""Characters of a line where there is no terminal to ask."""

HOME = Path(".slipway")
"""Folder in the working directory where runs, the registry and the state of local servers are."""


def server_state(name: str) -> Path:
    """The file that remembers the local server of a model."""
    return HOME / "servers" / f"{name}.json"
