"""The wheel, built as a release builds it."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = {"src/slipway": "slipway", "components": "slipway/components", "pipelines": "slipway/pipelines",
           "manifests": "slipway/manifests"}  # fmt: skip
FILES = ("pyproject.toml", "requirements.in", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, set[str]]:
    """What the build said, and the names of the files in the wheel."""
    source, output = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("output")
    for name in SOURCES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--verbose",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(output),
    ]
    done = subprocess.run([*command, str(source)], capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    [wheel] = output.glob("*.whl")
    return done.stdout + done.stderr, set(zipfile.ZipFile(wheel).namelist())


def test_no_folder_is_ambiguous_to_the_build(built: tuple[str, set[str]]) -> None:
    assert "is absent from" not in built[0]


def test_everything_that_the_suite_reads_is_in_the_wheel(built: tuple[str, set[str]]) -> None:
    wanted = {
        f"{inside}/{path.relative_to(ROOT / name)}"
        for name, inside in SOURCES.items()
        for path in (ROOT / name).rglob("*")
        if path.suffix in {".py", ".html", ".css", ".md", ".yaml"}
        and path.name != "README.md"
        and not {"compiled", "__pycache__"} & set(path.parts)
    }
    assert len(wanted) > 200
    assert wanted <= built[1]
