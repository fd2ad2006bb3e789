import tomllib
from pathlib import Path

import pytest

from slipway import components
from slipway.orchestration.readme import readme

ROOT = Path(__file__).parents[2]

every_component = pytest.mark.parametrize("name", components.__all__)


@every_component
def test_the_readme_is_what_the_docstring_says(name: str) -> None:
    committed = (ROOT / "components" / name / "README.md").read_text(encoding="utf-8")

    assert committed == readme(getattr(components, name)), "stale: run 'make compile' and commit the result"


@every_component
def test_every_input_and_output_is_explained(name: str) -> None:
    spec = getattr(components, name).component_spec

    explained = {**(spec.inputs or {}), **(spec.outputs or {})}
    assert [key for key, item in explained.items() if not item.description] == []


def test_every_folder_is_a_component_and_every_package_is_installed() -> None:
    folders = {path.parent.name for path in (ROOT / "components").glob("*/component.py")}
    rooms = {path.name for path in (ROOT / "src" / "slipway").iterdir() if (path / "__init__.py").exists()}

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])

    assert folders == set(components.__all__)
    assert {f"slipway.components.{name}" for name in folders} | {f"slipway.{name}" for name in rooms} <= listed
