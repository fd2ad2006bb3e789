"""Which pages there are, and what they are made from."""

import re
import subprocess
import sys
from typing import Any

from pydantic import TypeAdapter

from reference.fields import tables
from slipway import components
from slipway.orchestration.readme import readme
from slipway.settings import Settings
from slipway.spec import Spec

SPEC = """# The spec

Every field of `slipway.yaml`, with its default. Only `name`, `data` and `target` have none. A field that is unknown or
has a value that is not allowed is refused before anything runs; `slipway schema` prints the same as JSON Schema, for
editors.
"""

SERVER = """# Settings of the server

The same names in a file for `slipway serve --config`, as flags (`log.uri` is `--log-uri`), in the environment
(`SLIPWAY_LOG_URI`), and under `serving.server` in the spec. [The server](../serving.md) says what they are for.
"""

COMPONENTS = """# The components

Each is a Kubeflow Pipelines component with typed inputs and outputs, and can be used alone.

| component | does |
|---|---|
"""

_BETTER = {
    r"^# `slipway`": "# The command line",
    r"(?<!`)``(?!`)": "`",
    r"```console\n\$ ": "```text\n",
    r"\*\*Commands\*\*:\n\n(\* .*\n)+": "",
    r"(## `slipway serve`\n)": r"\1\nIts flags are the [settings of the server](server.md).\n",
}
"""What Typer's Markdown says, and what a page of this site says in its place."""


def pages() -> dict[str, str]:
    """Name to Markdown of every page."""
    doors = {name: getattr(components, name) for name in components.__all__}
    made = {f"{name}.md": readme(door) for name, door in doors.items()}
    rows = [f"| [{name}]({name}.md) | {_sentence(door.component_spec.description)} |" for name, door in doors.items()]
    return {
        **made,
        "commands.md": commands(),
        "components.md": COMPONENTS + "\n".join(rows) + "\n",
        "server.md": SERVER + tables(_schema(Settings)),
        "spec.md": SPEC + tables(_schema(Spec)),
    }


def commands() -> str:
    """The command line, as Typer describes it."""
    command = [sys.executable, "-m", "typer", "slipway.cli.app", "utils", "docs", "--name", "slipway"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603
    for pattern, better in _BETTER.items():
        said = re.sub(pattern, better, said)
    return said


def _schema(model: type) -> dict[str, Any]:
    return TypeAdapter(model).json_schema(mode="serialization")


def _sentence(text: str) -> str:
    return " ".join(text.split()).partition(". ")[0].removesuffix(".") + "."
