"""What is made for each component's folder: ``python -m slipway.orchestration.folders FOLDER``."""

import importlib
import sys
from pathlib import Path

from slipway.orchestration.compile import component_yaml
from slipway.orchestration.readme import readme


def main(folder: Path) -> None:
    """Writes ``README.md`` and ``component.yaml`` into each component's folder.

    Args:
        folder: The folder that they are in.
    """
    for path in sorted(folder.glob("*/component.py")):
        name = path.parent.name
        component = getattr(importlib.import_module(f"slipway.components.{name}.component"), name)
        (path.parent / "README.md").write_text(readme(component), encoding="utf-8")
        (path.parent / "component.yaml").write_text(component_yaml(component), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
