"""Real images, built once, where there is an engine and a base image."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASE = "python:3.11-slim"
ARGUMENTS = (
    "--build-arg=VERSION=1.2.3", "--build-arg=REVISION=0123456", "--build-arg=SOURCE=https://example.org/slipway",
)  # fmt: skip


def docker(*arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=check)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.container)


@pytest.fixture(scope="session")
def image() -> Callable[[str], str]:
    """From the name of a Dockerfile's folder to an image; skips where none can be built."""
    if shutil.which("docker") is None or docker("info", check=False).returncode:
        pytest.skip("no Docker engine answers here")
    if docker("image", "inspect", BASE, check=False).returncode and docker("pull", BASE, check=False).returncode:
        pytest.skip(f"the base image {BASE} is not here and can't be pulled")
    built: dict[str, str] = {}

    def build(name: str) -> str:
        if name not in built:
            tag = f"slipway/test-{name}:test"
            file = f"{ROOT}/images/{name}/Dockerfile"
            done = docker("build", "--file", file, *ARGUMENTS, "--tag", tag, str(ROOT), check=False)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
            built[name] = tag
        return built[name]

    return build


@pytest.fixture
def hardened() -> list[str]:
    """Options of a container as a restricted pod has it."""
    return ["--rm", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--tmpfs", "/tmp"]
