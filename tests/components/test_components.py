import ast
import functools
import sys
import threading
import tomllib
from datetime import UTC
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml
from kfp.components import load_component_from_file, load_component_from_url
from kfp.dsl.base_component import BaseComponent

from slipway import components
from slipway.orchestration.compile import component_yaml
from slipway.orchestration.images import COMPONENTS
from slipway.orchestration.readme import readme

ROOT = Path(__file__).parents[2]

every_component = pytest.mark.parametrize("name", components.__all__)


def interface(component: BaseComponent) -> dict[str, object]:
    """Name, inputs with type and default, outputs with type; a file knows of a list only that it is one."""
    spec = component.component_spec
    inputs = {key: (kind(item), item.optional, item.default) for key, item in (spec.inputs or {}).items()}
    return {"name": spec.name, "in": inputs, "out": {key: kind(item) for key, item in (spec.outputs or {}).items()}}


def kind(item: Any) -> str:
    return str(item.type).removeprefix("typing.").partition("[")[0]


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: object) -> None: ...


@every_component
def test_the_readme_is_what_the_docstring_says(name: str) -> None:
    committed = (ROOT / "components" / name / "README.md").read_text(encoding="utf-8")

    assert committed == readme(getattr(components, name)), "stale: run 'make compile' and commit the result"


@every_component
def test_every_input_and_output_is_explained(name: str) -> None:
    spec = getattr(components, name).component_spec

    explained = {**(spec.inputs or {}), **(spec.outputs or {})}
    assert [key for key, item in explained.items() if not item.description] == []


@every_component
def test_the_compiled_component_is_what_the_code_compiles_to(name: str) -> None:
    committed = (ROOT / "components" / name / "component.yaml").read_text(encoding="utf-8")

    assert committed == component_yaml(getattr(components, name)), "stale: run 'make compile' and commit the result"


@every_component
def test_the_compiled_component_loads_as_the_same_component(name: str) -> None:
    loaded = load_component_from_file(str(ROOT / "components" / name / "component.yaml"))

    assert interface(loaded) == interface(getattr(components, name))


def test_a_compiled_component_loads_from_wherever_it_is_published(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    handler = functools.partial(Quiet, directory=str(ROOT / "components"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        loaded = load_component_from_url(f"http://127.0.0.1:{server.server_port}/drift/component.yaml")
        server.shutdown()

    assert interface(loaded) == interface(components.drift)


@every_component
def test_a_component_runs_in_the_image_of_this_release(name: str) -> None:
    assert getattr(components, name).component_spec.implementation.container.image == COMPONENTS


@every_component
def test_the_metadata_has_the_form_of_the_official_hub(name: str) -> None:
    metadata = yaml.safe_load((ROOT / "components" / name / "metadata.yaml").read_text(encoding="utf-8"))

    assert list(metadata) == ["name", "stability", "dependencies", "tags", "lastVerified"]
    assert metadata["name"] == name
    assert metadata["stability"] in ("experimental", "alpha", "beta", "stable")
    assert metadata["lastVerified"].tzinfo == UTC
    assert all(isinstance(tag, str) for tag in metadata["tags"])
    [kfp] = [line for line in (ROOT / "requirements.in").read_text().splitlines() if line.startswith("kfp==")]
    assert metadata["dependencies"]["kubeflow"] == [{"name": "Pipelines", "version": kfp.replace("kfp==", ">=")}]


@every_component
def test_a_component_s_file_imports_only_kfp_as_the_hub_demands(name: str) -> None:
    tree = ast.parse((ROOT / "components" / name / "component.py").read_text(encoding="utf-8"))

    imported = {node.module for node in tree.body if isinstance(node, ast.ImportFrom) and node.module}
    imported |= {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    assert {module.split(".")[0] for module in imported} - set(sys.stdlib_module_names) == {"kfp"}


def test_every_folder_is_a_component_and_every_package_is_installed() -> None:
    folders = {path.parent.name for path in (ROOT / "components").glob("*/component.py")}
    rooms = {path.name for path in (ROOT / "src" / "slipway").iterdir() if (path / "__init__.py").exists()}

    listed = set(tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"])

    assert folders == set(components.__all__)
    assert {f"slipway.components.{name}" for name in folders} | {f"slipway.{name}" for name in rooms} <= listed
