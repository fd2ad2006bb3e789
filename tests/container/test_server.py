"""The server's image: read-only, without capabilities, fed the way a pod is."""

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway.bundle import archive
from slipway.bundle.load import Bundle, load


@pytest.fixture
def bundle(trained: Callable[[str], Any]) -> Bundle:
    return load(trained("binary").bundle)


@pytest.fixture
def delivered(bundle: Bundle, tmp_path: Path) -> Path:
    """Parts as the kubelet mounts them: files in a hidden folder, links to them beside it."""
    folder = tmp_path / "delivered"
    hidden = folder / "..2026"
    hidden.mkdir(parents=True)
    (folder / "..data").symlink_to("..2026")
    for name, data in archive.split(archive.pack(bundle.folder), 10_000).items():
        (hidden / name).write_bytes(data)
        (folder / name).symlink_to(f"..data/{name}")
    for path in (tmp_path, folder, hidden):
        path.chmod(0o755)
    return folder


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    folder = tmp_path / "volume"
    folder.mkdir()
    folder.chmod(0o777)
    return folder


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", "run", *command], capture_output=True, text=True, check=False)


@pytest.fixture
def served(
    image: Callable[[str], str], hardened: list[str], bundle: Bundle, delivered: Path, volume: Path
) -> Iterator[str]:
    server, digest = image("server"), bundle.manifest.digest
    mounts = ["--volume", f"{delivered}:/delivered:ro", "--volume", f"{volume}:/bundle"]
    fetch = ["--entrypoint", "python", server, "-m", "slipway.bundle.fetch", "file:///delivered", "/bundle"]
    fetched = run(*hardened, *mounts, *fetch, "--digest", digest)
    assert fetched.returncode == 0, fetched.stderr
    started = run(
        *hardened, "--detach", "--publish", "127.0.0.1::8080", "--volume", f"{volume}:/bundle:ro",
        server, "/bundle", "--host", "0.0.0.0", "--digest", digest,
    )  # fmt: skip
    assert started.returncode == 0, started.stderr
    container = started.stdout.strip()
    found = subprocess.run(["docker", "port", container, "8080"], capture_output=True, text=True, check=True)
    yield f"http://127.0.0.1:{found.stdout.strip().rpartition(':')[2]}"
    subprocess.run(["docker", "stop", "--time", "10", container], capture_output=True, check=True)


def ask(url: str, content: Any = None) -> Any:
    data = None if content is None else json.dumps(content).encode()
    for attempt in range(100):
        try:
            with urllib.request.urlopen(url, data, timeout=10) as response:
                return json.load(response)
        except OSError:
            if attempt == 99:
                raise
            time.sleep(0.1)
    return None


def test_it_serves_the_bundle_that_was_delivered(served: str, bundle: Bundle) -> None:
    assert ask(f"{served}/readyz")["digest"] == bundle.manifest.digest
    rows = bundle.golden.rows(bundle.schema)
    answers = ask(f"{served}/predict", {"rows": rows})["predictions"]
    served_outputs = np.array([list(item["probabilities"].values()) for item in answers])
    np.testing.assert_allclose(served_outputs, bundle.golden.outputs, atol=1e-6)


def test_the_docs_page_is_in_the_image(served: str) -> None:
    ask(f"{served}/readyz")
    with urllib.request.urlopen(f"{served}/docs", timeout=10) as response:
        assert b"openapi.json" in response.read()


def test_what_it_fetched_belongs_to_no_root(served: str, volume: Path) -> None:
    assert served
    assert {path.stat().st_uid for path in volume.iterdir()} == {65532}


def test_a_bundle_of_another_digest_is_refused(
    image: Callable[[str], str], hardened: list[str], delivered: Path, volume: Path
) -> None:
    mounts = ["--volume", f"{delivered}:/delivered:ro", "--volume", f"{volume}:/bundle"]
    fetch = ["--entrypoint", "python", image("server"), "-m", "slipway.bundle.fetch", "file:///delivered", "/bundle"]
    refused = run(*hardened, *mounts, *fetch, "--digest", "0" * 64)
    assert refused.returncode == 2
    assert "but 000000000000 is asked for" in refused.stderr
    assert not list(volume.iterdir())


def test_nothing_that_trains_is_in_the_image(image: Callable[[str], str]) -> None:
    listed = run(
        "--rm",
        "--entrypoint",
        "python",
        image("server"),
        "-c",
        "import importlib.metadata as m; print(*sorted({d.name.lower() for d in m.distributions()}))\n"
        "from slipway.bundle import booster; assert booster.library()",
    )
    assert listed.returncode == 0, listed.stderr
    names = set(listed.stdout.split())
    assert "onnxruntime" in names
    assert not names & {"scikit-learn", "scipy", "pandas", "polars", "kfp", "kubernetes", "pip", "setuptools"}
