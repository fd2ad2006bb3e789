"""What holds for both images."""

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from tests.container.conftest import ARGUMENTS, ROOT, docker

PROBE = """
import importlib.metadata, json, os
dates, checked, owned = set(), 0, set()
for root in ("/venv", "/app"):
    for folder, _, names in os.walk(root):
        for path in [folder, *(os.path.join(folder, name) for name in names)]:
            dates.add(int(os.lstat(path).st_mtime))
            owned.add(os.lstat(path).st_uid)
            if path.endswith(".pyc"):
                with open(path, "rb") as file:
                    checked += file.read(8)[4:] != bytes([1, 0, 0, 0])
names = sorted(found.name.lower() for found in importlib.metadata.distributions())
print(json.dumps({"dates": sorted(dates), "checked": checked, "owned": sorted(owned), "names": names}))
"""

both = pytest.mark.parametrize(("name", "most_mb"), [("server", 250), ("components", 900)])


def inspect(image: str) -> dict[str, Any]:
    shown = subprocess.run(["docker", "image", "inspect", image], capture_output=True, text=True, check=True).stdout
    [found] = json.loads(shown)
    return found


def probe(image: str, hardened: list[str]) -> dict[str, Any]:
    command = ["docker", "run", *hardened, "--entrypoint", "python", image, "-c", PROBE]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


@both
def test_an_image_is_small_runs_as_nobody_and_says_what_it_is(
    image: Callable[[str], str], name: str, most_mb: int
) -> None:
    found = inspect(image(name))

    assert found["Size"] <= most_mb * 1e6
    assert found["Config"]["User"] == "65532:65532"
    labels = found["Config"]["Labels"]
    prefix = "org.opencontainers.image."
    assert {key.removeprefix(prefix): labels[key] for key in labels if key.startswith(prefix)} == {
        "title": f"slipway {name}",
        "licenses": "Apache-2.0",
        "version": "1.2.3",
        "revision": "0123456",
        "source": "https://example.org/slipway",
    }


@both
def test_nothing_in_an_image_says_when_it_was_built(
    image: Callable[[str], str], hardened: list[str], name: str, most_mb: int
) -> None:
    found = probe(image(name), hardened)

    assert found["dates"] == [315_532_800]
    assert found["checked"] == 0
    assert found["owned"] == [0]
    assert not {"pip", "setuptools", "pytest"} & set(found["names"])


def test_a_second_build_has_the_same_layers(image: Callable[[str], str]) -> None:
    again = "slipway/test-server:again"
    file = f"{ROOT}/images/server/Dockerfile"
    done = docker("build", "--no-cache", "--file", file, *ARGUMENTS, "--tag", again, str(ROOT), check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    assert inspect(again)["RootFS"]["Layers"] == inspect(image("server"))["RootFS"]["Layers"]
