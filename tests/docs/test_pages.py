"""The site has a place for every page, the reference speaks of everything, and workflows call targets that exist."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from slipway.components import __all__ as components
from tests.docs.blocks import ROOT, targets

from slipway.cli.app import app
from slipway.spec import Spec

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yaml"))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("reference")
    (folder / "gone.md").write_text("a page of a component that is no more")
    subprocess.run([sys.executable, "-m", "reference", str(folder)], cwd=ROOT, check=True)
    return {path.name: path.read_text(encoding="utf-8") for path in folder.iterdir()}


def test_every_page_is_in_the_navigation(made: dict[str, str]) -> None:
    written = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    known = {page for page in written if not page.startswith("reference/")} | {f"reference/{name}" for name in made}
    assert set(_leaves(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"])) == known


def test_every_command_is_in_the_reference(made: dict[str, str]) -> None:
    headings = set(re.findall(r"^#+ `(.*)`$", made["commands.md"], re.M))
    assert set(_commands(typer.main.get_command(app), "slipway")) == headings | {"slipway"}


def test_every_field_of_the_spec_is_in_the_reference(made: dict[str, str]) -> None:
    rows = re.findall(r"^\| `(\w+)` \|", made["spec.md"], re.M)
    assert rows[: len(Spec.model_fields)] == list(Spec.model_fields)
    for name, field in Spec.model_fields.items():
        for inner in getattr(field.annotation, "model_fields", {}):
            section = made["spec.md"].partition(f"## `{name}`\n")[2].partition("\n## ")[0]
            assert f"| `{inner}` |" in section, f"{name}.{inner}"


def test_every_component_has_a_page(made: dict[str, str]) -> None:
    assert {f"{name}.md" for name in components} <= made.keys()


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_workflows_call_targets_that_exist(path: Path) -> None:
    steps = [step for job in yaml.safe_load(path.read_text())["jobs"].values() for step in job["steps"]]
    said = [
        word for step in steps for words in re.findall(r"\bmake (.*)", step.get("run", "")) for word in words.split()
    ]
    called = {word.strip(')"') for word in said if "=" not in word and not word.startswith("-")}
    assert called
    assert called <= targets()


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_every_action_is_pinned_and_nothing_is_permitted_by_default(path: Path) -> None:
    text = path.read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert [name for name, note in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", name) or " # v" not in note] == []
    assert yaml.safe_load(text)["permissions"] == {}
    assert all("permissions" in job for job in yaml.safe_load(text)["jobs"].values())


def test_the_base_of_the_images_is_pinned_in_one_place() -> None:
    base = (ROOT / "images/base/Dockerfile").read_text().splitlines()[-1]
    name, _, digest = base.removeprefix("FROM ").partition("@")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", digest)
    for image in ("server", "components"):
        assert f"ARG BASE={name}\n" in (ROOT / f"images/{image}/Dockerfile").read_text()
    for path in WORKFLOWS:
        building = re.findall(r"make (?:images|kind-test|kind-e2e)\b.*", path.read_text())
        assert all('BASE="$(make --silent base)"' in line for line in building), path.name


def test_an_image_is_scanned_before_it_is_pushed() -> None:
    jobs = yaml.safe_load((ROOT / ".github/workflows/images.yaml").read_text())["jobs"]
    said = [step.get("run", "") for step in jobs["publish"]["steps"]]
    order = [next(at for at, run in enumerate(said) if word in run) for word in ("make images", " scan", "push sign")]
    assert order == sorted(order)


def _leaves(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _leaves(part)


def _commands(command: Any, name: str) -> Iterator[str]:
    yield name
    for inner, part in getattr(command, "commands", {}).items():
        yield from _commands(part, f"{name} {inner}")
